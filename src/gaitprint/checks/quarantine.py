"""Putting aside what cannot be used: out of the way, with its reason, and nothing is deleted."""

import json
import os
from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path

from gaitprint.archives import Files
from gaitprint.archives.folder import FolderFiles
from gaitprint.atomic_files import reason_and_way_out
from gaitprint.checks.findings import Unusable
from gaitprint.errors import DataError
from gaitprint.store import Store, StoreWriter

FOLDER = ".quarantine"
"""In the data set's root; hidden, so that no layout walks into it."""


def quarantine_files(
    files: Files, root: Path, unusable: tuple[Unusable, ...], shared: Container[str] = ()
) -> tuple[str, ...]:
    """Move sequences of a folder into its quarantine, where `reasons.jsonl` says why; returns the keys moved.

    A sequence is moved with all of its folder: an array left alone there, or none, would be taken for its frames.

    Args:
        files: of the data set.
        root: its folder.
        unusable: what to move.
        shared: folders that hold more than one sequence; of these, files are moved one by one.

    Raises:
        DataError: an archive, which is never changed; or the folder cannot be written.
    """
    check_movable(files)
    moved = []
    try:
        for bad in unusable:
            folder = bad.place.rpartition("/")[0]
            alone = folder and folder not in shared and not files.is_folder(bad.place)
            place = folder if alone else bad.place
            old, new = root / place, root / FOLDER / place
            if not os.path.lexists(old):
                continue
            new.parent.mkdir(parents=True, exist_ok=True)
            # The reason first: killed in between, the next run moves it and gives its reason again.
            with (root / FOLDER / "reasons.jsonl").open("a", encoding="utf-8") as stream:
                when = datetime.now(UTC).isoformat(timespec="seconds")
                stream.write(json.dumps({"key": bad.key, "place": place, "reason": bad.reason, "at": when}) + "\n")
            old.rename(_free(new))
            moved.append(bad.key)
    except OSError as error:
        reason = reason_and_way_out(error, "run it again")
        raise DataError(f"cannot move {bad.place} into {root / FOLDER}: {reason}") from None
    return tuple(moved)


def check_movable(files: Files) -> None:
    """Raise DataError for an archive, before all of it is read."""
    if not isinstance(files, FolderFiles):
        raise DataError(f"{files.where} is an archive and is not changed: `data prepare` leaves out what is of no use")


def quarantine_rows(store: Store, unusable: tuple[Unusable, ...]) -> tuple[str, ...]:
    """Take damaged sequences out of a store; `data prepare` will read them again from its source. Returns their keys.

    Raises:
        DataError: the store cannot be written.
    """
    reasons = {bad.key: bad.reason for bad in unusable}
    with StoreWriter(store.root, store.head.plan) as writer:
        # every other row is kept as it is, so the finished state loses the damaged ones alone
        for key in writer.known:
            if key in writer.done:
                continue
            if key in reasons:
                writer.set_aside(key, reasons[key])
            else:
                writer.keep(key)
    return tuple(sorted(reasons))


def _free(place: Path) -> Path:
    """A name nothing has: an earlier quarantine may hold one like it."""
    result, number = place, 1
    while os.path.lexists(result):
        number += 1
        result = place.with_name(f"{place.name}.{number}")
    return result
