"""Loops of convolutions as matrix products: what the taps of a pixel see, side by side, compiled where they run."""

from typing import NamedTuple

from gaitprint.deploy.compiled import compiled
from gaitprint.deploy.direct import product


class Kernel(NamedTuple):
    """Its sides, and the stride of rows and columns."""

    frames: int
    rows: int
    columns: int
    stride: int


@compiled
def _patches(x, t, y, shape, columns, patches):
    """What every pixel of row y of frame t sees, pixels in the order of their places in their tiles."""
    frames, height, side, tiles, c = x.shape
    for pixel in range(side * columns):
        p, k = divmod(pixel, columns)
        left, patch, i = (side * k + p) * shape.stride - shape.columns // 2, patches[pixel], 0
        for f in range(t - shape.frames // 2, t + shape.frames // 2 + 1):
            for r in range(y * shape.stride - shape.rows // 2, y * shape.stride + shape.rows // 2 + 1):
                for s in range(left, left + shape.columns):
                    # pixels between the width and the last tile are zeros in the map itself
                    if 0 <= f < frames and 0 <= r < height and 0 <= s < side * tiles:
                        patch[i : i + c] = x[f, r, s % side, s // side]
                    else:
                        patch[i : i + c] = 0
                    i += c


@compiled
def convolve(x, t, shape, matrix, patches, out):
    """Fill one frame [H, 4, K, D], which lies over frame t of x; `Matrix` and `Kernel` say how."""
    height, side, columns, d = out.shape
    for y in range(height):
        _patches(x, t, y, shape, columns, patches)
        product(patches, matrix, (out[y].ctypes.data, side * columns), d)
