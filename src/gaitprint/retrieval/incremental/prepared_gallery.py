"""Fast scores of a few vectors against a whole gallery, made ready once, with a bound on their error."""

import numpy as np
from jaxtyping import Float32, Float64, Int

from gaitprint.retrieval.distances.metric import Metric

_DENORMAL = 1e-30
"""More than what is lost where squares are too small for float32."""


class PreparedGallery:
    """One side of an `Estimate`, held ready; see there for what a score is. Smaller is nearer."""

    def __init__(self, vectors: Float32[np.ndarray, "G D"], metric: Metric) -> None:
        self._metric, self._estimate = metric, metric.estimate(vectors, vectors)
        self._ready = self._estimate.ready_right(slice(None))

    def fits(self, x: Float32[np.ndarray, "n D"]) -> bool:
        """Tell whether vectors are of the gallery's size, so that scores are numbers."""
        return self._estimate.fits(x)

    def scores(self, x: Float32[np.ndarray, "n D"]) -> tuple[Float32[np.ndarray, "n G"], Float64[np.ndarray, " n"]]:
        """Score vectors against the whole gallery, and bound how far the scores of each may be off."""
        estimate = self._estimate.facing(x)
        return estimate.scores(estimate.ready_left(slice(None)), self._ready), estimate.slack() + _DENORMAL

    def between(
        self, x: Float32[np.ndarray, "n D"], y: Float32[np.ndarray, "m D"]
    ) -> tuple[Float32[np.ndarray, "n m"], Float64[np.ndarray, " n"]]:
        """Score two sets of vectors, as `scores` does."""
        if not len(x) or not len(y):
            return np.zeros((len(x), len(y)), np.float32), np.zeros(len(x))
        estimate = self._estimate.facing(x, y)
        scores = estimate.scores(estimate.ready_left(slice(None)), estimate.ready_right(slice(None)))
        return scores, estimate.slack() + _DENORMAL

    def of_distances(self, distances: Float32[np.ndarray, " n"], sign: int) -> Float64[np.ndarray, " n"]:
        """Turn distances into scores: at most (sign -1) or at least (1) what rounding leaves open."""
        return self._metric.score_bounds(distances, self._estimate, sign)


def smallest(scores: Float32[np.ndarray, "n G"], k: int) -> Float32[np.ndarray, " n"]:
    """Find the k-th smallest of each row."""
    return np.asarray(np.partition(scores, k - 1, axis=1)[:, k - 1])


def places(mask: np.ndarray) -> tuple[Int[np.ndarray, " c"], Int[np.ndarray, " c"]]:
    """Find rows and columns of what is true; quicker than `np.nonzero` on two axes."""
    rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return rows, columns
