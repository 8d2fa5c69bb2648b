"""Draws triangles and capsules into one picture: whatever any of them covers, counted into pixels with grey edges.

Loops are compiled by numba without its liberties in arithmetic: the same bytes on every processor.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from gaitprint.synthetic.raster import COLUMNS, MARGIN, ROWS, SIZE, WIDTH

HEIGHT = SIZE * ROWS


def exactly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop; sums stay in the order written."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        result: Callable[..., Any] = njit(cache=True, **options)(function)
    except RuntimeError:  # no place to keep it
        result = njit(**options)(function)
    return result


@exactly
def _fill(canvas, row, left, right):
    """Cover one fine row from `left` to `right`, in pixels from the middle of the frame."""
    first = int(np.rint((left + (SIZE / 2 + MARGIN)) * COLUMNS))
    last = int(np.rint((right + (SIZE / 2 + MARGIN)) * COLUMNS))
    for column in range(max(first, 0), min(last, WIDTH)):
        canvas[row, column] = 1


@exactly
def _triangle(canvas, ax, ay, bx, by, cx, cy):
    top, bottom = min(ay, by, cy), max(ay, by, cy)
    first = max(int(np.ceil(top * ROWS - 0.5)), 0)
    last = min(int(np.ceil(bottom * ROWS - 0.5)), HEIGHT)
    for row in range(first, last):
        y = (row + 0.5) / ROWS
        left, right = 1e6, -1e6
        for edge in range(3):
            if edge == 0:
                x0, y0, x1, y1 = ax, ay, bx, by
            elif edge == 1:
                x0, y0, x1, y1 = bx, by, cx, cy
            else:
                x0, y0, x1, y1 = cx, cy, ax, ay
            # an edge counts on the rows from its upper end to before its lower end, whichever way it goes
            if y1 < y0:
                x0, y0, x1, y1 = x1, y1, x0, y0
            if y0 <= y < y1:
                x = x0 + (x1 - x0) * ((y - y0) / (y1 - y0))
                left, right = min(left, x), max(right, x)
        if right > left:
            _fill(canvas, row, left, right)


@exactly
def _capsule_span(y, x0, y0, r0, x1, y1, r1):
    """Left and right end of the hull of two discs on the row at `y`; left > right where it has none."""
    left, right = 1e6, -1e6
    for disc in range(2):
        x, middle, radius = (x0, y0, r0) if disc == 0 else (x1, y1, r1)
        squared = radius * radius - (y - middle) * (y - middle)
        if squared > 0:
            half = np.sqrt(squared)
            left, right = min(left, x - half), max(right, x + half)
    dx, dy = x1 - x0, y1 - y0
    distance = max(np.sqrt(dx * dx + dy * dy), 1e-6)
    along = min(max((r0 - r1) / distance, -1.0), 1.0)
    across = np.sqrt(1 - along * along)
    ux, uy = dx / distance, dy / distance
    for side in (1.0, -1.0):
        nx, ny = ux * along - side * uy * across, uy * along + side * ux * across
        ax, ay, bx, by = x0 + r0 * nx, y0 + r0 * ny, x1 + r1 * nx, y1 + r1 * ny
        if abs(by - ay) >= 1e-4 and min(ay, by) <= y <= max(ay, by):
            x = ax + (bx - ax) / (by - ay) * (y - ay)
            left, right = min(left, x), max(right, x)
    return left, right


@exactly
def _capsules(canvas, balls, group_of, groups):
    """Capsules of one group are filled between each other. `balls`: x, y, radius of both ends."""
    for group in range(groups):
        for row in range(HEIGHT):
            y = (row + 0.5) / ROWS
            left, right = 1e6, -1e6
            for k in range(len(balls)):
                if group_of[k] == group:
                    b = balls[k]
                    low, high = _capsule_span(y, b[0], b[1], b[2], b[3], b[4], b[5])
                    left, right = min(left, low), max(right, high)
            if right > left:
                _fill(canvas, row, left, right)


@exactly
def _ragged(canvas, rough, left_rough, right_rough):
    """Every covered stretch of a row, made longer or shorter at both ends."""
    for row in range(HEIGHT):
        column = 0
        while column < WIDTH:
            if canvas[row, column]:
                end = column
                while end < WIDTH and canvas[row, end]:
                    end += 1
                first = int(np.rint(column - left_rough[row] * COLUMNS))
                last = int(np.rint(end + right_rough[row] * COLUMNS))
                for i in range(max(first, 0), min(last, WIDTH)):
                    rough[row, i] = 1
                column = end
            else:
                column += 1


@exactly
def _count(rough, frame):
    """Move the middle of the area into column 32, as the normalisation does, and count points into pixels."""
    sums = np.zeros(WIDTH, np.int64)
    total = 0
    for column in range(WIDTH):
        for row in range(HEIGHT):
            total += rough[row, column]
        sums[column] = total
    middle = 0
    while 2 * sums[middle] <= total and middle < WIDTH - 1:
        middle += 1
    start = min(max(middle - (SIZE // 2 * COLUMNS + COLUMNS // 2), 0), 2 * MARGIN * COLUMNS)
    for row in range(SIZE):
        for column in range(SIZE):
            covered = 0
            for i in range(ROWS):
                for j in range(COLUMNS):
                    covered += rough[row * ROWS + i, start + column * COLUMNS + j]
            frame[row, column] = int(np.rint(covered * (255 / (ROWS * COLUMNS))))


@exactly
def cover(points, faces, balls, group_of, groups, raggedness, frames):
    """Draw F frames.

    Args:
        points: vertices in pixels, x to the right of the middle and y down from the top, [F, V, 2].
        faces: triangles, [N, 3].
        balls: x, y, radius of both ends of each capsule in pixels, [F, K, 6].
        group_of: the group of each capsule, [K].
        groups: how many there are.
        raggedness: pixels by which stretches stand out to the left and the right on every fine row, [2, F, R].
        frames: takes the silhouettes, uint8 [F, 64, 64].
    """
    canvas, rough = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    for f in range(len(points)):
        canvas[:], rough[:] = 0, 0
        p = points[f]
        for n in range(len(faces)):
            a, b, c = faces[n, 0], faces[n, 1], faces[n, 2]
            _triangle(canvas, p[a, 0], p[a, 1], p[b, 0], p[b, 1], p[c, 0], p[c, 1])
        _capsules(canvas, balls[f], group_of, groups)
        _ragged(canvas, rough, raggedness[0, f], raggedness[1, f])
        _count(rough, frames[f])
