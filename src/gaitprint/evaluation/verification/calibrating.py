"""Fit a calibration to all pairs and try it on people it has not seen; or try one that came from elsewhere."""

import math

import numpy as np
from jaxtyping import Float64, Int

from gaitprint.evaluation.statistics.bootstrap import Resamples
from gaitprint.evaluation.statistics.sample_size import THIRTY
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.evaluation.verification.pair_errors import PairCounts
from gaitprint.evaluation.verification.reliability import cross_fitted, fit_outside, reliability, subjects_needed
from gaitprint.evaluation.verification.result import CalibrationFigures
from gaitprint.evaluation.verification.scores import Scores
from gaitprint.evaluation.verification.settings import VerifySettings


def calibrate(
    counts: PairCounts,
    scores: tuple[Scores, Scores],
    folds: Int[np.ndarray, " S"],
    draws: Resamples,
    settings: VerifySettings,
    given: Calibration | None,
) -> tuple[CalibrationFigures | None, str]:
    """The figures, or why the subjects are too few for them."""
    subjects = int((counts.same.sum(axis=1) + counts.other.sum(axis=(1, 2)) > 0).sum())
    number = counts.other.shape[1]
    fold_count = max(number, settings.folds)  # fewer subjects than folds make fewer folds
    need = THIRTY if given else subjects_needed(fold_count)
    largest = max(int(np.bincount(folds, minlength=number).max()), 1)
    # the largest two folds may fall together: thirty must be left outside of them, too
    if subjects < THIRTY or (given is None and subjects - 2 * largest < THIRTY):
        return None, (
            f"no calibration: {need} subjects would be needed "
            + (f"to leave {THIRTY} outside of any two of {fold_count} folds" if given is None else "(rule of thirty)")
            + f", found {subjects}; with fewer it is refused, because decisions about people would rest on it"
        )
    distances = interval_means(counts, scores)
    if given is None:
        fitted = fit_outside((), settings.method, counts, distances, folds)
        ratios = cross_fitted(settings.method, counts, distances, folds)
    else:
        fitted = given
        ratios = np.broadcast_to(given.log_ratio(distances), (number, number, len(distances)))
    after = reliability(ratios, counts, folds, draws, settings.prior)
    before = reliability(_naive(ratios, distances, settings.prior), counts, folds, draws, settings.prior)
    p = settings.prior
    prior_loss = -p * math.log(p) - (1.0 - p) * math.log(1.0 - p)
    return CalibrationFigures(fitted, after, before, prior_loss, 0 if given else number, subjects), ""


def interval_means(counts: PairCounts, scores: tuple[Scores, Scores]) -> Float64[np.ndarray, " L"]:
    """The mean distance of the pairs between two thresholds; its middle where there are none."""
    total, number = np.zeros(len(counts.thresholds) + 1), np.zeros(len(counts.thresholds) + 1)
    for kind in scores:
        # the same rule as in `count_pairs`, so that the mean is that of the pairs counted in the interval
        place = np.searchsorted(counts.thresholds, kind.distance)
        total += np.bincount(place, kind.count * kind.distance.astype(np.float64), minlength=len(total))
        number += np.bincount(place, kind.count, minlength=len(total))
    edges = np.concatenate([counts.thresholds[:1], counts.thresholds, counts.thresholds[-1:]]).astype(np.float64)
    middle = (edges[:-1] + edges[1:]) / 2.0
    means: Float64[np.ndarray, " L"] = np.divide(total, number, out=middle, where=number > 0)
    return means


def _naive(
    ratios: Float64[np.ndarray, "F F L"], distances: Float64[np.ndarray, " L"], prior: float
) -> Float64[np.ndarray, "F F L"]:
    """Log ratios under which `1 - distance / largest` would be the probability at this prior."""
    share = (1.0 - distances / max(float(np.abs(distances).max()), 1e-30)).clip(1e-9, 1.0 - 1e-9)
    # what a probability at this prior says without the prior
    odds = np.log(share) - np.log1p(-share) - math.log(prior / (1.0 - prior))
    return np.broadcast_to(odds, ratios.shape)
