"""Whether stated probabilities hold: calibrations fitted without the people they are tried on.

Subjects are dealt into folds. A pair of people of the folds a and b is tried with a calibration that saw no pair with
anybody of a or b, on either side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.statistics.bootstrap import Resamples, shifted
from gaitprint.evaluation.statistics.sample_size import THIRTY
from gaitprint.evaluation.verification.calibration import Calibration, Method, at_prior, fit_calibration
from gaitprint.evaluation.verification.pair_errors import PairCounts

BINS = 10
_SMALL = 1e-9
"""No probability nearer 0 or 1 enters a log loss."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Pairs whose stated probability lies between two numbers."""

    low: float
    high: float
    stated: float
    """Mean of the stated probabilities."""
    observed: float
    """Share of pairs of one person among them, at the prior."""
    observed_low: float
    observed_high: float
    weight: float
    """Share of all pairs that fall here, at the prior."""
    pairs: int
    subjects: int
    """Subjects with a pair here."""


@dataclass(frozen=True)
class Reliability:
    """Measures of how well probabilities hold at a prior."""

    prior: float
    bins: tuple[ReliabilityBin, ...]
    """Those with a pair."""
    calibration_error: float
    """Mean over pairs of |observed - stated| of their bin (ECE)."""
    log_loss: float
    """In nats, at the prior."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "prior": self.prior,
            "calibration_error": self.calibration_error,
            "log_loss": self.log_loss,
            "bins": [vars(b) for b in self.bins],
        }


def deal_folds(subjects: int, folds: int, generator: np.random.Generator) -> Int[np.ndarray, " S"]:
    """A fold for every subject, as evenly as it goes."""
    return np.asarray(generator.permutation(subjects) % folds)


def cross_fitted(
    method: Method, counts: PairCounts, distances: Float64[np.ndarray, " L"], folds: Int[np.ndarray, " S"]
) -> Float64[np.ndarray, "F F L"]:
    """Log ratios at each distance for pairs between two folds, by a calibration that saw neither fold.

    Raises:
        ProtocolError: fewer than three folds, or too few subjects outside of two of them.
    """
    number = counts.other.shape[1]
    if number < 3:
        raise ProtocolError(f"cross-fitting both sides of a pair needs 3 folds or more, found {number}")
    ratios = np.zeros((number, number, len(distances)))
    for a, b in _fold_pairs(number):
        fitted = fit_outside((a, b), method, counts, distances, folds)
        ratios[a, b] = ratios[b, a] = fitted.log_ratio(distances)
    return ratios


def fit_outside(
    left_out: tuple[int, ...],
    method: Method,
    counts: PairCounts,
    distances: Float64[np.ndarray, " L"],
    folds: Int[np.ndarray, " S"],
) -> Calibration:
    """A calibration of the pairs with nobody of some folds; of all pairs where none is left out.

    Raises:
        ProtocolError: too few subjects remain.
    """
    inside = np.flatnonzero(~np.isin(folds, left_out))
    parts = np.setdiff1d(np.arange(counts.other.shape[1]), left_out)
    same = counts.same[inside].sum(axis=0)
    # every pair stands at both of its people
    other = counts.other[np.ix_(inside, parts)].sum(axis=(0, 1)) / 2.0
    taking_part = counts.same[inside].sum(axis=1) + counts.other[inside].sum(axis=(1, 2)) > 0
    return fit_calibration(method, distances, same.astype(float), other, int(taking_part.sum()))


def subjects_needed(folds: int) -> int:
    """Count the subjects that leave thirty outside of any two folds."""
    require(folds >= 3, f"folds over both sides of a pair are 3 or more, found {folds}")
    need = THIRTY
    # the two largest folds hold ceil(n / folds) each
    while need - 2 * -(-need // folds) < THIRTY:
        need += 1
    return need


def reliability(
    ratios: Float64[np.ndarray, "F F L"],
    counts: PairCounts,
    folds: Int[np.ndarray, " S"],
    draws: Resamples,
    prior: float,
) -> Reliability:
    """Try log ratios on the pairs they are for; bins of equal width in probability."""
    stated = at_prior(ratios, prior)
    # a probability of exactly 1 belongs to the last bin
    place = np.minimum((stated * BINS).astype(np.int64), BINS - 1)
    same, other = np.zeros((len(folds), BINS), np.int64), np.zeros((len(folds), BINS), np.int64)
    means, losses = np.zeros((2, BINS)), np.zeros(2)
    clipped = stated.clip(_SMALL, 1.0 - _SMALL)
    for s, fold in enumerate(folds):
        np.add.at(same[s], place[fold, fold], counts.same[s])
        np.add.at(other[s], place[fold].ravel(), counts.other[s].ravel())
    for a in range(len(ratios)):
        some = counts.same[folds == a].sum(axis=0)
        np.add.at(means[0], place[a, a], some * stated[a, a])
        losses[0] -= some @ np.log(clipped[a, a])
        touched = counts.other[folds == a].sum(axis=0) / 2.0
        np.add.at(means[1], place[a].ravel(), (touched * stated[a]).ravel())
        losses[1] -= (touched * np.log1p(-clipped[a])).sum()
    # each kind is weighted to its share at the prior, however many pairs of it there are
    number = np.array([same.sum(), other.sum() / 2.0])
    weights = np.array([prior, 1.0 - prior]) / number
    bins = tuple(_bins(same, other, means, weights, draws))
    error = sum(b.weight * abs(b.observed - b.stated) for b in bins)
    return Reliability(prior, bins, float(error), float(weights @ losses))


def _bins(
    same: Int[np.ndarray, "S B"],
    other: Int[np.ndarray, "S B"],
    means: Float64[np.ndarray, "2 B"],
    weights: Float64[np.ndarray, " 2"],
    draws: Resamples,
) -> Iterator[ReliabilityBin]:
    one, two = weights[0] * same, weights[1] * other / 2.0
    mass = one.sum(axis=0) + two.sum(axis=0)
    met = np.flatnonzero(mass > 0)
    share = one.sum(axis=0)[met] / mass[met]
    # a pair of two people moves with either of them, so it counts for both
    influence = (one[:, met] * (1.0 - share) - 2.0 * two[:, met] * share) / mass[met]
    # `shifted` wants influences that add up to 0, and pairs of two, counted at both, leave a rest
    influence = influence - influence.mean(axis=0)
    low, high = draws.ends(shifted(share, influence, draws))
    touched = ((same + other) > 0).sum(axis=0)
    for i, k in enumerate(met):
        yield ReliabilityBin(
            low=float(k / BINS),
            high=float((k + 1) / BINS),
            stated=float(weights @ means[:, k] / mass[k]),
            observed=float(share[i]),
            observed_low=float(low[i]),
            observed_high=float(high[i]),
            weight=float(mass[k]),
            pairs=int(same[:, k].sum() + other[:, k].sum() // 2),
            subjects=int(touched[k]),
        )


def _fold_pairs(number: int) -> Iterator[tuple[int, int]]:
    return ((a, b) for a in range(number) for b in range(a, number))
