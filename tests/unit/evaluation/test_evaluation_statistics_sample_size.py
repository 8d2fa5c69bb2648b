import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError
from gaitprint.evaluation.statistics.sample_size import bound, figure, legend, subjects_for


def made(value, subjects, erring, stated=None):
    ends = (0.9 * value, 1.1 * value)
    return figure(value, *ends, subjects=subjects, erring=erring, level=0.95, what="FNMR", stated=stated)


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
    assert made(0.9, needed, needed, stated=rate).carried
    few = made(0.9, needed - 1, needed - 1, stated=rate)
    assert not few.carried
    assert few.value == 0.9
    assert f"takes {needed} subjects; with {needed - 1}," in few.reason


def test_a_figure_that_is_carried():
    found = made(0.2, 50, 40)
    assert found.text() == "20.0 % (18.0 - 22.0)"
    assert found.complement().text() == "80.0 % (78.0 - 82.0)"
    assert found.reason == ""


@pytest.mark.parametrize(("value", "erring"), [(0.0, 0), (0.05, 45), (0.2, 20), (0.9, 29)])
def test_what_so_few_do_not_carry_is_shown_and_marked(value, erring):
    found = made(value, 50, erring)
    assert (found.value, found.carried) == (value, False)
    assert found.text().startswith(f"{100 * value:.1f} % (")
    assert found.text().endswith(") *")
    assert found.complement().text().endswith(") *")
    assert found.complement().value == pytest.approx(1.0 - value)
    assert found.to_dict()["value"] == value
    assert found.to_dict()["carried"] is False
    assert found.to_dict()["interval"] == [found.low, found.high]


def test_the_reason_says_how_many_it_takes():
    assert "none of them had an error" in made(0.0, 50, 0).reason
    assert "takes about 60 subjects" in made(0.05, 50, 45).reason
    assert "20 of 50 subjects had an error" in made(0.2, 50, 20).reason
    assert "takes about 75 subjects" in made(0.2, 50, 20).reason
    assert "50 subjects" in legend(50)
    assert "6 %" in legend(50)


def test_where_nobody_errs_or_everybody_the_interval_is_what_the_rule_of_three_leaves_open():
    assert (made(0.0, 20, 0).low, made(0.0, 20, 0).high) == (0.0, bound(20))
    everybody = figure(1.0, 1.0, 1.0, subjects=20, erring=20, level=0.95)
    assert (everybody.low, everybody.high) == (1.0 - bound(20), 1.0)


def test_only_where_nobody_takes_part_there_is_no_figure():
    nobody = made(0.0, 0, 0)
    assert (nobody.value, nobody.text(), nobody.carried) == (None, "no subjects", False)
    assert nobody.complement() == nobody


@given(st.floats(0, 1), st.integers(1, 5000), st.data())
def test_what_is_carried_keeps_both_rules(value, subjects, data):
    erring = data.draw(st.integers(0, subjects))
    found = made(value, subjects, erring)
    assert found.carried == (erring >= 30 and value >= 3 / subjects)
    assert found.low <= found.value == value <= found.high


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_rates_that_are_none(rate):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        subjects_for(rate)
