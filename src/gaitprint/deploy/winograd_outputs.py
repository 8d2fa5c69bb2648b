"""Products of points with a branch's weights, and its outputs from them, see `gaitprint.deploy.winograd_kernels`."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.compiled import compiled
from gaitprint.deploy.lanes import LANES, ROWS, WIDTH
from gaitprint.deploy.vector_loops import add_outputs, move_values, multiply, put_outputs, sum_outputs
from gaitprint.deploy.winograd_kernels import PLANES, POINTS, SIDE


class Weights(NamedTuple):
    """A branch, transformed."""

    panels: Float32[np.ndarray, "216 J C w"]
    """Weights of each point, panel by panel of channels, see `gaitprint.deploy.lanes`."""
    bias: Float32[np.ndarray, " B"]
    """Of all panels."""
    slope: np.float32
    """Of the LeakyReLU."""


class OutputRoom(NamedTuple):
    """What outputs of a panel are made in."""

    products: Float32[np.ndarray, "J N 216 w"]
    """Of every panel and N tiles, a multiple of ROWS."""
    outputs: Float32[np.ndarray, "172 w"]
    """Of four frames, before rows and columns are summed; of four rows; and of four pixels."""


class Place(NamedTuple):
    """Where a branch's map goes."""

    shift: int
    """Rows of the output that lie above it."""
    add: bool
    """Whether it is added to what is there."""


