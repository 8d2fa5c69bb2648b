"""Overlap by counting pixels; matching by trying everything."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitprint.video.overlap import iou, share_inside, union_box
from gaitprint.video.tracking.assignment import assign

corner = st.integers(0, 12)
side = st.integers(1, 8)
boxes = st.lists(st.tuples(corner, corner, side, side), min_size=1, max_size=4).map(
    lambda found: np.array([[x, y, x + w, y + h] for x, y, w, h in found], np.float32)
)


def painted(box: np.ndarray) -> np.ndarray:
    pixels = np.zeros((24, 24), bool)
    left, top, right, bottom = box.astype(int)
    pixels[top:bottom, left:right] = True
    return pixels


@settings(deadline=None)
@given(boxes, boxes)
def test_overlap_is_counted_pixels(one: np.ndarray, other: np.ndarray) -> None:
    for i, a in enumerate(map(painted, one)):
        for j, b in enumerate(map(painted, other)):
            assert iou(one, other)[i, j] == pytest.approx((a & b).sum() / (a | b).sum())
            assert share_inside(one, other)[i, j] == pytest.approx((a & b).sum() / a.sum())
    rows, columns = np.nonzero(np.any([painted(box) for box in one], axis=0))
    assert union_box(one).tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


gain = st.sampled_from([-1.0, 0.0, 0.1, 0.2, 0.35, 0.5, 0.9])


@settings(deadline=None)
@given(st.integers(0, 4).flatmap(lambda n: st.lists(st.lists(gain, min_size=3, max_size=3), min_size=n, max_size=n)))
def test_the_best_matching_of_all_is_found(rows: list[list[float]]) -> None:
    gains = np.array(rows).reshape(-1, 3)
    pairs = assign(gains)
    assert all(gains[i, j] > 0 for i, j in pairs)
    for side_of in zip(*pairs, strict=True):
        assert len(set(side_of)) == len(side_of)
    # a row is matched with one of three columns, or with one of as many places beyond, which are worth nothing
    ways = permutations(range(3 + len(gains)), len(gains))
    best = max(sum(max(gains[i, j], 0) for i, j in enumerate(way) if j < 3) for way in ways)
    assert sum(gains[i, j] for i, j in pairs) == pytest.approx(best)


def test_two_good_strangers_are_not_made_for_the_sake_of_more_pairs() -> None:
    assert assign(np.array([[0.9, 0.3], [0.3, 0.0]])) == [(0, 0)]
    assert assign(np.zeros((0, 3))) == []
    assert assign(np.zeros((2, 0))) == []
