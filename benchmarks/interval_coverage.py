"""Claim: 95 % intervals over subjects hold the truth in 92 to 97 of 100 experiments, and the paired test cries wolf in
fewer than 6 of 100, from 20 subjects on (200, where nearly all errors are those of a few subjects); below that the
table says what is left.

Run: OMP_NUM_THREADS=1 python benchmarks/interval_coverage.py [--repetitions 1000] [--others 300]

The truth is known because it is made up: every subject has a hit rate of its own (beta distribution), which rises from
view to view on the scale of log odds; subjects have 1 to 10 sequences each, every one seen from all views. `spread` is
the sum of the beta distribution's parameters: the smaller, the less alike the subjects. On real features (CASIA-B,
GaitGL, subjects 059-074) it is 2.7 to 5.7. The figures, intervals and p-values are those of the package; other kinds of
interval are computed beside them on fewer experiments.

Of the paired test, three ways of being alike: both methods have the same rate for every subject; rates of their own,
drawn alike; and one method is much better for a fifth of the subjects and a little worse for the others, so that the
mean difference is 0 and its distribution lopsided, which a test of signs does not promise to survive.
"""

import argparse
import sys
from time import perf_counter

import numpy as np
from _interval_methods import OTHERS
from scipy.special import expit, logit

from gaitprint.evaluation.protocol.trials import Trials
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.statistics.influence import join_figures, table_figures
from gaitprint.evaluation.statistics.intervals import difference_band, percent_band
from gaitprint.evaluation.statistics.sign_flip_test import flip_test

POPULATIONS = ((0.35, 3.0), (0.6, 4.5), (0.75, 5.5), (0.9, 8.0), (0.95, 10.0), (0.95, 2.0))
"""Mean rate and spread; the last has many faultless subjects and a few who are hardly ever found."""
SUBJECTS = (5, 10, 20, 50, 200)
ENOUGH = 20
"""Subjects from which on the claim is made."""
ENOUGH_OF_FEW = 200
"""The same where everything hangs on a few subjects, whom a sample may not hold."""
VIEWS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
TOGETHER = 10
"""Experiments that share their draws of subjects, as the figures of one evaluation do."""


def rates(mean, spread, subjects, generator):
    """Every subject's hit rate at each view, [S, V]."""
    own = generator.beta(mean * spread, (1 - mean) * spread, (subjects, 1))
    return expit(logit(np.clip(own, 1e-9, 1 - 1e-9)) + VIEWS)


def walks_of(subjects, generator):
    """The subject of every sequence."""
    return np.repeat(np.arange(subjects), generator.integers(1, 11, subjects))


def hits_of(rate, walker, generator):
    """Whether each sequence is found at each view, [N, V]."""
    return generator.random((len(walker), len(VIEWS))) < rate[walker]


def figures_of(values, walker, subjects):
    """The package's figure of a table of one row."""
    number, views = values.shape
    size = number * views
    nothing, none = np.zeros(size, np.int64), np.full(size, np.nan)
    trials = Trials(
        row=nothing,
        column=np.tile(np.arange(views), number),
        probe=nothing,
        subject=np.repeat(walker, views),
        rank=nothing,
        right=nothing,
        right_distance=none,
        wrong=nothing,
        wrong_distance=none,
        average_precision=none,
        inverse_penalty=none,
        chance=none,
    )
    use, counted = np.ones(size, bool), np.ones((1, views), bool)
    return table_figures(100.0 * values.ravel().astype(float), trials, use, counted, np.arange(subjects)).mean


