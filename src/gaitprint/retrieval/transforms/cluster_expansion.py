"""Transform: every feature becomes the mean of the other features of its cluster, over probes and gallery together.

The method's query expansion; its text leaves the clustering open. Without labels `neighbours` is the safe choice. In a
partition without the sample itself a cluster of two swaps its features, and a cluster of m is reflected about its mean
and shrunk: mean - (x - mean) / (m - 1). Set `include_self` where that is not wanted.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.retrieval.distances import flat_euclidean, part_mean_euclidean
from gaitprint.retrieval.transforms import _clusterings as clusterings
from gaitprint.retrieval.transforms._derived import split, unit_rows
from gaitprint.types import Embeddings, PartLayout


@dataclass(frozen=True)
class ClusterExpansionSettings:
    """Which samples make a cluster, and how its mean is weighted."""

    clustering: Literal["neighbours", "mutual", "components", "agglomerative", "dbscan"] = "neighbours"
    """`neighbours`: the k nearest. `mutual`: those of them that list the sample too. `components`: connected pairs
    within the threshold. `agglomerative`: merged up to the threshold. `dbscan`: dense regions; noise stays."""
    k: int = 9
    """Neighbours for `neighbours` and `mutual`: expected sequences per subject - 1 (the competition has ten)."""
    threshold: float = 0.5
    """For the three partitions, in the unit below."""
    threshold_unit: Literal["quantile", "absolute"] = "quantile"
    """`quantile`: of the samples' distances to a near neighbour, so it needs no labels and no scale.
    `absolute`: a distance, in the unit of the features."""
    threshold_neighbour: int = 1
    """For `quantile`: to which nearest other the distances are taken. 1 suits `components` and `dbscan`. Average and
    complete linkage span whole subjects: expected sequences per subject - 1."""
    linkage: Literal["average", "complete", "single"] = "average"
    """For `agglomerative`."""
    min_samples: int = 2
    """For `dbscan`: samples within the threshold that make a dense point, itself counted."""
    distance: Literal["euclidean", "part_mean"] = "euclidean"
    """Euclid on the whole vector, as the method says, or the mean over parts."""
    include_self: bool = False
    """Whether the sample itself counts in its mean."""
    alpha: float = 0.0
    """Members weigh cosine similarity ** alpha (negative cosines weigh nothing); 0 is the plain mean."""
    times: int = 1
    """Repetitions; each clusters the last one's features anew."""

    def __post_init__(self) -> None:
        require(self.k >= 1, f"k counts neighbours and is at least 1, found {self.k}")
        require(self.threshold >= 0, f"threshold is at least 0, found {self.threshold}")
        quantile = self.threshold_unit == "quantile"
        require(not quantile or self.threshold <= 1, f"threshold as a quantile is at most 1, found {self.threshold}")
        require(self.threshold_neighbour >= 1, f"threshold_neighbour is at least 1, found {self.threshold_neighbour}")
        require(self.min_samples >= 1, f"min_samples is at least 1, found {self.min_samples}")
        require(self.alpha >= 0, f"alpha is at least 0, found {self.alpha}")
        require(self.times >= 1, f"times is at least 1, found {self.times}")


@dataclass(frozen=True)
class ClusterExpansion:
    """Cluster-mean expansion of both sides. A sample without another member keeps its own feature."""

    settings: ClusterExpansionSettings

    @property
    def transductive(self) -> bool:
        """Probes are averaged with each other."""
        return True

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Both sides, expanded over their union."""
        union = np.concatenate([probe.vectors, gallery.vectors])
        for _ in range(self.settings.times):
            union = cluster_means(union, find_clusters(union, probe.layout, self.settings), self.settings)
        return split(union, probe, gallery, "cluster-expansion", self.settings)


def find_clusters(
    vectors: Float32[np.ndarray, "N D"], layout: PartLayout, settings: ClusterExpansionSettings
) -> list[clusterings.Cluster]:
    """The clusters of at least two vectors under the settings; every row is a target of exactly one."""
    s = settings
    if s.distance == "euclidean":
        distances = flat_euclidean(vectors, vectors)
    else:
        distances = part_mean_euclidean(vectors, vectors, layout)
    if s.clustering in ("neighbours", "mutual"):
        return clusterings.neighbours(distances, s.k, mutual=s.clustering == "mutual")
    threshold = s.threshold
    if s.threshold_unit == "quantile":
        threshold = clusterings.quantile_threshold(distances, s.threshold, s.threshold_neighbour)
    if s.clustering == "components":
        return clusterings.components(distances, threshold)
    if s.clustering == "agglomerative":
        return clusterings.agglomerative(distances, threshold, s.linkage)
    return clusterings.dbscan(distances, threshold, s.min_samples)


def cluster_means(
    vectors: Float32[np.ndarray, "N D"], clusters: list[clusterings.Cluster], settings: ClusterExpansionSettings
) -> Float32[np.ndarray, "N D"]:
    """Each target's mean over its cluster's members under the settings; sums are double, the answer float32."""
    result = vectors.copy()
    unit = unit_rows(vectors) if settings.alpha else None
    for targets, members in clusters:
        weights = np.ones((len(targets), len(members)))
        if unit is not None:
            weights = np.maximum(unit[targets].astype(np.float64) @ unit[members].T, 0.0) ** settings.alpha
        if not settings.include_self:
            weights[targets[:, None] == members] = 0.0
        totals = weights.sum(axis=1)
        fed = totals > 0
        means = (weights[fed] / totals[fed, None]) @ vectors[members].astype(np.float64)
        result[targets[fed]] = means
    return result


component = Component(ClusterExpansionSettings, ClusterExpansion)
