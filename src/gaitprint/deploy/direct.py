"""The layers whose channels are too few for minimal filtering: the first convolution, and the triples of frames.

Both are products of matrices, made row by row of pixels, so that all of a row stays in the nearest cache.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.compiled import compiled
from gaitprint.deploy.form import SLOPE, Branch, Triples
from gaitprint.deploy.lanes import ROWS, WIDTH
from gaitprint.deploy.panels import aligned, padded_bias, panels
from gaitprint.deploy.vector_loops import move_values, multiply_activated
from gaitprint.deploy.winograd import Tiled, TiledOutput, clear_margin
from gaitprint.deploy.winograd_kernels import SIDE

TAPS = 27


class Matrix(NamedTuple):
    """A layer as the product of a matrix."""

    panels: Float32[np.ndarray, "J M w"]
    """See `gaitprint.deploy.lanes`."""
    bias: Float32[np.ndarray, " B"]
    slope: np.float32
    columns: int
    """D, of the product."""


class Stem:
    """A 3 x 3 x 3 convolution of one channel: neighbourhoods of 27 values times a matrix."""

    def __init__(self, branch: Branch) -> None:
        self.channels = len(branch.weight)
        weight = panels(branch.weight.reshape(self.channels, TAPS).T)
        self.matrix = Matrix(weight, padded_bias(branch), np.float32(SLOPE), self.channels)

    @staticmethod
    def padded(clip: Float32[np.ndarray, "T H W"], before: int) -> Float32[np.ndarray, "T3 H3 W3"]:
        """A clip with what its convolution sees around it; `before` is 1 where it holds the frame before already."""
        beyond = -clip.shape[2] % SIDE
        return np.pad(clip, ((1 - before, 1), (1, 1), (1, 1 + beyond)))

    def frame(self, padded: Float32[np.ndarray, "T3 H3 W3"], t: int, width: int, out: TiledOutput) -> None:
        """Fill out[0] [H, 4, K, D] with frame t."""
        _stem(padded[t : t + 3], self.matrix, _room(out, TAPS), out[0])
        clear_margin(out, width)


class TripleProducts:
    """A 3 x 1 x 1 convolution of stride three: three frames' channels, side by side, times a matrix."""

    def __init__(self, layer: Triples) -> None:
        self.channels = len(layer.weight)
        weight = panels(layer.weight.transpose(2, 1, 0).reshape(-1, self.channels))
        self.matrix = Matrix(weight, padded_bias(layer), np.float32(SLOPE), self.channels)

    def frame(self, triple: Tiled, width: int, out: TiledOutput) -> None:
        """Fill out[0] from three frames."""
        _triples(triple, self.matrix, _room(out, 3 * triple.shape[4]), out[0])
        clear_margin(out, width)

    def frame_of_stem(
        self, stem: Stem, padded: Float32[np.ndarray, "T3 H3 W3"], t: int, width: int, out: TiledOutput
    ) -> None:
        """Fill out[0] from the stem's frames t, t + 1 and t + 2, whose maps are never written out."""
        beside = _room(out, 3 * stem.channels)
        _stem_triples(padded[t : t + 5], stem.matrix, self.matrix, _room(out, TAPS), beside, out[0])
        clear_margin(out, width)


def max_pool(x: Tiled, width: int, out: TiledOutput) -> None:
    """Fill out with the maximum of every 2 x 2 pixels of a frame; an odd row or column at the end is not seen."""
    _max_pool(x, out)
    clear_margin(out, width // 2)


def _room(out: TiledOutput, values: int) -> Float32[np.ndarray, "N V"]:
    """Memory for what the pixels of one row are computed from; those of the last rows of a product are no pixels."""
    pixels = out.shape[2] * out.shape[3]
    return aligned(-(-pixels // ROWS) * ROWS, values)


@compiled
def product(x, matrix, target, step):
    """LeakyReLU(x m + bias) to rows that lie `step` values apart at an address; x ends with rows that are no pixels."""
    count, pixels = x.shape[1], target[1]
    source, weights, bias = x.ctypes.data, matrix.panels.ctypes.data, matrix.bias.ctypes.data
    part = np.empty((ROWS, WIDTH), np.float32)
    for j in range(len(matrix.panels)):
        columns = min(WIDTH, matrix.columns - j * WIDTH)
        b, c = weights + 4 * j * count * WIDTH, bias + 4 * j * WIDTH
        for i in range(0, pixels, ROWS):
            a, y = source + 4 * i * count, target[0] + 4 * (i * step + j * WIDTH)
            if columns == WIDTH and i + ROWS <= pixels:
                multiply_activated(a, b, count, y, step, c, matrix.slope)
            else:
                multiply_activated(a, b, count, part.ctypes.data, WIDTH, c, matrix.slope)
                for r in range(min(ROWS, pixels - i)):
                    move_values(part.ctypes.data + 4 * r * WIDTH, y + 4 * r * step, columns, False)


@compiled
def _neighbourhoods(frames, y, columns, patches):
    """The 27 values around each pixel of row y, pixels in the order of their places in their tiles."""
    for pixel in range(SIDE * columns):
        p, k = divmod(pixel, columns)
        x, patch, i = SIDE * k + p, patches[pixel], 0
        for t in range(3):
            for dy in range(3):
                for dx in range(3):
                    patch[i] = frames[t, y + dy, x + dx]
                    i += 1


@compiled
def _stem(frames, matrix, patches, out):
    height, side, columns, d = out.shape
    for y in range(height):
        _neighbourhoods(frames, y, columns, patches)
        product(patches, matrix, (out[y].ctypes.data, side * columns), d)


@compiled
def _stem_triples(frames, stem, triples, patches, beside, out):
    height, side, columns, d = out.shape
    for y in range(height):
        for t in range(3):
            _neighbourhoods(frames[t : t + 3], y, columns, patches)
            start = beside.ctypes.data + 4 * t * stem.columns
            product(patches, stem, (start, side * columns), 3 * stem.columns)
        product(beside, triples, (out[y].ctypes.data, side * columns), d)


@compiled
def _triples(frames, matrix, beside, out):
    height, side, columns, d = out.shape
    c = frames.shape[4]
    for y in range(height):
        for t in range(3):
            for p in range(side):
                for k in range(columns):
                    beside[p * columns + k, t * c : (t + 1) * c] = frames[t, y, p, k]
        product(beside, matrix, (out[y].ctypes.data, side * columns), d)


@compiled
def _max_pool(x, out):
    frames, height, side, columns, channels = out.shape
    for t in range(frames):
        for y in range(height):
            for p in range(side):
                for k in range(columns):
                    # pixels 0 and 1 of a tile make one, 2 and 3 another: the tile's half of a tile
                    first, tile = 2 * (p % 2), 2 * k + p // 2
                    if tile < x.shape[3]:
                        above, below, target = x[t, 2 * y, :, tile], x[t, 2 * y + 1, :, tile], out[t, y, p, k]
                        for c in range(channels):
                            upper, lower = (
                                max(above[first, c], above[first + 1, c]),
                                max(below[first, c], below[first + 1, c]),
                            )
                            target[c] = max(upper, lower)
