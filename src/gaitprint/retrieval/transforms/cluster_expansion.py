"""Transform: every feature becomes the mean of the other features of its cluster, over probes and gallery together.

The method's query expansion; its text leaves the clustering open. Without labels `neighbours` is the safe choice. In a
partition without the sample itself a cluster of two swaps its features, and a cluster of m is reflected about its mean
and shrunk: mean - (x - mean) / (m - 1). Set `include_self` where that is not wanted.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.retrieval.bases.recompute import RecomputedTransform, RecomputeTransform
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.cluster_candidates import LISTED, ClusterCandidates
from gaitprint.retrieval.concatenation import joined
from gaitprint.retrieval.derived_embeddings import require_one, split, unit_rows
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.retrieval.expansion import clusterings as clusterings
from gaitprint.retrieval.expansion.clusterings import Labels, Lists
from gaitprint.retrieval.expansion.means import list_means, partition_means
from gaitprint.retrieval.incremental.expansion import FittedExpansion, ListExpansion
from gaitprint.retrieval.joint.sides import JointSides
from gaitprint.retrieval.knn.approximate import Search, check_search, wanted
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
    threshold_unit: Literal["quantile", "absolute", "subjects"] = "quantile"
    """`quantile`: of the samples' distances to a near neighbour, so it needs no labels and no scale.
    `absolute`: a distance, in the unit of the features.
    `subjects`: for `agglomerative`, no threshold: as many clusters as the gallery knows subjects."""
    threshold_neighbour: int = 1
    """For `quantile`: to which nearest other the distances are taken. 1 suits `components` and `dbscan`. Average and
    complete linkage span whole subjects: expected sequences per subject - 1."""
    linkage: Literal["average", "complete", "single", "ward"] = "average"
    """For `agglomerative`; `ward` is of Euclid alone and needs no matrix of all pairs."""
    min_samples: int = 2
    """For `dbscan`: samples within the threshold that make a dense point, itself counted."""
    distance: Literal["euclidean", "part_mean"] = "euclidean"
    """Euclid on the whole vector, as the method says, or the mean over parts."""
    include_self: bool = False
    """Whether the sample itself counts in its mean."""
    alpha: float = 0.0
    """Members weigh cosine similarity ** alpha (negative cosines weigh nothing); 0 is the plain mean."""
    rounds: int = 1
    """Repetitions; each clusters the last one's features anew."""
    inductive: bool = False
    """Each probe is expanded with the gallery alone, as in live use; else all probes take part."""
    search: Search = "exact"
    """`exact` compares all items; `approximate` may miss a neighbour, needs faiss, and says its recall."""
    recall: float = 0.99
    """For `approximate`: the share of the true neighbours that has to be found."""

    def __post_init__(self) -> None:
        check_search(self.search, self.recall, self.inductive)
        require(
            self.search == "exact" or self.clustering in LISTED,
            f"search 'approximate' is for clustering 'neighbours' and 'mutual', found {self.clustering!r}",
        )
        require(self.k >= 1, f"k counts neighbours and is at least 1, found {self.k}")
        require(self.threshold >= 0, f"threshold is at least 0, found {self.threshold}")
        quantile = self.threshold_unit == "quantile"
        require(not quantile or self.threshold <= 1, f"threshold as a quantile is at most 1, found {self.threshold}")
        subjects = self.threshold_unit == "subjects"
        require(
            not subjects or self.clustering == "agglomerative",
            f"threshold_unit 'subjects' is for clustering 'agglomerative', found {self.clustering!r}",
        )
        ward = self.clustering == "agglomerative" and self.linkage == "ward"
        require(not ward or self.distance == "euclidean", "linkage 'ward' is of distance 'euclidean' alone")
        require(self.threshold_neighbour >= 1, f"threshold_neighbour is at least 1, found {self.threshold_neighbour}")
        require(self.min_samples >= 1, f"min_samples is at least 1, found {self.min_samples}")
        require(self.alpha >= 0, f"alpha is at least 0, found {self.alpha}")
        require(self.rounds >= 1, f"rounds is at least 1, found {self.rounds}")


@dataclass(frozen=True)
class ClusterExpansion(RecomputeTransform):
    """Cluster-mean expansion of both sides. A sample without another member keeps its own feature."""

    settings: ClusterExpansionSettings

    @property
    def inductive(self) -> bool:
        """As the settings say."""
        return self.settings.inductive

    @property
    def transductive(self) -> bool:
        """Probes are averaged with each other."""
        return not self.inductive

    def transform(self, probe: Embeddings, gallery: Embeddings, budget: ComputeBudget) -> tuple[Embeddings, Embeddings]:
        """Expand both sides over their union; ConfigError where `inductive` is handed several probes."""
        require_one(self.settings.inductive, probe, "cluster-expansion")
        union = joined(probe.vectors, gallery.vectors, budget)
        subjects = len({r.subject for r in gallery.records if r.subject is not None})
        for _ in range(self.settings.rounds):
            clusters = find_clusters(union, probe.layout, self.settings, subjects, budget)
            union = cluster_means(union, clusters, self.settings, budget)
        return split(union, probe, gallery, self)

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> RecomputedTransform:
        """Lists are kept for one probe after another. A partition is made anew for each probe, at its full price."""
        s = self.settings
        if s.clustering not in LISTED:
            # one more item can move a threshold, and with it any cluster: there is nothing to patch
            return RecomputedTransform(self, gallery, budget)

        def means(
            own: Float32[np.ndarray, "m D"], members: Float32[np.ndarray, "m K D"], use: Bool[np.ndarray, "m K"]
        ) -> Float32[np.ndarray, "m D"]:
            return list_means(own, members, use, s.alpha, s.include_self)

        rule = ListExpansion(metric_named(s.distance, gallery.layout), s.k, means, mutual=s.clustering == "mutual")
        return FittedExpansion(self, gallery, budget, rule, s.rounds)


