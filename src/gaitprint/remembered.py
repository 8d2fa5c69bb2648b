"""What was measured of this machine, kept in the user's folder for caches so that it is measured once."""

import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import json_object, sha256_json, write_json
from gaitprint.errors import DataError

VARIABLE = "GAITPRINT_CACHE"
"""Names another folder."""


def cache_folder() -> Path | None:
    """Where measurements are kept: what GAITPRINT_CACHE names, or `gaitprint` in the user's folder for caches.

    None where this user has no folder at all.
    """
    if named := os.environ.get(VARIABLE):
        return Path(named)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():  # a relative one counts for nothing by the XDG specification
        return base / "gaitprint"
    try:
        return Path.home() / ".cache" / "gaitprint"
    except RuntimeError:
        return None


def remembered(what: str, facts: dict[str, Any], measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    """`measure()`, or what it gave the last time under the same facts.

    Each measurement is a file of its own, written whole: several processes may come at once. A folder that cannot be
    written to, or a file that is damaged, costs only a measurement.

    Args:
        what: the file's name begins with it.
        facts: all that the values hang on, such as the processor and the version of torch.
        measure: positive numbers by name, always the same names.
    """
    known = recall(what, facts)
    if known is not None:
        return known
    values = measure()
    remember(what, facts, values)
    return values


def remember(what: str, facts: dict[str, Any], values: dict[str, float]) -> None:
    """Keep what was measured under these facts, whatever was kept before; see `remembered`."""
    path = _path(what, facts)
    if path is not None:
        with suppress(DataError):
            write_json(path, {"facts": facts, "values": values})


def recall(what: str, facts: dict[str, Any]) -> dict[str, float] | None:
    """What was measured under these facts; None where nothing was."""
    path = _path(what, facts)
    return None if path is None else _read(path, _plain(facts))


def _path(what: str, facts: dict[str, Any]) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / f"{what}-{sha256_json(_plain(facts))[:16]}.json"


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as they come back from a file: tuples are lists there."""
    plain: dict[str, Any] = json.loads(json.dumps(facts))
    return plain


def _read(path: Path, facts: dict[str, Any]) -> dict[str, float] | None:
    held = json_object(path)
    values = held.get("values")
    if held.get("facts") != facts or not isinstance(values, dict):
        return None
    sound = all(isinstance(value, float) and 0 < value < math.inf for value in values.values())
    return values if sound and values else None
