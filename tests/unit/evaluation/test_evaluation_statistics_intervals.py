import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_trials import slow_table_mean, trials_of
from scipy import stats

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.protocol.trials import cell_means, join_rows, mean_of_rows
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import Figures, table_figures
from gaitprint.evaluation.statistics.intervals import Band, difference_band, percent_band, widening


@pytest.fixture
def case():
    generator = np.random.default_rng(3)
    n, subjects = 120, 9
    trials = trials_of(generator.integers(0, 3, n), generator.integers(0, 3, n), generator.integers(0, subjects, n))
    values = generator.random(n)
    return values, trials, generator.random(n) < 0.8, ~np.eye(3, dtype=bool), subjects


def pooled(values, subject):
    """The figure of one cell, percent."""
    subject = np.asarray(subject)
    zeros = np.zeros(len(subject), np.int64)
    trials = trials_of(zeros, zeros, subject)
    use = np.ones(len(subject), bool)
    return table_figures(np.asarray(values, float), trials, use, np.ones((1, 1), bool), np.unique(subject)).mean


def test_table_means_against_loops(case):
    values, trials, use, counted, subjects = case
    table = cell_means(values, trials, use, counted.shape)
    mean = mean_of_rows(table, counted)[1]
    assert float(mean) == pytest.approx(slow_table_mean(values, trials, use, counted, np.ones(subjects)))


def test_empty_cells_and_rows_are_left_out_of_means():
    table = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [8.0, 6.0, 100.0]])
    counted = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 0]], bool)
    rows, mean = mean_of_rows(table, counted)
    np.testing.assert_array_equal(rows, [2.0, np.nan, 7.0])
    assert mean == 4.5


def slow_moves(values, trials, use, counted, weights):
    """How far the table's mean moves in each drawing, to first order: by the slope in each subject's weight."""
    subjects = weights.shape[1]
    slope = []
    for s in range(subjects):
        both = []
        for step in (1e-5, -1e-5):
            weight = np.ones(subjects)
            weight[s] += step
            both.append(slow_table_mean(values, trials, use, counted, weight))
        slope.append((both[0] - both[1]) / 2e-5)
    return [sum(w * s for w, s in zip(weight, slope, strict=True)) for weight in weights]


def test_the_bootstrap_against_loops(case):
    values, trials, use, counted, subjects = case
    figures = table_figures(100 * values, trials, use, counted, np.arange(subjects)).mean
    draws = draw_subjects(subjects, np.random.default_rng(1), 40, 0.8)
    moves = slow_moves(values, trials, use, counted, draws.weights)
    mean = slow_table_mean(values, trials, use, counted, np.ones(subjects))
    few = np.sqrt(9 / 8) * stats.t.ppf(0.9, 8) / stats.norm.ppf(0.9)
    for found, end in zip(percent_band(figures, draws).ends()[0], np.quantile(moves, [0.1, 0.9]), strict=True):
        odds = mean / (1 - mean) * np.exp(few * end / (mean * (1 - mean)))
        assert found == pytest.approx(100 * odds / (1 + odds), abs=1e-5)
    plain = difference_band(figures, draws).ends()[0]
    assert plain == pytest.approx([100 * (mean + few * end) for end in np.quantile(moves, [0.1, 0.9])], abs=1e-5)
    interval = percent_band(figures, draws).interval()
    assert (interval.level, interval.subjects, interval.mean) == (0.8, subjects, pytest.approx(100 * mean))


def test_the_interval_widens_with_alike_sequences_of_a_subject():
    subject = np.repeat(np.arange(20), 30)
    values = np.repeat(100.0 * (np.arange(20) % 2), 30)
    clustered = percent_band(pooled(values, subject), draw_subjects(20, np.random.default_rng(0), 4000)).interval()
    alone = percent_band(pooled(values, np.arange(600)), draw_subjects(600, np.random.default_rng(0), 4000)).interval()
    # Student's t on the scale of log odds, whose slope at one half is 4; twenty alike subjects make a coarse lattice
    for found, n in ((clustered, 20), (alone, 600)):
        end = 1 / (1 + np.exp(-4 * stats.t.ppf(0.975, n - 1) * np.sqrt(0.25 / (n - 1))))
        assert found.high == pytest.approx(100 * end, abs=2.0)
        assert found.low == pytest.approx(100 - 100 * end, abs=2.0)
    assert clustered.high - clustered.low > 4 * (alone.high - alone.low)


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=4), min_size=2, max_size=12),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_percentages_stay_in_their_range_and_around_their_figure(hits, level):
    subject = np.repeat(np.arange(len(hits)), [len(h) for h in hits])
    figures = pooled(100.0 * np.concatenate(hits), subject)
    draws = draw_subjects(len(hits), np.random.default_rng(0), 200, level)
    found = percent_band(figures, draws).interval()
    assert 0 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= 100
    mirrored = percent_band(pooled(100.0 - 100.0 * np.concatenate(hits), subject), draws).interval()
    if 0 < found.mean < 100:
        assert (mirrored.low > 0) == (found.high < 100)
    else:
        assert mirrored.low == pytest.approx(100 - found.high)


