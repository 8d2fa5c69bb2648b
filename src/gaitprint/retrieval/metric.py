"""The distances, each in three forms: listed pairs exactly, whole blocks exactly, and a fast estimate with its error.

Exact is double precision, answered as float32. The estimate is one product of float32 matrices, or one a part; how far
it can be off is bounded by how sums of products round, so that what it throws away is never among the nearest.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int
from numpy.typing import NDArray

from gaitprint.retrieval import distances as exact
from gaitprint.types import PartLayout

MetricName = Literal["euclidean", "euclidean_squared", "part_mean", "part_cosine"]

TITLES: dict[MetricName, str] = {
    "euclidean_squared": "squared Euclid of whole vectors",
    "euclidean": "Euclid of whole vectors",
    "part_mean": "mean over parts of Euclid",
    "part_cosine": "1 - mean over parts of cosine",
}

_ROUNDING = float(np.finfo(np.float32).eps)
"""Twice the relative error of one float32 operation."""
_PAIR_VALUES = 1 << 21
"""Doubles held at once while pairs are compared (16 MB a side)."""


@dataclass(frozen=True)
class Metric:
    """One distance of embeddings of one layout."""

    name: MetricName
    layout: PartLayout

    def block(self, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G _"]) -> Float32[np.ndarray, "Q G"]:
        """All pairs, exactly."""
        match self.name:
            case "euclidean":
                return exact.flat_euclidean(x, y)
            case "euclidean_squared":
                return exact.flat_euclidean_squared(x, y)
            case "part_mean":
                return exact.part_mean_euclidean(x, y, self.layout)
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

    def estimate(self, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G _"]) -> "Estimate":
        """The fast form for these two sides; `x` may be `y` itself."""
        slices = exact.part_slices(self.layout, x.shape[1])
        if self.name == "part_cosine":
            left = _unit(x, slices)
            right = left if y is x else _unit(y, slices)
            none = np.zeros((len(x), 1), np.float32), np.zeros((len(y), 1), np.float32)
            return Estimate(left, right, *none, "dot", tuple(slices))
        kind: Literal["squared", "root"] = "root" if self.name == "part_mean" else "squared"
        if kind == "squared":
            slices = [slice(0, x.shape[1])]
        centre = y.mean(axis=0, dtype=np.float64).astype(np.float32)
        left = x - centre
        right = left if y is x else y - centre
        peak = max(float(np.abs(left).max()), float(np.abs(right).max()))
        if peak > 0:  # a power of two costs no digits, and no square leaves float32's range
            left = left * np.float32(2.0 ** -np.ceil(np.log2(peak)))
            right = left if y is x else right * np.float32(2.0 ** -np.ceil(np.log2(peak)))
        return Estimate(left, right, _lengths(left, slices), _lengths(right, slices), kind, tuple(slices))


@dataclass(frozen=True)
class Estimate:
    """Scores that order a row's items as the distances do, up to `slack`."""

    left: Float32[np.ndarray, "Q D"]
    right: Float32[np.ndarray, "G D"]
    left_squares: Float32[np.ndarray, "Q P"]
    """Squared length of each part."""
    right_squares: Float32[np.ndarray, "G P"]
    kind: Literal["squared", "root", "dot"]
    slices: tuple[slice, ...]

    def permuted(self, order: Int[np.ndarray, " G"]) -> "Estimate":
        """The same with the right side in another order."""
        return replace(self, right=self.right[order], right_squares=self.right_squares[order])

    def scores(self, rows: slice, columns: slice) -> Float32[np.ndarray, "q g"]:
        """A block of scores, smaller is nearer. Rows are not comparable with each other."""
        a, b = self.left[rows], self.right[columns]
        if self.kind == "dot":
            return np.asarray(np.negative(a @ b.T))
        if self.kind == "squared":
            block = (a * np.float32(-2)) @ b.T
            block += self.right_squares[columns].T
            return np.asarray(block)
        total = np.zeros((len(a), len(b)), np.float32)
        for p, part in enumerate(self.slices):
            block = (a[:, part] * np.float32(-2)) @ b[:, part].T
            block += self.left_squares[rows, p, None]
            block += self.right_squares[columns, p]
            np.maximum(block, 0, out=block)
            total += np.sqrt(block, out=block)
        return total

    def slack(self) -> Float64[np.ndarray, " Q"]:
        """How far a row's score may be from the true one.

        A sum of n products in any order is off by at most n u |a| |b|, u the error of one operation (Higham, Accuracy
        and Stability of Numerical Algorithms, section 3.1); rounding the centred vectors and the squares adds a few.
        """
        if self.kind == "dot":
            return np.full(len(self.left), (self.left.shape[1] + 16) * _ROUNDING * len(self.slices))
        farthest = np.sqrt(self.right_squares.max(axis=0).astype(np.float64))
        reach = np.square(np.sqrt(self.left_squares.astype(np.float64)) + farthest)
        widths = np.array([part.stop - part.start for part in self.slices])
        off = (widths + 16) * _ROUNDING * reach
        if self.kind == "squared":
            return np.asarray(off[:, 0])
        return np.asarray(np.sqrt(off).sum(axis=1) + 64 * _ROUNDING * np.sqrt(reach).sum(axis=1))


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


def _unit(x: Float32[np.ndarray, "N D"], slices: list[slice]) -> Float32[np.ndarray, "N D"]:
    result = np.zeros_like(x)
    for part in slices:
        lengths = np.linalg.norm(x[:, part].astype(np.float64), axis=1, keepdims=True)
        np.divide(x[:, part], lengths, out=result[:, part], where=lengths > 0, casting="same_kind")
    return result


def _lengths(x: Float32[np.ndarray, "N D"], slices: list[slice]) -> Float32[np.ndarray, "N P"]:
    return np.stack([np.einsum("ij,ij->i", x[:, s], x[:, s], dtype=np.float64) for s in slices], axis=1).astype(
        np.float32
    )
