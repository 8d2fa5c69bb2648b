"""The estimate of cosines: parts are brought to length one, and one product of matrices holds all of them."""

import numpy as np
from jaxtyping import Float32, Float64

from gaitprint.retrieval.distances.estimate import ROUNDING, ROWS, Estimate, Left, Right, Side, Tile, part_squares


class CosineEstimate(Estimate):
    """Minus the sums over parts of the parts' cosines."""

    @classmethod
    def of(cls, x: Float32[np.ndarray, "Q D"], y: Float32[np.ndarray, "G D"], slices: tuple[slice, ...]) -> "Estimate":
        none, one = np.zeros(x.shape[1], np.float32), np.float32(1.0)
        right = Side(y, none, one, _inverse_lengths(y, slices))
        return cls(right if y is x else Side(x, none, one, _inverse_lengths(x, slices)), right, slices)

    def side(self, x: Float32[np.ndarray, "n D"]) -> Side:
        starts = [part.start for part in self.slices]
        lengths = np.sqrt(np.add.reduceat(np.square(x, dtype=np.float64), starts, axis=1))
        return Side(x, self.right.centre, self.right.scale, _inverted(lengths))

    def ready_left(self, rows: slice, out: Left | None = None) -> Left:
        return _unit(self.left, rows, self.slices, -1.0, out)

    def ready_right(self, columns: slice, out: Right | None = None) -> Right:
        return _unit(self.right, columns, self.slices, 1.0, out)

    def scores(self, a: Left, b: Right, out: Tile | None = None, spare: Tile | None = None) -> Tile:
        del spare  # one product holds all parts
        return np.matmul(a, b.T, out=out)

    def slack(self) -> Float64[np.ndarray, " Q"]:
        # every part has length one, so |a| |b| is 1 a part, whatever the vectors are
        width = self.left.vectors.shape[1]
        return np.full(len(self.left.vectors), (width + 16) * ROUNDING * len(self.slices))

    def fits(self, x: Float32[np.ndarray, "n D"]) -> bool:
        """Any vector does: parts are brought to length one in double precision."""
        del x
        return True


def _inverse_lengths(x: Float32[np.ndarray, "N D"], slices: tuple[slice, ...]) -> Float64[np.ndarray, "N P"]:
    """What makes each part's length one; 0 for a part of zeros."""
    return _inverted(
        np.concatenate([np.sqrt(part_squares(x[start : start + ROWS], slices)) for start in range(0, len(x), ROWS)])
    )


def _inverted(lengths: Float64[np.ndarray, "N P"]) -> Float64[np.ndarray, "N P"]:
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
