"""Fast scores that order a row's items as a distance does, with a bound on how far each may be off.

A score is one product of float32 matrices, or one a part. Vectors are made ready block by block, so no second copy of
them is ever held.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64
from numpy.typing import NDArray

_ROUNDING = float(np.finfo(np.float32).eps)
"""Twice the relative error of one float32 operation."""
_ROWS = 1024
"""Rows gone over at once while lengths are taken."""

Kind = Literal["squared", "root", "dot"]
"""Squared distance of the whole, sum over parts of distances, or minus the sum over parts of cosines."""


@dataclass(frozen=True)
class Side:
    """One side's vectors, and what makes a block of them ready."""

    vectors: Float32[np.ndarray, "N D"]
    centre: Float32[np.ndarray, " D"]
    """Taken away first: a common offset costs no digits then. Zeros for cosines."""
    scale: np.float32
    """A power of two that keeps squares within float32's range and costs no digits."""
    lengths: Float[np.ndarray, "N P"]
    """Squared length of each part, made ready (float32); for cosines what makes each part's length one (double)."""

    def ready(
        self, rows: slice, factor: float, out: Float32[np.ndarray, "n D"] | None = None
    ) -> Float32[np.ndarray, "n D"]:
        """A block, centred and scaled, times a power of two."""
        block: NDArray[np.float32] = np.subtract(self.vectors[rows], self.centre, out=out)
        block *= self.scale * np.float32(factor)
        return block


@dataclass(frozen=True)
class Estimate:
    """Scores of two sides; smaller is nearer."""

    left: Side
    right: Side
    kind: Kind
    slices: tuple[slice, ...]

    @classmethod
    def of(
        cls, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G D"], kind: Kind, slices: tuple[slice, ...]
    ) -> "Estimate":
        """Go over both sides once; `x` may be `y` itself."""
        if kind == "dot":
            none, one = np.zeros(x.shape[1], np.float32), np.float32(1.0)
            right = Side(y, none, one, _inverse_lengths(y, slices))
            return cls(right if y is x else Side(x, none, one, _inverse_lengths(x, slices)), right, kind, slices)
        centre = y.mean(axis=0, dtype=np.float64).astype(np.float32)
        squares, peak = _squares(y, centre, slices)
        other, top = (squares, peak) if y is x else _squares(x, centre, slices)
        peak = max(peak, top)
        # entries end up in -1 .. 1, and a power of two changes exponents alone
        scale = 2.0 ** -np.ceil(np.log2(peak)) if peak > 0 else 1.0
        right = Side(y, centre, np.float32(scale), (squares * scale**2).astype(np.float32))
        if y is x:
            return cls(right, right, kind, slices)
        return cls(Side(x, centre, np.float32(scale), (other * scale**2).astype(np.float32)), right, kind, slices)

    def ready_left(self, rows: slice, out: Float32[np.ndarray, "q D"] | None = None) -> Float32[np.ndarray, "q D"]:
        """Rows made ready for `scores`."""
        if self.kind == "dot":
            return _unit(self.left, rows, self.slices, -1.0, out)
        return self.left.ready(rows, -2.0, out)  # |a - b|^2 = -2 ab + |a|^2 + |b|^2

    def ready_right(self, columns: slice, out: Float32[np.ndarray, "g D"] | None = None) -> Float32[np.ndarray, "g D"]:
        """Items made ready for `scores`."""
        if self.kind == "dot":
            return _unit(self.right, columns, self.slices, 1.0, out)
        return self.right.ready(columns, 1.0, out)

    def scores(
        self,
        a: Float32[np.ndarray, "q D"],
        rows: slice,
        b: Float32[np.ndarray, "g D"],
        columns: slice,
        out: Float32[np.ndarray, "q g"] | None = None,
        spare: Float32[np.ndarray, "q g"] | None = None,
    ) -> Float32[np.ndarray, "q g"]:
        """A block of scores, of rows and items made ready; `spare` is overwritten where parts are added up."""
        if self.kind == "dot":
            return np.matmul(a, b.T, out=out)
        own, theirs = self.left.lengths[rows], self.right.lengths[columns]
        if self.kind == "squared":
            return _plus(np.matmul(a, b.T, out=out), own[:, 0], theirs[:, 0])
        total = np.empty((len(a), len(b)), np.float32) if out is None else out
        total[:] = 0
        for p, part in enumerate(self.slices):
            block = _plus(np.matmul(a[:, part], b[:, part].T, out=spare), own[:, p], theirs[:, p])
            np.maximum(block, 0, out=block)  # rounding takes small ones below 0
            total += np.sqrt(block, out=block)
        return total

    def slack(self) -> Float64[np.ndarray, " Q"]:
        """How far any score of a row may be from the true one.

        A sum of n products in any order is off by at most n u |a| |b|, u the error of one operation (Higham, Accuracy
        and Stability of Numerical Algorithms, section 3.1); rounding the vectors and the squares adds a few.
        """
        width = self.left.vectors.shape[1]
        if self.kind == "dot":
            return np.full(len(self.left.vectors), (width + 16) * _ROUNDING * len(self.slices))
        farthest = np.sqrt(self.right.lengths.max(axis=0).astype(np.float64))
        # no intermediate sum of a row is larger than this, whatever item it meets
        reach = np.square(np.sqrt(self.left.lengths.astype(np.float64)) + farthest)
        widths = np.array([part.stop - part.start for part in self.slices])
        off = (widths + 16) * _ROUNDING * reach
        if self.kind == "squared":
            return np.asarray(off[:, 0])
        return np.asarray(np.sqrt(off).sum(axis=1) + 64 * _ROUNDING * np.sqrt(reach).sum(axis=1))


