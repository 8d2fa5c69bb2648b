"""The fast drawing of triangles and capsules against a slow one, that asks every fine point whether it lies in one."""

import math

import numpy as np
import pytest

from gaitprint.synthetic.camera import Camera, look, stand
from gaitprint.synthetic.cover import cover
from gaitprint.synthetic.raster import COLUMNS, ROWS, SIZE

HEIGHT = SIZE * ROWS
TETRAHEDRON = np.array([(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)], np.uint16)
"""Faces seen anticlockwise from outside, of corners of which the fourth lies above the others."""
CORNERS = np.array([(0.1, 0.0, -0.5), (-0.1, 0.2, -0.4), (-0.2, -0.2, -0.45), (0.0, 0.05, 0.5)])


def draw(vertices, camera=None, balls=(), rough=None, faces=TETRAHEDRON, hidden=0.0):
    """One picture; `balls` are capsules of one group, (right, up, radius) of both ends."""
    camera = camera or Camera(0.0, 0.0)
    sights = np.array([[float(v[0, 0]) for v in stand((camera,), 1)] + [hidden]])
    capsules = np.array(balls or [(0.0, 0.0, 1e-9) * 2], np.float64)[None]
    frames = np.zeros((1, SIZE, SIZE), np.uint8)
    still = np.zeros((2, 1, HEIGHT), np.float32) if rough is None else rough
    cover(vertices[None], faces, capsules, np.zeros(capsules.shape[1], np.int64), 1, sights, still, frames)
    return frames[0]


def slow(corners_right_up, triangles):
    """The picture of triangles given by their corners in the image."""
    up = corners_right_up[:, 1]
    scale = SIZE / (up.max() - up.min())
    x, y = corners_right_up[:, 0] * scale, (up.max() - up) * scale
    columns = (np.arange(3 * SIZE * COLUMNS) + 0.5) / COLUMNS - 1.5 * SIZE
    rows = (np.arange(HEIGHT) + 0.5) / ROWS
    inside = np.zeros((HEIGHT, len(columns)), bool)
    for a, b, c in triangles:
        sides = [
            (x[q] - x[p]) * (rows[:, None] - y[p]) - (y[q] - y[p]) * (columns - x[p])
            for p, q in ((a, b), (b, c), (c, a))
        ]
        inside |= np.all([s >= 0 for s in sides], axis=0) | np.all([s <= 0 for s in sides], axis=0)
    sums = np.cumsum(inside.sum(axis=0))
    start = int(np.argmax(2 * sums > sums[-1])) - (SIZE // 2 * COLUMNS + COLUMNS // 2)
    cut = inside[:, start : start + SIZE * COLUMNS].reshape(SIZE, ROWS, SIZE, COLUMNS)
    return np.rint(cut.mean(axis=(1, 3)) * 255)


@pytest.mark.parametrize("view", [0.0, 35.0, 90.0, 160.0, 270.0])
def test_a_closed_mesh_is_drawn_as_the_union_of_its_triangles(view):
    camera = Camera(view, 8.0, 5.0)
    right, up, _ = look(CORNERS[:, None], np.zeros(4), stand((camera,), 1))
    expected = slow(np.stack([right[:, 0, 0], up[:, 0, 0]], axis=1), TETRAHEDRON)
    found = draw(CORNERS, camera).astype(float)
    assert expected.sum() > 50_000
    assert np.abs(found - expected).max() <= 64, "no pixel differs by more than two of its eight points"
    assert np.abs(found - expected).sum() < 0.01 * expected.sum()


def test_triangles_that_share_an_edge_leave_no_gap():
    generator = np.random.default_rng(0)
    # a fan around a point within, each corner on a circle of its own
    angles = np.sort(generator.uniform(0, 2 * np.pi, 12))
    corners = np.array([(0.0, 0.45 * math.cos(a), 0.5 * math.sin(a)) for a in angles] + [(0.0, 0.03, 0.04)])
    faces = np.array([(i, (i + 1) % 12, 12) for i in range(12)], np.uint16)
    rows = draw(corners, faces=faces) > 0
    for row in rows[2:-2]:
        assert np.count_nonzero(np.diff(row.astype(int)) == 1) == 1


def test_capsules_of_a_group_are_filled_between_each_other():
    far = np.full((4, 3), 0.0)  # a mesh without area
    pair = [(-0.3, -0.4, 0.1, -0.3, 0.4, 0.1), (0.3, -0.4, 0.1, 0.3, 0.4, 0.1)]
    frame = draw(far, balls=pair)
    # 0.8 wide at a height of 1
    assert frame[32].astype(int).sum() / 255 == pytest.approx(0.8 * SIZE, abs=0.6)


def test_mesh_and_capsules_fill_the_height_together():
    low = CORNERS[:, [0, 1]]
    mesh = np.column_stack([low, 0.2 * CORNERS[:, 2]])
    frame = draw(mesh, balls=[(0.0, -0.45, 0.05, 0.0, 0.45, 0.05)])
    assert frame[0].any()
    assert frame[-1].any()
    # of the mesh, a fifth as high as before, the rows in the middle are wider than the capsule alone
    assert frame[34].astype(int).sum() > 1.5 * frame[5].astype(int).sum()


def test_raggedness_moves_the_outline_of_all_together():
    rough = np.zeros((2, 1, HEIGHT), np.float32)
    rough[1, 0, 60:80] = 2.0
    pair = [(0.0, -0.3, 0.2, 0.0, 0.3, 0.2)]
    plain, ragged = (draw(np.zeros((4, 3)), balls=pair, rough=r).astype(int).sum(axis=1) / 255 for r in (None, rough))
    assert np.allclose((ragged - plain)[30:40], 2.0, atol=0.05)
    assert np.allclose((ragged - plain)[[29, 41]], 0.0, atol=0.05)


def test_a_figure_wider_than_the_canvas_is_cut():
    frame = draw(np.zeros((4, 3)), balls=[(-9.0, 0.2, 0.3, 9.0, 0.2, 0.3)])
    assert (frame[20:40] == 255).all()


@pytest.mark.parametrize(("hidden", "rows"), [(0.25, slice(16, 64)), (-0.25, slice(0, 48))])
def test_what_is_hidden_is_cut_off_and_the_rest_fills_the_height(hidden, rows):
    whole, cut = draw(CORNERS).astype(float), draw(CORNERS, hidden=hidden).astype(float)
    # row by row four thirds as wide as the part of the whole that is seen
    wanted = np.interp(np.linspace(0, 47, 64), np.arange(48), whole[rows].sum(axis=1)) * 4 / 3
    assert np.abs(cut.sum(axis=1) - wanted)[2:-2].max() < 0.08 * wanted.max()
