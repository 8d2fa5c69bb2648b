"""Loops of 3-D minimal filtering, compiled where they run: tiles of 4 x 4 x 4 outputs from 6 x 6 x 6 points.

y = A^T ((G g) * (B^T d)) along rows, columns and frames, for the points 0, 1, -1, 2, -2 and infinity: 216
multiplications instead of 1,728. Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.

Maps are `Tiled` here, [T, H, 4, K, C]: pixel 4 k + p of a row lies at [p, k], and pixels beyond the width are zeros. So
the same pixel of all tiles of a row is one stretch of memory, and every loop a long one.

Points are ordered (row, frame, column): only the first row of points sees what lies above a tile and only the last
what lies below it, so branches that differ in their strips share all others.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.deploy.compiled import compiled

SIDE, POINTS = 4, 6
"""Outputs of a tile along one axis, and points."""
PLANES = POINTS * POINTS
"""Points of one row of points."""

# of float32, for a Python number would make doubles of all it meets
_TWO, _FOUR, _FIVE, _EIGHT = np.float32(2), np.float32(4), np.float32(5), np.float32(8)


class Tiles(NamedTuple):
    """Some rows of tiles, and some tiles of frames."""

    first: Int[np.ndarray, " R"]
    """The first row of each row of tiles."""
    low: Int[np.ndarray, " R"]
    """The row from which each sees anything but zeros."""
    high: Int[np.ndarray, " R"]
    """The row before which it sees, and writes."""
    start: int
    """The first tile of frames."""
    stop: int
    """The tile of frames before which it ends."""
    before: int
    """Frames of the map that lie before the first tile of all: 0 where the clip begins, 1 in its midst."""


class Room(NamedTuple):
    """What points are made in; K tiles in a row."""

    zeros: Float32[np.ndarray, " n"]
    """An empty row [K C]."""
    lines: Float32[np.ndarray, "6 4 m"]
    """Rows of a frame [(K + 2) C], whose first and last tile stay zero."""
    ring: Float32[np.ndarray, "6 e 6 n"]
    """Points of rows and columns of six frames, of all 6 rows of points or of 2."""


@compiled
def _points_of(d, o):
    """B^T d, of six stretches of values."""
    d0, d1, d2, d3, d4, d5 = d
    o0, o1, o2, o3, o4, o5 = o
    for i in range(len(o0)):
        a1, a2, a3, a4 = d1[i], d2[i], d3[i], d4[i]
        p, q, r, s = a4 - _FOUR * a2, a3 - _FOUR * a1, a4 - a2, _TWO * (a3 - a1)
        o0[i] = _FOUR * d0[i] - _FIVE * a2 + a4
        o1[i] = p + q
        o2[i] = p - q
        o3[i] = r + s
        o4[i] = r - s
        o5[i] = _FOUR * a1 - _FIVE * a3 + d5[i]


@compiled
def _edge_points_of(d, o0, o5):
    """The first and the last of B^T d."""
    d0, d1, d2, d3, d4, d5 = d
    for i in range(len(o0)):
        o0[i] = _FOUR * d0[i] - _FIVE * d2[i] + d4[i]
        o5[i] = _FOUR * d1[i] - _FIVE * d3[i] + d5[i]


@compiled
def _plane(frame, y, low, high, room, plane):
    """One frame's points of rows and columns [6 or 2, 6, K C], of the tiles of rows y .. y + 3.

    Rows outside low..high - 1 are zeros.
    """
    lines, zeros, n = room.lines, room.zeros, frame.shape[2]
    c = (lines.shape[2] - n) // 2
    for p in range(SIDE):
        rows = (
            frame[y - 1, p] if y - 1 >= low else zeros,
            frame[y, p],
            frame[y + 1, p] if y + 1 < high else zeros,
            frame[y + 2, p] if y + 2 < high else zeros,
            frame[y + 3, p] if y + 3 < high else zeros,
            frame[y + 4, p] if y + 4 < high else zeros,
        )
        z = c + n
        if plane.shape[0] == POINTS:
            _points_of(
                rows,
                (
                    lines[0, p, c:z], lines[1, p, c:z], lines[2, p, c:z],
                    lines[3, p, c:z], lines[4, p, c:z], lines[5, p, c:z],
                ),
            )  # fmt: skip
        else:
            _edge_points_of(rows, lines[0, p, c:z], lines[1, p, c:z])
    for i in range(plane.shape[0]):
        line, o = lines[i], plane[i]
        # the pixel before a tile is the last of the tile before, the one behind it the first of the next
        before, after = line[3, :n], line[0, 2 * c :]
        _points_of(
            (before, line[0, c : c + n], line[1, c : c + n], line[2, c : c + n], line[3, c : c + n], after),
            (o[0], o[1], o[2], o[3], o[4], o[5]),
        )


@compiled
def to_plane_points(x, tiles, room, points):
    """Points of single frames.

    Args:
        x: the map [T, H, 4, K C].
        tiles: `Tiles`, whose tiles of frames are frames.
        room: `Room`.
        points: filled, [36, N C], the first R C of each with R = frames x rows of tiles x K.
    """
    n, rows, plane = x.shape[3], len(tiles.first), room.ring[0]
    for t in range(tiles.start, tiles.stop):
        for k in range(rows):
            _plane(x[t], tiles.first[k], tiles.low[k], tiles.high[k], room, plane)
            start = ((t - tiles.start) * rows + k) * n
            for p in range(PLANES):
                points[p, start : start + n] = plane[p // POINTS, p % POINTS]


@compiled
def to_points(x, tiles, room, points):
    """Points of some rows of tiles and some tiles of frames.

    Args:
        x: the map [T, H, 4, K C].
        tiles: `Tiles`.
        room: `Room`; one for two rows of points makes only the first and the last.
        points: filled, [216 or 72, N C], the first R C of each with R = tiles of frames x rows of tiles x K.
    """
    frames, n, ring, rows = x.shape[0], x.shape[3], room.ring, len(tiles.first)
    for k in range(len(tiles.first)):
        for tile in range(tiles.start, tiles.stop):
            for f in range(POINTS):
                t = SIDE * tile - 1 + f
                if tile > tiles.start and f < 2:
                    continue  # two frames are also the tile's before
                # + 6: a remainder of -1 would not be the last
                slot = ring[(t + POINTS) % POINTS]
                seen = t + tiles.before
                if seen < 0 or seen >= frames:
                    slot[:] = 0
                else:
                    _plane(x[seen], tiles.first[k], tiles.low[k], tiles.high[k], room, slot)
            s = SIDE * tile - 1 + POINTS
            start = ((tile - tiles.start) * rows + k) * n
            stop = start + n
            for i in range(ring.shape[1]):
                for j in range(POINTS):
                    p = i * PLANES + j
                    _points_of(
                        (
                            ring[s % 6, i, j], ring[(s + 1) % 6, i, j], ring[(s + 2) % 6, i, j],
                            ring[(s + 3) % 6, i, j], ring[(s + 4) % 6, i, j], ring[(s + 5) % 6, i, j],
                        ),
                        (
                            points[p, start:stop], points[p + 6, start:stop], points[p + 12, start:stop],
                            points[p + 18, start:stop], points[p + 24, start:stop], points[p + 30, start:stop],
                        ),
                    )  # fmt: skip
