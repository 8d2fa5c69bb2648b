"""One figure over all probe sets of an evaluation, and differences of two methods on the same probes."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.evaluation.result import Evaluation
from gaitprint.evaluation.statistics import Interval, bootstrap_interval
from gaitprint.evaluation.trials import Trials, join_trials


def mean_figure(evaluation: Evaluation) -> float:
    """The mean of the probe sets' rank-1 figures, percent."""
    return float(np.mean([r.mean for r in evaluation.results]))


def mean_interval(evaluation: Evaluation, seed: int, resamples: int) -> Interval | None:
    """The interval of `mean_figure`, subjects drawn jointly for all probe sets; None where it cannot be given.

    It cannot with a single subject, nor where empty rows give the probe sets different weights.
    """
    hits, trials, use, counted = _joined(evaluation)
    interval = _interval(hits, trials, use, counted, seed, resamples)
    if interval is None or abs(interval.mean - mean_figure(evaluation)) > 1e-6:
        return None
    return interval


def difference(a: Evaluation, b: Evaluation, seed: int, resamples: int) -> Interval | None:
    """Rank-1 of `a` minus rank-1 of `b` in points, on the same probes (a paired bootstrap over subjects).

    None where there is a single subject, or where the two did not meet the same probes.
    """
    left, trials, use, counted = _joined(a)
    right, others, _, _ = _joined(b)
    same = len(trials) == len(others) and all(
        np.array_equal(getattr(trials, name), getattr(others, name)) for name in ("probe", "row", "column")
    )
    return _interval(left - right, trials, use, counted, seed, resamples) if same else None


def _joined(
    evaluation: Evaluation,
) -> tuple[Float64[np.ndarray, "M"], Trials, Bool[np.ndarray, "M"], Bool[np.ndarray, "R C"]]:
    """The trials of all probe sets as one table, its rows one set's below the other's; 100 where rank-1 is right."""
    shapes = [r.counted.shape for r in evaluation.results]
    width = max(columns for _, columns in shapes)
    offsets = np.cumsum([0, *(rows for rows, _ in shapes)])
    parts = [
        dataclasses.replace(r.trials, row=r.trials.row + offset)
        for r, offset in zip(evaluation.results, offsets, strict=False)
    ]
    trials = join_trials(parts)
    counted = np.zeros((int(offsets[-1]), width), bool)
    for result, offset in zip(evaluation.results, offsets, strict=False):
        rows, columns = result.counted.shape
        counted[offset : offset + rows, :columns] = result.counted
    use = trials.matched if evaluation.protocol.unmatched == "left-out" else np.ones(len(trials), bool)
    return 100.0 * (trials.rank == 1), trials, use, counted


def _interval(
    values: Float64[np.ndarray, "M"],
    trials: Trials,
    use: Bool[np.ndarray, "M"],
    counted: Bool[np.ndarray, "R C"],
    seed: int,
    resamples: int,
) -> Interval | None:
    """The same seed draws the same subjects, so the rows of one ablation are comparable."""
    if len(np.unique(trials.subject[use & counted[trials.row, trials.column]])) < 2:
        return None
    return bootstrap_interval(values, trials, use, counted, np.random.Generator(np.random.PCG64(seed)), resamples)
