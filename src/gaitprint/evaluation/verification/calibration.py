"""From a distance to the probability that two walks are of one person.

What is fitted is the log likelihood ratio: how much more often a distance occurs within a person than between two,
whatever the share of either among the pairs. A prior turns it into a probability, and another prior only shifts the log
odds (Brümmer, du Preez: Application-independent evaluation of speaker detection, 2006).
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.optimize import isotonic_regression
from scipy.special import expit

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.statistics.sample_size import THIRTY, bound

Method = Literal["logistic", "isotonic"]
STEPS = 100


@dataclass(frozen=True, eq=False)
class Calibration:
    """A falling function of the distance: a straight line, or straight between its knots and level outside of them."""

    method: Method
    distances: Float64[np.ndarray, " K"]
    """Knots, ascending; a logistic calibration is a straight line and has two."""
    log_ratios: Float64[np.ndarray, " K"]
    """Natural logarithm of the likelihood ratio at the knots."""
    limit: float
    """No log ratio further from 0 is answered: the subjects are too few for it."""

    def __post_init__(self) -> None:
        least = 2 if self.method == "logistic" else 1
        require(self.method in ("logistic", "isotonic"), f"a calibration is logistic or isotonic, found {self.method}")
        require(len(self.distances) == len(self.log_ratios) >= least, f"a calibration needs {least} knots or more")
        finite = np.isfinite(self.distances).all() and np.isfinite(self.log_ratios).all() and math.isfinite(self.limit)
        require(bool(finite) and self.limit > 0, "a calibration holds finite numbers and a limit above 0")
        require(bool((np.diff(self.distances) > 0).all()), "a calibration's distances rise")
        require(bool((np.diff(self.log_ratios) <= 0).all()), "a calibration's log ratios never rise")

    def log_ratio(self, distance: Float[np.ndarray, "*N"]) -> Float64[np.ndarray, "*N"]:
        """Natural logarithm of the likelihood ratio, within the limit."""
        if self.method == "logistic":
            (a, b), (low, high) = self.distances, self.log_ratios
            ratios = low + (distance - a) * ((high - low) / (b - a))
        else:
            ratios = np.interp(distance, self.distances, self.log_ratios)
        return np.asarray(np.clip(ratios, -self.limit, self.limit), np.float64)

    def probability(self, distance: Float[np.ndarray, "*N"], prior: float = 0.5) -> Float64[np.ndarray, "*N"]:
        """The probability of one person, where `prior` is that before the distance was seen."""
        return at_prior(self.log_ratio(distance), prior)


def at_prior(log_ratio: Float64[np.ndarray, "*N"], prior: float) -> Float64[np.ndarray, "*N"]:
    """The probability that a log likelihood ratio and a prior make."""
    require(0 < prior < 1, f"a prior probability lies between 0 and 1, found {prior}")
    return np.asarray(expit(log_ratio + math.log(prior / (1.0 - prior))))


def fit_calibration(
    method: Method,
    distances: Float64[np.ndarray, " L"],
    same: Float[np.ndarray, " L"],
    other: Float[np.ndarray, " L"],
    subjects: int,
) -> Calibration:
    """Fit a calibration to distances, ascending, and how many pairs of one and of two subjects have each.

    `subjects` set the limit: a ratio beyond n/3 would claim a false match rate below 3/n (rule of three).

    Raises:
        ProtocolError: fewer than thirty subjects, or no pair of either kind.
    """
    if subjects < THIRTY:
        raise ProtocolError(f"a calibration needs {THIRTY} subjects or more (rule of thirty), found {subjects}")
    if not same.sum() or not other.sum():
        raise ProtocolError("a calibration needs pairs of one subject and pairs of two, found only one of them")
    limit = -math.log(bound(subjects))
    met = (same + other) > 0
    return (_logistic if method == "logistic" else _isotonic)(distances, same, other, met, limit)


def _logistic(
    distances: Float64[np.ndarray, " L"],
    same: Float[np.ndarray, " L"],
    other: Float[np.ndarray, " L"],
    met: Bool[np.ndarray, " L"],
    limit: float,
) -> Calibration:
    """Newton's method on the log loss, both kinds of pairs with half of the weight.

    Targets are Platt's (n + 1) / (n + 2) and 1 / (n + 2), which keep the slope finite where the kinds are apart.
    """
    # equal weights make the log odds a log likelihood ratio, whatever the shares of either kind are
    weight = 0.5 * (same / same.sum() + other / other.sum())
    high, low = (same.sum() + 1.0) / (same.sum() + 2.0), 1.0 / (other.sum() + 2.0)
    target = 0.5 * (high * same / same.sum() + low * other / other.sum())
    centre = float(weight @ distances)
    spread = math.sqrt(float(weight @ (distances - centre) ** 2)) or 1.0
    # standardised: distances far from 0 beside their spread would make Newton's matrix nearly singular
    x = np.stack([np.ones(len(distances)), (distances - centre) / spread])

    def loss(b: Float64[np.ndarray, " 2"]) -> float:
        z = b @ x
        return float((weight * np.logaddexp(0.0, z) - target * z).sum())

    beta = np.zeros(2)
    for _ in range(STEPS):
        p = expit(beta @ x)
        gradient = x @ (weight * p - target)
        # the small diagonal keeps it solvable where the kinds are so far apart that every p is 0 or 1
        curvature = (x * (weight * p * (1.0 - p))) @ x.T + 1e-12 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        before = loss(beta)
        # halved until it is an improvement: far from the minimum a full step of Newton's may climb
        while loss(beta - step) > before and np.abs(step).max() > 1e-12:
            step = step / 2.0
        beta = beta - step
        if np.abs(step).max() < 1e-10:
            break
    if beta[1] >= 0:  # far pairs are of one person more often than near ones: the distance says nothing
        beta = np.zeros(2)
    # two knots must differ, even where only one distance was met
    ends = np.array([distances[met][0], max(distances[met][-1], np.nextafter(distances[met][0], np.inf))])
    if beta[1] == 0:
        return Calibration("logistic", ends, np.zeros(2), limit)
    line = beta[0] + beta[1] * (ends - centre) / spread
    return Calibration("logistic", ends, line, limit)


def _isotonic(
    distances: Float64[np.ndarray, " L"],
    same: Float[np.ndarray, " L"],
    other: Float[np.ndarray, " L"],
    met: Bool[np.ndarray, " L"],
    limit: float,
) -> Calibration:
    """The falling function of least squared error (pool adjacent violators), both kinds with half of the weight."""
    a, b = same[met] / same.sum(), other[met] / other.sum()
    share = isotonic_regression(a / (a + b), weights=a + b, increasing=False).x
    edge = expit(limit)
    ratio = np.log(share.clip(1.0 - edge, edge)) - np.log1p(-share.clip(1.0 - edge, edge))
    # rounding may leave a level step rising by a last bit
    return Calibration("isotonic", distances[met], np.minimum.accumulate(ratio), limit)
