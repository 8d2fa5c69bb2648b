"""The k nearest of every row among any number of items, exactly, in blocks that fit the memory asked for.

A fast float32 estimate throws away what cannot be among the nearest; what is left is compared in double precision and
ordered by (distance, index). So the answer is that of the full matrix, which is never made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.retrieval.budget import ComputeBudget, Task
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.knn.candidates import Candidates
from gaitprint.retrieval.knn.tiles import Tiles

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
    corner: Float32[np.ndarray, "P R"] | None = None,
) -> Neighbours:
    """The min(k, N) nearest items y of every row of x.

    Args:
        x: rows that ask.
        y: items; the very same array where rows ask among themselves (each finds itself, at distance 0).
        metric: how they are compared.
        k: neighbours.
        work: memory and cores; None: the usual.
        farthest: also the distance of the farthest item of each row.
        corner: of rows that ask among themselves the distances of the first P to all others, where they are known:
            these pairs are not scored then.

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
        found.halves(corner if found.made.sane else None)
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
        estimate = metric.estimate(x, y)
        self.slack: Float64[np.ndarray, " M"] = estimate.slack()
        self.made = Tiles(estimate, work)
        self.indices = np.empty((len(x), k), np.int64)
        self.distances = np.empty((len(x), k), np.float32)
        self.far = np.empty(len(x) if farthest else 0, np.float32)

    def rows(self) -> None:
        """Rows against all items, a block after another."""
        side = self.made.side
        blocks = [slice(i, min(i + side, len(self.x))) for i in range(0, len(self.x), side)]
        tiles = self._strided(0, len(self.y))
        items = [np.arange(len(self.y))[columns] for columns in tiles]
        room = self.work.memory // 2 // self.work.cores // _CANDIDATE

        def one(rows: slice) -> int:
            seen, a = self._candidates(rows, room), self.made.left(rows)
            for columns, these in zip(tiles, items, strict=True):
                scores, mask = self.made.scores(a, columns)
                for candidates in seen:
                    candidates.see(scores, these, mask)
            self._settle(rows, seen)
            return len(a)

        self._run(one, blocks, len(self.x))

    def halves(self, corner: Float32[np.ndarray, "P R"] | None) -> None:
        """Items among themselves: a tile serves its rows and, turned, its columns."""
        first = 0 if corner is None else len(corner)
        tiles = self._strided(0, first) + self._strided(first, len(self.x))
        room = self.work.memory // 2 // len(tiles) // _CANDIDATE
        seen = [self._candidates(rows, room) for rows in tiles]
        items = [np.arange(len(self.x))[rows] for rows in tiles]

        def one(pair: tuple[int, int]) -> int:
            i, j = pair
            if corner is not None and tiles[i].start < first <= tiles[j].start:
                columns = slice(tiles[j].start - first, None, tiles[j].step)
                scores, mask = self.made.known(self.metric, corner[tiles[i], columns])
            else:
                scores, mask = self.made.scores(self.made.left(tiles[i]), tiles[j])
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

    def _strided(self, start: int, stop: int) -> list[slice]:
        """Tiles of some items. Each takes every so-many-th, and so is a sample of all, wherever the near ones stand."""
        count = -(-(stop - start) // self.made.side)
        return [slice(start + t, stop, count) for t in range(count)]

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
