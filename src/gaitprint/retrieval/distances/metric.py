"""A distance as a value, in three forms: listed pairs exactly, whole blocks exactly, a fast estimate with its error.

Exact is double precision, answered as float32. The estimate is one product of float32 matrices, or one a part; how far
it can be off is bounded by how sums of products round, so that what it throws away is never among the nearest.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Float32, Float64, Int
from numpy.typing import NDArray

from gaitprint.retrieval.distances.contributions import PartSum
from gaitprint.retrieval.distances.estimate import Estimate
from gaitprint.retrieval.distances.exact import part_slices
from gaitprint.types import PartLayout

Rows = Float32[np.ndarray, "Q D"]
Items = Float32[np.ndarray, "G _"]
Centre = Float64[np.ndarray, " D"]
Block = Float32[np.ndarray, "Q G"]
Known = Float32[np.ndarray, " n"]
Bounds = Float64[np.ndarray, " n"]
Exact = Float64[np.ndarray, " Q"]
Numbers = Float[np.ndarray, "_ D"]

_PAIR_VALUES = 1 << 17
"""Doubles held at once while pairs are compared: 1 MB stays in a core's cache, which halves the time."""
ROUNDED = 1e-6
"""Far more than a distance can lose as float32, and its score with it."""


@dataclass(frozen=True)
class Metric(ABC):
    """One distance of embeddings of one layout."""

    layout: PartLayout
    title: ClassVar[str]
    """What the numbers are, for reports."""
    estimator: ClassVar[type[Estimate]]
    """What scores of this distance are."""
    part_sum: ClassVar[PartSum | None] = None
    """How it is a sum over parts; None: it is none."""

    @abstractmethod
    def block(self, x: Rows, y: Items, centre: Centre | None = None) -> Block:
        """Compute all pairs, exactly. `centre` is `exact.centre(y)`, for who asks block by block."""

    def pairs(self, x: Rows, i: Int[np.ndarray, " M"], y: Items, j: Int[np.ndarray, " M"]) -> Float32[np.ndarray, " M"]:
        """Compute the distances of x[i] and y[j], exactly: by differences, which lose nothing where they are small.

        A pair's digits hang on its two vectors alone, not on their order or on the pairs beside it: whoever lists
        neighbours relies on that to give the same list, however it was found.
        """
        result, width = np.empty(len(i), np.float32), x.shape[1]
        step = max(1, min(_PAIR_VALUES // width, len(i)))
        starts = [part.start for part in self.slices(width)]
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)  # `take` would do that anew for every portion
        a, b = np.empty((step, width), np.float32), np.empty((step, width), np.float32)
        for begin in range(0, len(i), step):
            part = slice(begin, begin + step)
            count = len(i[part])
            # places are there, so nothing is clipped: it is the one way in which `take` writes straight to `out`
            x.take(i[part], axis=0, out=a[:count], mode="clip")
            y.take(j[part], axis=0, out=b[:count], mode="clip")
            result[part] = self._pairs(a[:count], b[:count], starts)
        return result

    def row(self, x: Float32[np.ndarray, " D"], y: Items) -> Known:
        """Compute the distances of one vector to all of y, exactly, as `pairs` does."""
        result, width = np.empty(len(y), np.float32), y.shape[1]
        step = max(1, min(_PAIR_VALUES // width, len(y)))
        starts = [part.start for part in self.slices(width)]
        # doubles from here on: a difference that converts its terms by itself takes three times as long
        own, room = x.astype(np.float64)[None], np.empty((step, width))
        for begin in range(0, len(y), step):
            some = y[begin : begin + step]
            np.copyto(room[: len(some)], some)
            result[begin : begin + step] = self._pairs(own, room[: len(some)], starts)
        return result

    def estimate(self, x: Rows, y: Items) -> Estimate:
        """Make the fast form for these two sides; `x` may be `y` itself."""
        return self.estimator.of(x, y, self.slices(x.shape[1]))

    def slices(self, width: int) -> tuple[slice, ...]:
        """Where the parts stand that are compared one by one.

        Raises:
            ShapeError: the layout describes another width.
        """
        return tuple(part_slices(self.layout, width))

    @abstractmethod
    def score_bounds(self, distances: Known, estimate: Estimate, sign: int) -> Bounds:
        """Turn distances into scores of the estimate: at most (sign -1) or at least (1) what rounding leaves open."""

    @abstractmethod
    def scored(self, distances: Block, estimate: Estimate, out: Block) -> Block:
        """Turn exact distances into scores of the estimate, within its slack where its scale is `sane`."""

    def euclidean_form(self, vectors: Float32[np.ndarray, "n D"]) -> NDArray[np.floating[Any]]:
        """Vectors whose Euclidean distances order items as this distance does, or nearly."""
        return vectors

    @staticmethod
    @abstractmethod
    def _pairs(a: Numbers, b: Numbers, starts: list[int]) -> Exact:
        """Row by row, or one row with all; `starts` says where the parts begin."""
