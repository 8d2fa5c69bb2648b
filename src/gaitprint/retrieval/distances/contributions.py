"""What each part adds to a distance of two embeddings: exact, for both distances that are sums over parts."""

from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64

from gaitprint.errors import ShapeError
from gaitprint.retrieval.distances.exact import part_slices
from gaitprint.types import PartLayout

AdditiveScorer = Literal["euclidean", "part-mean"]
"""The scorers whose answer is a sum over parts: the square of Euclid, and the mean over parts as it is."""


def part_contributions(
    x: Float32[np.ndarray, "M D"], y: Float32[np.ndarray, "M _"], layout: PartLayout, scorer: AdditiveScorer
) -> Float64[np.ndarray, "M P"]:
    """What each part adds, for each of M pairs; never negative.

    `euclidean`: the squares |x_p - y_p|^2, which add up to the *square* of the distance. `part-mean`: |x_p - y_p| / P,
    which add up to the distance itself.

    Raises:
        ShapeError: the widths differ from each other or from the layout's.
    """
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"vectors to compare have one width, found {x.shape[1]} and {y.shape[1]}: embed both alike")
    starts = [s.start for s in part_slices(layout, x.shape[1])]
    squares = np.add.reduceat(np.square(np.subtract(x, y, dtype=np.float64)), starts, axis=1)
    return np.asarray(squares if scorer == "euclidean" else np.sqrt(squares) / layout.parts)


def distance_of(total: float, scorer: AdditiveScorer) -> float:
    """The scorer's distance from the sum of all contributions."""
    return float(np.sqrt(total)) if scorer == "euclidean" else float(total)
