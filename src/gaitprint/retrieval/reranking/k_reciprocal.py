"""k-reciprocal re-ranking of all probes together, with rows of the answer made as they are asked for."""

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy import sparse

from gaitprint.errors import ShapeError
from gaitprint.retrieval.knn.items import Items, MatrixItems
from gaitprint.retrieval.knn.search import Neighbours
from gaitprint.retrieval.reranking.encoding import (
    Numbers,
    Sparse,
    averaged,
    encodings,
    expanded_sets,
    jaccard,
    mixed,
    reciprocal,
    scales,
)

_PROBES = 256
"""Probes at most whose distances are made at once, on each core."""
_TOGETHER = 16
"""Of these the probes that are mixed at once: their rows stay in a core's cache."""
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
        if not 0 < probes < items.count:
            raise ShapeError(
                f"re-ranking needs at least one probe and one gallery item, found {probes} of {items.count} items"
            )
        check_reranking(k1, k2, lambda_)
        graph = _WholeGraph(items, items.nearest(max(k1 + 1, k2)))
        everybody = np.arange(items.count)
        self._items, self._probes, self._lambda = items, probes, lambda_
        self._scale = scales(graph, everybody)
        encoded = _all_encodings(graph, everybody, k1)
        if k2 > 1:
            encoded = averaged(encoded, graph.lists(everybody)[:, :k2])
        self._own = encoded[:probes]
        self._gallery = encoded[probes:].tocsc()

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
            for begin in range(first, last, _TOGETHER):
                some = slice(begin, min(begin + _TOGETHER, last))
                shared, far = jaccard(self._own[some], self._gallery)
                plain = base[some.start - first : some.stop - first]
                whole = mixed(shared, far, plain, self._scale[some], self._lambda)
                result[some.start - start : some.stop - start] = whole

        list(work.each(one, range(start, stop, step)))
        return result


class _WholeGraph:
    """All items with their lists, as `encoding` asks for them."""

    def __init__(self, items: Items, near: Neighbours) -> None:
        self._items, self._near = items, near

    @property
    def count(self) -> int:
        return self._items.count

    def lists(self, numbers: Numbers) -> Int[np.ndarray, "n K"]:
        return np.asarray(self._near.indices[numbers])

    def list_distances(self, numbers: Numbers) -> Float[np.ndarray, "n K"]:
        return np.asarray(self._near.distances[numbers])

    def pairs(self, i: Numbers, j: Numbers) -> Float[np.ndarray, " M"]:
        return self._items.pairs(i, j)

    def farthest(self, numbers: Numbers) -> Float[np.ndarray, " n"]:
        return np.asarray(self._near.farthest[numbers])


def check_reranking(k1: int, k2: int, lambda_: float) -> None:
    """Raise ShapeError unless the settings are in range."""
    if k1 < 1 or k2 < 1 or not 0 <= lambda_ <= 1:
        raise ShapeError(f"re-ranking needs k1, k2 >= 1 and lambda in [0, 1], found {k1}, {k2}, {lambda_}")


def widths(k1: int) -> tuple[int, int]:
    """Places of the lists that R(p, k1) and R(p, k1/2) look at, the item itself among them."""
    return k1 + 1, round(k1 / 2) + 1


def _all_encodings(graph: _WholeGraph, everybody: Numbers, k1: int) -> Sparse:
    """V [N, N], a block of rows after another."""
    wide, narrow = (reciprocal(graph, everybody, cut) for cut in widths(k1))
    parts = []
    for start in range(0, len(everybody), _ROWS):
        rows = everybody[start : start + _ROWS]
        parts.append(encodings(graph, rows, expanded_sets(wide[start : start + _ROWS], narrow, everybody)))
    return sparse.vstack(parts, format="csr")
