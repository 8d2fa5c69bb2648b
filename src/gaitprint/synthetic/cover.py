"""Draws triangles and capsules into one picture: whatever any of them covers, counted into pixels with grey edges.

Triangles and capsules become stretches of fine rows, as in `raster`; there the outline of each capsule is made ragged,
here that of all together. What numba compiles has no types before it runs.
"""

import numpy as np

from gaitprint.deploy.compiled import compiled_as_written
from gaitprint.synthetic.raster import COLUMNS, MARGIN, ROWS, SIZE, WIDTH

HEIGHT = SIZE * ROWS
_FAR = 1e6


@compiled_as_written
def _fill(canvas, row, left, right):
    """Cover one fine row from `left` to `right`, in pixels from the middle of the frame."""
    # the fine column whose left edge is nearest; nothing is negative here but what lies outside
    first = max(int(left * COLUMNS + ((SIZE / 2 + MARGIN) * COLUMNS + 0.5)), 0)
    last = min(int(right * COLUMNS + ((SIZE / 2 + MARGIN) * COLUMNS + 0.5)), WIDTH)
    if first < last:
        canvas[row, first] += 1
        canvas[row, last] -= 1


@compiled_as_written
def _triangle(canvas, ax, ay, bx, by, cx, cy):
    """Cover a triangle; an edge is reckoned from its upper end, so that neighbours leave no gap between them."""
    if by < ay:
        ax, ay, bx, by = bx, by, ax, ay
    if cy < by:
        bx, by, cx, cy = cx, cy, bx, by
        if by < ay:
            ax, ay, bx, by = bx, by, ax, ay
    first = max(int(np.ceil(ay * ROWS - 0.5)), 0)
    last = min(int(np.ceil(cy * ROWS - 0.5)), HEIGHT)
    if first >= last:
        return
    whole = (cx - ax) / (cy - ay)
    upper = (bx - ax) / (by - ay) if by > ay else 0.0
    lower = (cx - bx) / (cy - by) if cy > by else 0.0
    for row in range(first, last):
        y = (row + 0.5) / ROWS
        one = ax + whole * (y - ay)
        two = ax + upper * (y - ay) if y < by else bx + lower * (y - by)
        if one < two:
            _fill(canvas, row, one, two)
        else:
            _fill(canvas, row, two, one)


@compiled_as_written
def _capsule_span(y, x0, y0, r0, x1, y1, r1):
    """Left and right end of the hull of two discs on the row at `y`; left > right where it has none."""
    left, right = _FAR, -_FAR
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


@compiled_as_written
def _capsules(canvas, balls, group_of, groups):
    """Capsules of one group are filled between each other. `balls`: x, y, radius of both ends."""
    for group in range(groups):
        top, bottom = _FAR, -_FAR
        for k in range(len(balls)):
            if group_of[k] == group:
                b = balls[k]
                top = min(top, b[1] - b[2], b[4] - b[5])
                bottom = max(bottom, b[1] + b[2], b[4] + b[5])
        for row in range(max(int(top * ROWS) - 1, 0), min(int(bottom * ROWS) + 2, HEIGHT)):
            y = (row + 0.5) / ROWS
            left, right = _FAR, -_FAR
            for k in range(len(balls)):
                if group_of[k] == group:
                    b = balls[k]
                    low, high = _capsule_span(y, b[0], b[1], b[2], b[3], b[4], b[5])
                    left, right = min(left, low), max(right, high)
            if right > left:
                _fill(canvas, row, left, right)


@compiled_as_written
def _ragged(canvas, left_rough, right_rough, rough, sums):
    """Every covered stretch of a row, made longer or shorter at both ends; `sums` counts the rows of each column."""
    for row in range(HEIGHT):
        depth, start = 0, -1
        for column in range(WIDTH + 1):
            depth += canvas[row, column]
            if depth > 0 and start < 0:
                start = column
            elif depth == 0 and start >= 0:
                first = max(int(np.rint(start - left_rough[row] * COLUMNS)), 0)
                last = min(int(np.rint(column + right_rough[row] * COLUMNS)), WIDTH)
                for i in range(first, last):
                    rough[row, i] = 1
                start = -1
        for column in range(WIDTH):
            sums[column] += rough[row, column]


