"""What may be among the k nearest of some rows: thinned by estimates as tiles come, in the end compared exactly."""

from threading import Lock

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from gaitprint.retrieval.distances.metric import Metric

_GROUPS = 64
"""Groups of a tile's columns at least, whose smallest entries bound the k-th smallest of all."""

Some = tuple[Int[np.ndarray, " c"], Int[np.ndarray, " c"], Float32[np.ndarray, " c"]]
"""Places among the rows, items, and scores or distances."""


class Candidates:
    """Of some rows, the items that no estimate has ruled out yet. Threads may show it tiles at the same time."""

    def __init__(
        self,
        x: Float32[np.ndarray, "M D"],
        rows: slice,
        y: Float32[np.ndarray, "N D"],
        metric: Metric,
        k: int,
        slack: Float64[np.ndarray, " M"],
        room: int,
        largest: bool = False,
    ) -> None:
        """Rows `x[rows]` ask for their k nearest of y, or farthest; `room` candidates may wait."""
        self._rows = np.arange(len(x))[rows]
        self._x, self._y, self._metric, self._k, self._largest = x, y, metric, k, largest
        # two scores are compared and each may be off by the slack: who is nearer in truth is within twice of it.
        # The last factor keeps the rounding to float32 from making that smaller.
        self._slack = (2.0 * slack[rows]).astype(np.float32) * np.float32(1.0001)
        # Of each row a score above which nobody is among its k nearest. It is lowered without the lock: of two threads
        # one may undo what the other did, and the limit is looser then, never wrong.
        self._limit = np.full(len(self._rows), np.inf, np.float32)
        self._pending: list[Some] = []
        # several times what stays, or every tile would be followed by a thinning that drops next to nothing
        self._waiting, self._room = 0, max(room, 4 * k * len(self._rows))
        self._usual = self._full = 4 * k * len(self._rows)
        """When so many wait they are thinned: early, for the limits found then spare most tiles most of theirs."""
        self._kept: Some = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
        self._lock = Lock()

    def see(
        self,
        scores: Float32[np.ndarray, "m n"],
        items: Int[np.ndarray, " c"],
        mask: Bool[np.ndarray, "m n"],
        turned: bool = False,
    ) -> None:
        """A tile's scores, smaller is nearer: of the rows by these items, or turned, of items by rows.

        `mask` is overwritten: a tile makes no array of its size, so memory does not fall into pieces.
        """
        across = 0 if turned else 1
        if self._k == 1:
            places = self._least(scores, mask, across)
        else:
            # only until every row has a limit: `_thin` finds lower ones, and cheaper
            if self._k <= len(items) and np.isinf(self._limit).any():
                bound = _bound(scores.T if turned else scores, self._k)
                np.minimum(self._limit, bound + self._slack, out=self._limit)
            np.less_equal(scores, np.expand_dims(self._limit, across), out=mask)
            places = np.flatnonzero(mask)  # a tenth of the time of `np.nonzero` on two axes
        found = scores.take(places)
        if self._largest:
            np.negative(found, out=found)
        first, second = np.divmod(places, scores.shape[1])
        rows, columns = (second, first) if turned else (first, second)
        with self._lock:
            self._pending.append((rows, items[columns], found))
            self._waiting += len(rows)
            if self._waiting > min(self._full, self._room):
                self._thin()

    def result(self) -> tuple[Int[np.ndarray, "m k"], Float32[np.ndarray, "m k"]]:
        """The nearest of each row: items and exact distances, ties in the items' order."""
        self._thin()
        self._compare()
        _, items, values = self._kept
        shape = (len(self._limit), self._k)
        return items.reshape(shape), (-values if self._largest else values).reshape(shape)

    def _least(
        self, scores: Float32[np.ndarray, "m n"], mask: Bool[np.ndarray, "m n"], across: int
    ) -> Int[np.ndarray, " c"]:
        """Where k is 1 most tiles have nothing for most rows: only the others are looked at."""
        least = -scores.max(axis=across) if self._largest else scores.min(axis=across)
        np.minimum(self._limit, least + self._slack, out=self._limit)
        within = np.greater_equal if self._largest else np.less_equal
        limit = -self._limit if self._largest else self._limit
        hopeful = np.flatnonzero(least <= self._limit)
        if len(hopeful) > len(least) // 16:
            within(scores, np.expand_dims(limit, across), out=mask)
            return np.flatnonzero(mask)
        some = within(np.take(scores, hopeful, axis=1 - across), np.expand_dims(limit[hopeful], across))
        first, second = np.divmod(np.flatnonzero(some), some.shape[1])
        first, second = (hopeful[first], second) if across == 1 else (first, hopeful[second])
        return np.asarray(first * scores.shape[1] + second)

    def _thin(self) -> None:
        """Of all that wait, keep what the estimate does not rule out; where that is too much, compare it now."""
        if not self._pending:
            return
        rows, items, scores = (np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        keys = np.sort(_keys(rows, scores))  # a third of the time of sorting places; and the order is not needed
        counts = np.bincount(rows, minlength=len(self._limit))
        full = counts >= self._k
        kth = _values(keys[(np.cumsum(counts) - counts + self._k - 1)[full]])
        self._limit[full] = np.minimum(self._limit[full], kth + self._slack[full])
        # the k nearest by score set the limit, so of a full row k at least lie within it
        keep = scores <= self._limit[rows]
        self._pending = [(rows[keep], items[keep], scores[keep])]
        self._waiting = len(self._pending[0][0])
        self._full = max(self._usual, 2 * self._waiting)
        if self._waiting > self._room // 2:
            self._compare()

    def _compare(self) -> None:
        """Replace scores by exact distances and keep the k nearest of each row so far."""
        if not self._pending:
            return
        rows, items, _ = (np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        pairs = np.sort((rows << 32) | items)  # a row's pairs one after another: its vector stays in the cache
        rows, items = pairs >> 32, pairs & 0xFFFFFFFF
        values = self._metric.pairs(self._x, self._rows[rows], self._y, items)
        if self._largest:
            np.negative(values, out=values)
        if len(self._kept[0]):
            rows, items, values = (np.concatenate(p) for p in zip(self._kept, (rows, items, values), strict=True))
        keys = _keys(rows, values)
        order = np.argsort(keys)
        if (np.diff(keys[order]) == 0).any():  # ties are rare, and the sort that settles them is slow
            order = np.lexsort((items, keys))
        rows, items, values = rows[order], items[order], values[order]
        counts = np.bincount(rows, minlength=len(self._limit))
        place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = place < self._k
        self._kept = rows[first], items[first], values[first]
        self._pending, self._waiting = [], 0


def _bound(scores: Float32[np.ndarray, "m n"], k: int) -> Float32[np.ndarray, " m"]:
    """At least the k-th smallest of each row: the k-th smallest of the least of each group of columns."""
    rows, columns = scores.shape
    size = max(1, columns // max(_GROUPS, 3 * k))
    groups = columns // size
    # each of the k groups with the smallest least has an item at or below it, so k items are; a partition of the
    # groups costs a fraction of one of the columns
    least = scores[:, : size * groups].reshape(rows, size, groups).min(axis=1)
    return np.asarray(np.partition(least, k - 1, axis=1)[:, k - 1])


def _keys(rows: Int[np.ndarray, " c"], values: Float32[np.ndarray, " c"]) -> Int[np.ndarray, " c"]:
    """Whole numbers that sort as (row, value): a float's bits sort as it does, once a negative one's are turned."""
    bits = (values + np.float32(0.0)).view(np.int32).astype(np.int64)  # -0.0 is 0.0
    bits ^= (bits >> 63) & 0x7FFFFFFF
    return np.asarray((rows << 32) + bits)


def _values(keys: Int[np.ndarray, " c"]) -> Float32[np.ndarray, " c"]:
    """What `_keys` was given."""
    bits = keys.astype(np.int32)  # the lower half
    bits ^= (bits >> 31) & 0x7FFFFFFF
    return np.asarray(bits.view(np.float32))
