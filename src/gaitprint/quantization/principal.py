"""Principal components: the directions in which training vectors differ most, and where a vector lies along them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64
from scipy.linalg import eigh

from gaitprint.errors import ShapeError

_ROWS = 1024
_LEAST = 1e-10
"""Share of the largest variance below which a direction is rounding and no component."""


@dataclass(frozen=True, eq=False)
class Principal:
    """An affine map onto `axes` (orthonormal rows, most variance first) about `mean`."""

    mean: Float32[np.ndarray, " D"]
    axes: Float32[np.ndarray, "K D"]

    def __post_init__(self) -> None:
        if not len(self.axes) or not (np.isfinite(self.mean).all() and np.isfinite(self.axes).all()):
            raise ShapeError(f"principal axes are finite [K >= 1, D], found {list(self.axes.shape)}")

    def project(self, vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N K"]:
        """Coordinates along the axes, summed in double precision: a row's do not depend on the others."""
        result = np.empty((len(vectors), len(self.axes)), np.float32)
        for rows in _blocks(len(vectors)):
            result[rows] = np.subtract(vectors[rows], self.mean, dtype=np.float64) @ self._precise.T
        return result

    def lift(self, coordinates: Float32[np.ndarray, "N K"]) -> Float32[np.ndarray, "N D"]:
        """The vectors that have these coordinates and nothing beside them."""
        result = np.empty((len(coordinates), len(self.mean)), np.float32)
        for rows in _blocks(len(coordinates)):
            result[rows] = coordinates[rows].astype(np.float64) @ self._precise + self.mean
        return result

    @cached_property
    def _precise(self) -> Float64[np.ndarray, "K D"]:
        """The axes as doubles: made once, not for every probe."""
        return self.axes.astype(np.float64)


def fit_principal(vectors: Float32[np.ndarray, "N D"], width: int) -> Principal:
    """The first `width` components of training vectors; fewer where the vectors span fewer directions.

    The eigenvectors of whichever is smaller, the covariance [D, D] or the vectors' products [N, N] (Jolliffe,
    Principal Component Analysis, 2002, section 3.5). An axis points where its largest entry is positive.

    Raises:
        ShapeError: all vectors are the same, or there is one only.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = np.subtract(vectors, mean, dtype=np.float64)
    items, floats = centred.shape
    # both have the same eigenvalues above 0, and V = X^T U /
    # X^T U
    #
    small = centred @ centred.T if items <= floats else centred.T @ centred
    keep = min(width, len(small))
    values, found = eigh(small, subset_by_index=(len(small) - keep, len(small) - 1))
    values, found = values[::-1], found[:, ::-1]
    real = values > _LEAST * max(float(values[0]), np.finfo(np.float64).tiny)
    if not real.any() or values[0] <= 0:
        raise ShapeError(f"PCA needs training vectors that differ, found {items} alike: fit on more sequences")
    axes = found[:, real].T
    if items <= floats:
        axes = axes @ centred
        axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    # an eigenvector's sign is the library's whim: fixed, so that machines give one codec
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return Principal(mean.astype(np.float32), axes.astype(np.float32))


def _blocks(items: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, items, _ROWS))
