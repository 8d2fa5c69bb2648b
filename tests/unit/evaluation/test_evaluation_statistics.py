import numpy as np
import pytest

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation import statistics
from gaitprint.evaluation.statistics import bootstrap_interval
from gaitprint.evaluation.trials import Trials, cell_means, join_trials, mean_of_rows


def trials_of(row, column, subject, rank=None, right_distance=None, wrong_distance=None):
    n = len(row)
    rank = np.ones(n, np.int64) if rank is None else np.asarray(rank)
    nan = np.full(n, np.nan)
    return Trials(
        row=np.asarray(row),
        column=np.asarray(column),
        probe=np.arange(n),
        subject=np.asarray(subject),
        rank=rank,
        right=np.where(rank > 0, 0, -1),
        right_distance=nan if right_distance is None else np.asarray(right_distance, float),
        wrong=np.zeros(n, np.int64),
        wrong_distance=nan if wrong_distance is None else np.asarray(wrong_distance, float),
        average_precision=nan,
        inverse_penalty=nan,
        chance=np.zeros(n),
    )


def slow_table_mean(values, trials, use, counted, weight):
    rows = []
    for r in range(counted.shape[0]):
        cells = []
        for c in range(counted.shape[1]):
            total = count = 0.0
            for i in range(len(values)):
                if use[i] and trials.row[i] == r and trials.column[i] == c:
                    total += weight[trials.subject[i]] * values[i]
                    count += weight[trials.subject[i]]
            if counted[r, c] and count:
                cells.append(total / count)
        if cells:
            rows.append(sum(cells) / len(cells))
    return sum(rows) / len(rows)


@pytest.fixture
def case():
    generator = np.random.default_rng(3)
    n, subjects = 120, 9
    trials = trials_of(generator.integers(0, 3, n), generator.integers(0, 3, n), generator.integers(0, subjects, n))
    values = generator.random(n)
    return values, trials, generator.random(n) < 0.8, ~np.eye(3, dtype=bool), subjects


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


def test_the_bootstrap_against_loops(case, monkeypatch):
    values, trials, use, counted, subjects = case
    monkeypatch.setattr(statistics, "CHUNK", 7)
    found = bootstrap_interval(values, trials, use, counted, np.random.default_rng(1), resamples=20, level=0.8)
    again = np.random.default_rng(1)
    drawn = []
    for size in (7, 7, 6):
        weights = again.multinomial(subjects, np.full(subjects, 1 / subjects), size=size)
        drawn += [slow_table_mean(values, trials, use, counted, weight) for weight in weights]
    assert found.mean == pytest.approx(slow_table_mean(values, trials, use, counted, np.ones(subjects)))
    assert found.low == pytest.approx(np.quantile(drawn, 0.1))
    assert found.high == pytest.approx(np.quantile(drawn, 0.9))
    assert found.subjects == subjects
    assert found.low <= found.mean <= found.high


def test_the_interval_widens_with_alike_sequences_of_a_subject():
    subject = np.repeat(np.arange(20), 30)
    values = np.repeat(np.arange(20) % 2, 30).astype(float)
    zeros = np.zeros(600, np.int64)
    every, whole = np.ones(600, bool), np.ones((1, 1), bool)
    clustered = bootstrap_interval(values, trials_of(zeros, zeros, subject), every, whole, np.random.default_rng(0))
    alone = bootstrap_interval(values, trials_of(zeros, zeros, np.arange(600)), every, whole, np.random.default_rng(0))
    assert clustered.high - clustered.low > 4 * (alone.high - alone.low)
    # the binomial's own interval: 1.96 * sqrt(0.25 / n) on either side
    assert clustered.high - clustered.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 20), rel=0.2)
    assert alone.high - alone.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 600), rel=0.2)


def test_resamples_without_a_cell_average_the_rest():
    trials = trials_of([0, 0, 1], [0, 0, 0], [0, 1, 2])
    values = np.array([0.0, 100.0, 100.0])
    found = bootstrap_interval(values, trials, np.ones(3, bool), np.ones((2, 1), bool), np.random.default_rng(0), 500)
    assert np.isfinite([found.low, found.high]).all()
    assert found.mean == 75.0


@pytest.mark.parametrize(
    ("values", "message"), [({"resamples": 0}, "resamples are 1 or more"), ({"level": 1.0}, "between 0 and 1")]
)
def test_wrong_settings_of_the_bootstrap(case, values, message):
    with pytest.raises(ConfigError, match=message):
        bootstrap_interval(*case[:4], np.random.default_rng(0), **values)


def test_one_subject_has_no_interval():
    trials = trials_of([0, 0], [0, 0], [4, 4])
    with pytest.raises(ProtocolError, match="at least two of them, found 1"):
        bootstrap_interval(np.ones(2), trials, np.ones(2, bool), np.ones((1, 1), bool), np.random.default_rng(0))


def test_joined_trials_keep_their_order():
    first, second = trials_of([0, 1], [0, 0], [1, 2]), trials_of([2], [0], [3])
    both = join_trials([first, second])
    assert both.row.tolist() == [0, 1, 2]
    assert len(both) == 3
