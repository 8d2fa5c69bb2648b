"""A scorer that compares two sequences by a metric and looks at nothing else says only which."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.contributions import PartSum
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.types import Embeddings


class MetricScorer:
    """Set `metric`; `settings` is the field of your data class."""

    settings: Any
    metric: ClassVar[type[Metric]]
    transductive = False
    inductive = False
    pairwise = True

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        return self.metric.title

    @property
    def part_sum(self) -> PartSum | None:
        """As the metric says."""
        return self.metric.part_sum

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> "FittedMetric":
        """Hold the gallery."""
        del budget
        return FittedMetric(self.metric(gallery.layout), gallery.vectors)


@dataclass(frozen=True)
class FittedMetric:
    """A gallery to be compared with."""

    metric: Metric
    gallery: Float32[np.ndarray, "G D"]

    def compare(self, probe: Embeddings) -> "MetricComparison":
        """Compare row by row, as rows are asked for."""
        return MetricComparison(probe.vectors, self.gallery, self.metric)

    def distances(self, delta: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Compare one probe with the gallery as it is with that probe."""
        return plain_distances(self.metric, self.gallery, delta)

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> "FittedMetric":
        """Hold the edited gallery."""
        del delta
        return replace(self, gallery=gallery.vectors)


@dataclass(frozen=True)
class MetricComparison:
    """Probes and gallery, to be compared row by row."""

    probes: Float32[np.ndarray, "Q D"]
    gallery: Float32[np.ndarray, "G D"]
    metric: Metric

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        return len(self.probes), len(self.gallery)

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """The distances of the probes from `start` to `stop`."""
        return self.metric.block(self.probes[start:stop], self.gallery)


def plain_distances(
    metric: Metric, gallery: Float32[np.ndarray, "G D"], delta: GalleryDelta
) -> Float32[np.ndarray, " G"]:
    """Compare a delta's probe with all items of a fitted gallery as they are now."""
    result = metric.row(delta.probe[0], gallery)
    if len(delta.rows):
        result[delta.rows] = metric.row(delta.probe[0], delta.vectors)
    return result
