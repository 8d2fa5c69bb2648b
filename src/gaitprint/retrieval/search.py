"""The k nearest of every row among any number of items, exactly, in blocks that fit the memory asked for.

A fast float32 estimate throws away what cannot be among the nearest; what is left is compared in double precision and
ordered by (distance, index). So the answer is that of the full matrix, which is never made.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.retrieval._candidates import Candidates
from gaitprint.retrieval.estimate import Estimate
from gaitprint.retrieval.metric import Metric
from gaitprint.retrieval.work import Work

_SIDE = 2048
"""Items along a side of a tile: enough for the first tile to throw most of the others away."""
_CANDIDATE = 24
"""Bytes of a candidate that waits."""


@dataclass(frozen=True)
class Neighbours:
    """What is nearest to each of M rows, nearest first; equal distances stand in the items' order."""

    indices: Int[np.ndarray, "M K"]
    distances: Float32[np.ndarray, "M K"]
    farthest: Float32[np.ndarray, " M"] | None = None
    """Distance of the farthest item, where it was asked for."""


def search(
    x: Float32[np.ndarray, "M D"],
    y: Float32[np.ndarray, "N _"],
    metric: Metric,
    k: int,
    work: Work | None = None,
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
    work = work or Work()
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"vectors to compare have one width, found {x.shape[1]} and {y.shape[1]}: embed both alike")
    if k < 1 or not len(x) or not len(y):
        raise ShapeError(f"neighbours need k >= 1 and an item on each side, found k = {k}, {len(x)} and {len(y)}")
    found = _Search(x, y, metric, min(k, len(y)), work, farthest)
    among_themselves = y is x and 4 * _CANDIDATE * found.k * len(x) <= work.memory
    if among_themselves:
        found.halves()
    else:
        found.rows()
    return Neighbours(found.indices, found.distances, found.far)


def search_others(
    x: Float32[np.ndarray, "N D"], metric: Metric, k: int, work: Work | None = None, *, farthest: bool = False
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
        work: Work,
        farthest: bool,
    ) -> None:
        self.x, self.y, self.metric, self.k, self.work, self.farthest = x, y, metric, k, work, farthest
        self.estimate: Estimate = metric.estimate(x, y)
        self.slack: Float64[np.ndarray, " M"] = self.estimate.slack()
        self.indices = np.empty((len(x), k), np.int64)
        self.distances = np.empty((len(x), k), np.float32)
        self.far = np.empty(len(x), np.float32) if farthest else None
        side = _side(work, x.shape[1])
        self.tiles = -(-len(y) // side)
        """Each takes every so-many-th item, and so is a sample of all, wherever the near ones stand."""
        self.block = side
        """Rows that ask together, where they are not items themselves."""

    def rows(self) -> None:
        """Rows against all items, a block after another."""
        tiles = [slice(t, None, self.tiles) for t in range(self.tiles)]
        blocks = [slice(i, min(i + self.block, len(self.x))) for i in range(0, len(self.x), self.block)]
        room = self.work.memory // 2 // self.work.cores // _CANDIDATE

        def one(rows: slice) -> int:
            seen = self._candidates(rows, room)
            a = self.estimate.ready_left(rows)
            for columns in tiles:
                b = self.estimate.ready_right(columns)
                _show(seen, self.estimate.scores(a, rows, b, columns), np.arange(len(self.y))[columns])
            self._settle(rows, seen)
            return len(a)

        self._tell(self.work.each(one, blocks), len(self.x))

    def halves(self) -> None:
        """Items among themselves: a tile serves its rows and, turned, its columns."""
        tiles = [slice(t, None, self.tiles) for t in range(self.tiles)]
        room = self.work.memory // 2 // self.tiles // _CANDIDATE
        seen = [self._candidates(rows, room) for rows in tiles]
        items = [np.arange(len(self.x))[rows] for rows in tiles]

        def one(pair: tuple[int, int]) -> int:
            i, j = pair
            a, b = self.estimate.ready_left(tiles[i]), self.estimate.ready_right(tiles[j])
            scores = self.estimate.scores(a, tiles[i], b, tiles[j])
            _show(seen[i], scores, items[j])
            if i != j:
                _show(seen[j], scores.T, items[i])
            return int(scores.size) * (1 if i == j else 2)

        def last(i: int) -> None:
            self._settle(tiles[i], seen[i])

        pairs = [(i, i + off) for off in range(self.tiles) for i in range(self.tiles - off)]
        self._tell(self.work.each(one, pairs), len(self.x) ** 2)
        list(self.work.each(last, range(self.tiles)))

    def _tell(self, finished: Iterator[int], total: int) -> None:
        """Progress in rows, whatever the parts were."""
        done = 0
        for part in finished:
            done += part
            self.work.progress(done * len(self.x) // total, len(self.x), "neighbours")

    def _candidates(self, rows: slice, room: int) -> list[Candidates]:
        """Who looks for the nearest and, where asked, who for the farthest."""
        given = (self.x, rows, self.y, self.metric)
        near = Candidates(*given, self.k, self.slack, room)
        return [near, Candidates(*given, 1, self.slack, room, largest=True)] if self.farthest else [near]

    def _settle(self, rows: slice, seen: list[Candidates]) -> None:
        self.indices[rows], self.distances[rows] = seen[0].result()
        if self.far is not None:
            self.far[rows] = seen[1].result()[1][:, 0]


def _side(work: Work, width: int) -> int:
    """Side of a tile: two blocks of vectors and three of scores a thread, in half of the memory."""
    room = work.memory / 2 / work.cores
    return int(max(1, min(_SIDE, (np.sqrt((8.0 * width) ** 2 + 48.0 * room) - 8.0 * width) / 24.0)))


def _show(seen: list[Candidates], scores: Float32[np.ndarray, "m n"], items: Int[np.ndarray, " n"]) -> None:
    for candidates in seen:
        candidates.see(scores, items)
