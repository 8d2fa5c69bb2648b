"""Scorer: Euclid on the flattened vectors, the method's own ranking."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.retrieval.distances import flat_euclidean
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class EuclideanSettings:
    """Nothing can be set."""


@dataclass(frozen=True)
class Euclidean:
    """Each probe is compared by itself."""

    settings: EuclideanSettings

    @property
    def transductive(self) -> bool:
        """Other probes change nothing."""
        return False

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        return "Euclid of whole vectors"

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances, probes by gallery."""
        return flat_euclidean(probe.vectors, gallery.vectors)


component = Component(EuclideanSettings, Euclidean)
