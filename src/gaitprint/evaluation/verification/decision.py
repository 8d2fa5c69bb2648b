"""A yes or no to "is this one person?", by a calibration and with the probability that it rests on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitprint.config import require
from gaitprint.evaluation.verification.calibration import Calibration, at_prior


@dataclass(frozen=True)
class Decision:
    """Whether a walk is of the person it is held against, and why."""

    same: bool
    """The probability reaches `least`."""
    probability: float
    """That it is one person, given the prior."""
    prior: float
    """The probability before the distance was seen."""
    least: float
    """The probability from which on the answer is yes."""
    log_ratio: float
    """Natural logarithm of the likelihood ratio of one person against two."""
    distances: tuple[float, ...]
    """To each walk of the person; small is alike."""

    def __bool__(self) -> bool:
        return self.same


def decide(calibration: Calibration, distances: Sequence[float], prior: float, least: float) -> Decision:
    """Decide by the distances of a walk to one or several walks of one person.

    A calibration is of pairs. With several walks the log ratios are averaged: the answer is that of a usual pair, and
    a person with more walks is not accepted more easily. The nearest alone would be, for more walks are more chances.

    Args:
        calibration: of distances like these.
        distances: one or more.
        prior: the probability of one person before anything is seen.
        least: the probability from which on the answer is yes.

    Raises:
        ConfigError: `prior` or `least` is no probability, or no distance could reach `least`.
    """
    require(len(distances) > 0, "a decision needs the distance to one walk or more, found none")
    require(0 < least < 1, f"the probability from which on the answer is yes lies between 0 and 1, found {least}")
    ratio = float(calibration.log_ratio(np.asarray(distances, np.float64)).mean())
    # no distance can reach more, so the answer would always be no
    highest = float(at_prior(np.array(calibration.limit), prior))
    require(
        least <= highest,
        f"a probability of {least:g} was asked for, and this calibration was made from too few people to state one "
        f"above {highest:.4f} at a prior of {prior:g}: ask for less, or calibrate on more people",
    )
    probability = float(at_prior(np.array(ratio), prior))
    require(math.isfinite(probability), "distances are finite numbers")
    return Decision(probability >= least, probability, prior, least, ratio, tuple(float(d) for d in distances))
