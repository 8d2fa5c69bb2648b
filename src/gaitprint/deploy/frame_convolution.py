"""Convolutions of residual networks: minimal filtering of single frames, and matrix products for all others."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.direct import Matrix
from gaitprint.deploy.form import Convolution
from gaitprint.deploy.lanes import ROWS, WIDTH
from gaitprint.deploy.panels import aligned, padded_bias, panels
from gaitprint.deploy.patches import Kernel, convolve
from gaitprint.deploy.winograd import TAPS, TILES, Tiled, TiledOutput, tile_rows
from gaitprint.deploy.winograd_kernels import PLANES, POINTS, SIDE, Room, Tiles, to_plane_points
from gaitprint.deploy.winograd_outputs import OutputRoom, Weights, from_plane_points

PIXELS = 96
"""Pixels whose products are taken at once, about."""
FEWEST = 8
"""Channels from which minimal filtering is worth its points."""

Run = Callable[[Callable[[Any], None], Iterable[Any]], None]
"""Does a piece of work for each of several things, in any order."""


class FrameConvolution:
    """One convolution made ready."""

    def __init__(self, layer: Convolution) -> None:
        self.channels, self.stride = len(layer.weight), layer.stride
        self.around: int = layer.weight.shape[2] // 2
        """Frames that an output sees on either side."""
        self._work = _Filtered(layer) if _is_plane(layer) else _Product(layer)

    def compute(self, x: Tiled, before: int, out: TiledOutput, run: Run) -> None:
        """Fill a map from another, of which `before` frames lie before its first and any number behind its last."""
        run(lambda piece: self._work.fill(x, before, out, piece), self._work.pieces(out))


def _is_plane(layer: Convolution) -> bool:
    return layer.weight.shape[1] >= FEWEST and layer.weight.shape[2:] == (1, 3, 3) and layer.stride == 1


class _Filtered:
    """Minimal filtering in two dimensions: 36 multiplications instead of 144."""

    def __init__(self, layer: Convolution) -> None:
        weight = layer.weight[:, :, 0].astype(np.float64)
        points = np.einsum("rh,cw,okhw->rcko", TAPS, TAPS, weight, optimize=True)
        flat = np.ascontiguousarray(points.reshape(PLANES, *points.shape[2:]), np.float32)
        self._weights = Weights(panels(flat), padded_bias(layer), np.float32(layer.slope))

    def pieces(self, out: TiledOutput) -> list[tuple[int, int, slice]]:
        """Frames and rows of tiles of about TILES tiles."""
        frames, height, _, columns, _ = out.shape
        rows = len(tile_rows(height, 1, 1).first)
        some = max(1, min(rows, TILES // columns))
        length = max(1, TILES // (some * columns))
        starts = [(t, min(frames, t + length)) for t in range(0, frames, length)]
        return [(*start, slice(row, row + some)) for start in starts for row in range(0, rows, some)]

    def fill(self, x: Tiled, before: int, out: TiledOutput, piece: tuple[int, int, slice]) -> None:
        start, stop, rows = piece
        # one strip: every row of tiles sees all rows of the frame
        whole = tile_rows(out.shape[1], 1, 1)
        tiles = Tiles(whole.first[rows], whole.low[rows], whole.high[rows], start, stop, 0)
        columns, c = x.shape[3:]
        n, count = columns * c, (stop - start) * len(tiles.first) * columns
        padded, groups = -(-count // ROWS) * ROWS, -(-out.shape[4] // WIDTH)
        zeros, lines = np.zeros(n, np.float32), np.zeros((POINTS, SIDE, n + 2 * c), np.float32)
        # a ring of one frame, for no tile sees its neighbours in time
        room = Room(zeros, lines, np.empty((1, POINTS, POINTS, n), np.float32))
        points = aligned(PLANES, padded, c)
        made = OutputRoom(aligned(groups, padded, PLANES, WIDTH), aligned(SIDE * (POINTS + 1), WIDTH))
        to_plane_points(x[before:].reshape(-1, *x.shape[1:3], n), tiles, room, points.reshape(PLANES, -1))
        from_plane_points(points, self._weights, tiles, made, out)


class _Product:
    """What the taps of a pixel see, side by side, times a matrix."""

    def __init__(self, layer: Convolution) -> None:
        d, c, *kernel = layer.weight.shape
        weight = panels(layer.weight.transpose(2, 3, 4, 1, 0).reshape(-1, d))
        self._matrix = Matrix(weight, padded_bias(layer), np.float32(layer.slope), d)
        self._shape, self._taps = Kernel(kernel[0], kernel[1], kernel[2], layer.stride), c * int(np.prod(kernel))

    def pieces(self, out: TiledOutput) -> range:
        """Frame by frame."""
        return range(len(out))

    def fill(self, x: Tiled, before: int, out: TiledOutput, piece: int) -> None:
        row = out.shape[2] * out.shape[3]
        pixels = row * max(1, min(out.shape[1], PIXELS // row))
        patches = aligned(-(-pixels // ROWS) * ROWS, self._taps)
        convolve(x, before + piece, self._shape, self._matrix, patches, out[piece])


def tiled_clip(clip: Float32[np.ndarray, "T H W"]) -> Tiled:
    """A clip as a map of one channel."""
    frames, height, width = clip.shape
    wide = np.pad(clip, ((0, 0), (0, 0), (0, -width % SIDE))).reshape(frames, height, -1, SIDE)
    return np.ascontiguousarray(wide.transpose(0, 1, 3, 2)[..., None])
