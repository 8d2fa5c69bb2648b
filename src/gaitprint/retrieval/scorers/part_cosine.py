"""Scorer: 1 - the mean over parts of the parts' cosines."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.incremental.pairwise import KeptPairwise, PairwiseScorer
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class PartCosineSettings:
    """Nothing can be set."""


@dataclass(frozen=True)
class PartCosine:
    """Each probe is compared by itself."""

    settings: PartCosineSettings

    @property
    def transductive(self) -> bool:
        """Other probes change nothing."""
        return False

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        return METRICS["part_cosine"].title

    @property
    def pairwise(self) -> bool:
        """Nothing but the two counts."""
        return True

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances, probes by gallery."""
        return self.comparison(probe, gallery, ComputeBudget()).rows(0, len(probe))

    def comparison(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget) -> PairwiseScorer:  # noqa: ARG002 - nothing is held
        """The same in rows."""
        return PairwiseScorer(probe.vectors, gallery.vectors, metric_named("part_cosine", probe.layout))

    def kept(self, gallery: Embeddings, work: ComputeBudget) -> KeptPairwise:  # noqa: ARG002 - nothing is held
        """For one probe after another."""
        return KeptPairwise(gallery.vectors, metric_named("part_cosine", gallery.layout))


component = Component(PartCosineSettings, PartCosine)
