"""The k nearest of every row among any number of items, exactly, in blocks that fit the memory asked for.

A fast float32 estimate throws away what cannot be among the nearest; what is left is compared in double precision and
ordered by (distance, index). So the answer is that of the full matrix, which is never made.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.retrieval.budget import ComputeBudget, Task
from gaitprint.retrieval.distances.estimate import Estimate
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.knn.candidates import Candidates

_SIDE = 2048
"""Items along a side of a tile: enough for the first tile to throw most of the others away."""
_CANDIDATE = 24
"""Bytes of a candidate that waits."""


@dataclass(frozen=True)
class Neighbours:
    """What is nearest to each of M rows, nearest first; equal distances stand in the items' order."""

    indices: Int[np.ndarray, "M K"]
    distances: Float[np.ndarray, "M K"]
    farthest: Float[np.ndarray, " F"] = field(default_factory=lambda: np.empty(0, np.float32))
    """Distance of the farthest item of each row where it was asked for; empty where not."""


def search(
    x: Float32[np.ndarray, "M D"],
    y: Float32[np.ndarray, "N _"],
    metric: Metric,
    k: int,
    work: ComputeBudget | None = None,
    *,
    farthest: bool = False,
) -> Neighbours:
    """The min(k, N) nearest items y of every row of x.

    Args:
        x: rows that ask.
        y: items; the very same array where rows ask among themselves (each finds itself, at distance 0).
        metric: how they are compared.
        k: neighbours.
        work: memory and cores; None: the usual.
        farthest: also the distance of the farthest item of each row.

    Raises:
        ShapeError: the widths differ, a side is empty, or k < 1.
    """
    work = work or ComputeBudget()
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"vectors to compare have one width, found {x.shape[1]} and {y.shape[1]}: embed both alike")
    if k < 1 or not len(x) or not len(y):
        raise ShapeError(f"neighbours need k >= 1 and an item on each side, found k = {k}, {len(x)} and {len(y)}")
    found = _Search(x, y, metric, min(k, len(y)), work, farthest)
    # turned tiles keep candidates of all rows waiting at once: only where these fit
    among_themselves = y is x and 4 * _CANDIDATE * found.k * len(x) <= work.memory
    if among_themselves:
        found.halves()
    else:
        found.rows()
    return Neighbours(found.indices, found.distances, found.far)


def search_others(
    x: Float32[np.ndarray, "N D"], metric: Metric, k: int, work: ComputeBudget | None = None, *, farthest: bool = False
) -> Neighbours:
    """As `search` of rows among themselves, each row itself left out; K is min(k, N - 1). Duplicates stay.

    Raises:
        ShapeError: fewer than two rows, or k < 1.
    """
    if len(x) < 2:
        raise ShapeError(f"neighbours among items need at least two items, found {len(x)}")
    found = search(x, x, metric, min(k, len(x) - 1) + 1, work, farthest=farthest)
    own = found.indices == np.arange(len(x))[:, None]
    own[~own.any(axis=1), -1] = True  # hidden behind duplicates: the last one is one too many
    shape = (len(x), found.indices.shape[1] - 1)
    return Neighbours(found.indices[~own].reshape(shape), found.distances[~own].reshape(shape), found.farthest)


