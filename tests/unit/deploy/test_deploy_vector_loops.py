"""Loops of vector instructions against numpy in double precision."""

import numpy as np
import pytest

from gaitprint.deploy.compiled import compiled
from gaitprint.deploy.lanes import LANES, ROWS, WIDTH
from gaitprint.deploy.panels import LINE, aligned, panels
from gaitprint.deploy.vector_loops import (
    add_outputs,
    move_values,
    multiply,
    multiply_activated,
    put_outputs,
    sum_outputs,
)

OUTPUTS = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])
"""A^T of Lavin and Gray, for the points 0, 1, -1, 2, -2 and infinity."""
SLOPE = np.float32(0.01)


@compiled
def products(a, b, c, active, bias):
    multiply(a.ctypes.data, b.ctypes.data, a.shape[1], c.ctypes.data, c.shape[1], b.ctypes.data, 1)
    multiply_activated(
        a.ctypes.data, b.ctypes.data, a.shape[1], active.ctypes.data, c.shape[1], bias.ctypes.data, SLOPE
    )


@compiled
def outputs(m, sums, bias, put, added):
    sum_outputs(m.ctypes.data, m.shape[1], sums.ctypes.data, m.shape[1], m.shape[1] // LANES)
    put_outputs(m.ctypes.data, bias.ctypes.data, SLOPE, put.ctypes.data, put.shape[1])
    add_outputs(m.ctypes.data, bias.ctypes.data, SLOPE, added.ctypes.data, added.shape[1])


@compiled
def moved(source, target, count, add):
    move_values(source.ctypes.data, target.ctypes.data, count, add)


def leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.01 * x)


@pytest.mark.parametrize("count", [1, 27, 32])
def test_products_are_those_of_matrices_and_touch_nothing_else(count: int) -> None:
    rng = np.random.default_rng(count)
    a, b = (rng.normal(size=shape).astype(np.float32) for shape in ((ROWS, count), (count, WIDTH)))
    bias = rng.normal(size=WIDTH).astype(np.float32)
    c, active = np.full((2, ROWS, WIDTH + 3), 7, np.float32)
    products(a, b, c, active, bias)
    np.testing.assert_allclose(c[:, :WIDTH], a.astype(float) @ b, atol=1e-5)
    np.testing.assert_allclose(active[:, :WIDTH], leaky(a.astype(float) @ b + bias), atol=1e-5)
    assert (c[:, WIDTH:] == 7).all()
    assert (active[:, WIDTH:] == 7).all()


def test_outputs_are_sums_of_six_stretches() -> None:
    rng = np.random.default_rng(0)
    m, bias = rng.normal(size=(6, WIDTH)).astype(np.float32), rng.normal(size=WIDTH).astype(np.float32)
    sums, put, added = np.zeros((4, WIDTH), np.float32), *np.ones((2, 4, WIDTH + 2), np.float32)
    outputs(m, sums, bias, put, added)
    slow = OUTPUTS @ m.astype(float)
    np.testing.assert_allclose(sums, slow, atol=1e-5)
    np.testing.assert_allclose(put[:, :WIDTH], leaky(slow + bias), atol=1e-5)
    np.testing.assert_allclose(added[:, :WIDTH], 1 + leaky(slow + bias), atol=1e-5)
    assert (put[:, WIDTH:] == 1).all()
    assert (added[:, WIDTH:] == 1).all()


def test_values_are_put_or_added() -> None:
    source, target = np.array([1, 2, 3], np.float32), np.full(3, 10, np.float32)
    moved(source, target, 2, False)
    assert target.tolist() == [1, 2, 10]
    moved(source, target, 3, True)
    assert target.tolist() == [2, 4, 13]


def test_panels_begin_at_lines_and_end_in_zeros() -> None:
    matrix = np.arange(3 * (WIDTH + 2), dtype=np.float32).reshape(3, WIDTH + 2)
    made = panels(matrix)
    assert made.shape == (2, 3, WIDTH)
    assert made.ctypes.data % LINE == 0 == aligned(5).ctypes.data % LINE
    assert (made[0] == matrix[:, :WIDTH]).all()
    assert (made[1, :, :2] == matrix[:, WIDTH:]).all()
    assert not made[1, :, 2:].any()
