"""Fast scores of a few vectors against many kept ones, made ready once, with a bound on their error."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from gaitprint.retrieval.distances.estimate import Side
from gaitprint.retrieval.distances.exact import part_slices
from gaitprint.retrieval.distances.metric import Metric

_LARGEST = 1e30
"""Squares of ready vectors beyond which float32 may run over."""
_ROUNDED = 1e-6
"""Far more than a distance can lose as float32, and its score with it."""


class PreparedGallery:
    """A kept side; see `Estimate` for what a score is. Smaller is nearer."""

    def __init__(self, vectors: Float32[np.ndarray, "G D"], metric: Metric) -> None:
        self._estimate = metric.estimate(vectors, vectors)
        self._ready = self._estimate.ready_right(slice(None))
        self._metric, self._slices = metric, part_slices(metric.layout, vectors.shape[1])

    def fits(self, x: Float32[np.ndarray, "n D"]) -> bool:
        """Whether the vectors are of the kept ones' size, so that scores are numbers."""
        return self._estimate.kind == "dot" or bool(self._side(x).lengths.max() < _LARGEST)

    def scores(self, x: Float32[np.ndarray, "n D"]) -> tuple[Float32[np.ndarray, "n G"], Float64[np.ndarray, " n"]]:
        """Scores of some vectors against all kept ones, and how far those of each vector may be off."""
        estimate, rows = replace(self._estimate, left=self._side(x)), slice(0, len(x))
        return estimate.scores(estimate.ready_left(rows), rows, self._ready, slice(None)), estimate.slack() + 1e-30

    def between(
        self, x: Float32[np.ndarray, "n D"], y: Float32[np.ndarray, "m D"]
    ) -> tuple[Float32[np.ndarray, "n m"], Float64[np.ndarray, " n"]]:
        """The same of two sets of vectors."""
        if not len(x) or not len(y):
            return np.zeros((len(x), len(y)), np.float32), np.zeros(len(x))
        estimate = replace(self._estimate, left=self._side(x), right=self._side(y))
        rows, columns = slice(0, len(x)), slice(0, len(y))
        scores = estimate.scores(estimate.ready_left(rows), rows, estimate.ready_right(columns), columns)
        return scores, estimate.slack() + 1e-30

    def of_distances(self, distances: Float32[np.ndarray, " n"], sign: int) -> Float64[np.ndarray, " n"]:
        """Scores of distances; at most (sign -1) or at least (1) what rounding leaves open."""
        known, scale = distances.astype(np.float64), float(self._estimate.right.scale)
        if self._metric.name == "part_cosine":
            return len(self._slices) * (known - 1.0 + sign * _ROUNDED)
        if self._metric.name == "part_mean":
            score = known * scale * len(self._slices)
        else:
            score = known * scale**2 if self._metric.name == "euclidean_squared" else np.square(known * scale)
        return np.asarray(score * (1.0 + sign * _ROUNDED))

    def _side(self, x: Float32[np.ndarray, "n D"]) -> Side:
        kept = self._estimate.right
        starts = [part.start for part in self._slices]
        if self._estimate.kind == "dot":
            lengths = np.sqrt(np.add.reduceat(np.square(x, dtype=np.float64), starts, axis=1))
            inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
            return Side(x, kept.centre, kept.scale, inverse)
        if self._estimate.kind == "squared":
            starts = [0]
        centred = np.subtract(x, kept.centre).astype(np.float64) * float(kept.scale)
        with np.errstate(over="ignore"):
            squares: Float[np.ndarray, "n P"] = np.add.reduceat(np.square(centred), starts, axis=1).astype(np.float32)
        return Side(x, kept.centre, kept.scale, squares)


def smallest(scores: Float32[np.ndarray, "n G"], k: int) -> Float32[np.ndarray, " n"]:
    """The k-th smallest of each row."""
    return np.asarray(np.partition(scores, k - 1, axis=1)[:, k - 1])


def places(mask: np.ndarray) -> tuple[Int[np.ndarray, " c"], Int[np.ndarray, " c"]]:
    """Rows and columns of what is true; quicker than `np.nonzero` on two axes."""
    rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return rows, columns