@compiled_as_written
def _count(rough, sums, greys, frame):
    """Move the middle of the area into column 32, as the normalisation does, and count points into pixels."""
    total, half, middle = sums.sum(), 0, 0
    while middle < WIDTH - 1:
        half += sums[middle]
        if 2 * half > total:
            break
        middle += 1
    start = min(max(middle - (SIZE // 2 * COLUMNS + COLUMNS // 2), 0), 2 * MARGIN * COLUMNS)
    for row in range(SIZE):
        for column in range(SIZE):
            at, covered = start + column * COLUMNS, 0
            for i in range(ROWS):
                for j in range(COLUMNS):
                    covered += rough[row * ROWS + i, at + j]
            frame[row, column] = greys[covered]


@compiled_as_written
def _project(vertices, sight, places):
    """Right and up in the image, as `look`; returns the highest and the lowest."""
    sine, cosine, lower, level, distance = sight
    top, bottom = -_FAR, _FAR
    for v in range(len(vertices)):
        x, y, z = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        near = cosine * x + sine * y
        larger = 1.0 / (1.0 - (level * near + lower * z) / distance)
        up = (level * z - lower * near) * larger
        places[v, 0], places[v, 1] = (cosine * y - sine * x) * larger, up
        top, bottom = max(top, up), min(bottom, up)
    return top, bottom


@compiled_as_written
def _scale(balls, top, bottom, hidden, places):
    """To pixels: the figure, mesh and capsules, from the upper border to the lower; y counts down from now on.

    Of its height the share `hidden` lies above the border, or below it where that is negative.
    """
    for k in range(len(balls)):
        for i in (0, 3):
            top, bottom = max(top, balls[k, i + 1] + balls[k, i + 2]), min(bottom, balls[k, i + 1] - balls[k, i + 2])
    height = top - bottom
    top, bottom = top - max(hidden, 0.0) * height, bottom - min(hidden, 0.0) * height
    scale = SIZE / (top - bottom)
    for k in range(len(balls)):
        for i in (0, 3):
            balls[k, i] *= scale
            balls[k, i + 1] = (top - balls[k, i + 1]) * scale
            balls[k, i + 2] *= scale
    for v in range(len(places)):
        places[v, 0] *= scale
        places[v, 1] = (top - places[v, 1]) * scale


@compiled_as_written
def cover(vertices, faces, balls, group_of, groups, sights, raggedness, frames):
    """Draw F pictures, scaled so that the figure fills the height, and centred as `draw_frames` does it.

    Args:
        vertices: of the mesh at T moments, [T, V, 3]; picture f is of moment f modulo T.
        faces: triangles, seen anticlockwise from outside, [N, 3].
        balls: right, up and radius of both ends of each capsule as `look` gives them, [F, K, 6]; changed in place.
        group_of: the group of each capsule, [K].
        groups: how many there are.
        sights: of each picture the values of its `Sight`, and the share of the figure that lies above the picture, or
            below it where negative, [F, 6].
        raggedness: pixels by which stretches stand out to the left and the right on every fine row, [2, F, R].
        frames: takes the silhouettes, uint8 [F, 64, 64].
    """
    # +1 where a stretch begins and -1 where it ends: of what lies one over the other only the sum counts
    canvas, rough = np.zeros((HEIGHT, WIDTH + 1), np.int16), np.zeros((HEIGHT, WIDTH), np.uint8)
    sums, greys = np.zeros(WIDTH, np.int64), np.zeros(ROWS * COLUMNS + 1, np.uint8)
    for i in range(len(greys)):
        greys[i] = int(np.rint(i * (255 / (ROWS * COLUMNS))))
    p = np.zeros((vertices.shape[1], 2))
    for f in range(len(frames)):
        canvas[:], rough[:], sums[:] = 0, 0, 0
        s = sights[f]
        top, bottom = _project(vertices[f % len(vertices)], (s[0], s[1], s[2], s[3], s[4]), p)
        _scale(balls[f], top, bottom, s[5], p)
        for n in range(len(faces)):
            a, b, c = faces[n, 0], faces[n, 1], faces[n, 2]
            ax, ay, bx, by, cx, cy = p[a, 0], p[a, 1], p[b, 0], p[b, 1], p[c, 0], p[c, 1]
            # what looks away is hidden by what looks here
            if (bx - ax) * (cy - ay) < (by - ay) * (cx - ax):
                _triangle(canvas, ax, ay, bx, by, cx, cy)
        _capsules(canvas, balls[f], group_of, groups)
        _ragged(canvas, raggedness[0, f], raggedness[1, f], rough, sums)
        _count(rough, sums, greys, frames[f])