class _Search:
    """One search: its tiles, who sees them, and the answer as it fills."""

    def __init__(
        self,
        x: Float32[np.ndarray, "M D"],
        y: Float32[np.ndarray, "N D"],
        metric: Metric,
        k: int,
        work: ComputeBudget,
        farthest: bool,
    ) -> None:
        self.x, self.y, self.metric, self.k, self.work, self.farthest = x, y, metric, k, work, farthest
        self.estimate: Estimate = metric.estimate(x, y)
        self.slack: Float64[np.ndarray, " M"] = self.estimate.slack()
        self.indices = np.empty((len(x), k), np.int64)
        self.distances = np.empty((len(x), k), np.float32)
        self.far = np.empty(len(x) if farthest else 0, np.float32)
        self.side = _side(work, x.shape[1])
        self.tiles = [slice(t, None, -(-len(y) // self.side)) for t in range(-(-len(y) // self.side))]
        """Each takes every so-many-th item, and so is a sample of all, wherever the near ones stand."""
        self._own = threading.local()

    def rows(self) -> None:
        """Rows against all items, a block after another."""
        blocks = [slice(i, min(i + self.side, len(self.x))) for i in range(0, len(self.x), self.side)]
        items = [np.arange(len(self.y))[columns] for columns in self.tiles]
        room = self.work.memory // 2 // self.work.cores // _CANDIDATE

        def one(rows: slice) -> int:
            seen, scratch = self._candidates(rows, room), self._scratch
            a = scratch.left(self.estimate, rows, rows.stop - rows.start)
            for columns, these in zip(self.tiles, items, strict=True):
                scores, mask = scratch.scores(self.estimate, a, rows, columns, len(these))
                for candidates in seen:
                    candidates.see(scores, these, mask)
            self._settle(rows, seen)
            return len(a)

        self._run(one, blocks, len(self.x))

    def halves(self) -> None:
        """Items among themselves: a tile serves its rows and, turned, its columns."""
        tiles = self.tiles
        room = self.work.memory // 2 // len(tiles) // _CANDIDATE
        seen = [self._candidates(rows, room) for rows in tiles]
        items = [np.arange(len(self.x))[rows] for rows in tiles]

        def one(pair: tuple[int, int]) -> int:
            i, j = pair
            a = self._scratch.left(self.estimate, tiles[i], len(items[i]))
            scores, mask = self._scratch.scores(self.estimate, a, tiles[i], tiles[j], len(items[j]))
            for candidates in seen[i]:
                candidates.see(scores, items[j], mask)
            if i == j:  # it holds both orders of its pairs
                return int(scores.size)
            for candidates in seen[j]:
                candidates.see(scores, items[i], mask, turned=True)
            return 2 * int(scores.size)

        def last(i: int) -> None:
            self._settle(tiles[i], seen[i])

        # one diagonal after another: every row meets a tile, and has a limit, before most tiles are made
        pairs = [(i, i + off) for off in range(len(tiles)) for i in range(len(tiles) - off)]
        self._run(one, pairs, len(self.x) ** 2)
        list(self.work.each(last, range(len(tiles))))

    @property
    def _scratch(self) -> "_Scratch":
        """This thread's."""
        if not hasattr(self._own, "scratch"):
            self._own.scratch = _Scratch(min(self.side, max(len(self.x), len(self.y))), self.x.shape[1])
        found: _Scratch = self._own.scratch
        return found

    def _run(self, one: Callable[[Task], int], tasks: Sequence[Task], total: int) -> None:
        """All tasks, and progress in rows, whatever the parts were; what is done at once needs no word."""
        done = 0
        for part in self.work.each(one, tasks):
            done += part
            if len(tasks) > 1:
                self.work.progress(done * len(self.x) // total, len(self.x), "neighbours")

    def _candidates(self, rows: slice, room: int) -> list[Candidates]:
        """Who looks for the nearest and, where asked, who for the farthest."""
        given = (self.x, rows, self.y, self.metric)
        near = Candidates(*given, self.k, self.slack, room)
        return [near, Candidates(*given, 1, self.slack, room, largest=True)] if self.farthest else [near]

    def _settle(self, rows: slice, seen: list[Candidates]) -> None:
        self.indices[rows], self.distances[rows] = seen[0].result()
        if self.farthest:
            self.far[rows] = seen[1].result()[1][:, 0]


class _Scratch:
    """What one thread writes tiles into, again and again."""

    def __init__(self, side: int, width: int) -> None:
        self._left, self._right = np.empty((side, width), np.float32), np.empty((side, width), np.float32)
        self._scores, self._spare = np.empty(side * side, np.float32), np.empty(side * side, np.float32)
        self._mask = np.empty(side * side, bool)

    def left(self, estimate: Estimate, rows: slice, count: int) -> Float32[np.ndarray, "q D"]:
        """Rows made ready."""
        return estimate.ready_left(rows, self._left[:count])

    def scores(
        self, estimate: Estimate, a: Float32[np.ndarray, "q D"], rows: slice, columns: slice, count: int
    ) -> tuple[Float32[np.ndarray, "q g"], Bool[np.ndarray, "q g"]]:
        """A tile of scores, and room for a mask of it."""
        b = estimate.ready_right(columns, self._right[:count])
        shape, size = (len(a), count), len(a) * count
        scores, spare, mask = (part[:size].reshape(shape) for part in (self._scores, self._spare, self._mask))
        return estimate.scores(a, rows, b, columns, scores, spare), mask


def _side(work: ComputeBudget, width: int) -> int:
    """Side of a tile: two blocks of vectors, two of scores and a mask a thread, in half of the memory."""
    # side s: 2 blocks of 4 s width, 2 of 4 s^2 scores, s^2 of mask, 8 s width + 9 s^2 <= room, solved for s
    room = work.memory / 2 / work.cores
    return int(max(1, min(_SIDE, (np.sqrt((8.0 * width) ** 2 + 36.0 * room) - 8.0 * width) / 18.0)))
