"""Fast scores that order a row's items as a distance does, with a bound on how far each may be off.

A score is one product of float32 matrices, or one a part. Vectors are made ready block by block, so a second copy of
them is held only by who has the memory for it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Float64

Left = Float32[np.ndarray, "q W"]
Right = Float32[np.ndarray, "g W"]
Tile = Float32[np.ndarray, "q g"]

ROUNDING = float(np.finfo(np.float32).eps)
"""Twice the relative error of one float32 operation."""
ROWS = 1024
"""Rows gone over at once while lengths are taken."""
_LARGEST = 1e30
"""Squares of ready vectors beyond which float32 may run over."""


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


@dataclass(frozen=True)
class Estimate(ABC):
    """Scores of two sides; smaller is nearer."""

    left: Side
    right: Side
    slices: tuple[slice, ...]
    """The parts that are scored one by one; a single one where the vector is scored whole."""

    @classmethod
    @abstractmethod
    def of(cls, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G D"], slices: tuple[slice, ...]) -> "Estimate":
        """Go over both sides once; `x` may be `y` itself."""

    @abstractmethod
    def side(self, x: Float32[np.ndarray, "n D"]) -> Side:
        """Other vectors, to be made ready as the right side's are."""

    @property
    def width(self) -> int:
        """Floats of a vector that is ready: W."""
        return int(self.right.vectors.shape[1])

    @abstractmethod
    def ready_left(self, rows: slice, out: Left | None = None) -> Left:
        """Make rows ready for `scores`."""

    @abstractmethod
    def ready_right(self, columns: slice, out: Right | None = None) -> Right:
        """Make items ready for `scores`."""

    @abstractmethod
    def scores(self, a: Left, b: Right, out: Tile | None = None, spare: Tile | None = None) -> Tile:
        """Score a block of rows and items made ready; `spare` is overwritten where parts are added up."""

    @abstractmethod
    def slack(self) -> Float64[np.ndarray, " Q"]:
        """Bound how far any score of a row may be from the true one.

        A sum of n products in any order is off by at most n u |a| |b|, u the error of one operation (Higham, Accuracy
        and Stability of Numerical Algorithms, section 3.1); rounding the vectors and the squares adds a few.
        """

    @property
    def sane(self) -> bool:
        """Tell whether distances that were rounded to float32 make scores within the slack.

        Rounding takes 2^-24 of a distance, or 2^-150 where it is too small for that; scaled twice by less than 2^60
        the latter stays below 2^-30. The slack is 17 * 2^-23 of a quarter at least, as the largest entry is a half.
        """
        return bool(2.0**-60 < self.right.scale < 2.0**60)

    def fits(self, x: Float32[np.ndarray, "n D"]) -> bool:
        """Tell whether other vectors are of the right side's size, so that scores of them are numbers."""
        return bool(self.side(x).lengths.max(initial=0.0) < _LARGEST)

    def facing(self, x: Float32[np.ndarray, "n D"], y: Float32[np.ndarray, "m D"] | None = None) -> "Estimate":
        """Take other vectors for the left side, and for the right one where they are given; centre and scale stay."""
        return replace(self, left=self.side(x), right=self.right if y is None else self.side(y))


