"""Transform: alpha query expansion by cosine neighbours, the alternative to cluster means (as fast-reid defines it)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.retrieval.bases.recompute import RecomputeTransform
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.concatenation import joined
from gaitprint.retrieval.derived_embeddings import require_one, split
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.retrieval.expansion.means import alpha_sums
from gaitprint.retrieval.incremental.expansion import FittedExpansion, ListExpansion
from gaitprint.retrieval.knn.approximate import Search, check_search, neighbours, wanted
from gaitprint.retrieval.tunable import Complexity, DataShape, Settings, Table, TransformTuning
from gaitprint.types import Embeddings, PartLayout


@dataclass(frozen=True)
class AlphaExpansionSettings:
    """How many neighbours, how sharply weighted."""

    k: int = 5
    """The most cosine-similar items of probes and gallery together, the item itself included."""
    alpha: float = 3.0
    """Weights are cosine ** alpha; negative cosines weigh nothing."""
    rounds: int = 1
    """Repetitions, each on the last one's features."""
    inductive: bool = False
    """Each probe is expanded with the gallery alone, as in live use; else all probes take part."""
    search: Search = "exact"
    """`exact` compares all items; `approximate` may miss a neighbour, needs faiss, and says its recall."""
    recall: float = 0.99
    """For `approximate`: the share of the true neighbours that has to be found."""

    def __post_init__(self) -> None:
        check_search(self.search, self.recall, self.inductive)
        require(self.k >= 1, f"k counts neighbours and is at least 1, found {self.k}")
        require(self.alpha >= 0, f"alpha is at least 0, found {self.alpha}")
        require(self.rounds >= 1, f"rounds is at least 1, found {self.rounds}")


@dataclass(frozen=True)
class AlphaExpansion(RecomputeTransform):
    """The sum of weight x raw feature over the k most similar, divided by k (not by the weights' sum)."""

    settings: AlphaExpansionSettings

    @property
    def inductive(self) -> bool:
        """As the settings say."""
        return self.settings.inductive

    @property
    def transductive(self) -> bool:
        """Probes are averaged with each other."""
        return not self.inductive

    def transform(self, probe: Embeddings, gallery: Embeddings, budget: ComputeBudget) -> tuple[Embeddings, Embeddings]:
        """Expand both sides over their union.

        Raises:
            ConfigError: one probe at a time was asked for, and more are there.
        """
        require_one(self.settings.inductive, probe, "alpha-expansion")
        union = joined(probe.vectors, gallery.vectors, budget)
        s = self.settings
        for _ in range(s.rounds):
            union = expand(union, s.k, s.alpha, budget, wanted(s.search, s.recall))
        return split(union, probe, gallery, self)

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> FittedExpansion:
        """Lists are kept for one probe after another."""
        s = self.settings

        def means(
            own: Float32[np.ndarray, "m D"], members: Float32[np.ndarray, "m K D"], _: Bool[np.ndarray, "m K"]
        ) -> Float32[np.ndarray, "m D"]:
            return alpha_sums(own, members, s.alpha)

        rule = ListExpansion(_cosine(gallery.layout.width), s.k, means, include_self=True)
        return FittedExpansion(self, gallery, budget, rule, s.rounds)


def expand(
    vectors: Float32[np.ndarray, "N D"],
    k: int,
    alpha: float,
    work: ComputeBudget | None = None,
    recall: float | None = None,
) -> Float32[np.ndarray, "N D"]:
    """One round over all rows; with fewer than k items, all of them. `recall` is the share of neighbours; None: all."""
    work = work or ComputeBudget()
    width = vectors.shape[1]
    lists = neighbours(vectors, _cosine(width), k, recall, work).indices
    result = work.array(*vectors.shape)
    rows = work.rows(24.0 * width * lists.shape[1])
    for start in range(0, len(vectors), rows):
        some = slice(start, start + rows)
        result[some] = alpha_sums(vectors[some], vectors[lists[some]], alpha)
    return result


def _cosine(width: int) -> Metric:
    return metric_named("part_cosine", PartLayout(((1, width),)))


@dataclass(frozen=True)
class AlphaExpansionTuning(TransformTuning):
    """Lists of a few, and as long as a subject has sequences."""

    family: Literal["expansion"] = "expansion"
    place: int = 1
    powers: tuple[float, ...] = (3.0, 10.0)
    """Weights by likeness, cosine ** alpha; 0 is tried as well."""

    def candidates(self, shape: DataShape) -> list[Table]:
        own = max(shape.sequences, 2)
        return [{"k": k} for k in sorted({min(3, own), own})]

    def variations(self, settings: Settings) -> list[Table]:
        del settings
        return [{"rounds": 2}, *({"alpha": a} for a in (0.0, *self.powers))]

    def complexity(self, settings: Settings) -> Complexity:
        """Fewer repetitions, fewer members; after lists of plain means."""
        return float(settings["rounds"]), 1.0, float(settings["k"]), 0.0, 5.0


component = Component(
    AlphaExpansionSettings, AlphaExpansion, (Example(), Example({"inductive": True})), AlphaExpansionTuning()
)