def coverage(mean, spread, subjects, repetitions, others, generator):
    """Shares in percent of experiments: below, above; and each other method's coverage."""
    truth = 100 * rates(mean, spread, 400_000, generator).mean()
    low, high, covered = [], [], dict.fromkeys(OTHERS, 0)
    for start in range(0, repetitions, TOGETHER):
        made = []
        for number in range(start, min(start + TOGETHER, repetitions)):
            walker = walks_of(subjects, generator)
            hits = hits_of(rates(mean, spread, subjects, generator), walker, generator)
            made.append(figures_of(hits, walker, subjects))
            if number < others:
                cells = np.zeros((2, subjects, len(VIEWS)))
                np.add.at(cells[0], walker, hits)
                np.add.at(cells[1], walker, 1.0)
                weights = draw_subjects(subjects, generator).weights
                for name, method in OTHERS.items():
                    ends = 100 * method(*cells, weights)
                    covered[name] += bool(ends[0] <= truth <= ends[1])
        band = percent_band(join_figures(made), draw_subjects(subjects, generator))
        low.append(band.low)
        high.append(band.high)
    below, above = 100 * np.mean(truth < np.concatenate(low)), 100 * np.mean(truth > np.concatenate(high))
    return below, above, {name: 100 * n / max(others, 1) for name, n in covered.items()}


def alike(kind, subjects, generator):
    """Rates of two methods between which there is no difference in the mean."""
    one = rates(0.6, 4.5, subjects, generator)
    if kind == "same rates":
        return one, one
    if kind == "own rates":
        return one, rates(0.6, 4.5, subjects, generator)
    base = 0.25 + 0.45 * generator.random((subjects, 1)) * np.ones(len(VIEWS))
    return base, base + np.where(generator.random((subjects, 1)) < 0.2, 0.24, -0.06)


def false_alarms(kind, subjects, repetitions, generator):
    """Shares in percent of experiments: p at most 5 %, and the paired interval without 0."""
    alarms, outside = 0, 0
    for start in range(0, repetitions, TOGETHER):
        made = []
        for _ in range(start, min(start + TOGETHER, repetitions)):
            walker = walks_of(subjects, generator)
            first, second = (hits_of(rate, walker, generator) for rate in alike(kind, subjects, generator))
            made.append(figures_of(second.astype(float) - first, walker, subjects))
        figures = join_figures(made)
        alarms += int((flip_test(figures.contribution, generator, 1999) <= 0.05).sum())
        band = difference_band(figures, draw_subjects(subjects, generator))
        outside += int(((band.low > 0) | (band.high < 0)).sum())
    return 100 * alarms / repetitions, 100 * outside / repetitions


def main() -> int:
    """Print both tables; 1 where the claim fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--others", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    generator = np.random.Generator(np.random.PCG64(arguments.seed))
    start, failures = perf_counter(), []
    slack = 200 * np.sqrt(0.05 * 0.95 / arguments.repetitions)
    print(f"two standard errors of a coverage from {arguments.repetitions} experiments: {slack:.1f} points")
    print(f"{'mean':>5} {'spread':>6} {'subjects':>8} {'covered':>8} {'below':>6} {'above':>6}", *OTHERS, sep="  ")
    for mean, spread in POPULATIONS:
        for subjects in SUBJECTS:
            below, above, others = coverage(mean, spread, subjects, arguments.repetitions, arguments.others, generator)
            covered = 100 - below - above
            line = f"{mean:>5} {spread:>6} {subjects:>8} {covered:>8.1f} {below:>6.1f} {above:>6.1f}"
            print(line, *(f"{v:>{len(n)}.1f}" for n, v in others.items()), sep="  ", flush=True)
            if subjects >= (ENOUGH if spread > 2 else ENOUGH_OF_FEW) and not 92 <= covered <= 97:
                failures.append(line)
    print(f"{'alike by':>12} {'subjects':>8} {'p <= 5 %':>9} {'interval without 0':>19}")
    for kind in ("same rates", "own rates", "lopsided"):
        for subjects in SUBJECTS:
            alarms, outside = false_alarms(kind, subjects, arguments.repetitions, generator)
            line = f"{kind:>12} {subjects:>8} {alarms:>9.1f} {outside:>19.1f}"
            print(line, flush=True)
            if alarms >= 6 or (subjects >= ENOUGH and not 92 <= 100 - outside <= 97):
                failures.append(line)
    print(
        f"{perf_counter() - start:.0f} seconds; {len(failures)} of the lines that are claimed fail", *failures, sep="\n"
    )
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
