"""The distances, each in three forms: listed pairs exactly, whole blocks exactly, and a fast estimate with its error.

Exact is double precision, answered as float32. The estimate is one product of float32 matrices, or one a part; how far
it can be off is bounded by how sums of products round, so that what it throws away is never among the nearest.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int
from numpy.typing import NDArray

from gaitprint.retrieval.distances import exact as exact
from gaitprint.retrieval.distances.estimate import Estimate
from gaitprint.types import PartLayout

MetricName = Literal["euclidean", "euclidean_squared", "part_mean", "part_cosine"]

TITLES: dict[MetricName, str] = {
    "euclidean_squared": "squared Euclid of whole vectors",
    "euclidean": "Euclid of whole vectors",
    "part_mean": "mean over parts of Euclid",
    "part_cosine": "1 - mean over parts of cosine",
}

_PAIR_VALUES = 1 << 17
"""Doubles held at once while pairs are compared: 1 MB stays in a core's cache, which halves the time."""


@dataclass(frozen=True)
class Metric:
    """One distance of embeddings of one layout."""

    name: MetricName
    layout: PartLayout

    def block(
        self,
        x: Float32[np.ndarray, "Q D"],
        y: Float32[np.ndarray, "G _"],
        centre: Float64[np.ndarray, " D"] | None = None,
    ) -> Float32[np.ndarray, "Q G"]:
        """All pairs, exactly. `centre` is `distances.centre(y)`, for who asks block by block."""
        match self.name:
            case "euclidean":
                return exact.flat_euclidean(x, y, centre)
            case "euclidean_squared":
                return exact.flat_euclidean_squared(x, y, centre)
            case "part_mean":
                return exact.part_mean_euclidean(x, y, self.layout, centre)
            case _:
                return exact.part_mean_cosine(x, y, self.layout)

    def pairs(
        self,
        x: Float32[np.ndarray, "Q D"],
        i: Int[np.ndarray, " M"],
        y: Float32[np.ndarray, "G _"],
        j: Int[np.ndarray, " M"],
    ) -> Float32[np.ndarray, " M"]:
        """The distances of x[i] and y[j], exactly: by differences, which lose nothing where vectors are near."""
        result = np.empty(len(i), np.float32)
        step = max(1, _PAIR_VALUES // x.shape[1])
        starts = [s.start for s in exact.part_slices(self.layout, x.shape[1])]
        for begin in range(0, len(i), step):
            some = slice(begin, begin + step)
            result[some] = _pairs(self.name, x[i[some]], y[j[some]], starts)
        return result

    def estimate(self, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G _"]) -> Estimate:
        """The fast form for these two sides; `x` may be `y` itself."""
        slices = exact.part_slices(self.layout, x.shape[1])
        if self.name == "part_cosine":
            return Estimate.of(x, y, "dot", tuple(slices))
        if self.name == "part_mean":
            return Estimate.of(x, y, "root", tuple(slices))
        return Estimate.of(x, y, "squared", (slice(0, x.shape[1]),))


def _pairs(
    name: MetricName, a: Float32[np.ndarray, "m D"], b: Float32[np.ndarray, "m D"], starts: list[int]
) -> NDArray[np.float64]:
    if name == "part_cosine":
        x, y = a.astype(np.float64), b.astype(np.float64)
        dots, xx, yy = (np.add.reduceat(v, starts, axis=1) for v in (x * y, x * x, y * y))
        lengths = np.sqrt(xx) * np.sqrt(yy)
        cosines = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
        return np.asarray(np.maximum(1.0 - cosines.mean(axis=1), 0.0))
    difference = np.subtract(a, b, dtype=np.float64)
    if name == "part_mean":
        return np.asarray(np.sqrt(np.add.reduceat(np.square(difference), starts, axis=1)).mean(axis=1))
    squares = np.einsum("ij,ij->i", difference, difference)
    return np.asarray(np.sqrt(squares) if name == "euclidean" else squares)
