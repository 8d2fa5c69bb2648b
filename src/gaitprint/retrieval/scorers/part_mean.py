"""Scorer: the mean over parts of the parts' Euclidean distances, the reference toolkit's ranking."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.retrieval.distances import part_mean_euclidean
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class PartMeanSettings:
    """Nothing can be set."""


@dataclass(frozen=True)
class PartMean:
    """Each probe is compared by itself."""

    settings: PartMeanSettings

    @property
    def transductive(self) -> bool:
        """Other probes change nothing."""
        return False

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        return "mean over parts of Euclid"

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances, probes by gallery."""
        return part_mean_euclidean(probe.vectors, gallery.vectors, probe.layout)


component = Component(PartMeanSettings, PartMean)
