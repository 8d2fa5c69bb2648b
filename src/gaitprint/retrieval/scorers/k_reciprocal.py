"""Scorer: k-reciprocal re-ranking, which looks at all probes at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.concatenation import joined
from gaitprint.retrieval.distances.metrics import METRICS, MetricName, metric_named
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.joint.sides import JointSides
from gaitprint.retrieval.knn.approximate import Search, check_search, wanted
from gaitprint.retrieval.knn.items import VectorItems
from gaitprint.retrieval.probewise import ProbewiseComparison
from gaitprint.retrieval.reranking.incremental import IncrementalReranker
from gaitprint.retrieval.reranking.k_reciprocal import Reranked
from gaitprint.retrieval.tunable import Complexity, ScorerTuning, Settings, Table
from gaitprint.types import Comparison, Embeddings


@dataclass(frozen=True)
class KReciprocalSettings:
    """k-reciprocal encoding (Zhong et al., CVPR 2017). Tune on training subjects, never on test."""

    k1: int = 6
    """Neighbours whose reciprocity counts: 6 in gait competitions, 20 in the paper (Market-1501)."""
    k2: int = 6
    """Neighbours whose encodings are averaged, the item itself included; 1 averages nothing."""
    lambda_: float = 0.3
    """The share of the base distance in the answer, 0 to 1; the rest is Jaccard distance."""
    base: MetricName = "euclidean_squared"
    """The distance underneath: squared Euclid as published, or "part_mean" as in the reference toolkit."""
    inductive: bool = False
    """Each probe is re-ranked with the gallery alone, as in live use; else all probes take part in each answer."""
    search: Search = "exact"
    """`exact` compares all items; `approximate` may miss a neighbour, needs faiss, and says its recall."""
    recall: float = 0.99
    """For `approximate`: the share of the true neighbours that has to be found."""

    def __post_init__(self) -> None:
        check_search(self.search, self.recall, self.inductive)
        require(self.k1 >= 1, f"k1 counts neighbours and is at least 1, found {self.k1}")
        require(self.k2 >= 1, f"k2 counts neighbours and is at least 1, found {self.k2}")
        require(0 <= self.lambda_ <= 1, f"lambda_ is a share between 0 and 1, found {self.lambda_}")


@dataclass(frozen=True)
class KReciprocal:
    """Re-ranks over the union of probes and gallery: a probe's distances change with the other probes.

    Not so with `inductive`: the union then holds one probe.
    """

    settings: KReciprocalSettings

    @property
    def inductive(self) -> bool:
        """As the settings say."""
        return self.settings.inductive

    @property
    def transductive(self) -> bool:
        """The other probes vote."""
        return not self.inductive

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        return f"k-reciprocal on {METRICS[self.settings.base].title}"

    @property
    def pairwise(self) -> bool:
        """The neighbours of both count."""
        return False

    @property
    def part_sum(self) -> None:
        """The neighbours are no part of the two."""

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> "FittedKReciprocal":
        """See the gallery: it is listed at once where probes come one by one."""
        fitted = FittedKReciprocal(self.settings, gallery, budget)
        if self.inductive:
            fitted = replace(fitted, listed=fitted.incremental)
        return fitted


@dataclass(frozen=True)
class FittedKReciprocal:
    """A gallery to be re-ranked; its lists by itself are made when the first probe comes by itself."""

    settings: KReciprocalSettings
    gallery: Embeddings
    budget: ComputeBudget
    listed: IncrementalReranker | None = None
    """Where it is known."""

    @cached_property
    def incremental(self) -> IncrementalReranker:
        """For one probe after another."""
        s, gallery = self.settings, self.gallery
        metric = metric_named(s.base, gallery.layout)
        return self.listed or IncrementalReranker.of(gallery.vectors, metric, s.k1, s.k2, s.lambda_, self.budget)

    def compare(self, probe: Embeddings) -> Comparison:
        """Re-rank over the union of all probes and the gallery; with `inductive`, of each probe and the gallery."""
        s = self.settings
        if s.inductive:
            return ProbewiseComparison(probe.vectors, len(self.gallery), self.distances)
        union = joined(probe.vectors, self.gallery.vectors, self.budget)
        metric, recall = metric_named(s.base, probe.layout), wanted(s.search, s.recall)
        items = VectorItems(union, metric, self.budget, recall, len(probe))
        return Reranked(items, len(probe), s.k1, s.k2, s.lambda_)

    def distances(self, delta: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Re-rank one probe with the gallery alone."""
        return self.incremental.distances(delta)

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> "FittedKReciprocal":
        """Patch the lists."""
        return replace(self, gallery=gallery, listed=self.incremental.commit(delta))


@dataclass(frozen=True)
class KReciprocalTuning(ScorerTuning):
    """First k1 and k2, then lambda, then the distance underneath."""

    family: Literal["re-ranking"] = "re-ranking"
    k1: tuple[int, ...] = (2, 3, 4, 6, 9, 14, 20)
    k2: tuple[int, ...] = (1, 2, 4, 6)
    """Those above k1 + 1 are left out."""
    lambdas: tuple[float, ...] = (0.0, 0.1, 0.3, 0.5, 0.7)
    """Of the re-rankings with the best k1 and k2."""
    first_lambdas: tuple[float, ...] = (0.1, 0.3)
    """While k1 and k2 are looked for."""
    k1_after: tuple[int, ...] = (3, 6, 9, 14)
    """After expansion, which has averaged already."""
    k2_after: tuple[int, ...] = (1, 3, 6)

    def candidates(self, base: MetricName | None) -> list[Table]:
        return _grid(self.k1, self.k2, self.first_lambdas, base)

    def refined(self, settings: Settings) -> list[Table]:
        return _grid((settings["k1"],), (settings["k2"],), self.lambdas, settings["base"])

    def other_bases(self, settings: Settings) -> list[Table]:
        return [{**settings, "base": base} for base in _BASES]

    def after_expansion(self, base: MetricName | None) -> list[Table]:
        return _grid(self.k1_after, self.k2_after, self.first_lambdas, base)

    def base_of(self, settings: Settings) -> MetricName | None:
        base: MetricName = settings["base"]
        return base

    def scale_free_with(self, settings: Settings) -> bool:
        return bool(settings["base"] == "part_cosine")

    def complexity(self, settings: Settings) -> Complexity:
        """A plainer distance, then a larger share of it, fewer encodings averaged, shorter lists."""
        place = float(_BASES.index(settings["base"]))
        return place, -settings["lambda_"], float(settings["k2"]), float(settings["k1"])

    def joint(self, scorer: KReciprocal, sides: JointSides) -> Float32[np.ndarray, "Q G"]:
        s = scorer.settings
        return sides.items(s.base).reranked(len(sides.probe), s.k1, s.k2, s.lambda_)


_BASES: tuple[MetricName, ...] = ("euclidean_squared", "euclidean", "part_mean", "part_cosine")


def _grid(k1: Sequence[int], k2: Sequence[int], lambdas: Sequence[float], base: MetricName | None) -> list[Table]:
    base = base or KReciprocalSettings().base
    # k2 averages among the k1 nearest and the item itself: beyond, there is nobody left
    every = [(a, b, share) for a, b, share in product(k1, k2, lambdas) if b <= a + 1]
    return [{"k1": a, "k2": b, "lambda_": share, "base": base} for a, b, share in every]


component = Component(KReciprocalSettings, KReciprocal, (Example(), Example({"inductive": True})), KReciprocalTuning())
