"""Histories as columns: a hundred thousand iterations are read in a second and drawn with a few hundred points."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from gaitprint.errors import ArtefactError

BINS = 240
"""Points the longest curve of a chart is drawn with."""

_FEWEST = 12
"""Points of a curve that is short beside the others."""

Column = Float[np.ndarray, " T"]


def read_columns(path: Path) -> tuple[dict[str, Column], str]:
    """Every figure of a history by name, NaN where a line lacks it; and what is wrong with the file, or "".

    A last line that a kill cut short is no fault. What follows a damaged line is left out.

    Raises:
        ArtefactError: it is there and cannot be read at all.
    """
    if not path.exists():
        return {}, ""
    if not path.is_file():
        raise ArtefactError(f"{path.name} is no regular file")
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ArtefactError(f"{path.name} cannot be read: {error.strerror or error}") from None
    rows, complaint = _rows(lines), ""
    # one line may be missing: the last, cut by a kill
    if len(rows) < len(lines) - 1:
        complaint = f"{path.name} is damaged at line {len(rows) + 1} of {len(lines)}: what follows is left out"
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: _column([row.get(name) for row in rows]) for name in names}, complaint


def elapsed_seconds(columns: Mapping[str, Column], clips: int) -> Column | None:
    """Seconds of work up to the end of every iteration, from the clips a second; None where they were not recorded.

    Args:
        clips: of a batch, P times K. An iteration without the figure is taken to have lasted like the others.
    """
    rate = columns.get("clips_per_second")
    known = None if rate is None else np.isfinite(rate) & (rate > 0)
    if rate is None or known is None or not known.any():
        return None
    seconds = np.full(len(rate), np.nan)
    seconds[known] = clips / rate[known]
    seconds[~known] = np.median(seconds[known])
    total: Column = np.cumsum(seconds)
    return total


def binned(x: Column, y: Column, width: float) -> tuple[Float[np.ndarray, " B"], Float[np.ndarray, " B"]]:
    """The means of places and values over equal stretches of x, each about `width` wide; a dozen stretches at least.

    Values that are not finite are left out. All stretches are alike: a last one of a few values would stick out.
    """
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    span = float(x.max() - x.min()) if len(x) else 0.0
    bins = max(_FEWEST, round(span / width)) if width > 0 else BINS
    if len(x) <= bins or span == 0:
        return x, y
    # the largest place falls into the last stretch and not behind it
    places = np.minimum(((x - x.min()) / span * bins).astype(np.int64), bins - 1)
    _, place, count = np.unique(places, return_inverse=True, return_counts=True)
    return np.bincount(place, weights=x) / count, np.bincount(place, weights=y) / count


def _rows(lines: list[str]) -> list[dict[str, Any]]:
    """The lines up to the first that is no row of a history."""
    try:  # all at once is twice as fast as one by one
        rows = json.loads("[" + ",".join(lines) + "]")
        if len(rows) == len(lines) and all(map(_is_row, rows)):
            return list(rows)
    except (ValueError, RecursionError):
        pass
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not _is_row(row):
            break
        rows.append(row)
    return rows


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and type(row.get("iteration")) is int and 0 <= row["iteration"] < 2**53


def _column(values: list[Any]) -> Column:
    try:
        return np.array(values, np.float64)  # None becomes NaN
    except (ValueError, TypeError, OverflowError):
        kept = [v if isinstance(v, float) or (type(v) is int and abs(v) < 2**1000) else None for v in values]
        return np.array(kept, np.float64)
