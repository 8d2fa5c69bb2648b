"""Blocks of scores: vectors are made ready once where that fits the memory, else a block at a time, for each thread."""

import threading

import numpy as np
from jaxtyping import Bool, Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.estimate import Estimate
from gaitprint.retrieval.distances.metric import Metric

_SIDE = 2048
"""Items along a side of a tile: enough for the first tile to throw most of the others away."""
_READY_SIDE = 1024
"""The same where vectors are ready: a tile stays in a core's cache, and fewer pairs are scored twice."""
_SHARE = 4
"""Ready vectors may take so large a part of the memory."""


class Tiles:
    """Scores of some rows and some items. Threads may ask at the same time."""

    def __init__(self, estimate: Estimate, work: ComputeBudget) -> None:
        self._estimate = estimate
        rows, items = len(estimate.left.vectors), len(estimate.right.vectors)
        size = 4 * estimate.width * (rows + items)
        self.held = size <= work.memory // _SHARE
        """Whether all vectors are ready."""
        if self.held:
            self._left, self._right = estimate.ready_left(slice(None)), estimate.ready_right(slice(None))
        self.side = min(_side(work, 0 if self.held else estimate.width, self.held), max(rows, items))
        """Rows and items of a tile at most."""
        self.sane = estimate.sane
        """Whether `known` tiles may stand beside the others."""
        self._own = threading.local()

    def left(self, rows: slice) -> Float32[np.ndarray, "q W"]:
        """Rows made ready."""
        if self.held:
            return self._left[rows]
        return self._estimate.ready_left(rows, self._scratch.left[: _count(rows, len(self._estimate.left.vectors))])

    def scores(
        self, a: Float32[np.ndarray, "q W"], columns: slice
    ) -> tuple[Float32[np.ndarray, "q g"], Bool[np.ndarray, "q g"]]:
        """A tile of scores, and room for a mask of it; this thread's next tile overwrites both."""
        scratch, count = self._scratch, _count(columns, len(self._estimate.right.vectors))
        b = self._right[columns] if self.held else self._estimate.ready_right(columns, scratch.right[:count])
        scores, mask, spare = (p[: len(a) * count].reshape(len(a), count) for p in (*scratch.tile, scratch.spare))
        return self._estimate.scores(a, b, scores, spare), mask

    def known(
        self, metric: Metric, distances: Float32[np.ndarray, "q g"]
    ) -> tuple[Float32[np.ndarray, "q g"], Bool[np.ndarray, "q g"]]:
        """The same from distances that are known exactly."""
        scores, mask = (part[: distances.size].reshape(distances.shape) for part in self._scratch.tile)
        return metric.scored(distances, self._estimate, scores), mask

    @property
    def _scratch(self) -> "_Scratch":
        """This thread's."""
        if not hasattr(self._own, "scratch"):
            self._own.scratch = _Scratch(self.side, 0 if self.held else self._estimate.width)
        found: _Scratch = self._own.scratch
        return found


class _Scratch:
    """What one thread writes tiles into, again and again."""

    def __init__(self, side: int, width: int) -> None:
        self.left, self.right = np.empty((side, width), np.float32), np.empty((side, width), np.float32)
        self.tile = np.empty(side * side, np.float32), np.empty(side * side, bool)
        self.spare = np.empty(side * side, np.float32)


def _count(some: slice, items: int) -> int:
    return len(range(*some.indices(items)))


def _side(work: ComputeBudget, width: int, held: bool) -> int:
    """Side of a tile: two blocks of vectors, two of scores and a mask a thread, in half of the memory."""
    # side s: 2 blocks of 4 s width, 2 of 4 s^2 scores, s^2 of mask, 8 s width + 9 s^2 <= room, solved for s
    room = work.memory / 2 / work.cores
    most = (np.sqrt((8.0 * width) ** 2 + 36.0 * room) - 8.0 * width) / 18.0
    return int(max(1, min(_READY_SIDE if held else _SIDE, most)))
