import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ShapeError
from gaitprint.quantization.principal import Principal, fit_principal


def drawn(n, width, seed=0, rank=None):
    generator = np.random.default_rng(seed)
    inner = rank or width
    mix = generator.normal(size=(inner, width)) * np.linspace(3, 0.5, inner)[:, None]
    return (generator.normal(size=(n, inner)) @ mix + 5).astype(np.float32)


@pytest.mark.parametrize(("n", "width"), [(40, 6), (6, 40), (20, 20)])
def test_axes_are_those_of_the_singular_value_decomposition(n, width):
    x = drawn(n, width)
    found = fit_principal(x, 4)
    _, _, right = np.linalg.svd(x.astype(np.float64) - x.mean(axis=0, dtype=np.float64), full_matrices=False)
    np.testing.assert_allclose(np.abs(np.einsum("kd,kd->k", found.axes, right[:4])), 1, atol=1e-6)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(4), atol=1e-6)
    for axis in found.axes:
        assert axis[np.abs(axis).argmax()] > 0


@given(n=st.integers(2, 12), width=st.integers(1, 12), keep=st.integers(1, 12), seed=st.integers(0, 99))
def test_what_is_left_out_is_at_right_angles_to_what_stays(n, width, keep, seed):
    x = drawn(n, width, seed)
    found = fit_principal(x, keep)
    assert len(found.axes) <= min(keep, width, n - 1)
    left = x - found.lift(found.project(x))
    np.testing.assert_allclose(left @ found.axes.T, 0, atol=1e-3)


def test_a_full_rank_loses_nothing_and_a_flat_set_keeps_its_rank():
    x = drawn(30, 8)
    full = fit_principal(x, 100)
    np.testing.assert_allclose(full.lift(full.project(x)), x, atol=1e-5)
    assert len(fit_principal(drawn(30, 8, rank=3), 8).axes) <= 4  # float32 rounding may look like one more
    flat = fit_principal(drawn(30, 8, rank=3), 3)
    np.testing.assert_allclose(flat.lift(flat.project(drawn(30, 8, rank=3))), drawn(30, 8, rank=3), atol=1e-4)


def test_a_row_is_projected_alike_alone_and_among_others():
    x = drawn(2500, 16)
    found = fit_principal(x, 5)
    whole = found.project(x)
    for i in (0, 1023, 1024, 2499):
        np.testing.assert_allclose(found.project(x[i : i + 1])[0], whole[i], rtol=1e-6)


def test_vectors_that_are_all_alike_are_refused():
    with pytest.raises(ShapeError, match="vectors that differ, found 5 alike: fit on more"):
        fit_principal(np.full((5, 3), 2.5, np.float32), 2)
    with pytest.raises(ShapeError, match=r"finite \[K >= 1, D\], found \[0, 3\]"):
        Principal(np.zeros(3, np.float32), np.zeros((0, 3), np.float32))