@pytest.mark.parametrize(("subjects", "low"), [(2, 15.81), (10, 69.15), (50, 92.89)])
def test_without_an_error_the_lower_end_is_what_so_many_subjects_rule_out(subjects, low):
    subject = np.repeat(np.arange(subjects), 3)
    draws = draw_subjects(subjects, np.random.default_rng(0), 50)
    faultless = percent_band(pooled(np.full(len(subject), 100.0), subject), draws).interval()
    assert (faultless.low, faultless.high) == (pytest.approx(low, abs=0.01), 100.0)
    assert (faultless.low / 100) ** subjects == pytest.approx(0.025)  # the binomial's own exact end
    hopeless = percent_band(pooled(np.zeros(len(subject)), subject), draws).interval()
    assert (hopeless.low, hopeless.high) == (0.0, pytest.approx(100 - faultless.low))


def test_few_subjects_widen_more():
    assert widening(np.array([2, 10, 10_000]), 0.95) == pytest.approx(
        [np.sqrt(2) * 12.706 / 1.96, np.sqrt(10 / 9) * 2.262 / 1.96, 1.0], rel=1e-3
    )


def test_a_figure_of_one_subject_or_of_none_has_no_interval():
    figures = Figures(
        np.array([50.0, np.nan, 50.0]),
        np.zeros((3, 3)),
        np.array([[0, 0, 1.0], [0, 0, -1], [0, 0, 0]]),
        np.array([[1, 0, 1], [0, 0, 1], [0, 0, 0]], bool),
    )
    draws = draw_subjects(3, np.random.default_rng(0), 200)
    for band in (percent_band(figures, draws), difference_band(figures, draws)):
        assert band.ends()[:2] == [None, None]
        assert band.interval(0) is None
        assert band.interval(2).subjects == 2
    part = percent_band(figures, draws).part(2, 3)
    assert isinstance(part, Band)
    assert (len(part), part.ends()) == (1, percent_band(figures, draws).ends()[2:])


def test_subjects_without_a_trial_in_a_figure_change_nothing_but_the_draws():
    subject = np.repeat(np.arange(30), 4)
    values = 100.0 * (np.random.default_rng(5).random(120) < 0.7)
    own = pooled(values, subject)
    more = Figures(
        own.value,
        np.vstack([own.contribution, np.zeros((70, 1))]),
        np.vstack([own.influence, np.zeros((70, 1))]),
        np.vstack([own.present, np.zeros((70, 1), bool)]),
    )
    alone = percent_band(own, draw_subjects(30, np.random.default_rng(0), 20_000)).interval()
    among = percent_band(more, draw_subjects(100, np.random.default_rng(0), 20_000)).interval()
    assert (among.low, among.high) == pytest.approx((alone.low, alone.high), abs=0.3)
    assert among.subjects == alone.subjects == 30


@pytest.mark.parametrize(
    ("values", "message"), [({"resamples": 0}, "resamples are 1 or more"), ({"level": 1.0}, "between 0 and 1")]
)
def test_wrong_settings_of_the_bootstrap(values, message):
    with pytest.raises(ConfigError, match=message):
        draw_subjects(5, np.random.default_rng(0), **values)


def test_one_subject_has_no_interval():
    with pytest.raises(ProtocolError, match="at least two of them, found 1"):
        draw_subjects(1, np.random.default_rng(0))


def test_joined_trials_keep_their_order():
    first, second = trials_of([0, 1], [0, 0], [1, 2]), trials_of([2], [0], [3])
    both = join_rows([first, second])
    assert both.row.tolist() == [0, 1, 2]
    assert len(both) == 3
