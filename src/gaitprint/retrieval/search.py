"""The k nearest of every row among any number of items, exactly, in blocks that fit the memory asked for.

A fast float32 estimate throws away what cannot be among the nearest; what is left is compared in double precision and
ordered by (distance, index). So the answer is that of the full matrix, which is never made.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int
from threadpoolctl import threadpool_limits

from gaitprint.errors import ShapeError
from gaitprint.retrieval.metric import Metric
from gaitprint.retrieval.work import Work

_COLUMNS = 2048
"""Items of a tile: the first of them already bounds the k-th distance well enough to throw most others away."""
_PENDING = 1 << 22
"""Candidates that wait at once to be compared, over all threads."""


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
    k = min(k, len(y))
    tiles = -(-len(y) // _COLUMNS)
    # every tile is a sample of all items, wherever the near ones stand
    order = np.argsort(np.arange(len(y)) % tiles, kind="stable")
    estimate = metric.estimate(x, y).permuted(order)
    slack = estimate.slack()
    indices = np.empty((len(x), k), np.int64)
    distances = np.empty((len(x), k), np.float32)
    far = np.empty(len(x), np.float32) if farthest else None
    rows = work.rows(3 * 4 * _COLUMNS + 12 * _PENDING / 1024 / work.cores)

    def one(start: int) -> int:
        block = slice(start, min(start + rows, len(x)))
        found = _Block(x, y, metric, k, slack[block], start)
        tops = _Block(x, y, metric, 1, slack[block], start, largest=True) if farthest else None
        for first in range(0, len(y), _COLUMNS):
            columns = slice(first, first + _COLUMNS)
            scores = estimate.scores(block, columns)
            found.see(scores, order[columns])
            if tops is not None:
                tops.see(np.negative(scores, out=scores), order[columns])
        indices[block], distances[block] = found.result()
        if far is not None and tops is not None:
            far[block] = tops.result()[1][:, 0]
        return block.stop

    _spread(one, range(0, len(x), rows), work, len(x))
    return Neighbours(indices, distances, far)


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


def _spread(one: Callable[[int], int], starts: range, work: Work, total: int) -> None:
    """Run `one` for every start on all cores, one BLAS thread each, and tell the progress."""
    if len(starts) == 1:  # what is done at once needs no pool and no word
        one(starts[0])
        return
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(work.cores) as pool:
        done = 0
        for start, stop in zip(starts, pool.map(one, starts), strict=True):
            done += stop - start
            work.progress(done, total, "neighbours")


class _Block:
    """The candidates of a block of rows: seen tile by tile, thinned by the estimate, in the end compared exactly."""

    def __init__(
        self,
        x: Float32[np.ndarray, "M D"],
        y: Float32[np.ndarray, "N D"],
        metric: Metric,
        k: int,
        slack: Float64[np.ndarray, " m"],
        start: int,
        largest: bool = False,
    ) -> None:
        self._x, self._y, self._metric, self._k, self._start, self._largest = x, y, metric, k, start, largest
        self._slack = (2.0 * slack).astype(np.float32) * np.float32(1.0001)
        self._limit = np.full(len(slack), np.inf, np.float32)
        self._pending: list[tuple[Int[np.ndarray, " c"], Int[np.ndarray, " c"], Float32[np.ndarray, " c"]]] = []
        self._waiting = 0
        self._kept: tuple[Int[np.ndarray, " c"], Int[np.ndarray, " c"], Float32[np.ndarray, " c"]] | None = None

    def see(self, scores: Float32[np.ndarray, "m n"], items: Int[np.ndarray, " n"]) -> None:
        """A tile's scores."""
        if self._k == 1:
            least = scores.min(axis=1)
            np.minimum(self._limit, least + self._slack, out=self._limit)
            hopeful = np.flatnonzero(least <= self._limit)
            rows, columns = np.nonzero(scores[hopeful] <= self._limit[hopeful, None])
            rows = hopeful[rows]
        else:
            if self._k <= scores.shape[1] and np.isinf(self._limit).any():
                kth = np.partition(scores, self._k - 1, axis=1)[:, self._k - 1]
                np.minimum(self._limit, kth + self._slack, out=self._limit)
            rows, columns = np.nonzero(scores <= self._limit[:, None])
        self._pending.append((rows, items[columns], scores[rows, columns]))
        self._waiting += len(rows)
        if self._waiting > _PENDING:
            self._thin()

    def result(self) -> tuple[Int[np.ndarray, "m k"], Float32[np.ndarray, "m k"]]:
        """The nearest of each row: items and exact distances."""
        self._thin()
        self._compare()
        assert self._kept is not None
        _, items, values = self._kept
        shape = (len(self._limit), self._k)
        return items.reshape(shape), (-values if self._largest else values).reshape(shape)

    def _thin(self) -> None:
        """Of all that wait, keep what the estimate does not rule out; where that is too much, compare it now."""
        if not self._pending:
            return
        rows, items, scores = (np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        order = np.lexsort((scores, rows))
        rows, items, scores = rows[order], items[order], scores[order]
        counts = np.bincount(rows, minlength=len(self._limit))
        ends = np.cumsum(counts)
        full = counts >= self._k
        kth = scores[(ends - counts + self._k - 1)[full]]
        self._limit[full] = np.minimum(self._limit[full], kth + self._slack[full])
        keep = scores <= self._limit[rows]
        self._pending = [(rows[keep], items[keep], scores[keep])]
        self._waiting = int(keep.sum())
        if self._waiting > _PENDING // 2:
            self._compare()

    def _compare(self) -> None:
        """Replace scores by exact distances and keep the k nearest of each row so far."""
        if not self._pending:
            return
        rows, items, _ = (np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        values = self._metric.pairs(self._x, self._start + rows, self._y, items)
        if self._largest:
            np.negative(values, out=values)
        if self._kept is not None:
            rows, items, values = (np.concatenate(p) for p in zip(self._kept, (rows, items, values), strict=True))
        order = np.lexsort((items, values, rows))
        rows, items, values = rows[order], items[order], values[order]
        counts = np.bincount(rows, minlength=len(self._limit))
        place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = place < self._k
        self._kept = rows[first], items[first], values[first]
        self._pending, self._waiting = [], 0
