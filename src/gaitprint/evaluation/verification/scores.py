"""How often each distance occurs, in bounded memory however many pairs there are.

A distance is counted in a bin of float32 numbers that share their leading 24 bits: bins are 3e-5 of a distance wide,
and the counts below the upper end of a bin are exact.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, UInt32

_BITS = 8
"""Trailing bits that do not count."""
_SIGN = np.uint32(1 << 31)


@dataclass(frozen=True, eq=False)
class Scores:
    """Distances that occur, ascending, and how often each does."""

    distance: Float32[np.ndarray, " M"]
    """The largest float32 of each bin."""
    count: Int[np.ndarray, " M"]

    @property
    def total(self) -> int:
        """The number of distances counted."""
        return int(self.count.sum())

    def at_most(self, thresholds: Float[np.ndarray, " K"]) -> Int[np.ndarray, " K"]:
        """How many are at most each threshold; exact where it is the end of a bin."""
        below = np.concatenate([[0], np.cumsum(self.count)])
        counts: Int[np.ndarray, " K"] = below[np.searchsorted(self.distance, thresholds, side="right")]
        return counts

    def level(self, shares: Float64[np.ndarray, " K"]) -> Float32[np.ndarray, " K"]:
        """For each share the smallest end of a bin that at least so many are at most."""
        numbers = np.ceil(shares * self.total).clip(1, self.total)
        distances: Float32[np.ndarray, " K"] = self.distance[np.searchsorted(np.cumsum(self.count), numbers)]
        return distances


class Counter:
    """Counts distances, block by block."""

    def __init__(self) -> None:
        # Pages of zeros that no distance falls into are never touched, so the memory taken is that of the range met.
        self._counts = np.zeros(1 << (32 - _BITS), np.int64)
        self._low, self._high = len(self._counts), -1

    def add(self, distances: Float[np.ndarray, " M"]) -> None:
        """Count finite distances."""
        if not len(distances):
            return
        # the leading 24 bits
        places = _order(distances.astype(np.float32)) >> _BITS
        low, high = int(places.min()), int(places.max())
        self._counts[low : high + 1] += np.bincount((places - np.uint32(low)).astype(np.intp), minlength=high - low + 1)
        self._low, self._high = min(self._low, low), max(self._high, high)

    def join(self, other: "Counter") -> None:
        """Count all that another has counted."""
        if other._high >= other._low:
            met = slice(other._low, other._high + 1)
            self._counts[met] += other._counts[met]
            self._low, self._high = min(self._low, other._low), max(self._high, other._high)

    def scores(self) -> Scores:
        """What was counted so far."""
        met = self._counts[self._low : self._high + 1]
        bins = np.flatnonzero(met)
        # all trailing bits set: the largest number of the bin
        ends = ((bins + self._low).astype(np.uint32) << _BITS) | np.uint32((1 << _BITS) - 1)
        largest = float(np.finfo(np.float32).max)
        values = np.nan_to_num(_number(ends), nan=largest, posinf=largest)
        values[(values == 0) & np.signbit(values)] = np.nextafter(np.float32(0), np.float32(-1))  # -0 would be 0
        return Scores(values.astype(np.float32), met[bins])


def _order(values: Float32[np.ndarray, " M"]) -> UInt32[np.ndarray, " M"]:
    """Whole numbers in the order of the floats; -0 and 0 are one."""
    bits = (values + np.float32(0)).view(np.uint32)
    # negative floats grow in magnitude as their bits do, so those are turned round; positive ones go above them
    return np.asarray(np.where(bits & _SIGN, ~bits, bits | _SIGN))


def _number(order: UInt32[np.ndarray, " M"]) -> Float32[np.ndarray, " M"]:
    """The floats of such numbers."""
    return np.asarray(np.where(order & _SIGN, order ^ _SIGN, ~order)).view(np.float32)
