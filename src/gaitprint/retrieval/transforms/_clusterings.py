"""Who belongs together without labels: neighbour lists, or partitions by threshold, linkage or density.

A clustering is a list of clusters (targets, members): every sample is a target once, and its new feature is made from
the members, itself among them. A partition's targets are its members; a neighbour list has one target.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import DBSCAN, AgglomerativeClustering

from gaitprint.retrieval.neighbors import nearest_others


class Cluster(NamedTuple):
    """Samples whose features are replaced, and the samples they are made from (the targets included)."""

    targets: Int[np.ndarray, " t"]
    members: Int[np.ndarray, " m"]


def neighbours(distances: Float32[np.ndarray, "N N"], k: int, mutual: bool) -> list[Cluster]:
    """Each sample with its k nearest others; `mutual` keeps only those that list it as well."""
    lists = nearest_others(distances, k)
    items = np.arange(len(lists))
    if not mutual:
        return [Cluster(items[i : i + 1], np.append(i, row)) for i, row in enumerate(lists)]
    listed = np.zeros(distances.shape, bool)
    listed[items[:, None], lists] = True
    return [Cluster(items[i : i + 1], np.append(i, row[listed[row, i]])) for i, row in enumerate(lists)]


def components(distances: Float32[np.ndarray, "N N"], threshold: float) -> list[Cluster]:
    """Connected components of the pairs at most `threshold` apart: one chain of near pairs makes one cluster."""
    _, labels = connected_components(sparse.csr_array(distances <= threshold), directed=False)
    return partition(labels)


def agglomerative(distances: Float32[np.ndarray, "N N"], threshold: float, linkage: str) -> list[Cluster]:
    """Clusters merged from the bottom while their linkage distance is at most `threshold`."""
    limit = float(np.nextafter(threshold, np.inf))
    model = AgglomerativeClustering(None, metric="precomputed", linkage=linkage, distance_threshold=limit)
    return partition(model.fit_predict(distances.astype(np.float64)))


def dbscan(distances: Float32[np.ndarray, "N N"], threshold: float, samples: int) -> list[Cluster]:
    """Dense regions: `samples` within `threshold`, the sample itself counted. Noise is left alone."""
    model = DBSCAN(eps=max(threshold, np.finfo(np.float64).tiny), min_samples=samples, metric="precomputed")
    labels = model.fit_predict(distances.astype(np.float64))
    noise = labels < 0
    labels[noise] = labels.max() + 1 + np.arange(noise.sum())
    return partition(labels)


def partition(labels: Int[np.ndarray, " N"]) -> list[Cluster]:
    """The clusters of a labelling."""
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return [Cluster(group, group) for group in np.split(order, cuts)]


def quantile_threshold(distances: Float32[np.ndarray, "N N"], quantile: float, neighbour: int) -> float:
    """The quantile, over samples, of the distance to the `neighbour`-th nearest other (1 is the nearest)."""
    lists = nearest_others(distances, neighbour)
    return float(np.quantile(distances[np.arange(len(lists)), lists[:, -1]].astype(np.float64), quantile))
