import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ShapeError
from gaitprint.retrieval.distances import exact as module
from gaitprint.retrieval.distances.exact import (
    flat_euclidean,
    flat_euclidean_squared,
    part_mean_cosine,
    part_mean_euclidean,
    part_slices,
)
from gaitprint.types import PartLayout

GROUPS = ["duplicates_zeros", "normal", "offset", "part_scales", "self", "single"]
LAYOUT = PartLayout(((3, 4), (2, 5)))


def flat(features: np.ndarray) -> np.ndarray:
    """Golden [n, C, P] as flat vectors [n, P x C]."""
    return np.ascontiguousarray(features.transpose(0, 2, 1)).reshape(len(features), -1)


def slow_parts(vector: np.ndarray, layout: PartLayout) -> list[list[float]]:
    parts, at = [], 0
    for count, channels in layout.blocks:
        for _ in range(count):
            parts.append([float(v) for v in vector[at : at + channels]])
            at += channels
    return parts


def slow_part_mean(x: np.ndarray, y: np.ndarray, layout: PartLayout) -> np.ndarray:
    rows = [
        [
            np.mean([math.dist(a, b) for a, b in zip(slow_parts(q, layout), slow_parts(g, layout), strict=True)])
            for g in y
        ]
        for q in x
    ]
    return np.array(rows)


def slow_cosine(a: list[float], b: list[float]) -> float:
    lengths = math.hypot(*a) * math.hypot(*b)
    return sum(p * q for p, q in zip(a, b, strict=True)) / lengths if lengths else 0.0


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kind", ["og_part_mean_euc", "gs_flat_euc", "og_part_mean_cos"])
def test_golden_in_double_precision(golden, group, kind):
    arrays = golden("distance")
    x, y = flat(arrays[f"{group}/x"]), flat(arrays[f"{group}/y"])
    truth = arrays[f"{group}/{kind}_f64"]
    layout = PartLayout(((64, 16),))
    found = {
        "og_part_mean_euc": lambda: part_mean_euclidean(x, y, layout),
        "og_part_mean_cos": lambda: part_mean_cosine(x, y, layout),
        "gs_flat_euc": lambda: flat_euclidean(x, y),
    }[kind]()
    tight = group in ("normal", "part_scales", "single")
    tolerance = 1e-6 if kind.endswith("cos") else 1e-5 * truth.max() + (0 if tight else 1e-5)
    assert found.dtype == np.float32
    assert np.abs(found - truth).max() <= tolerance
    if kind != "og_part_mean_cos":
        np.testing.assert_allclose(found, truth, rtol=2e-7, atol=0 if tight else 2e-6)


@pytest.mark.parametrize("tile", [2, 3, 1024])
def test_every_distance_against_plain_loops(monkeypatch, tile):
    monkeypatch.setattr(module, "_ROWS", tile)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 22)).astype(np.float32), rng.normal(size=(4, 22)).astype(np.float32)
    y[1, :4] = 0
    euclid = np.array([[math.dist(a, b) for b in y.astype(float)] for a in x.astype(float)])
    cosine = np.array(
        [
            [
                1 - np.mean([slow_cosine(*p) for p in zip(slow_parts(a, LAYOUT), slow_parts(b, LAYOUT), strict=True)])
                for b in y
            ]
            for a in x
        ]
    )
    np.testing.assert_allclose(flat_euclidean(x, y), euclid, rtol=1e-6)
    np.testing.assert_allclose(flat_euclidean_squared(x, y), euclid**2, rtol=1e-6)
    np.testing.assert_allclose(part_mean_euclidean(x, y, LAYOUT), slow_part_mean(x, y, LAYOUT), rtol=1e-6)
    np.testing.assert_allclose(part_mean_cosine(x, y, LAYOUT), cosine, rtol=1e-6)