@compiled
def from_points(points, edges, branch, tiles, place, room, out):
    """Products of a branch, and its outputs, activated, from them; panel by panel of its channels.

    Args:
        points: [216, N, C], the first R of `to_points`, N a multiple of ROWS.
        edges: the first and the last 36 of them as this branch sees them, or none [0, N, C]: it sees the same.
        branch: `Weights`.
        tiles, place, room: `Tiles`, `Place` and `OutputRoom`.
        out: filled, the map [T, H2, 4, K, D]; also its pixels beyond the width.
    """
    columns, rows, c = out.shape[3], len(tiles.first), points.shape[2]
    count, own = (tiles.stop - tiles.start) * rows * columns, len(edges) > 0
    a, edge = points.ctypes.data, edges.ctypes.data
    b, m, o = branch.panels.ctypes.data, room.products.ctypes.data, room.outputs.ctypes.data
    plane, made = 4 * points.shape[1] * c, POINTS * PLANES * WIDTH
    groups, panel = len(branch.bias) // WIDTH, 4 * c * WIDTH
    # a panel is brought near while the one before it is used: other tasks need the caches, too
    pace = -(-ROWS * WIDTH // count)
    for p in range(POINTS * PLANES):
        source = a + p * plane
        if own and p < PLANES:
            source = edge + p * plane
        elif own and p >= 5 * PLANES:
            source = edge + (p - 4 * PLANES) * plane
        for j in range(groups):
            weights, target = b + (p * groups + j) * panel, m + 4 * (j * room.products.shape[1] * made + p * WIDTH)
            for i in range(0, count, ROWS):
                ahead = weights + panel + 4 * i // ROWS * pace * c
                multiply(source + 4 * i * c, weights, c, target + 4 * i * made, made, ahead, pace)
    y, step = out.ctypes.data, columns * out.shape[4]
    line = SIDE * step
    for j in range(groups):
        rest = min(WIDTH, out.shape[4] - j * WIDTH)
        for i in range(count):
            tile, column = divmod(i, columns)
            tile, k = divmod(tile, rows)
            frame, row = SIDE * (tiles.start + tile), place.shift + tiles.first[k]
            target = y + 4 * ((frame * out.shape[1] + row) * line + column * out.shape[4] + j * WIDTH)
            size = min(SIDE, len(out) - frame), min(SIDE, tiles.high[k] - tiles.first[k])
            source = m + 4 * (j * room.products.shape[1] + i) * made
            steps = out.shape[1] * line, line, step
            bias = branch.bias.ctypes.data + 4 * j * WIDTH
            _put(source, (bias, branch.slope), o, target, steps, size, rest, place.add)


@compiled
def from_plane_points(points, weights, tiles, room, out):
    """Products of a convolution of single frames, and its outputs, activated, from them.

    Args:
        points: [36, N, C], the first R of `to_plane_points`, N a multiple of ROWS.
        weights: `Weights`, of 36 points.
        tiles, room: `Tiles` and `OutputRoom`, of 36 points.
        out: filled, the map [T, H, 4, K, D]; also its pixels beyond the width.
    """
    columns, rows, c = out.shape[3], len(tiles.first), points.shape[2]
    count = (tiles.stop - tiles.start) * rows * columns
    a, b = points.ctypes.data, weights.panels.ctypes.data
    m, o = room.products.ctypes.data, room.outputs.ctypes.data
    # distances in bytes of points, and in values of products
    plane, made = 4 * points.shape[1] * c, PLANES * WIDTH
    groups, panel = len(weights.bias) // WIDTH, 4 * c * WIDTH
    pace = -(-ROWS * WIDTH // count)
    for p in range(PLANES):
        for j in range(groups):
            factor, target = b + (p * groups + j) * panel, m + 4 * (j * room.products.shape[1] * made + p * WIDTH)
            for i in range(0, count, ROWS):
                ahead = factor + panel + 4 * i // ROWS * pace * c
                multiply(a + p * plane + 4 * i * c, factor, c, target + 4 * i * made, made, ahead, pace)
    step = out.shape[4]
    line = SIDE * columns * step
    for j in range(groups):
        rest = min(WIDTH, out.shape[4] - j * WIDTH)
        for i in range(count):
            place, column = divmod(i, columns)
            frame, k = divmod(place, rows)
            start = ((tiles.start + frame) * out.shape[1] + tiles.first[k]) * line + column * step + j * WIDTH
            source = m + 4 * (j * room.products.shape[1] + i) * made
            layer = weights.bias.ctypes.data + 4 * j * WIDTH, weights.slope
            size = min(SIDE, tiles.high[k] - tiles.first[k])
            _put_plane(source, layer, o, (out.ctypes.data + 4 * start, line, columns * step), size, rest)


@compiled
def _put_plane(source, layer, room, target, size, rest):
    """Outputs of a tile of one frame, from its products [36, WIDTH] in a room of [4 6 + 4, WIDTH]."""
    bias, slope = layer
    first, row_step, pixel_step = target
    line = POINTS * WIDTH
    pixels = room + 4 * SIDE * line
    sum_outputs(source, line, room, line, line // LANES)
    for r in range(size):
        m, place = room + 4 * r * line, first + 4 * r * row_step
        if rest < WIDTH:
            put_outputs(m, bias, slope, pixels, WIDTH)
            for p in range(SIDE):
                move_values(pixels + 4 * p * WIDTH, place + 4 * p * pixel_step, rest, False)
        else:
            put_outputs(m, bias, slope, place, pixel_step)


@compiled
def _put(source, layer, room, target, steps, size, rest, add):
    """Outputs of a tile, from its products [216, WIDTH] in a room of [4 6 6 + 4 6 + 4, WIDTH].

    Args:
        layer: its bias, and the slope of its LeakyReLU.
        target: of the first frame, row, pixel and channel.
        steps: between frames, rows and pixels.
        size: frames and rows of outputs.
        rest: channels of outputs.
        add: whether they are added to what is there.
    """
    bias, slope = layer
    line, square = POINTS * WIDTH, room + 4 * SIDE * PLANES * WIDTH
    pixels = square + 4 * SIDE * POINTS * WIDTH
    for r in range(POINTS):
        sum_outputs(source + 4 * r * PLANES * WIDTH, line, room + 4 * r * line, POINTS * line, line // LANES)
    for f in range(size[0]):
        sum_outputs(room + 4 * f * POINTS * line, line, square, line, line // LANES)
        for r in range(size[1]):
            m, place = square + 4 * r * line, target + 4 * (f * steps[0] + r * steps[1])
            if rest < WIDTH:
                put_outputs(m, bias, slope, pixels, WIDTH)
                for p in range(SIDE):
                    move_values(pixels + 4 * p * WIDTH, place + 4 * p * steps[2], rest, add)
            elif add:
                add_outputs(m, bias, slope, place, steps[2])
            else:
                put_outputs(m, bias, slope, place, steps[2])
