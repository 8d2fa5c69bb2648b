import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError
from gaitprint.evaluation.rules import bound, figure, refused, subjects_for


def made(value, subjects, erring):
    return figure(value, 0.9 * value, 1.1 * value, subjects=subjects, erring=erring, level=0.95, what="FNMR")


def test_three_over_n_is_where_no_error_has_five_percent():
    for n in (30, 300, 3000):
        assert (1.0 - bound(n)) ** n == pytest.approx(0.05, abs=0.008)
    assert bound(2) == bound(3) == 1.0


def test_thirty_errors_are_within_thirty_percent_nine_times_of_ten():
    """The rule itself, on independent trials."""
    seen = np.random.default_rng(0).binomial(3000, 0.01, 20000)
    assert np.mean(np.abs(seen - 30) <= 9) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(("rate", "needed"), [(0.1, 30), (0.01, 300), (0.003, 1000), (0.001, 3000), (0.06, 50)])
def test_subjects_for_a_stated_rate(rate, needed):
    assert subjects_for(rate) == needed
    assert refused(rate, needed, 0.95, "FNMR at FMR") is None
    assert f"needs {needed} subjects (3/n), found {needed - 1}" in refused(rate, needed - 1, 0.95, "FNMR at FMR").reason


def test_a_figure_that_is_carried():
    found = made(0.2, 50, 40)
    assert found.text() == "20.0 % (18.0 - 22.0)"
    assert found.complement().text() == "80.0 % (78.0 - 82.0)"
    assert found.reason == ""


def test_rates_below_three_over_n_are_bounds():
    for value, erring, why in ((0.0, 0, "no subject erred"), (0.05, 45, "about 60 would be needed")):
        found = made(value, 50, erring)
        assert found.value is None
        assert found.text() == "below 6 %"
        assert found.complement().text() == "above 94 %"
        assert why in found.reason
        assert found.to_dict()["interval"] is None


def test_fewer_than_thirty_who_err_carry_nothing():
    found = made(0.2, 50, 20)
    assert found.text() == "20 of 50 erred, needs 30"
    assert "so about 75 subjects" in found.reason
    assert found.complement().text() == found.text()
    assert made(0.9, 16, 16).value is None
    assert made(0.0, 0, 0).text() == "nobody to count"


@given(st.floats(0, 1), st.integers(1, 5000), st.data())
def test_what_is_shown_is_always_carried(value, subjects, data):
    erring = data.draw(st.integers(0, subjects))
    found = made(value, subjects, erring)
    if found.value is None:
        assert found.short
        assert found.reason
    else:
        assert erring >= 30
        assert value >= 3 / subjects
        assert found.low <= value <= found.high


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_rates_that_are_none(rate):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        subjects_for(rate)
