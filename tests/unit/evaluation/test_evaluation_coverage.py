"""A small form of benchmarks/interval_coverage.py: where the truth is known, intervals hold it and tests keep quiet."""

import numpy as np
import pytest
from made_up_trials import trials_of

from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import join_figures, table_figures
from gaitprint.evaluation.statistics.intervals import difference_band, percent_band
from gaitprint.evaluation.statistics.sign_flip_test import flip_test

EXPERIMENTS = 600


def experiment(rates, generator):
    """A subject's number of walks, and the figure of hits at two views; `rates` [S, 2 or 4] of one or two methods."""
    walker = np.repeat(np.arange(len(rates)), generator.integers(1, 9, len(rates)))
    hits = (generator.random((len(walker), rates.shape[1])) < rates[walker]).astype(float)
    values = hits if rates.shape[1] == 2 else hits[:, :2] - hits[:, 2:]
    column = np.tile([0, 1], len(walker))
    trials = trials_of(np.zeros_like(column), column, np.repeat(walker, 2))
    use = np.ones(len(column), bool)
    return table_figures(100 * values.ravel(), trials, use, np.ones((1, 2), bool), np.arange(len(rates))).mean


def rates(mean, spread, subjects, generator):
    own = generator.beta(mean * spread, (1 - mean) * spread, subjects)
    return np.stack([own, own**2], axis=1)


@pytest.mark.parametrize(("mean", "subjects"), [(0.6, 10), (0.6, 40), (0.9, 20), (0.9, 80)])
def test_intervals_cover_the_truth(mean, subjects):
    generator = np.random.default_rng(11)
    truth = 100 * rates(mean, 6.0, 200_000, generator).mean()
    made = join_figures([experiment(rates(mean, 6.0, subjects, generator), generator) for _ in range(EXPERIMENTS)])
    low, high = (np.zeros(EXPERIMENTS) for _ in range(2))
    for start in range(0, EXPERIMENTS, 50):  # draws of their own, so that they do not err together
        band = percent_band(made, draw_subjects(subjects, generator, 400))
        low[start : start + 50], high[start : start + 50] = band.low[start : start + 50], band.high[start : start + 50]
    covered = 100 * np.mean((low <= truth) & (truth <= high))
    assert 92 <= covered <= 97
    assert max(np.mean(truth < low), np.mean(truth > high)) < 0.06, "neither end alone errs"


@pytest.mark.parametrize("subjects", [10, 40])
def test_the_paired_test_keeps_quiet_and_its_interval_holds_nothing(subjects):
    generator = np.random.default_rng(12)
    made = join_figures(
        [
            experiment(np.hstack([rates(0.6, 5.0, subjects, generator) for _ in range(2)]), generator)
            for _ in range(EXPERIMENTS)
        ]
    )
    alarms = 100 * np.mean(flip_test(made.contribution, generator, 999) <= 0.05)
    assert 3 <= alarms < 6
    band = difference_band(made, draw_subjects(subjects, generator))
    assert np.mean((band.low <= 0) & (band.high >= 0)) > (0.92 if subjects > 10 else 0.9)


def test_a_gain_that_is_there_is_found():
    generator = np.random.default_rng(13)
    made = []
    for _ in range(100):
        worse = rates(0.6, 5.0, 40, generator)
        made.append(experiment(np.hstack([np.minimum(worse + 0.15, 1.0), worse]), generator))
    figures = join_figures(made)
    assert np.mean(flip_test(figures.contribution, generator, 999) <= 0.05) > 0.95
    band = difference_band(figures, draw_subjects(40, generator))
    assert np.mean(band.low > 0) > 0.95
