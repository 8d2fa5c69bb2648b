"""What `verify` is asked for."""

from dataclasses import dataclass

import numpy as np

from gaitprint.config import require
from gaitprint.evaluation.statistics.interval import LEVEL
from gaitprint.evaluation.statistics.sample_size import subjects_for
from gaitprint.evaluation.verification.calibration import Method


@dataclass(frozen=True)
class VerifySettings:
    """What is asked."""

    false_match: tuple[float, ...] = (0.1, 0.01, 0.001)
    """FMRs at which FNMR is wanted."""
    false_positive: tuple[float, ...] = (0.1, 0.01, 0.003)
    """FPIRs at which FNIR is wanted."""
    thresholds: tuple[float, ...] = ()
    """Distances that get a row of the table of thresholds."""
    strangers: float = 0.5
    """Share of the subjects that is left out of the gallery."""
    splits: int = 10
    """How often strangers are drawn."""
    method: Method = "logistic"
    """How distances become probabilities."""
    folds: int = 5
    """Over subjects, for trying a calibration on others than those it was fitted to."""
    prior: float = 0.5
    """Probability that two walks are of one person before they are compared."""
    level: float = LEVEL
    """Of confidence."""

    def __post_init__(self) -> None:
        for rate in (*self.false_match, *self.false_positive):
            subjects_for(rate)
        require(0 < self.prior < 1, f"a prior probability lies between 0 and 1, found {self.prior}")
        require(self.folds >= 3, f"folds over both sides of a pair are 3 or more, found {self.folds}")
        require(self.splits >= 1, f"splits are 1 or more, found {self.splits}")
        require(0 < self.strangers < 1, f"the share of strangers lies between 0 and 1, found {self.strangers}")
        require(bool(np.isfinite(self.thresholds).all()), f"thresholds are finite, found {self.thresholds}")
