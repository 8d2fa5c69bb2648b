"""From what a network says to boxes: squares of a frame, anchors, double boxes; each against an obvious version."""

from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.video.detection.fitting import fit_image, in_frame
from gaitprint.video.detection.ssd_anchors import decode_offsets, ssd_anchors
from gaitprint.video.detection.suppression import suppress, vote
from gaitprint.video.detection.tiles import square_tiles


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 4), st.sampled_from([0.0, 0.2, 0.5]))
def test_squares_cover_the_frame_and_overlap_enough(width: int, height: int, rows: int, overlap: float) -> None:
    first, *squares = square_tiles(width, height, rows, overlap).tiles.tolist()
    assert first == [0, 0, width, height]
    covered = np.zeros((height, width), bool)
    for left, top, right, bottom in squares or [first]:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert not squares or right - left == bottom - top
        covered[top:bottom, left:right] = True
    assert covered.all()
    for axis in (0, 1):
        starts = sorted({square[axis] for square in squares})
        sides = {square[axis + 2] - square[axis] for square in squares}
        assert all(b - a <= max(sides) * (1 - overlap) + 1 for a, b in pairwise(starts))


def test_a_wide_frame_is_seen_as_a_whole_and_in_two_squares() -> None:
    assert square_tiles(1920, 1080, 1, 0.2).tiles.tolist() == [
        [0, 0, 1920, 1080],
        [0, 0, 1080, 1080],
        [840, 0, 1920, 1080],
    ]
    assert square_tiles(1080, 1920, 1, 0.2).tiles[1:].tolist() == [[0, 0, 1080, 1080], [0, 840, 1080, 1920]]
    assert len(square_tiles(500, 500, 1, 0.2).tiles) == 1
    assert len(square_tiles(900, 500, 0, 0.2).tiles) == 1


def test_boxes_at_inner_edges_are_cut_off_and_those_at_the_frames_border_are_not() -> None:
    tiling = square_tiles(200, 100, 1, 0.2)
    left_square = tiling.tiles[1]
    assert left_square.tolist() == [0, 0, 100, 100]
    boxes = np.array([[80, 20, 99, 60], [0, 0, 20, 100], [40, 0, 60, 100]], np.float64)
    assert tiling.cut_off(boxes, left_square).tolist() == [True, False, False]
    assert not tiling.cut_off(np.array([[180.0, 0, 200, 100]]), tiling.tiles[0]).any()


def test_anchors_are_those_of_the_six_maps_one_by_one() -> None:
    found, row = ssd_anchors(), 0
    for level, cells in enumerate((19, 10, 5, 3, 2, 1)):
        scale, after = 0.2 + 0.15 * level, (0.35 + 0.15 * level if level < 5 else 1.0)
        shapes = [(scale, r) for r in (1.0, 2.0, 0.5, 3.0, 0.3333)] + [((scale * after) ** 0.5, 1.0)]
        if level == 0:
            shapes = [(0.1, 1.0), (0.2, 2.0), (0.2, 0.5)]
        for y in range(cells):
            for x in range(cells):
                for side, ratio in shapes:
                    wanted = [(y + 0.5) / cells, (x + 0.5) / cells, side / ratio**0.5, side * ratio**0.5]
                    assert found[row] == pytest.approx(wanted)
                    row += 1
    assert row == len(found) == 1917


def test_offsets_become_boxes_as_written_out() -> None:
    rng = np.random.default_rng(1)
    anchors, offsets = rng.uniform(0.1, 0.9, (50, 4)), rng.normal(0, 3, (50, 4)).astype(np.float32)
    for box, (y, x, h, w), (dy, dx, dh, dw) in zip(decode_offsets(offsets, anchors), anchors, offsets, strict=True):
        row, column, height, width = dy / 10 * h + y, dx / 10 * w + x, exp(dh / 5) * h, exp(dw / 5) * w
        assert box == pytest.approx(
            [column - width / 2, row - height / 2, column + width / 2, row + height / 2], rel=1e-5, abs=1e-5
        )
    wild = decode_offsets(np.full((1, 4), 1e6, np.float32), anchors[:1])
    assert np.isfinite(wild).all()


def slowly_suppressed(boxes: np.ndarray, scores: np.ndarray, overlap: float, containment: float) -> list[int]:
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        good = True
        for k in kept:
            a, b = boxes[i], boxes[k]
            common = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
            areas = [(q[2] - q[0]) * (q[3] - q[1]) for q in (a, b)]
            good &= common <= overlap * (sum(areas) - common) and common <= containment * min(areas)
        if good:
            kept.append(i)
    return kept


@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_suppression_keeps_what_one_by_one_keeps(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    corners, sides = rng.integers(0, 40, (count, 2)), rng.integers(1, 30, (count, 2))
    boxes = np.concatenate([corners, corners + sides], axis=1).astype(np.float64)
    scores = rng.integers(0, 5, count) / 5
    assert suppress(boxes, scores, 0.45, 0.6).tolist() == slowly_suppressed(boxes, scores, 0.45, 0.6)


def test_a_torso_within_a_body_goes_and_a_neighbour_stays() -> None:
    boxes = np.array([[0, 0, 40, 100], [5, 10, 35, 50], [30, 0, 70, 100]], np.float64)
    assert suppress(boxes, np.array([0.9, 0.8, 0.7]), 0.45, 0.6).tolist() == [0, 2]


def test_boxes_vote_by_score_and_overlap() -> None:
    boxes = np.array([[0, 0, 10, 20], [2, 0, 12, 20], [50, 50, 60, 70]], np.float64)
    moved = vote(boxes, np.array([0.8, 0.6, 0.9]), np.array([0, 2]), 0.45)
    share = 160 / 240
    assert moved[0] == pytest.approx((0.8 * boxes[0] + 0.6 * share * boxes[1]) / (0.8 + 0.6 * share))
    assert moved[1].tolist() == boxes[2].tolist()
    assert vote(boxes, np.array([0.8, 0.6, 0.9]), np.array([1]), 1.0)[0].tolist() == boxes[1].tolist()


@pytest.mark.parametrize("keep_ratio", [False, True])
def test_a_fitted_image_knows_the_way_back(keep_ratio: bool) -> None:
    image = np.full((90, 160, 3), 200, np.uint8)
    fitted = fit_image(image, 64, 64, keep_ratio, 7)
    assert fitted.pixels.shape == (64, 64, 3)
    assert fitted.pixels[0, 0, 0] == (7 if keep_ratio else 200)
    corners = [fitted.left, fitted.top, 64 - fitted.left, 64 - fitted.top]
    assert fitted.to_frame(np.array([corners], np.float64))[0] == pytest.approx([0, 0, 160, 90])


def test_boxes_of_nothing_and_boxes_outside_are_no_boxes() -> None:
    boxes = np.array(
        [[0, 0, 5, 5], [5, 5, 5, 9], [-9, 0, 0, 5], [-9, 0, 1, 5], [20, 0, 25, 5], [3, 9, 5, 30]], np.float64
    )
    assert in_frame(boxes, 10, 20).tolist() == [True, False, False, True, False, True]
