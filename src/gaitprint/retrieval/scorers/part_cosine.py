"""Scorer: 1 - the mean over parts of the parts' cosines."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.retrieval.distances import part_mean_cosine
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
        return "1 - mean over parts of cosine"

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances, probes by gallery."""
        return part_mean_cosine(probe.vectors, gallery.vectors, probe.layout)


component = Component(PartCosineSettings, PartCosine)
