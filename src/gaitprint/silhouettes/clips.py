"""From stored silhouettes, uint8, to what a network sees, float32 in [0, 1]."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.config import require
from gaitprint.errors import ShapeError
from gaitprint.types import Frames


@dataclass(frozen=True)
class Preprocessing:
    """How normalised frames become a network's input; part of an embedding's fingerprint."""

    size: int = 64
    """Height and width of a normalised frame in pixels."""
    cut: int = 10
    """Columns cut away on either side: 64 x 64 becomes 64 x 44. 20 for 128-pixel data."""
    reduce: int = 1
    """Average squares of this many pixels a side; 2 gives half the resolution, for quick trials."""

    def __post_init__(self) -> None:
        require(self.size >= 1, f"preprocessing.size is at least 1 pixel, found {self.size}")
        require(
            0 <= 2 * self.cut < self.size,
            f"preprocessing.cut is 0 to {(self.size - 1) // 2} columns a side of {self.size}, found {self.cut}",
        )
        # 16 x 16 pixels of 255 are the largest sum that uint16 holds.
        require(1 <= self.reduce <= 16, f"preprocessing.reduce is 1 to 16, found {self.reduce}")
        full = self.size - 2 * self.cut
        require(
            self.size % self.reduce == 0 and full % self.reduce == 0,
            f"preprocessing.reduce must divide {self.size} and {full} pixels, found {self.reduce}",
        )

    @property
    def height(self) -> int:
        """Rows of a clip."""
        return self.size // self.reduce

    @property
    def width(self) -> int:
        """Columns of a clip."""
        return (self.size - 2 * self.cut) // self.reduce


def to_clip(
    frames: Frames, preprocessing: Preprocessing, out: Float32[np.ndarray, "T h w"] | None = None
) -> Float32[np.ndarray, "T h w"]:
    """Cut the sides, average squares of pixels where asked, scale 0..255 to 0..1.

    Args:
        frames: uint8 [T, size, size], or [T, size, size - 2 cut] where the sides are cut already.
        preprocessing: the sizes; `height` and `width` of it are those of the result.
        out: where to write the result, such as its place in a batch; a new array where None.

    Raises:
        ShapeError: frames of another size.
    """
    size, cut, reduce = preprocessing.size, preprocessing.cut, preprocessing.reduce
    shape = frames.shape[1:]
    if shape == (size, size):
        frames = frames[:, :, cut : size - cut]
    elif shape != (size, size - 2 * cut):
        raise ShapeError(
            f"frames are {size} x {size} or {size} x {size - 2 * cut} pixels, found {shape[0]} x {shape[1]}: "
            "normalise them to this size, or set preprocessing.size and .cut to theirs"
        )
    if reduce == 1:
        # Divide: times 1/255 differs in the last bit for 126 of 256 values.
        return _divide(frames, 255, out)
    return _divide(_sum_squares(frames, reduce), 255 * reduce * reduce, out)


def _divide(values: np.ndarray, by: int, out: Float32[np.ndarray, "T h w"] | None) -> Float32[np.ndarray, "T h w"]:
    """Two passes over a clip that stays in the cache: faster than one that converts through a buffer."""
    result = np.empty(values.shape, np.float32) if out is None else out
    np.copyto(result, values)
    np.divide(result, np.float32(by), out=result)
    return result


def _sum_squares(frames: Frames, side: int) -> np.ndarray:
    """Sums over squares of `side` x `side` pixels, uint16: slices add faster than an axis of length 2 is summed."""
    # 255 x 16 x 16 = 65,280: no sum leaves uint16, see `Preprocessing`
    total = frames[:, ::side, ::side].astype(np.uint16)
    for place in range(1, side * side):
        total += frames[:, place // side :: side, place % side :: side]
    return total
