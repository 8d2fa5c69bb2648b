"""The four distances by their names in settings."""

from typing import Any, Literal

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from gaitprint.retrieval.distances import exact as exact
from gaitprint.retrieval.distances.contributions import MeanOfLengths, SumOfSquares
from gaitprint.retrieval.distances.cosine_estimate import CosineEstimate
from gaitprint.retrieval.distances.estimate import Estimate, RootEstimate, SquaredEstimate
from gaitprint.retrieval.distances.metric import (
    ROUNDED,
    Block,
    Bounds,
    Centre,
    Exact,
    Items,
    Known,
    Metric,
    Numbers,
    Rows,
)
from gaitprint.types import PartLayout

MetricName = Literal["euclidean", "euclidean_squared", "part_mean", "part_cosine"]


class SquaredEuclideanMetric(Metric):
    """What k-reciprocal re-ranking was published with."""

    title = "squared Euclid of whole vectors"
    estimator = SquaredEstimate

    def block(self, x: Rows, y: Items, centre: Centre | None = None) -> Block:
        return exact.flat_euclidean_squared(x, y, centre)

    def slices(self, width: int) -> tuple[slice, ...]:
        super().slices(width)  # for its check of the width
        return (slice(0, width),)

    def score_bounds(self, distances: Known, estimate: Estimate, sign: int) -> Bounds:
        return np.asarray(distances.astype(np.float64) * float(estimate.right.scale) ** 2 * (1.0 + sign * ROUNDED))

    def scored(self, distances: Block, estimate: Estimate, out: Block) -> Block:
        np.multiply(distances, estimate.right.scale**2, out=out)
        return out

    @staticmethod
    def _pairs(a: Numbers, b: Numbers, starts: list[int]) -> Exact:
        del starts
        difference = np.subtract(a, b, dtype=np.float64)
        return np.asarray(np.einsum("ij,ij->i", difference, difference))


class EuclideanMetric(SquaredEuclideanMetric):
    """The method's own ranking."""

    title = "Euclid of whole vectors"
    part_sum = SumOfSquares()

    def block(self, x: Rows, y: Items, centre: Centre | None = None) -> Block:
        return exact.flat_euclidean(x, y, centre)

    def score_bounds(self, distances: Known, estimate: Estimate, sign: int) -> Bounds:
        # the estimate takes no root, which would change no order
        known = np.square(distances.astype(np.float64) * float(estimate.right.scale))
        return np.asarray(known * (1.0 + sign * ROUNDED))

    def scored(self, distances: Block, estimate: Estimate, out: Block) -> Block:
        np.square(np.multiply(distances, estimate.right.scale, out=out), out=out)
        return out

    @staticmethod
    def _pairs(a: Numbers, b: Numbers, starts: list[int]) -> Exact:
        return np.asarray(np.sqrt(SquaredEuclideanMetric._pairs(a, b, starts)))


class PartMeanMetric(Metric):
    """The reference toolkit's ranking."""

    title = "mean over parts of Euclid"
    estimator = RootEstimate
    part_sum = MeanOfLengths()

    def block(self, x: Rows, y: Items, centre: Centre | None = None) -> Block:
        return exact.part_mean_euclidean(x, y, self.layout, centre)

    def score_bounds(self, distances: Known, estimate: Estimate, sign: int) -> Bounds:
        known = distances.astype(np.float64) * float(estimate.right.scale) * len(estimate.slices)
        return np.asarray(known * (1.0 + sign * ROUNDED))

    def scored(self, distances: Block, estimate: Estimate, out: Block) -> Block:
        np.multiply(distances, estimate.right.scale * np.float32(len(estimate.slices)), out=out)
        return out

    @staticmethod
    def _pairs(a: Numbers, b: Numbers, starts: list[int]) -> Exact:
        difference = np.subtract(a, b, dtype=np.float64)
        return np.asarray(np.sqrt(np.add.reduceat(np.square(difference), starts, axis=1)).mean(axis=1))


class PartCosineMetric(Metric):
    """The reference toolkit's other ranking."""

    title = "1 - mean over parts of cosine"
    estimator = CosineEstimate

    def block(self, x: Rows, y: Items, centre: Centre | None = None) -> Block:
        del centre  # cosines are of vectors as they are
        return exact.part_mean_cosine(x, y, self.layout)

    def score_bounds(self, distances: Known, estimate: Estimate, sign: int) -> Bounds:
        # a cosine near 0 keeps few of the distance's digits: what rounding leaves open is absolute here
        return len(estimate.slices) * (distances.astype(np.float64) - 1.0 + sign * ROUNDED)

    def scored(self, distances: Block, estimate: Estimate, out: Block) -> Block:
        np.subtract(distances, np.float32(1.0), out=out)
        out *= np.float32(len(estimate.slices))
        return out

    def euclidean_form(self, vectors: Float32[np.ndarray, "n D"]) -> NDArray[np.floating[Any]]:
        """Every part at length one: |a - b|^2 is then 2 - 2 cos a part."""
        unit = vectors.astype(np.float64)
        for part in self.slices(vectors.shape[1]):
            lengths = np.linalg.norm(unit[:, part], axis=1, keepdims=True)
            unit[:, part] /= np.where(lengths > 0, lengths, 1.0)
        return unit

    @staticmethod
    def _pairs(a: Numbers, b: Numbers, starts: list[int]) -> Exact:
        x, y = a.astype(np.float64), b.astype(np.float64)
        dots, xx, yy = (np.add.reduceat(v, starts, axis=1) for v in (x * y, x * x, y * y))
        lengths = np.sqrt(xx) * np.sqrt(yy)
        cosines = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
        return np.asarray(np.maximum(1.0 - cosines.mean(axis=1), 0.0))


METRICS: dict[MetricName, type[Metric]] = {
    "euclidean": EuclideanMetric,
    "euclidean_squared": SquaredEuclideanMetric,
    "part_mean": PartMeanMetric,
    "part_cosine": PartCosineMetric,
}


def metric_named(name: MetricName, layout: PartLayout) -> Metric:
    """Make the distance of that name for embeddings of a layout."""
    return METRICS[name](layout)
