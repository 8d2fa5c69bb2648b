"""Boxes that are not those of one whole person: several who touch, and somebody of whom a part is hidden."""

import numpy as np
from jaxtyping import Shaped

from gaitprint.video.overlap import iou, share_inside, union_box
from gaitprint.video.people import Box
from gaitprint.video.tracking.track import Track

_INSIDE = 0.6
"""Share of somebody's expected box that lies in the box of several."""
_BEHIND = 0.5
"""Share of an expected box that lies in somebody's, from which on they may be behind them."""
_SHRUNK = 0.12
"""Share of a side that is missing, from which on a part may be hidden."""
_STILL = 0.35
"""A side is where it was expected, if it is off by less than this share of how far the opposite side is off."""


def crowds(expected: Shaped[np.ndarray, "N 4"], found: Shaped[np.ndarray, "M 4"]) -> dict[int, list[int]]:
    """Found boxes that are two people or more in one, and who: detectors by foreground see one piece where they touch.

    A box holds several if they lie in it, and if all of them together fit it better than any one of them.

    Args:
        expected: where people are supposed to be.
        found: boxes of a detector.

    Returns:
        Places in `expected` by place in `found`.
    """
    if len(expected) < 2 or not len(found):
        return {}
    inside, alone = share_inside(expected, found) >= _INSIDE, iou(expected, found)
    result = {}
    for j in range(len(found)):
        held = np.flatnonzero(inside[:, j])
        if len(held) >= 2:
            # a box of one person fits that person better than it fits several
            together = iou(union_box(expected[held])[None], found[j : j + 1])[0, 0]
            if together > alone[:, j].max():
                result[j] = held.tolist()
    return result


def spread_within(crowd: Box, expected: Shaped[np.ndarray, "N 4"]) -> Shaped[np.ndarray, "N 4"]:
    """Where people in a crowd's box are: the outermost at its sides, the others between, each as large as before."""
    near, over, far, under = (float(v) for v in crowd)
    placed = expected.astype(np.float64)
    middles = placed[:, 0] + placed[:, 2]
    first, last = int(middles.argmin()), int(middles.argmax())
    for i, (left, top, right, bottom) in enumerate(placed.tolist()):
        width, height = right - left, bottom - top
        left = near if i == first else far - width if i == last else _within(left, width, near, far)
        top = _within(top, height, over, under)
        placed[i] = [left, top, left + width, top + height]
    return placed.astype(np.float32)


def completed(found: Box, expected: Box) -> tuple[Box, bool]:
    """The whole of somebody of whom a part is hidden: one side is where it was expected, the opposite one is not.

    Legs that close move both sides of a box alike; the edge of a pillar holds up one.

    Returns:
        The box with the sides that are hidden where they are supposed to be, and whether there are any.
    """
    result, hidden = found.astype(np.float64), False
    for low, high in ((0, 2), (1, 3)):
        length = float(expected[high] - expected[low])
        off_low, off_high = abs(float(found[low] - expected[low])), abs(float(found[high] - expected[high]))
        # legs that open and close are within the usual
        if length - float(found[high] - found[low]) < _SHRUNK * length:
            continue
        if off_low < _STILL * off_high:
            result[high], hidden = result[low] + length, True
        elif off_high < _STILL * off_low:
            result[low], hidden = result[high] - length, True
    return result.astype(np.float32), hidden


def mix_up_hidden(tracks: list[Track]) -> None:
    """Note who may be behind whom: either of them can be the one who is seen next."""
    seen = [t for t in tracks if t.seen]
    hidden = [t for t in tracks if not (t.seen or t.in_crowd)]
    if seen and hidden:
        behind = share_inside(np.stack([t.box for t in hidden]), np.stack([t.box for t in seen])) >= _BEHIND
        for i, j in np.argwhere(behind):
            hidden[i].mixed = seen[j].mixed = True


def _within(start: float, length: float, low: float, high: float) -> float:
    """The start nearest to `start` of a stretch that lies between two ends; in the middle where it is too long."""
    if length > high - low:
        return (low + high - length) / 2
    return min(max(start, low), high - length)
