"""Clusterings of vectors: who is averaged with whom. None of them makes a matrix of all pairs but the agglomerative.

Two forms come out: lists, where each sample has its own members, and a partition, where a cluster has.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering

from gaitprint.config import require
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.knn.approximate import other_neighbours
from gaitprint.retrieval.knn.mutual import mutual_mask
from gaitprint.retrieval.knn.radius import Pairs, pairs_within
from gaitprint.retrieval.knn.search import search_others

Vectors = Float32[np.ndarray, "N D"]
Labels = Int[np.ndarray, " N"]
"""A partition: the number of each sample's cluster."""

_PAIR = 24
"""Bytes of a pair that is held."""
_NEAR = 20
"""Neighbours that Ward's linkage may merge with where not all pairs can be held."""


class Lists(NamedTuple):
    """Of each sample, the others it is averaged with."""

    members: Int[np.ndarray, "N K"]
    use: Bool[np.ndarray, "N K"]
    """Which of them count."""


def neighbours(x: Vectors, metric: Metric, k: int, work: ComputeBudget, recall: float | None = None) -> Lists:
    """Each sample with its k nearest others; `recall` is the share of them that has to be found, None: all."""
    members = other_neighbours(x, metric, k, recall, work).indices
    return Lists(members, np.ones(members.shape, bool))


def mutual(x: Vectors, metric: Metric, k: int, work: ComputeBudget, recall: float | None = None) -> Lists:
    """Each sample with those of its k nearest others that list it as well."""
    members = other_neighbours(x, metric, k, recall, work).indices
    return Lists(members, mutual_mask(lambda asked: members[asked], members, np.arange(len(members))))


def components(x: Vectors, metric: Metric, threshold: float, work: ComputeBudget) -> Labels:
    """Connected components of the pairs at most `threshold` apart: one chain of near pairs makes one cluster."""
    labels = np.arange(len(x))
    left, right, waiting = [], [], 0
    for i, j in pairs_within(x, metric, threshold, work):
        left.append(i)
        right.append(j)
        waiting += len(i)
        # components of components are components: pairs may be folded in at any time
        if waiting * _PAIR > work.memory:
            labels = _joined(labels, left, right)
            left, right, waiting = [], [], 0
    return _joined(labels, left, right)


def _joined(labels: Labels, left: list[NDArray[np.int64]], right: list[NDArray[np.int64]]) -> Labels:
    """Labels with the clusters of each pair made one."""
    items = len(labels)
    i, j = (np.concatenate([labels[:0], *(labels[part] for part in side)]) for side in (left, right))
    graph = sparse.csr_array((np.ones(len(i), bool), (i, j)), shape=(items, items))
    return np.asarray(connected_components(graph, directed=False)[1][labels])


def dbscan(x: Vectors, metric: Metric, threshold: float, samples: int, work: ComputeBudget) -> Labels:
    """Dense regions (Ester et al., 1996): `samples` within `threshold`, the sample itself counted. Noise stays alone.

    A sample at the border of several regions goes to the one that begins first.
    """
    pairs = _held(pairs_within(x, metric, threshold, work), threshold, work)
    i, j = np.concatenate([pairs[0], pairs[1]]), np.concatenate([pairs[1], pairs[0]])
    items = len(x)
    dense = np.bincount(i, minlength=items) + 1 >= samples
    inside = dense[i] & dense[j]
    graph = sparse.csr_array((np.ones(int(inside.sum()), bool), (i[inside], j[inside])), shape=(items, items))
    labels = connected_components(graph, directed=False)[1]
    first = np.full(items, items)
    # a region is named by its first dense sample, so a border sample goes to the one that begins first
    np.minimum.at(first, labels[dense], np.flatnonzero(dense))
    regions = np.where(dense, first[labels], items)
    border = dense[j] & ~dense[i]
    nearest = regions.copy()
    np.minimum.at(nearest, i[border], regions[j[border]])
    alone = nearest == items
    nearest[alone] = np.flatnonzero(alone)
    return np.unique(nearest, return_inverse=True)[1]


def _held(pairs: Iterator[Pairs], threshold: float, work: ComputeBudget) -> Pairs:
    left, right, waiting = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for i, j in pairs:
        left.append(i)
        right.append(j)
        waiting += len(i)
        require(
            4 * waiting * _PAIR <= work.memory,
            f"more than {waiting:,} pairs are within {threshold:g}, which {work.memory / 2**20:.0f} MiB do not hold: "
            "lower the threshold, or allow more memory",
        )
    return np.concatenate(left), np.concatenate(right)


def agglomerative(
    x: Vectors, metric: Metric, threshold: float, linkage: str, work: ComputeBudget, clusters: int | None = None
) -> Labels:
    """Clusters merged from the bottom while their linkage distance is at most `threshold`, or `clusters` are left.

    All pairs are held. Where the memory is too small for that, Ward's linkage merges near neighbours only; the other
    linkages are refused.
    """
    # the library merges strictly below its limit, and the threshold itself shall count
    limit = None if clusters is not None else float(np.nextafter(threshold, np.inf))
    needed = 20 * len(x) ** 2
    if linkage == "ward":
        graph = None if needed <= work.memory else _graph(x, metric, work)
        model = AgglomerativeClustering(clusters, linkage="ward", distance_threshold=limit, connectivity=graph)
        return np.asarray(model.fit_predict(x.astype(np.float64)))
    require(
        needed <= work.memory,
        f"agglomerative clustering of {len(x):,} samples holds all pairs, {needed / 2**30:.1f} GiB, and "
        f"{work.memory / 2**30:.1f} GiB are allowed: choose neighbours or mutual, or allow more memory",
    )
    distances = metric.block(x, x).astype(np.float64)
    model = AgglomerativeClustering(clusters, metric="precomputed", linkage=linkage, distance_threshold=limit)
    return np.asarray(model.fit_predict(distances))


def _graph(x: Vectors, metric: Metric, work: ComputeBudget) -> sparse.csr_matrix:
    """Near neighbours, in one piece: pieces are linked to those whose means are nearest until none is left over."""
    lists = search_others(x, metric, _NEAR, work).indices
    left, right = np.repeat(np.arange(len(x)), lists.shape[1]), lists.ravel()
    while True:
        graph = sparse.csr_matrix((np.ones(len(left)), (left, right)), shape=(len(x), len(x)))
        pieces, labels = connected_components(graph, directed=False)
        if pieces == 1:
            return graph
        # pieces are linked by their first samples: linkage goes by vectors, and only needs a path
        _, first, sizes = np.unique(labels, return_index=True, return_counts=True)
        order = np.argsort(labels, kind="stable")
        means = np.add.reduceat(x[order], np.cumsum(sizes) - sizes, axis=0) / sizes[:, None]
        near = search_others(means.astype(np.float32), metric, _NEAR, work).indices
        left = np.append(left, first[np.repeat(np.arange(pieces), near.shape[1])])
        right = np.append(right, first[near.ravel()])


def quantile_threshold(x: Vectors, metric: Metric, quantile: float, neighbour: int, work: ComputeBudget) -> float:
    """The quantile, over samples, of the distance to the `neighbour`-th nearest other (1 is the nearest)."""
    return float(np.quantile(search_others(x, metric, neighbour, work).distances[:, -1].astype(np.float64), quantile))
