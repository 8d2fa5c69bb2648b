"""Every packing against loops over single floats, and what its error may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitprint.errors import ConfigError, ShapeError
from gaitprint.quantization.float16 import Halves, Whole, widen
from gaitprint.quantization.int8 import WholeNumbers
from gaitprint.quantization.packing import Packing, template_bytes
from gaitprint.quantization.product import Product, asymmetric_squared, cut, fit_product

SLICES = (slice(0, 3), slice(3, 4), slice(4, 8))
floats = st.floats(-6e4, 6e4, width=32)
vectors = arrays(np.float32, st.tuples(st.integers(0, 5), st.just(8)), elements=floats)
wild = arrays(np.float32, st.tuples(st.integers(1, 3), st.just(8)), elements=st.floats(-(2.0**127), 2.0**127, width=32))


def drawn(n, width=8, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)


def books(centres=7, seed=3):
    return Product(SLICES, drawn(centres, 8, seed))


def packings():
    return {
        "whole": Whole(8),
        "halves": Halves(8),
        "one scale": WholeNumbers((slice(0, 8),)),
        "a scale a part": WholeNumbers(SLICES),
        "codebooks": books(),
    }


@pytest.mark.parametrize("name", packings())
@given(vectors=vectors)
def test_what_every_packing_keeps(name, vectors):
    packing = packings()[name]
    assert isinstance(packing, Packing)
    before = vectors.copy()
    codes = packing.pack(vectors)
    found = packing.unpack(codes)
    np.testing.assert_array_equal(vectors, before)
    assert {n: (a.dtype, a.shape) for n, a in codes.items()} == {
        n: (kind, (len(vectors), values)) for n, (kind, values) in packing.form.items()
    }
    assert sum(a.nbytes for a in codes.values()) == len(vectors) * template_bytes(packing.form)
    assert (found.dtype, found.shape) == (np.float32, vectors.shape)
    for i in range(len(vectors)):  # each row by itself
        alone = packing.pack(vectors[i : i + 1])
        assert all(np.array_equal(alone[n][0], codes[n][i]) for n in codes)
    again = packing.pack(found)
    np.testing.assert_allclose(packing.unpack(again), found, rtol=1e-6, atol=1e-30)


@given(vectors=vectors)
def test_whole_numbers_are_off_by_half_a_scale(vectors):
    for packing in (WholeNumbers(SLICES), WholeNumbers((slice(0, 8),))):
        found = packing.unpack(packing.pack(vectors))
        for x, y in zip(vectors, found, strict=True):
            for part in packing.slices:
                largest = np.abs(x[part]).max().astype(np.float64)
                assert np.abs(x[part].astype(np.float64) - y[part]).max() <= largest / 127 * 0.50001 + 1e-44


def test_whole_numbers_against_a_loop():
    x = drawn(4)
    codes = WholeNumbers(SLICES).pack(x)
    for i in range(4):
        for p, part in enumerate(SLICES):
            scale = np.float32(max(abs(float(v)) for v in x[i, part])) / np.float32(127)
            assert codes["scales"][i, p] == scale
            assert codes["codes"][i, part].tolist() == [round(float(v) / float(scale)) for v in x[i, part]]


def test_opposite_vectors_have_opposite_codes_and_zeros_stay():
    packing, x = WholeNumbers(SLICES), drawn(3)
    np.testing.assert_array_equal(packing.pack(-x)["codes"], -packing.pack(x)["codes"])
    x[1] = 0
    assert not packing.unpack(packing.pack(x))[1].any()


@given(vectors=wild)
def test_whole_numbers_hold_any_finite_float(vectors):
    packing = WholeNumbers(SLICES)
    assert np.isfinite(packing.unpack(packing.pack(vectors))).all()


def test_every_finite_half_is_widened_exactly():
    every = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(-1, 64)
    finite = every[np.isfinite(every).all(axis=1)]
    assert len(finite) > 990
    np.testing.assert_array_equal(widen(finite), finite.astype(np.float32))


@given(vectors=vectors)
def test_halves_are_the_nearest_halves(vectors):
    packing = Halves(8)
    found = packing.unpack(packing.pack(vectors))
    np.testing.assert_array_equal(found, vectors.astype(np.float16).astype(np.float32))
    assert (np.abs(found - vectors) <= np.maximum(np.abs(vectors) / 2048, 3.1e-8)).all()


def test_a_float_too_large_for_a_half_is_refused():
    with pytest.raises(ShapeError, match=r"ends at 65504, found 6\.6e\+04: use int8"):
        Halves(8).pack(np.full((1, 8), 66000, np.float32))


def test_codebooks_against_a_loop():
    x, product = drawn(20), books()
    codes = product.pack(x)["codes"]
    for i in range(20):
        for m, piece in enumerate(SLICES):
            far = [sum((float(a) - float(b)) ** 2 for a, b in zip(x[i, piece], c[piece], strict=True))
                   for c in product.centres]  # fmt: skip
            assert codes[i, m] == far.index(min(far))
    found = product.unpack({"codes": codes})
    for m, piece in enumerate(SLICES):
        np.testing.assert_array_equal(found[:, piece], product.centres[codes[:, m], piece])


def test_of_equal_centres_the_first_is_named():
    product = Product(SLICES, np.repeat(drawn(2), 2, axis=0))
    assert set(np.unique(product.pack(drawn(9))["codes"])) <= {0, 2}


def test_the_asymmetric_distance_is_euclid_to_the_restored():
    product, probes = books(), drawn(5, seed=8)
    codes = product.pack(drawn(11, seed=9))
    found = asymmetric_squared(product.tables(probes), np.ascontiguousarray(codes["codes"].T))
    restored = product.unpack(codes)
    for q in range(5):
        for n in range(11):
            slow = sum((float(a) - float(b)) ** 2 for a, b in zip(probes[q], restored[n], strict=True))
            assert found[q, n] == pytest.approx(slow, rel=1e-5)


def test_codebooks_are_a_function_of_their_seed_and_halve_the_error_at_least():
    x = np.concatenate([drawn(60, seed=s) / 20 + 3 * drawn(8, seed=9)[s] for s in range(8)])
    made = [fit_product(x, SLICES, 8, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(made[0].centres, made[1].centres)
    assert not np.array_equal(made[0].centres, made[2].centres)
    left = np.square(made[0].unpack(made[0].pack(x)) - x).sum()
    assert left < 0.5 * np.square(x - x.mean(axis=0)).sum()


def test_few_different_vectors_make_small_books_that_lose_nothing():
    x = np.repeat(drawn(3), 4, axis=0)
    product = fit_product(x, SLICES, 256, np.random.default_rng(0))
    assert product.centres.shape == (3, 8)
    np.testing.assert_array_equal(product.unpack(product.pack(x)), x)


@given(floats=st.integers(1, 40), pieces=st.integers(1, 40))
def test_parts_are_cut_without_gap(floats, pieces):
    parts = [slice(0, floats), slice(floats, 2 * floats)]
    if pieces > floats:
        with pytest.raises(ConfigError, match=f"a part of {floats} floats cannot be cut in {pieces} pieces"):
            cut(parts, pieces)
        return
    found = cut(parts, pieces)
    assert [i for s in found for i in range(s.start, s.stop)] == list(range(2 * floats))
    lengths = {s.stop - s.start for s in found}
    assert len(found) == 2 * pieces
    assert max(lengths) - min(lengths) <= 1


def test_codebooks_say_what_is_wrong():
    with pytest.raises(ShapeError, match="1 to 256 finite centres"):
        Product(SLICES, np.full((2, 8), np.nan, np.float32))
    with pytest.raises(ShapeError, match=r"centres of 8 floats are wanted, found \[2, 7\]"):
        Product(SLICES, drawn(2, 7))
    with pytest.raises(ShapeError, match="hold 7 centres, a code names number 9"):
        books().unpack({"codes": np.full((1, 3), 9, np.uint8)})
    with pytest.raises(ShapeError, match="need training vectors, found none"):
        fit_product(drawn(0), SLICES, 4, np.random.default_rng(0))
