"""Plain distances: each probe is compared by itself, so any rows can be made at any time."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.incremental.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental.plain_distances import plain_distances


@dataclass(frozen=True)
class PairwiseScorer:
    """Probes and gallery, to be compared row by row."""

    probes: Float32[np.ndarray, "Q D"]
    gallery: Float32[np.ndarray, "G D"]
    metric: Metric

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        return len(self.probes), len(self.gallery)

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """Distances of the probes from `start` to `stop`."""
        return self.metric.block(self.probes[start:stop], self.gallery)


@dataclass(frozen=True)
class KeptPairwise:
    """A gallery, for one probe after another."""

    gallery: Float32[np.ndarray, "G D"]
    metric: Metric

    def distances(self, change: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Of the probe to every item."""
        return plain_distances(self.metric, self.gallery, change)
