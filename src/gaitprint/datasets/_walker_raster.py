"""Draws capsules fast: every capsule becomes one interval per image row, all frames at once.

The hull of two discs is bounded by arcs of both and by their two common outer tangents; on one row its right end is the
largest, and its left end the smallest, of those four pieces that reach the row. The intervals are entered into a fine
grid as +1 and -1, summed along the row, and counted into pixels: grey edges come from the counting.
"""

import numpy as np
from jaxtyping import Float32, Int32, UInt8

SIZE = 64
ROWS, COLUMNS = 2, 4
"""Fine rows and columns a pixel."""
_MARGIN = 8
"""Pixels kept on either side of the frame, for moving the figure to its centre."""
_EMPTY = np.float32(1e6)

Coordinates = Float32[np.ndarray, "K F"]


def draw_frames(
    starts: tuple[Coordinates, Coordinates, Coordinates],
    ends: tuple[Coordinates, Coordinates, Coordinates],
    groups: tuple[tuple[int, ...], ...],
    raggedness: Float32[np.ndarray, "2 F R"],
) -> UInt8[np.ndarray, "F 64 64"]:
    """Silhouettes of K capsules in F frames, centred as the normalisation of section 1 of the method centres them.

    Args:
        starts: x, y and radius of the discs at one end, in pixels; y counts down from the top of the frame, x from its
            middle.
        ends: the same of the other end.
        groups: capsules that are filled between each other.
        raggedness: pixels by which the left and the right outline stand out, on every fine row.
    """
    frames = starts[0].shape[1]
    width = (SIZE + 2 * _MARGIN) * COLUMNS
    edges = np.zeros((frames, SIZE * ROWS, width + 1), np.int8)
    flat = edges.reshape(-1)
    offsets = (np.arange(frames)[:, None] * (SIZE * ROWS) + np.arange(SIZE * ROWS)) * (width + 1)
    for group in groups:
        chosen = list(group)
        one = [a[chosen] for a in starts]
        two = [a[chosen] for a in ends]
        first, last = _row_range(one, two)
        left, right = _intervals(one, two, first, last)
        left = left - raggedness[0, :, first:last]
        right = right + raggedness[1, :, first:last]
        low, high = _to_columns(left, width), _to_columns(right, width)
        filled = high > low
        at = offsets[:, first:last][filled]
        flat[at + low[filled]] += 1
        flat[at + high[filled]] -= 1
    np.add.accumulate(edges, axis=2, out=edges)
    inside = (edges[:, :, :width] > 0).view(np.uint8)
    return _centred(inside[:, 0::2] + inside[:, 1::2])


def _row_range(one: list[Coordinates], two: list[Coordinates]) -> tuple[int, int]:
    top = min(float((y - r).min()) for _, y, r in (one, two))
    bottom = max(float((y + r).max()) for _, y, r in (one, two))
    return max(int(top * ROWS) - 1, 0), min(int(bottom * ROWS) + 2, SIZE * ROWS)


def _intervals(
    one: list[Coordinates], two: list[Coordinates], first: int, last: int
) -> tuple[Float32[np.ndarray, "F R"], Float32[np.ndarray, "F R"]]:
    """Left and right end of a group on the fine rows [first, last); left > right where it has none."""
    rows = (np.arange(first, last, dtype=np.float32) + np.float32(0.5)) / np.float32(ROWS)
    shape = (one[0].shape[1], last - first)
    left, right = np.full(shape, _EMPTY, np.float32), np.full(shape, -_EMPTY, np.float32)
    for x0, y0, r0, x1, y1, r1 in zip(*one, *two, strict=True):
        for x, y, r in ((x0, y0, r0), (x1, y1, r1)):
            squared = (r * r)[:, None] - np.square(rows - y[:, None])
            half = np.sqrt(np.maximum(squared, 0), out=squared.copy())
            half[squared <= 0] = -_EMPTY
            np.minimum(left, x[:, None] - half, out=left)
            np.maximum(right, x[:, None] + half, out=right)
        for ax, ay, bx, by in _tangents(x0, y0, r0, x1, y1, r1):
            level = np.abs(by - ay) < 1e-4
            slope = (bx - ax) / np.where(level, np.float32(1), by - ay)
            x = ax[:, None] + slope[:, None] * (rows - ay[:, None])
            outside = (rows < np.minimum(ay, by)[:, None]) | (rows > np.maximum(ay, by)[:, None]) | level[:, None]
            np.minimum(left, np.where(outside, _EMPTY, x), out=left)
            np.maximum(right, np.where(outside, -_EMPTY, x), out=right)
    return left, right


def _tangents(x0, y0, r0, x1, y1, r1):  # type: ignore[no-untyped-def]
    """Both common outer tangents of two discs as (ax, ay, bx, by): where they touch the one and the other."""
    dx, dy = x1 - x0, y1 - y0
    distance = np.maximum(np.sqrt(dx * dx + dy * dy), np.float32(1e-6))
    along = np.clip((r0 - r1) / distance, -1, 1)
    across = np.sqrt(1 - along * along)
    ux, uy = dx / distance, dy / distance
    for side in (1, -1):
        nx, ny = ux * along - side * uy * across, uy * along + side * ux * across
        yield x0 + r0 * nx, y0 + r0 * ny, x1 + r1 * nx, y1 + r1 * ny


def _to_columns(x: Float32[np.ndarray, "F R"], width: int) -> Int32[np.ndarray, "F R"]:
    column = np.rint((x + np.float32(SIZE / 2 + _MARGIN)) * np.float32(COLUMNS))
    return np.clip(column, 0, width).astype(np.int32)


def _centred(counts: UInt8[np.ndarray, "F 64 W"]) -> UInt8[np.ndarray, "F 64 64"]:
    """Cut the frame so that the middle of the figure's area falls into its column 32, and count columns into pixels."""
    sums = np.cumsum(counts.sum(axis=1, dtype=np.int32), axis=1)
    middle = np.argmax(2 * sums > sums[:, -1:], axis=1)
    starts = np.clip(middle - (SIZE // 2 * COLUMNS + COLUMNS // 2), 0, 2 * _MARGIN * COLUMNS)
    cut = np.stack([c[:, s : s + SIZE * COLUMNS] for c, s in zip(counts, starts, strict=True)])
    total = cut[:, :, 0::4] + cut[:, :, 1::4] + cut[:, :, 2::4] + cut[:, :, 3::4]
    return _GREY[total]


_GREY = np.rint(np.arange(ROWS * COLUMNS + 1) * (255 / (ROWS * COLUMNS))).astype(np.uint8)
