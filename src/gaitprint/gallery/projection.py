"""Templates in fewer dimensions, by which the distance of a probe to each is bounded from below.

With an orthonormal basis B, a mean m, p = B(x - m) and r the length of what B leaves of x - m, for any two vectors
|x - y|^2 >= |p - q|^2 + (r - s)^2 (Pythagoras, and the triangle's inequality for what is left). So most of a gallery is
ruled out without looking at it, and what is found is what a comparison with everybody finds.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

DIMENSIONS = 256
FITTED_ON = 1024
"""Vectors, at most, by which the basis is chosen; any basis is right, a good one rules more out."""
_SLACK = 1024 * float(np.finfo(np.float32).eps)
"""Of the squared lengths: sums of DIMENSIONS products in float32 are off by less than a quarter of it."""


@dataclass(frozen=True, eq=False)
class Projection:
    """A basis."""

    mean: Float32[np.ndarray, " D"]
    basis: Float32[np.ndarray, "D d"] | None
    """Orthonormal columns; None: vectors are taken whole."""
    fitted_on: int

    @classmethod
    def fit(cls, vectors: Float32[np.ndarray, "N D"]) -> "Projection":
        """The principal directions of some vectors, by their Gram matrix: they are fewer than their floats."""
        width = vectors.shape[1]
        if width <= DIMENSIONS:
            return cls(np.zeros(width, np.float32), None, len(vectors))
        mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        centred = vectors - mean
        _, directions = np.linalg.eigh((centred @ centred.T).astype(np.float64))
        chosen = directions[:, ::-1][:, : min(DIMENSIONS, len(vectors))].astype(np.float32)
        # the factorisation makes the columns orthonormal, also where vectors are equal or all the same
        basis, _ = np.linalg.qr((centred.T @ chosen).astype(np.float64))
        return cls(mean, basis.astype(np.float32), len(vectors))

    @property
    def dimensions(self) -> int:
        """Of what `project` gives."""
        return len(self.mean) if self.basis is None else int(self.basis.shape[1])

    def project(
        self, vectors: Float32[np.ndarray, "n D"]
    ) -> tuple[Float32[np.ndarray, "n d"], Float32[np.ndarray, " n"]]:
        """What the basis holds of vectors, and the length of what it leaves."""
        if self.basis is None:
            return vectors, np.zeros(len(vectors), np.float32)
        # any mean will do: it cancels in differences, and small numbers round less
        centred = vectors - self.mean
        made = centred @ self.basis
        whole = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
        # in double precision: the two nearly cancel where the basis holds all
        held = np.einsum("ij,ij->i", made, made, dtype=np.float64)
        return made, np.sqrt(np.maximum(whole - held, 0)).astype(np.float32)


def lower_bounds(
    probe: tuple[Float32[np.ndarray, "1 d"], Float32[np.ndarray, " 1"]],
    projected: Float32[np.ndarray, "G d"],
    left: Float32[np.ndarray, " G"],
    squares: Float32[np.ndarray, " G"],
) -> Float32[np.ndarray, " G"]:
    """Distances that no item is nearer than.

    Args:
        probe: of `project`.
        projected: of the items.
        left: likewise.
        squares: their squared lengths, projected.
    """
    (q,), (s,) = probe
    # |p - q|^2 by the squares, for one product of the whole gallery with the probe
    length = np.float32(q @ q)
    apart = squares - 2 * (projected @ q) + length + np.square(left - s)
    apart -= np.float32(_SLACK) * (squares + length + np.square(left) + np.square(s))
    return np.asarray(np.sqrt(np.maximum(apart, 0)), np.float32)
