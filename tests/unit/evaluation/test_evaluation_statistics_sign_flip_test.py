from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError
from gaitprint.evaluation.statistics import sign_flip_test as permutation
from gaitprint.evaluation.statistics.sign_flip_test import flip_test, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def slow_flip_test(contributions):
    """All signs, one after the other."""
    found = []
    for column in contributions.T:
        reached = [
            abs(sum(s * c for s, c in zip(signs, column, strict=True)))
            for signs in product((1, -1), repeat=len(column))
        ]
        found.append(np.mean([r >= abs(sum(column)) - 1e-9 for r in reached]))
    return found


def test_all_signs_against_loops(monkeypatch):
    monkeypatch.setattr(permutation, "CHUNK", 7)
    contributions = np.random.default_rng(0).integers(-3, 4, (6, 5)).astype(float)
    contributions[:, 4] = 0.0
    found = flip_test(contributions, np.random.default_rng(1))
    np.testing.assert_allclose(found, slow_flip_test(contributions))
    assert found[4] == 1.0, "no difference at all"


def test_drawn_signs_come_near_all_signs(monkeypatch):
    contributions = np.random.default_rng(2).normal(0.4, 1.0, (12, 3))
    every = flip_test(contributions, np.random.default_rng(0))
    monkeypatch.setattr(permutation, "ALL_UP_TO", 5)
    drawn = flip_test(contributions, np.random.default_rng(0), flips=9999)
    np.testing.assert_allclose(drawn, every, atol=0.02)
    assert not np.array_equal(drawn, every)


def test_a_p_value_is_never_zero_and_the_least_is_known():
    for subjects in (3, 8):
        assert flip_test(np.ones((subjects, 1)), np.random.default_rng(0))[0] == 2.0 ** (1 - subjects)
    assert flip_test(np.ones((40, 1)), np.random.default_rng(0), flips=199)[0] == 1 / 200
    with pytest.raises(ConfigError, match="sign flips are 1 or more, found 0"):
        flip_test(np.ones((3, 1)), np.random.default_rng(0), flips=0)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=7), st.floats(0.1, 10))
def test_neither_direction_nor_unit_matters(column, unit):
    contributions = np.array(column)[:, None]
    found = flip_test(contributions, np.random.default_rng(0))
    np.testing.assert_allclose(flip_test(-contributions, np.random.default_rng(0)), found)
    np.testing.assert_allclose(flip_test(unit * contributions, np.random.default_rng(0)), found)
    silent = np.vstack([contributions, np.zeros((1, 1))])
    np.testing.assert_allclose(flip_test(silent, np.random.default_rng(0)), found, err_msg="nothing to flip")


@given(P_VALUES)
def test_holm_against_its_definition(values):
    p = np.array(values)
    corrected = holm(p)
    for level in (0.01, 0.05, 0.2):
        rejected = set()
        for step, i in enumerate(np.argsort(p, kind="stable")):  # step down until one fails
            if p[i] * (len(p) - step) > level:
                break
            rejected.add(int(i))
        assert {int(i) for i in np.flatnonzero(corrected <= level)} == rejected
    assert (corrected >= p).all()
    assert (corrected <= np.minimum(1.0, p * len(p)) + 1e-12).all(), "never stricter than Bonferroni"


@given(P_VALUES, st.randoms())
def test_holm_knows_no_order(values, shuffled):
    places = list(range(len(values)))
    shuffled.shuffle(places)
    p = np.array(values)
    np.testing.assert_allclose(holm(p[places]), holm(p)[places])


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    assert holm(np.zeros(0)).shape == (0,)
