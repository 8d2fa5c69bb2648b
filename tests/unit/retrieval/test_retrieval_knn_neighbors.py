import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ShapeError
from gaitprint.retrieval.knn import neighbors
from gaitprint.retrieval.knn.neighbors import nearest, nearest_others


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 4))
def test_nearest_is_the_head_of_a_stable_sort(seed, k, levels):
    distances = np.random.default_rng(seed).integers(0, levels, size=(7, 9)).astype(np.float32)
    np.testing.assert_array_equal(nearest(distances, k), np.argsort(distances, axis=1, kind="stable")[:, :k])


def test_blocks_of_rows_change_nothing(monkeypatch):
    distances = np.random.default_rng(0).integers(0, 3, size=(11, 11)).astype(np.float64)
    whole, others = nearest(distances, 4), nearest_others(distances, 4)
    monkeypatch.setattr(neighbors, "_ROWS", 3)
    np.testing.assert_array_equal(nearest(distances, 4), whole)
    np.testing.assert_array_equal(nearest_others(distances, 4), others)


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_others_leave_out_the_item_and_nothing_else(seed, k):
    distances = np.random.default_rng(seed).integers(0, 3, size=(6, 6)).astype(np.float32)
    found = nearest_others(distances, k)
    for i in range(6):
        expected = sorted((j for j in range(6) if j != i), key=lambda j: (distances[i, j], j))[:k]
        assert found[i].tolist() == expected


def test_others_do_not_change_their_input():
    distances = np.ones((3, 3), np.float32)
    nearest_others(distances, 1)
    np.testing.assert_array_equal(distances, 1)


def test_impossible_requests_are_refused():
    with pytest.raises(ShapeError, match="k >= 1 and at least one item, found k = 0 of 3"):
        nearest(np.zeros((2, 3), np.float32), 0)
    with pytest.raises(ShapeError, match="found k = 1 of 0"):
        nearest(np.zeros((2, 0), np.float32), 1)
    with pytest.raises(ShapeError, match="at least two items, found 1"):
        nearest_others(np.zeros((1, 1), np.float32), 1)