@pytest.mark.parametrize("tile", [3, 1024])
def test_the_same_array_twice_gives_a_symmetric_matrix_equal_to_the_general_one(monkeypatch, tile):
    monkeypatch.setattr(module, "_ROWS", tile)
    x = np.random.default_rng(1).normal(5, 1, size=(10, 22)).astype(np.float32)
    for distance in (
        flat_euclidean,
        flat_euclidean_squared,
        lambda a, b: part_mean_euclidean(a, b, LAYOUT),
    ):
        found = distance(x, x)
        np.testing.assert_array_equal(found, found.T)
        np.testing.assert_array_equal(np.diag(found), 0)
        np.testing.assert_allclose(found, distance(x, x.copy()), rtol=2e-7)
    found = part_mean_cosine(x, x, LAYOUT)
    np.testing.assert_array_equal(found, found.T)
    assert found.min() >= 0


def test_duplicates_far_from_the_origin_are_zero_apart_and_near_ones_keep_their_digits():
    rng = np.random.default_rng(2)
    x = (1000 + rng.normal(size=(6, 4096))).astype(np.float32)
    y = x.copy()
    y[3, 7] = np.nextafter(y[3, 7], np.float32(2000), dtype=np.float32)
    found = flat_euclidean(x, y)
    step = float(y[3, 7]) - float(x[3, 7])
    np.testing.assert_array_equal(np.delete(np.diag(found), 3), 0)
    assert found[3, 3] == pytest.approx(step, rel=1e-6)
    layout = PartLayout(((8, 512),))
    np.testing.assert_allclose(part_mean_euclidean(x, y, layout)[3, 3], step / 8, rtol=1e-6)


def test_differences_are_taken_in_chunks(monkeypatch):
    monkeypatch.setattr(module, "_PAIR_VALUES", 40)
    x = np.random.default_rng(3).normal(size=(9, 22)).astype(np.float32)
    y = np.concatenate([x, x, x])
    found = flat_euclidean(x, y)
    np.testing.assert_array_equal(found[np.arange(9), np.arange(9)], 0)
    np.testing.assert_array_equal(found[np.arange(9), np.arange(9) + 18], 0)
    assert (found > 0).sum() == 9 * 27 - 27


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0, 300.0]))
def test_permuting_rows_permutes_the_answer(seed, offset):
    rng = np.random.default_rng(seed)
    x, y = (
        rng.normal(offset, 1, size=(13, 22)).astype(np.float32),
        rng.normal(offset, 1, size=(9, 22)).astype(np.float32),
    )
    y[2] = x[5]
    rows, columns = rng.permutation(13), rng.permutation(9)
    for distance in (
        flat_euclidean,
        flat_euclidean_squared,
        lambda a, b: part_mean_euclidean(a, b, LAYOUT),
        lambda a, b: part_mean_cosine(a, b, LAYOUT),
    ):
        whole = distance(x, y)
        np.testing.assert_allclose(distance(x[rows], y[columns]), whole[rows][:, columns], rtol=1.2e-7, atol=1e-15)


def test_identical_vectors_only():
    x = np.full((5, 22), 3.25, np.float32)
    np.testing.assert_array_equal(flat_euclidean(x, x), 0)
    np.testing.assert_array_equal(part_mean_euclidean(x, x.copy(), LAYOUT), 0)
    np.testing.assert_allclose(part_mean_cosine(x, x, LAYOUT), 0, atol=1e-15)


def test_parts_stand_block_by_block():
    assert part_slices(PartLayout(((2, 3), (1, 4))), 10) == [slice(0, 3), slice(3, 6), slice(6, 10)]


def test_wrong_shapes_are_named():
    x = np.zeros((2, 22), np.float32)
    with pytest.raises(ShapeError, match="one width, found 22 and 21"):
        flat_euclidean(x, x[:, :21])
    with pytest.raises(ShapeError, match="at least one vector on each side, found 0 and 2"):
        flat_euclidean(x[:0], x)
    with pytest.raises(ShapeError, match="layout holds 8 floats, the vectors 22"):
        part_mean_euclidean(x, x, PartLayout(((2, 4),)))
    with pytest.raises(ShapeError, match="one width"):
        part_mean_cosine(x, x[:, :21], LAYOUT)
