"""k-reciprocal re-ranking (Zhong, Zheng, Cao, Li: Re-ranking Person Re-identification with k-reciprocal Encoding,
CVPR 2017), with sparse sets instead of dense rows and rows of the answer made as they are asked for.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64, Int
from scipy import sparse

from gaitprint.errors import ShapeError
from gaitprint.retrieval.knn.items import Items, MatrixItems

Sparse = Any
"""A scipy CSR array; scipy brings no types."""

_PROBES = 256
"""Probes at most whose distances are made at once, on each core."""
_ROWS = 4096
"""Items whose sets are made at once: their products take some tens of MB whatever N is."""


def k_reciprocal(
    distances: Float[np.ndarray, "N N"], probes: int, k1: int, k2: int, lambda_: float
) -> Float32[np.ndarray, "Q G"]:
    """Re-ranked distances of the first `probes` items to all others, smaller is more alike.

    Args:
        distances: a symmetric matrix of all items, probes first, then gallery. The publication squares Euclidean
            distances before this step.
        probes: Q, how many of the N items are probes.
        k1: neighbours whose reciprocity is asked for (the item itself comes on top).
        k2: neighbours whose encodings are averaged, the item included; 1 averages nothing.
        lambda_: the share of the distance itself in the answer; the rest is Jaccard distance.

    Raises:
        ShapeError: the matrix is not square, not finite or negative, or `probes`, k1, k2, lambda_ are out of range.
    """
    return Reranked(MatrixItems(distances), probes, k1, k2, lambda_).rows(0, probes)


class Reranked:
    """Items encoded once; then any rows of the re-ranked distances [Q, G]. Arguments as for `k_reciprocal`."""

    def __init__(self, items: Items, probes: int, k1: int, k2: int, lambda_: float) -> None:
        _check(items.count, probes, k1, k2, lambda_)
        lists, largest = items.nearest(max(k1 + 1, k2))
        self._items, self._probes, self._lambda = items, probes, lambda_
        self._scale = np.where(largest > 0, largest, 1.0)
        encodings = _encode(items, self._scale, expanded_sets(lists, k1))
        if k2 > 1:
            encodings = _average(encodings, lists[:, :k2])
        self._own = encodings[:probes]
        self._gallery = encodings[probes:].tocsc()

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        return self._probes, self._items.count - self._probes

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """Distances of the probes from `start` to `stop`."""
        result = np.empty((stop - start, self.shape[1]), np.float32)
        work = self._items.work
        step = max(1, min(_PROBES, -(-(stop - start) // work.cores)))

        def one(first: int) -> None:
            last = min(first + step, stop)
            base = self._items.block(first, last, self._probes)
            for probe in range(first, last):  # a row at a time stays in a core's cache
                row = (1.0 - self._lambda) * self._jaccard(probe)
                row += base[probe - first] * (self._lambda / self._scale[probe])
                result[probe - start] = row

        list(work.each(one, range(start, stop, step)))
        return result

    def _jaccard(self, probe: int) -> Float64[np.ndarray, " G"]:
        """1 - s / (2 - s), s the sum of the smaller entries of the probe's and a gallery item's row."""
        own, gallery = self._own, self._gallery
        row = slice(own.indptr[probe], own.indptr[probe + 1])
        columns, weights = own.indices[row], own.data[row]
        starts, counts = gallery.indptr[columns], gallery.indptr[columns + 1] - gallery.indptr[columns]
        places = np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts)
        smaller = np.minimum(np.repeat(weights, counts), gallery.data[places])
        overlap = np.bincount(gallery.indices[places], smaller, minlength=gallery.shape[0])
        return np.maximum(1.0 - overlap / (2.0 - overlap), 0.0)


def _check(items: int, probes: int, k1: int, k2: int, lambda_: float) -> None:
    if not 0 < probes < items:
        raise ShapeError(f"re-ranking needs at least one probe and one gallery item, found {probes} of {items} items")
    if k1 < 1 or k2 < 1 or not 0 <= lambda_ <= 1:
        raise ShapeError(f"re-ranking needs k1, k2 >= 1 and lambda in [0, 1], found {k1}, {k2}, {lambda_}")


def _reciprocal(lists: Int[np.ndarray, "N K"]) -> Sparse:
    """R [N, N]: 1 where each of two items is in the other's list."""
    items, length = lists.shape
    listed = sparse.csr_array(
        (np.ones(items * length, np.int32), lists.ravel(), np.arange(0, items * length + 1, length)),
        shape=(items, items),
    )
    return listed.multiply(listed.T).tocsr()


def expanded_sets(lists: Int[np.ndarray, "N K"], k1: int) -> Sparse:
    """R*(i): R(i, k1), and for each c in it R(c, k1/2) where more than two thirds of that lie in R(i, k1)."""
    wide = _reciprocal(lists[:, : k1 + 1])
    narrow = _reciprocal(lists[:, : round(k1 / 2) + 1])
    sizes, turned = narrow.sum(axis=1), narrow.T.tocsr()
    parts = []
    for start in range(0, len(lists), _ROWS):
        some = wide[start : start + _ROWS]
        shared = (some @ turned).multiply(some).tocoo()
        agreed = 3 * shared.data > 2 * sizes[shared.col]
        candidates = sparse.csr_array(
            (np.ones(int(agreed.sum()), np.int32), (shared.row[agreed], shared.col[agreed])), shape=some.shape
        )
        parts.append(some + candidates @ narrow)
    return sparse.vstack(parts, format="csr")


def _encode(items: Items, scale: Float64[np.ndarray, " N"], sets: Sparse) -> Sparse:
    """V [N, N]: exp(-distance / row maximum) on each item's set, each row summing to one (or empty)."""
    rows = np.repeat(np.arange(items.count), np.diff(sets.indptr))
    weights = np.exp(-items.pairs(rows, sets.indices) / scale[rows])
    totals = np.bincount(rows, weights, minlength=items.count)
    return sparse.csr_array((weights / totals[rows], sets.indices, sets.indptr), shape=sets.shape)


def _average(encodings: Sparse, lists: Int[np.ndarray, "N K"]) -> Sparse:
    """Local query expansion: each row becomes the mean of the rows of its nearest items."""
    items, length = lists.shape
    weights = sparse.csr_array(
        (np.full(items * length, 1.0 / length), lists.ravel(), np.arange(0, items * length + 1, length)),
        shape=(items, items),
    )
    return (weights @ encodings).tocsr()
