"""What each part adds to a distance of two embeddings: exact, for distances that are sums over parts."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from jaxtyping import Float32, Float64

from gaitprint.errors import ShapeError
from gaitprint.retrieval.distances.exact import part_slices
from gaitprint.types import PartLayout


class PartSum(ABC):
    """How a distance, or its square, is a sum over parts of what each part's Euclidean distance makes of itself."""

    squared: ClassVar[bool]
    """Whether the sum is the square of the distance."""

    @abstractmethod
    def contributions(self, squares: Float64[np.ndarray, "*rest P"]) -> Float64[np.ndarray, "*rest P"]:
        """What each of P parts adds, of the squares of the parts' Euclidean distances; never negative."""

    @abstractmethod
    def factors(self, squares: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, " P"]:
        """Contributions divided by squares: what a share of a part's square is to be multiplied by; 0 for a 0."""

    def distance(self, total: float) -> float:
        """The distance from the sum of all contributions."""
        return float(np.sqrt(total)) if self.squared else float(total)


class SumOfSquares(PartSum):
    """Euclid of whole vectors: |x_p - y_p|^2 add up to the square."""

    squared = True

    def contributions(self, squares: Float64[np.ndarray, "*rest P"]) -> Float64[np.ndarray, "*rest P"]:
        return squares

    def factors(self, squares: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, " P"]:
        return np.ones_like(squares)


class MeanOfLengths(PartSum):
    """The mean over parts of Euclid: |x_p - y_p| / P add up to it."""

    squared = False

    def contributions(self, squares: Float64[np.ndarray, "*rest P"]) -> Float64[np.ndarray, "*rest P"]:
        return np.asarray(np.sqrt(squares) / squares.shape[-1])

    def factors(self, squares: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, " P"]:
        roots = np.sqrt(squares)
        # |d_p| = |d_p|^2 / |d_p|: each part's pieces are divided by its own distance
        return np.asarray(np.divide(1.0, roots * len(squares), out=np.zeros_like(roots), where=roots > 0))


def part_contributions(
    x: Float32[np.ndarray, "M D"], y: Float32[np.ndarray, "M _"], layout: PartLayout, part_sum: PartSum
) -> Float64[np.ndarray, "M P"]:
    """What each part adds, for each of M pairs; never negative.

    Raises:
        ShapeError: the widths differ from each other or from the layout's.
    """
    if x.shape[1] != y.shape[1]:
        raise ShapeError(f"vectors to compare have one width, found {x.shape[1]} and {y.shape[1]}: embed both alike")
    starts = [s.start for s in part_slices(layout, x.shape[1])]
    squares = np.add.reduceat(np.square(np.subtract(x, y, dtype=np.float64)), starts, axis=1)
    return part_sum.contributions(squares)