class SquaredEstimate(Estimate):
    """Squared Euclidean distances of whole vectors: -2 ab + |a|^2 + |b|^2.

    The squares ride in the product: behind each part of a ready vector stand two floats more, (|a|^2, 1) on the left
    and (1, |b|^2) on the right. So no pass over the scores is needed to add them.
    """

    @classmethod
    def of(cls, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G D"], slices: tuple[slice, ...]) -> "Estimate":
        centre = y.mean(axis=0, dtype=np.float64).astype(np.float32)
        squares, peak = _squares(y, centre, slices)
        other, top = (squares, peak) if y is x else _squares(x, centre, slices)
        peak = max(peak, top)
        # entries end up in -1 .. 1, and a power of two changes exponents alone
        scale = 2.0 ** -np.ceil(np.log2(peak)) if peak > 0 else 1.0
        right = Side(y, centre, np.float32(scale), (squares * scale**2).astype(np.float32))
        if y is x:
            return cls(right, right, slices)
        return cls(Side(x, centre, np.float32(scale), (other * scale**2).astype(np.float32)), right, slices)

    def side(self, x: Float32[np.ndarray, "n D"]) -> Side:
        centre, scale = self.right.centre, self.right.scale
        centred = np.subtract(x, centre).astype(np.float64) * float(scale)
        with np.errstate(over="ignore"):  # infinite squares are what `fits` refuses
            sums = np.add.reduceat(np.square(centred), [part.start for part in self.slices], axis=1)
            return Side(x, centre, scale, sums.astype(np.float32))

    @property
    def width(self) -> int:
        return super().width + 2 * len(self.slices)

    def ready_left(self, rows: slice, out: Left | None = None) -> Left:
        return _with_squares(self.left, rows, self.slices, True, out)

    def ready_right(self, columns: slice, out: Right | None = None) -> Right:
        return _with_squares(self.right, columns, self.slices, False, out)

    def scores(self, a: Left, b: Right, out: Tile | None = None, spare: Tile | None = None) -> Tile:
        del spare  # there is one part
        return np.matmul(a, b.T, out=out)

    def slack(self) -> Float64[np.ndarray, " Q"]:
        return np.asarray(self._off()[0][:, 0])

    def _off(self) -> tuple[Float64[np.ndarray, "Q P"], Float64[np.ndarray, "Q P"]]:
        """How far each part's squared distance may be off, and the largest it can be."""
        farthest = np.sqrt(self.right.lengths.max(axis=0).astype(np.float64))
        # no intermediate sum of a row is larger than this, whatever item it meets: 2 |a| |b| + |a|^2 + |b|^2
        reach = np.square(np.sqrt(self.left.lengths.astype(np.float64)) + farthest)
        widths = np.array([part.stop - part.start for part in self.slices])
        return (widths + 16) * ROUNDING * reach, reach


class RootEstimate(SquaredEstimate):
    """Sums over parts of the parts' Euclidean distances."""

    def scores(self, a: Left, b: Right, out: Tile | None = None, spare: Tile | None = None) -> Tile:
        total = np.empty((len(a), len(b)), np.float32) if out is None else out
        total[:] = 0
        for part in _widened(self.slices):
            block = np.matmul(a[:, part], b[:, part].T, out=spare)
            np.maximum(block, 0, out=block)  # rounding takes small ones below 0
            total += np.sqrt(block, out=block)
        return total

    def slack(self) -> Float64[np.ndarray, " Q"]:
        # |sqrt(s) - sqrt(t)| <= sqrt(|s - t|), worst where the true distance is 0; then a root and a sum round a part
        off, reach = self._off()
        return np.asarray(np.sqrt(off).sum(axis=1) + 64 * ROUNDING * np.sqrt(reach).sum(axis=1))


def _widened(slices: tuple[slice, ...]) -> list[slice]:
    """Where parts stand that have two floats more each."""
    return [slice(part.start + 2 * p, part.stop + 2 * (p + 1)) for p, part in enumerate(slices)]


def _with_squares(
    side: Side, rows: slice, slices: tuple[slice, ...], left: bool, out: Float32[np.ndarray, "n W"] | None
) -> Float32[np.ndarray, "n W"]:
    """Centre and scale a block, on the left times -2, and put each part's square and a one behind it."""
    vectors, squares = side.vectors[rows], side.lengths[rows]
    block = np.empty((len(vectors), vectors.shape[1] + 2 * len(slices)), np.float32) if out is None else out
    scale = side.scale * np.float32(-2.0 if left else 1.0)
    for p, (part, wide) in enumerate(zip(slices, _widened(slices), strict=True)):
        own = block[:, wide.start : wide.stop - 2]
        np.subtract(vectors[:, part], side.centre[part], out=own)
        own *= scale
        # the left side's square meets the right side's one, and the other way round
        block[:, wide.stop - 2] = squares[:, p] if left else 1.0
        block[:, wide.stop - 1] = 1.0 if left else squares[:, p]
    return block


def _squares(
    x: Float32[np.ndarray, "N D"], centre: Float32[np.ndarray, " D"], slices: tuple[slice, ...]
) -> tuple[Float64[np.ndarray, "N P"], float]:
    """Squared lengths of the centred vectors' parts, and the largest entry."""
    result, peak = np.empty((len(x), len(slices))), 0.0
    for start in range(0, len(x), ROWS):
        block = x[start : start + ROWS] - centre
        peak = max(peak, float(block.max()), -float(block.min()))
        result[start : start + ROWS] = part_squares(block, slices)
    return result, peak


def part_squares(block: Float32[np.ndarray, "n D"], slices: tuple[slice, ...]) -> Float64[np.ndarray, "n P"]:
    """Square the lengths of the parts, in double precision."""
    return np.stack([np.einsum("ij,ij->i", block[:, s], block[:, s], dtype=np.float64) for s in slices], axis=1)