def _plus(
    block: Float32[np.ndarray, "q g"], rows: Float32[np.ndarray, " q"], columns: Float32[np.ndarray, " g"]
) -> Float32[np.ndarray, "q g"]:
    block += rows[:, None]
    block += columns
    return block


def _squares(
    x: Float32[np.ndarray, "N D"], centre: Float32[np.ndarray, " D"], slices: tuple[slice, ...]
) -> tuple[Float64[np.ndarray, "N P"], float]:
    """Squared lengths of the centred vectors' parts, and the largest entry."""
    result, peak = np.empty((len(x), len(slices))), 0.0
    for start in range(0, len(x), _ROWS):
        block = x[start : start + _ROWS] - centre
        peak = max(peak, float(block.max()), -float(block.min()))
        result[start : start + _ROWS] = _part_squares(block, slices)
    return result, peak


def _part_squares(block: Float32[np.ndarray, "n D"], slices: tuple[slice, ...]) -> Float64[np.ndarray, "n P"]:
    return np.stack([np.einsum("ij,ij->i", block[:, s], block[:, s], dtype=np.float64) for s in slices], axis=1)


def _inverse_lengths(x: Float32[np.ndarray, "N D"], slices: tuple[slice, ...]) -> Float64[np.ndarray, "N P"]:
    """What makes each part's length one; 0 for a part of zeros."""
    lengths = np.concatenate(
        [np.sqrt(_part_squares(x[start : start + _ROWS], slices)) for start in range(0, len(x), _ROWS)]
    )
    return np.asarray(np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0))


def _unit(
    side: Side, rows: slice, slices: tuple[slice, ...], sign: float, out: Float32[np.ndarray, "n D"] | None
) -> Float32[np.ndarray, "n D"]:
    """A block with every part at length one, times a sign."""
    inverse = side.lengths[rows] * sign
    block = np.empty((len(inverse), side.vectors.shape[1]), np.float32) if out is None else out
    for p, part in enumerate(slices):
        np.multiply(side.vectors[rows, part], inverse[:, p, None], out=block[:, part], casting="same_kind")
    return block
