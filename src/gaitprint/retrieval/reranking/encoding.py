"""k-reciprocal encoding: sets, weights, local query expansion and Jaccard distance, for any rows of a graph.

Zhong, Zheng, Cao, Li: Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017; equations below are
theirs. Rows are sparse: a set has some dozens of members, whatever N is.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from scipy import sparse

from gaitprint.retrieval.knn.mutual import mutual_mask

Sparse = Any
"""A scipy CSR array; scipy brings no types."""
Numbers = Int[np.ndarray, "_"]


@runtime_checkable
class NeighbourGraph(Protocol):
    """Items with their neighbour lists, an item itself among its own."""

    @property
    def count(self) -> int:
        """Items have numbers below."""
        ...

    def lists(self, numbers: Numbers) -> Int[np.ndarray, "n K"]:
        """Who is near items, nearest first."""
        ...

    def list_distances(self, numbers: Numbers) -> Float[np.ndarray, "n K"]:
        """How far those are."""
        ...

    def pairs(self, i: Numbers, j: Numbers) -> Float[np.ndarray, " M"]:
        """Distances of listed pairs; of a pair that stands in a list, the same as there."""
        ...

    def farthest(self, numbers: Numbers) -> Float[np.ndarray, " n"]:
        """How far the farthest item of each is."""
        ...


def reciprocal(graph: NeighbourGraph, numbers: Numbers, cut: int) -> Sparse:
    """R(p, k) of equation 3, [n, N]: 1 where each of two items is among the first `cut` of the other's list."""
    members = graph.lists(numbers)[:, :cut]
    mutual = mutual_mask(lambda asked: graph.lists(asked)[:, :cut], members, numbers)
    return _rows_of(members[mutual], mutual.sum(axis=1), graph.count)


def expanded_sets(wide: Sparse, narrow: Sparse, numbers: Numbers) -> Sparse:
    """R*(p, k1) of equation 4, [n, N]: R(p, k1), and with each c in it R(c, k1/2) where two thirds of that lie in it.

    The published text says "at least" two thirds, its code "more than"; this is the code's.

    Args:
        wide: R(p, k1) of n items.
        narrow: R(c, k1/2) of m items, everybody in `wide` among them.
        numbers: which those are, sorted.
    """
    place = np.zeros(wide.shape[1], np.int64)
    place[numbers] = np.arange(len(numbers))
    inside = sparse.csr_array((wide.data, place[wide.indices], wide.indptr), shape=(wide.shape[0], len(numbers)))
    shared = (wide @ narrow.T.tocsr()).multiply(inside).tocoo()
    agreed = 3 * shared.data > 2 * np.diff(narrow.indptr)[shared.col]
    taken = sparse.csr_array(
        (np.ones(int(agreed.sum()), np.int32), (shared.row[agreed], shared.col[agreed])), shape=inside.shape
    )
    return (wide + taken @ narrow).tocsr()


def encodings(graph: NeighbourGraph, numbers: Numbers, sets: Sparse) -> Sparse:
    """V of equation 7, [n, N]: exp(-distance / the item's largest) on each item's set, each row summing to one."""
    rows = np.repeat(np.arange(len(numbers)), np.diff(sets.indptr))
    weights = np.exp(-_distances(graph, numbers, rows, sets.indices) / scales(graph, numbers)[rows])
    totals = np.bincount(rows, weights, minlength=len(numbers))
    return sparse.csr_array((weights / totals[rows], sets.indices, sets.indptr), shape=sets.shape)


def scales(graph: NeighbourGraph, numbers: Numbers) -> Float64[np.ndarray, " n"]:
    """What divides the distances of items: their largest, or 1 where all are 0."""
    largest = graph.farthest(numbers).astype(np.float64)
    return np.where(largest > 0, largest, 1.0)


def averaged(encoded: Sparse, places: Int[np.ndarray, "n k2"]) -> Sparse:
    """Equation 11, local query expansion: a row becomes the mean of the rows of its nearest items, given by place."""
    if places.shape[1] == 1:
        return encoded[places[:, 0]]
    weights = _rows_of(places.ravel(), np.full(len(places), places.shape[1]), encoded.shape[0])
    return ((weights / places.shape[1]) @ encoded).tocsr()


def jaccard(own: Sparse, gallery: Sparse) -> tuple[Int[np.ndarray, " t"], Float64[np.ndarray, " t"]]:
    """Equation 10 for probes [q, N] and gallery rows [G, N] stored by columns: where it is less than 1, and how much.

    Places are those in a flattened [q, G]. Rows sum to one, so where the smaller entries of two rows sum to s the
    larger ones sum to 2 - s; who has nothing in common with a probe, nearly everybody, is at 1.
    """
    starts = gallery.indptr[own.indices]
    counts = gallery.indptr[own.indices + 1] - starts
    entries = np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts)
    smaller = np.minimum(np.repeat(own.data, counts), gallery.data.take(entries))
    rows = np.repeat(np.arange(own.shape[0]), np.diff(own.indptr))
    places = gallery.indices.take(entries) + np.repeat(rows * gallery.shape[0], counts)
    overlap = np.bincount(places, smaller, minlength=own.shape[0] * gallery.shape[0])
    shared = np.flatnonzero(overlap > 0)  # of floats it takes several times as long
    return shared, np.maximum(1.0 - overlap[shared] / (2.0 - overlap[shared]), 0.0)


def mixed(
    places: Int[np.ndarray, " t"],
    far: Float64[np.ndarray, " t"],
    distances: Float[np.ndarray, "q G"],
    scale: Float64[np.ndarray, " q"],
    lambda_: float,
) -> Float64[np.ndarray, "q G"]:
    """Equation 12: Jaccard distances, as `jaccard` gives them, and a share of the distances themselves."""
    result = np.asarray(distances * (lambda_ / scale)[:, None])
    near = result.take(places) + (1.0 - lambda_) * far
    result += 1.0 - lambda_
    np.put(result, places, near)
    return result


def _rows_of(members: Numbers, sizes: Int[np.ndarray, " n"], width: int) -> Sparse:
    """Ones, row after row."""
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_array((np.ones(len(members), np.int32), members, ends), shape=(len(sizes), width))


def _distances(graph: NeighbourGraph, numbers: Numbers, rows: Numbers, members: Numbers) -> Float[np.ndarray, " t"]:
    """From items, by place in `numbers`, to members of their sets: most stand in the lists, with their distance."""
    lists, known = graph.lists(numbers), graph.list_distances(numbers)
    listed: Bool[np.ndarray, "t K"] = lists[rows] == members[:, None]
    # an entry that stands nowhere reads some distance here, and is overwritten below
    result = np.asarray(known[rows, listed.argmax(axis=1)])
    far = np.flatnonzero(~listed.any(axis=1))
    result[far] = graph.pairs(numbers[rows[far]], members[far])
    return result
