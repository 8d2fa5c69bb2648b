"""Draws capsules fast: every capsule becomes one interval per image row, all frames at once.

The hull of two discs is bounded by arcs of both and by their two common outer tangents; on one row its right end is the
largest, and its left end the smallest, of those four pieces that reach the row. The intervals are entered into a fine
grid as +1 and -1, summed along the row, and counted into pixels: grey edges come from the counting.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, UInt8

SIZE = 64
ROWS, COLUMNS = 2, 4
"""Fine rows and columns a pixel."""
MARGIN = 8
"""Pixels kept on either side of the frame, for moving the figure to its centre."""
WIDTH = (SIZE + 2 * MARGIN) * COLUMNS
_FAR = np.float32(1e6)

Pixels = Float32[np.ndarray, "F"]
Spans = Float32[np.ndarray, "F R"]


class Discs(NamedTuple):
    """K discs in F frames, in pixels: y counts down from the top of the frame, x from its middle to the right."""

    x: Float32[np.ndarray, "K F"]
    y: Float32[np.ndarray, "K F"]
    radius: Float32[np.ndarray, "K F"]


def draw_frames(
    starts: Discs, ends: Discs, groups: tuple[tuple[int, ...], ...], raggedness: Float32[np.ndarray, "2 F R"]
) -> UInt8[np.ndarray, "F 64 64"]:
    """Silhouettes of K capsules in F frames, centred as the normalisation (method, section 1) centres them.

    Args:
        starts: the discs at one end of the capsules.
        ends: the discs at the other end.
        groups: capsules that are filled between each other, by number.
        raggedness: pixels by which the left and the right outline stand out, on every fine row.
    """
    frames = starts.x.shape[1]
    # Columns come first so that summing along a row adds whole slabs; fine rows of one pixel row lie in two slabs.
    # one column more than there are: a span that ends at the border closes there
    edges = np.zeros((WIDTH + 1, ROWS, frames, SIZE), np.int8)
    flat, slab = edges.reshape(-1), ROWS * frames * SIZE
    fine = np.arange(SIZE * ROWS)
    places = (fine % ROWS * frames + np.arange(frames)[:, None]) * SIZE + fine // ROWS
    for group in groups:
        one, two = (Discs(*(a[list(group)] for a in discs)) for discs in (starts, ends))
        first, last = _row_range(one, two)
        left, right = _spans(one, two, first, last)
        low = _to_columns(left - raggedness[0, :, first:last])
        high = _to_columns(right + raggedness[1, :, first:last])
        filled = high > low
        place = places[:, first:last][filled]
        # One group enters a row of a frame at most once, so no place is hit twice within a statement.
        flat[low[filled] * slab + place] += 1
        flat[high[filled] * slab + place] -= 1
    return _centred(_count(edges))


def _row_range(one: Discs, two: Discs) -> tuple[int, int]:
    """The fine rows [first, last) that the discs reach in any frame."""
    top = min(float((d.y - d.radius).min()) for d in (one, two))
    bottom = max(float((d.y + d.radius).max()) for d in (one, two))
    return max(int(top * ROWS) - 1, 0), min(int(bottom * ROWS) + 2, SIZE * ROWS)


def _spans(one: Discs, two: Discs, first: int, last: int) -> tuple[Spans, Spans]:
    """Left and right end of a group on the fine rows [first, last); left > right where it has none."""
    rows = (np.arange(first, last, dtype=np.float32) + np.float32(0.5)) / np.float32(ROWS)
    shape = (one.x.shape[1], last - first)
    left, right = np.full(shape, _FAR, np.float32), np.full(shape, -_FAR, np.float32)
    for x0, y0, r0, x1, y1, r1 in zip(*one, *two, strict=True):
        for x, y, r in ((x0, y0, r0), (x1, y1, r1)):
            squared = (r * r)[:, None] - np.square(rows - y[:, None])
            # where the row misses the disc its left end lies far to the right and its right end far to the left, so
            # that neither counts
            half = np.where(squared > 0, np.sqrt(np.abs(squared)), -_FAR)
            np.minimum(left, x[:, None] - half, out=left)
            np.maximum(right, x[:, None] + half, out=right)
        for ax, ay, bx, by in _tangents(x0, y0, r0, x1, y1, r1):
            # a level tangent bounds no row sideways, and would divide by nearly nothing
            level = np.abs(by - ay) < 1e-4
            slope = (bx - ax) / np.where(level, np.float32(1), by - ay)
            x = ax[:, None] + slope[:, None] * (rows - ay[:, None])
            outside = (rows < np.minimum(ay, by)[:, None]) | (rows > np.maximum(ay, by)[:, None]) | level[:, None]
            np.minimum(left, np.where(outside, _FAR, x), out=left)
            np.maximum(right, np.where(outside, -_FAR, x), out=right)
    return left, right


def _tangents(
    x0: Pixels, y0: Pixels, r0: Pixels, x1: Pixels, y1: Pixels, r1: Pixels
) -> Iterator[tuple[Pixels, Pixels, Pixels, Pixels]]:
    """Both common outer tangents of two discs as (ax, ay, bx, by): where they touch the one and the other."""
    dx, dy = x1 - x0, y1 - y0
    distance = np.maximum(np.sqrt(dx * dx + dy * dy), np.float32(1e-6))
    # one disc within the other has no tangent: cut to 1, the segment lies inside the larger and widens nothing
    along = np.clip((r0 - r1) / distance, -1, 1)
    across = np.sqrt(1 - along * along)
    ux, uy = dx / distance, dy / distance
    for side in (1, -1):
        nx, ny = ux * along - side * uy * across, uy * along + side * ux * across
        yield x0 + r0 * nx, y0 + r0 * ny, x1 + r1 * nx, y1 + r1 * ny


def _to_columns(x: Spans) -> Int32[np.ndarray, "F R"]:
    """The fine column whose left edge is nearest."""
    column = np.rint((x + np.float32(SIZE / 2 + MARGIN)) * np.float32(COLUMNS))
    return np.asarray(np.clip(column, 0, WIDTH), np.int32)


def _count(edges: np.ndarray) -> UInt8[np.ndarray, "W F 64"]:
    """Fine rows covered, of each fine column and pixel row."""
    counts = np.empty((WIDTH, *edges.shape[2:]), np.uint8)
    depth = np.zeros(edges.shape[1:], np.int8)
    for column in range(WIDTH):
        depth += edges[column]
        inside = (depth > 0).view(np.uint8)
        np.add(inside[0], inside[1], out=counts[column])
    return counts


def _centred(counts: UInt8[np.ndarray, "W F 64"]) -> UInt8[np.ndarray, "F 64 64"]:
    """Move the middle of each figure's area into column 32 of its frame, and count fine columns into pixels."""
    sums = np.cumsum(counts.sum(axis=2, dtype=np.int32), axis=0)
    # the first column with more than half of the area up to it, as in `normalize_sequence`
    middle = np.argmax(2 * sums > sums[-1], axis=0)
    # the middle fine column of pixel 32, as far as the margin allows
    starts = np.clip(middle - (SIZE // 2 * COLUMNS + COLUMNS // 2), 0, 2 * MARGIN * COLUMNS)
    result = np.empty((counts.shape[1], SIZE, SIZE), np.uint8)
    for f, start in enumerate(starts):
        cut = counts[start : start + SIZE * COLUMNS, f].reshape(SIZE, COLUMNS, SIZE)
        result[f] = (cut[:, 0] + cut[:, 1] + cut[:, 2] + cut[:, 3]).T
    grey = np.rint(np.arange(ROWS * COLUMNS + 1) * (255 / (ROWS * COLUMNS))).astype(np.uint8)
    return np.take(grey, result)