def find_clusters(
    vectors: Float32[np.ndarray, "N D"],
    layout: PartLayout,
    settings: ClusterExpansionSettings,
    subjects: int = 0,
    work: ComputeBudget | None = None,
) -> Lists | Labels:
    """Who is averaged with whom under the settings: lists of members, or the cluster of each sample.

    Args:
        vectors: probes and gallery together.
        layout: their parts.
        settings: which clustering.
        subjects: how many the gallery knows, for the unit `subjects`.
        work: memory and cores.

    Raises:
        ConfigError: the memory does not hold what the clustering needs, or it is told no number of subjects.
    """
    s, work = settings, work or ComputeBudget()
    metric, recall = metric_named(s.distance, layout), wanted(s.search, s.recall)
    if s.clustering == "neighbours":
        return clusterings.neighbours(vectors, metric, s.k, work, recall)
    if s.clustering == "mutual":
        return clusterings.mutual(vectors, metric, s.k, work, recall)
    if s.threshold_unit == "subjects":
        require(subjects >= 1, "threshold_unit 'subjects' needs a gallery with named subjects: choose 'quantile'")
        return clusterings.agglomerative(vectors, metric, 0.0, s.linkage, work, min(subjects, len(vectors)))
    threshold = s.threshold
    if s.threshold_unit == "quantile":
        threshold = clusterings.quantile_threshold(vectors, metric, s.threshold, s.threshold_neighbour, work)
    if s.clustering == "components":
        return clusterings.components(vectors, metric, threshold, work)
    if s.clustering == "agglomerative":
        return clusterings.agglomerative(vectors, metric, threshold, s.linkage, work)
    return clusterings.dbscan(vectors, metric, threshold, s.min_samples, work)


def cluster_means(
    vectors: Float32[np.ndarray, "N D"],
    clusters: Lists | Labels,
    settings: ClusterExpansionSettings,
    work: ComputeBudget | None = None,
) -> Float32[np.ndarray, "N D"]:
    """Each sample's mean over its cluster under the settings; sums are double, the answer float32.

    A sample without another member keeps its own feature.
    """
    work = work or ComputeBudget()
    if isinstance(clusters, Lists):
        return _means_of_lists(vectors, clusters, settings, work)
    if settings.alpha == 0:
        return partition_means(vectors, clusters, settings.include_self, work)
    result = work.array(*vectors.shape)
    result[:] = vectors
    unit = unit_rows(vectors)
    order = np.argsort(clusters, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1):
        if len(members) > 1:
            rows = work.rows(24.0 * len(members))
            for start in range(0, len(members), rows):
                _weigh(result, vectors, unit, members[start : start + rows], members, settings)
    return result


def _means_of_lists(
    vectors: Float32[np.ndarray, "N D"], lists: Lists, settings: ClusterExpansionSettings, work: ComputeBudget
) -> Float32[np.ndarray, "N D"]:
    result = work.array(*vectors.shape)
    rows = work.rows(24.0 * vectors.shape[1] * (lists.members.shape[1] + 1))
    for start in range(0, len(vectors), rows):
        some = slice(start, start + rows)
        result[some] = list_means(
            vectors[some], vectors[lists.members[some]], lists.use[some], settings.alpha, settings.include_self
        )
    return result


def _weigh(
    result: Float32[np.ndarray, "N D"],
    vectors: Float32[np.ndarray, "N D"],
    unit: Float32[np.ndarray, "N D"],
    targets: Int[np.ndarray, " t"],
    members: Int[np.ndarray, " m"],
    settings: ClusterExpansionSettings,
) -> None:
    weights: Float64[np.ndarray, "t m"] = np.maximum(unit[targets].astype(np.float64) @ unit[members].T, 0.0)
    weights **= settings.alpha
    if not settings.include_self:
        weights[targets[:, None] == members] = 0.0
    # where no other member is at an acute angle nothing is averaged: the feature stays
    totals = weights.sum(axis=1)
    fed = totals > 0
    result[targets[fed]] = (weights[fed] / totals[fed, None]) @ vectors[members].astype(np.float64)


class ClusterExpansionTuning(ClusterCandidates):
    """What the expansion shares with others: neighbour lists, in a single round."""

    def joint(self, transform: ClusterExpansion, sides: JointSides) -> tuple[Embeddings, Embeddings] | None:
        s = transform.settings
        if s.clustering not in LISTED or s.rounds > 1:
            return None
        lists = sides.items(s.distance).clusters(s.k, s.clustering == "mutual")
        return split(cluster_means(sides.union, lists, s, sides.work), sides.probe, sides.gallery, transform)


component = Component(
    ClusterExpansionSettings, ClusterExpansion, (Example(), Example({"inductive": True})), ClusterExpansionTuning()
)
