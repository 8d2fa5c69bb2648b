"""Loops of convolutions as matrix products: what the taps of a pixel see, side by side, compiled where they run."""

from typing import NamedTuple

import numpy as np

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
                    seen = 0 <= f < frames and 0 <= r < height and 0 <= s < side * tiles
                    if c == 1:  # of a clip: a stretch of one value costs as much as one of many
                        patch[i] = x[f, r, s % side, s // side, 0] if seen else np.float32(0)
                    elif seen:
                        patch[i : i + c] = x[f, r, s % side, s // side]
                    else:
                        patch[i : i + c] = 0
                    i += c


@compiled
def convolve(x, t, shape, matrix, patches, out):
    """Fill one frame [H, 4, K, D], which lies over frame t of x; `Matrix` and `Kernel` say how."""
    height, side, columns, d = out.shape
    pixels = side * columns
    # weights are read once for several rows of pixels: those of wide layers fill the near caches
    some = max(1, len(patches) // pixels)
    for y in range(0, height, some):
        rows = min(some, height - y)
        for r in range(rows):
            _patches(x, t, y + r, shape, columns, patches[r * pixels :])
        product(patches, matrix, (out[y].ctypes.data, rows * pixels), d)
