"""Branches of 3 x 3 x 3 convolutions with an eighth of the multiplications, see `gaitprint.deploy.winograd_kernels`."""

from dataclasses import dataclass
from functools import cached_property
from threading import local

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.form import SLOPE, Branch, Branches
from gaitprint.deploy.lanes import ROWS, WIDTH
from gaitprint.deploy.panels import aligned, padded_bias, panels
from gaitprint.deploy.winograd_kernels import PLANES, POINTS, SIDE, Room, Tiles, to_points
from gaitprint.deploy.winograd_outputs import OutputRoom, Place, Weights, from_points

TILES = 72
"""Tiles of a task, about: more use a weight more often and share points, fewer stay in caches."""
TAPS = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
"""G, see `gaitprint.deploy.winograd_kernels`: three taps to six points."""
ROOMS = 8
"""Sizes of work that a thread keeps memory for."""

Tiled = Float32[np.ndarray, "T H 4 K C"]
"""A map whose rows are sorted by the place of a pixel in its tile, see `gaitprint.deploy.winograd_kernels`."""
TiledOutput = Float32[np.ndarray, "T4 H4 4 K4 D"]
"""Another one, of as many columns."""


def tiled(frames: int, height: int, width: int, channels: int) -> Tiled:
    """Room for a map; only pixels beyond the width are set, to zero."""
    columns = -(-width // SIDE)
    x = np.empty((frames, height, SIDE, columns, channels), np.float32)
    clear_margin(x, width)
    return x


def pixels(x: Tiled) -> Float32[np.ndarray, "T H K 4 C"]:
    """View a map pixel by pixel: tiles, and the pixels of each."""
    return x.transpose(0, 1, 3, 2, 4)


def clear_margin(x: Tiled, width: int) -> None:
    """Set the pixels beyond the width to zero."""
    if width % SIDE:
        x[:, :, width % SIDE :, -1] = 0


def tile_rows(height: int, begin: int, seen: int) -> Tiles:
    """Rows of tiles that begin anew at each of `begin` strips; each sees its own of `seen` strips. No frames yet."""
    rows, sees = height // begin, height // seen
    first = np.array([s * rows + y for s in range(begin) for y in range(0, rows, SIDE)])
    low = first // sees * sees
    return Tiles(first, low, low + sees, 0, 0, 0)


def _some(tiles: Tiles, rows: slice, frames: tuple[int, int], before: int) -> Tiles:
    return Tiles(tiles.first[rows], tiles.low[rows], tiles.high[rows], *frames, before)


@dataclass(frozen=True, eq=False)
class _Laid:
    """A branch, transformed, and where its map lies."""

    weights: Weights
    strips: int
    group: int
    adds: bool


class WinogradBranches:
    """One layer of branches."""

    def __init__(self, layer: Branches) -> None:
        self.groups = len(layer.groups)
        self._laid = [_lay(b, g, i > 0) for g, group in enumerate(layer.groups) for i, b in enumerate(group)]
        self.channels_out = len(layer.branches[0].weight)

    def tasks(self, x: Tiled, out: TiledOutput, before: int = 0, threads: int = 1) -> list[list["Task"]]:
        """Lists of tasks whose work is independent; a list adds to what those before it wrote.

        Args:
            x: the map, of which `before` frames lie before those of the output and any number behind them.
            out: filled.
            before: 0 at the beginning of a clip, 1 in its midst.
            threads: that will share the tasks of a list.
        """
        _, height, _, columns, _ = x.shape
        tiles = -(-len(out) // SIDE)
        lists = []
        for branches in self._passes(height):
            finest = max(branch.strips for branch in branches)
            count = len(tile_rows(height, finest, finest).first)
            length = max(1, min(tiles, TILES // columns))
            groups = -(-count * length * columns // TILES)
            rows = max(1, count // (-(-groups // threads) * threads))
            lists.append(
                [
                    Task(branches, finest, x, out, slice(row, row + rows), (first, min(tiles, first + length)), before)
                    for row in range(0, count, rows)
                    for first in range(0, tiles, length)
                ]
            )
        return lists

    def _passes(self, height: int) -> list[list[_Laid]]:
        """Branches that begin tiles at the same rows, and so can share points."""
        shared: dict[tuple[int, ...], list[_Laid]] = {}
        for branch in self._laid:
            shared.setdefault(tuple(tile_rows(height, branch.strips, branch.strips).first), []).append(branch)
        return list(shared.values())


@dataclass(frozen=True, eq=False)
class Task:
    """Some rows of tiles and some tiles of frames of one pass."""

    branches: list[_Laid]
    finest: int
    x: Tiled
    out: TiledOutput
    rows: slice
    frames: tuple[int, int]
    before: int

    @cached_property
    def ways(self) -> dict[int, Tiles]:
        """Rows of tiles as branches of each number of strips see them, those that see furthest first."""
        height = self.x.shape[1]
        return {
            s: _some(tile_rows(height, self.finest, s), self.rows, self.frames, self.before)
            for s in sorted({b.strips for b in self.branches})
        }

    def run(self) -> None:
        """Compute the outputs of these tiles."""
        height, columns, c = self.x.shape[1], *self.x.shape[3:]
        x = self.x.reshape(*self.x.shape[:3], columns * c)
        widest = next(iter(self.ways))
        whole = self.ways[widest]
        buffers = _buffers(columns, c, self.out.shape[4], len(whole.first) * (whole.stop - whole.start) * columns)
        points, edges = buffers.points, buffers.edge_points
        to_points(x, whole, buffers.room, _flat(points))
        edges_of = widest
        for branch in self.branches:
            tiles, same = self.ways[branch.strips], branch.strips == widest
            if not same and edges_of != branch.strips:
                to_points(x, tiles, buffers.edge_room, _flat(edges))
                edges_of = branch.strips
            place = Place(branch.group * height, branch.adds)
            seen = edges[:0] if same else edges
            from_points(points, seen, branch.weights, tiles, place, buffers.output_room, self.out)


class _Buffers:
    """The memory of one task."""

    def __init__(self, columns: int, channels: int, outputs: int, tiles: int) -> None:
        n, f32 = columns * channels, np.float32
        zeros, lines = np.zeros(n, f32), np.zeros((POINTS, SIDE, n + 2 * channels), f32)
        self.room = Room(zeros, lines, np.empty((POINTS, POINTS, POINTS, n), f32))
        self.edge_room = Room(zeros, lines, np.empty((POINTS, 2, POINTS, n), f32))
        padded, panels = -(-tiles // ROWS) * ROWS, -(-outputs // WIDTH)
        self.points = aligned(POINTS * PLANES, padded, channels)
        self.edge_points = aligned(2 * PLANES, padded, channels)
        products = aligned(panels, padded, POINTS * PLANES, WIDTH)
        self.output_room = OutputRoom(products, aligned(SIDE * (PLANES + POINTS + 1), WIDTH))


_kept = local()


def _buffers(*sizes: int) -> _Buffers:
    """This thread's memory for those sizes: the last ones are kept, for new memory costs as much as the work in it."""
    kept: dict[tuple[int, ...], _Buffers] = _kept.__dict__.setdefault("sizes", {})
    if sizes not in kept:
        if len(kept) == ROOMS:
            kept.clear()
        kept[sizes] = _Buffers(*sizes)
    return kept[sizes]


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)


def _lay(branch: Branch, group: int, adds: bool) -> _Laid:
    weights = Weights(panels(weight_points(branch.weight)), padded_bias(branch), np.float32(SLOPE))
    return _Laid(weights, branch.strips, group, adds)


def weight_points(weight: np.ndarray) -> np.ndarray:
    """[D, C, 3 frames, 3 rows, 3 columns] to its points [216, C, D] in float32, computed in float64.

    >>> weight_points(np.ones((5, 2, 3, 3, 3))).shape
    (216, 2, 5)
    """
    points = np.einsum("rh,ft,cw,okthw->rfcko", TAPS, TAPS, TAPS, weight.astype(np.float64), optimize=True)
    return np.ascontiguousarray(points.reshape(POINTS * PLANES, *points.shape[3:]), dtype=np.float32)
