"""Square pieces of a frame, for detectors that look at small squares: a wide frame squeezed into one loses people."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Bool, Float, Int

_CUT = 0.02
"""A box that comes so near to an inner edge, in sides of the square, may go on beyond it."""


@dataclass(frozen=True)
class Tiling:
    """Pieces of frames of one size: left, top, right, bottom of each in whole pixels, the whole frame first."""

    width: int
    height: int
    tiles: Int[np.ndarray, "K 4"]

    def cut_off(self, boxes: Float[np.ndarray, "N 4"], tile: Int[np.ndarray, "4"]) -> Bool[np.ndarray, " N"]:
        """Whether boxes found in a piece touch an edge of it that is no edge of the frame: there is more of them."""
        near = _CUT * (tile[2:] - tile[:2])
        inner = np.concatenate([tile[:2] > 0, tile[2:] < (self.width, self.height)])
        touched = np.concatenate([boxes[:, :2] < tile[:2] + near, boxes[:, 2:] > tile[2:] - near], axis=1)
        return np.asarray((touched & inner).any(axis=1))


def square_tiles(width: int, height: int, rows: int, overlap: float) -> Tiling:
    """Cover a frame with overlapping squares, evenly spread, and add the frame as a whole.

    Args:
        rows: of squares along the shorter side; 0: the whole frame only, 1: squares as long as that side.
        overlap: the least that neighbours share, in sides: people narrower than that are whole in one of them.
    """
    tiles = [(0, 0, width, height)]
    short = min(width, height)
    # one square of a square frame is the whole frame, which is there already
    if rows > 0 and (rows > 1 or max(width, height) > short):
        side = max(1, ceil(short / (rows - (rows - 1) * overlap)))
        across, down = (_places(length, side, overlap) for length in (width, height))
        tiles += [(left, top, left + side, top + side) for top in down for left in across]
    return Tiling(width, height, np.array(tiles))


def _places(length: int, side: int, overlap: float) -> list[int]:
    """Where squares of a side begin along a length."""
    if length <= side:
        return [0]
    # the smallest number whose neighbours share enough; rounding must not add one
    count = max(2, ceil((length / side - overlap) / (1 - overlap) - 1e-9))
    return [round(i * (length - side) / (count - 1)) for i in range(count)]
