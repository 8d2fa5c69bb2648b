"""One figure over all probe sets of an evaluation, and differences of two methods on the same probes."""

import numpy as np

from gaitprint.evaluation.identification.paired import first_difference, mean_difference
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.statistics.bootstrap import Resamples, draw_subjects
from gaitprint.evaluation.statistics.influence import Figures, join_figures
from gaitprint.evaluation.statistics.interval import LEVEL, Interval
from gaitprint.evaluation.statistics.intervals import Band, difference_band, percent_band


def mean_figure(evaluation: Evaluation) -> float:
    """The mean of the probe sets' rank-1 figures, percent."""
    return float(np.mean([r.mean for r in evaluation.results]))


def mean_interval(evaluation: Evaluation, seed: int, resamples: int) -> Interval | None:
    """The interval of `mean_figure`, subjects drawn jointly for all probe sets; None with a single subject."""
    figures = mean_difference(evaluation, None)
    draws = _draws(figures, seed, resamples)
    return None if draws is None else percent_band(figures, draws).interval()


def mean_cmc(evaluation: Evaluation, seed: int, resamples: int) -> Band:
    """Cumulative match curve over all probe sets, percent, with its intervals; the first is `mean_figure`.

    The ends are NaN with a single subject.
    """
    ranks = range(1, evaluation.protocol.length + 1)
    figures = join_figures([mean_difference(evaluation, None, f"rank-{k}") for k in ranks])
    draws = _draws(figures, seed, resamples)
    if draws is not None:
        return percent_band(figures, draws)
    none = np.full(len(figures.value), np.nan)
    return Band(figures.value, none, none, LEVEL, figures.subjects)


def difference(a: Evaluation, b: Evaluation, seed: int, resamples: int) -> Interval | None:
    """Rank-1 of `a` minus rank-1 of `b` in points, on the same probes (a paired bootstrap over subjects).

    None where there is a single subject, or where the two did not meet the same probes.
    """
    if first_difference(a, b) is not None:
        return None
    figures = mean_difference(b, a)
    draws = _draws(figures, seed, resamples)
    return None if draws is None else difference_band(figures, draws).interval()


def _draws(figures: Figures, seed: int, resamples: int) -> Resamples | None:
    """The same seed draws the same subjects, so the rows of one ablation are comparable."""
    if figures.subjects[0] < 2:
        return None
    return draw_subjects(len(figures.influence), np.random.Generator(np.random.PCG64(seed)), resamples)
