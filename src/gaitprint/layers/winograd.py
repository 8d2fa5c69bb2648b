"""Minimal filtering: m neighbouring outputs of a filter of three taps from m + 2 multiplications instead of 3 m.

y = A^T ((G g) * (B^T d)) for the taps g and the m + 2 inputs d. Source: Winograd, "Arithmetic Complexity of
Computations", 1980; Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016. The matrices follow
from products of polynomials (Toom-Cook): evaluate both at m + 2 points, multiply, interpolate; transposed, that product
is the filter.
"""

from fractions import Fraction
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_POINTS = tuple(Fraction(p) for p in ("0", "1", "-1", "1/2", "-2", "-1/2"))
"""Small, and few roundings: with them a convolution in float32 is off by 2e-6 at most sizes, directly by 3e-7."""

LARGEST = len(_POINTS) - 1
"""The most outputs at once; each more costs about half a digit."""

Rows = list[list[Fraction]]


class Filter(NamedTuple):
    """The matrices of `outputs` results at once, in float64."""

    inputs: Float[Tensor, "P P"]
    """B^T: from the P = outputs + 2 inputs to the points."""
    taps: Float[Tensor, "P 3"]
    """G: from the three taps to the points."""
    results: Float[Tensor, "M P"]
    """A^T: from the points to the outputs."""


@cache
def minimal_filter(outputs: int) -> Filter:
    """The matrices for 1 <= outputs <= LARGEST, computed exactly and rounded once."""
    size = outputs + 2
    # interpolation is the inverse of evaluation
    inverse = _inverse(_evaluation(size, size))
    inputs = [list(column) for column in zip(*inverse, strict=True)]
    taps = _evaluation(size, 3)
    for row, tap in zip(inputs, taps, strict=True):
        # a factor may move between the two: the large numbers go to the taps, whose transform is the rarer one
        scale = max(abs(v) for v in row)
        row[:] = [v / scale for v in row]
        tap[:] = [v * scale for v in tap]
    results = [list(column) for column in zip(*_evaluation(size, outputs), strict=True)]
    return Filter(_tensor(inputs), _tensor(taps), _tensor(results))


def _evaluation(size: int, coefficients: int) -> Rows:
    """A polynomial's values at `size` points, the last of which is infinity, from its coefficients."""
    # at infinity a polynomial is what its highest power is multiplied by
    finite = [[point**k for k in range(coefficients)] for point in _POINTS[: size - 1]]
    return [*finite, [Fraction(0)] * (coefficients - 1) + [Fraction(1)]]


def _inverse(matrix: Rows) -> Rows:
    """Invert a matrix exactly, by Gauss and Jordan's elimination."""
    size = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for k in range(size):
        # any row that is not zero there: fractions are exact and need no largest pivot
        pivot = next(i for i in range(k, size) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(size):
            if i != k:
                rows[i] = [v - rows[i][k] * w for v, w in zip(rows[i], rows[k], strict=True)]
    return [row[size:] for row in rows]


def _tensor(rows: Rows) -> Tensor:
    return torch.tensor([[float(v) for v in row] for row in rows], dtype=torch.float64)
