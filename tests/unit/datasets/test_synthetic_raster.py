"""The fast drawing against a slow one: every fine point of the grid asked whether it lies in the hull of two discs."""

import numpy as np
import pytest

from gaitprint.synthetic.raster import COLUMNS, ROWS, SIZE, Discs, draw_frames


def discs(*rows: tuple[float, float, float]) -> Discs:
    """Discs (x, y, radius) of one frame."""
    x, y, radius = (np.array([[r[i]] for r in rows], np.float32) for i in range(3))
    return Discs(x, y, radius)


def draw(starts: Discs, ends: Discs, groups: tuple[tuple[int, ...], ...] | None = None) -> np.ndarray:
    count, frames = starts.x.shape
    still = np.zeros((2, frames, SIZE * ROWS), np.float32)
    return draw_frames(starts, ends, groups or tuple((k,) for k in range(count)), still)


def slow_hull(start: tuple[float, float, float], end: tuple[float, float, float]) -> np.ndarray:
    """Fine points [128, 768] of a canvas three frames wide: in one of the discs between the two, the best of many."""
    x = (np.arange(3 * SIZE * COLUMNS) + 0.5) / COLUMNS - 1.5 * SIZE
    y = (np.arange(SIZE * ROWS) + 0.5) / ROWS
    inside = np.zeros((SIZE * ROWS, 3 * SIZE * COLUMNS), bool)
    for part in np.linspace(0, 1, 300):
        cx, cy, radius = (a + part * (b - a) for a, b in zip(start, end, strict=True))
        inside |= (x[None] - cx) ** 2 + (y[:, None] - cy) ** 2 < radius**2
    return inside


def slow_pixels(inside: np.ndarray) -> np.ndarray:
    """Count points into pixels, the median point of all being two points into column 32."""
    sums = np.cumsum(inside.sum(axis=0))
    middle = next(i for i, s in enumerate(sums) if 2 * s > sums[-1])
    start = middle - (32 * COLUMNS + 2)
    frame = np.zeros((SIZE, SIZE))
    for row in range(SIZE):
        for column in range(SIZE):
            block = inside[row * ROWS : (row + 1) * ROWS, start + column * COLUMNS : start + (column + 1) * COLUMNS]
            frame[row, column] = np.rint(block.mean() * 255)
    return frame


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((0, 5, 4), (3, 50, 9)),
        ((0, 20, 10), (18, 21, 3)),
        ((-8, 32, 5), (10, 32, 5)),
        ((2, 30, 12), (4, 33, 3)),
        ((0, 30, 8), (0, 30, 8)),
        ((-12, 50, 2), (6, 12, 6)),
    ],
    ids=["upright", "lying, tapered", "level", "one inside the other", "a disc", "slanting"],
)
def test_a_capsule_is_the_hull_of_two_discs(start, end):
    frame = draw(discs(start), discs(end))[0].astype(float)
    expected = slow_pixels(slow_hull(start, end))
    assert expected.sum() > 10_000
    assert np.abs(frame - expected).max() <= 64, "no pixel differs by more than two of its eight points"
    assert np.abs(frame - expected).sum() < 0.01 * expected.sum()


def test_capsules_apart_stay_apart_unless_they_are_of_one_group():
    starts, ends = discs((-10, 10, 4), (10, 10, 4)), discs((-10, 50, 4), (10, 50, 4))
    apart, filled = draw(starts, ends), draw(starts, ends, ((0, 1),))
    assert [np.count_nonzero(np.diff((f[0, 30] > 0).astype(int)) == 1) for f in (apart, filled)] == [2, 1]
    inside = slow_hull((-10, 10, 4), (-10, 50, 4)) | slow_hull((10, 10, 4), (10, 50, 4))
    assert abs(apart.sum() / 255 - inside.sum() / 8) < 3
    widths = [np.flatnonzero(row)[[0, -1]] if row.any() else None for row in inside]
    area = sum(w[1] - w[0] + 1 for w in widths if w is not None) / 8
    assert abs(filled.sum() / 255 - area) < 3


def test_overlapping_capsules_are_not_counted_twice():
    one = draw(discs((0, 10, 6)), discs((0, 50, 6)))
    two = draw(discs((0, 10, 6), (0, 12, 5)), discs((0, 50, 6), (0, 40, 5)))
    assert np.array_equal(one, two)


def test_frames_are_drawn_alone_or_together_alike():
    first, second = (discs((-3, 10, 4)), discs((3, 60, 3))), (discs((5, 8, 6)), discs((-9, 40, 5)))
    both = [
        Discs(*(np.concatenate(pair, axis=1) for pair in zip(a, b, strict=True)))
        for a, b in zip(first, second, strict=True)
    ]
    assert np.array_equal(draw(*both), np.concatenate([draw(*first), draw(*second)]))


def test_raggedness_moves_the_outline_of_its_row():
    rag = np.zeros((2, 1, SIZE * ROWS), np.float32)
    rag[1, 0, 60:80] = 2.0
    plain = draw(discs((0, 10, 8)), discs((0, 50, 8)))[0]
    ragged = draw_frames(discs((0, 10, 8)), discs((0, 50, 8)), ((0,),), rag)[0]
    grown = (ragged.astype(int).sum(axis=1) - plain.astype(int).sum(axis=1)) / 255
    assert np.allclose(grown[30:40], 2.0, atol=0.05)
    assert np.allclose(grown[[29, 41]], 0.0, atol=0.05)


def test_a_figure_that_leaves_the_canvas_is_cut():
    frame = draw(discs((-200, 20, 5)), discs((200, 20, 5)))[0]
    assert (frame[18:22] == 255).all()
    assert not frame[40:].any()
