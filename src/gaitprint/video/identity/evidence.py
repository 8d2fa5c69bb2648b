"""What the windows of one track say together: distances in the mean, likelihood ratios with what windows share.

Windows of one walk are no independent trials: the same shoes, the same bag, the same camera. With a correlation r
between them n windows weigh as much as n / (1 + (n - 1) r) independent ones (Kish's design effect), at most 1 / r.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.special import logsumexp

from gaitprint.arguments import settle_fields
from gaitprint.config import require


@dataclass(frozen=True)
class EvidenceSettings:
    """How windows add up."""

    correlation: float = 0.5
    """Between windows of one track, 0 (each is a new trial) to 1 (further ones say nothing new)."""
    known: float = 0.5
    """The probability that whoever walks by is known at all, before anything is seen of them."""

    def __post_init__(self) -> None:
        settle_fields(self)
        require(0 <= self.correlation <= 1, f"a correlation of windows lies in 0..1, found {self.correlation}")
        require(0 < self.known < 1, f"the probability to be known lies between 0 and 1, found {self.known}")


def effective_windows(windows: int, correlation: float) -> float:
    """As how many independent windows so many count; rising, from 1, never beyond 1 / correlation.

    >>> effective_windows(1, 0.5), effective_windows(4, 0.5), effective_windows(4, 0.0)
    (1.0, 1.6, 4.0)
    """
    return windows / (1.0 + (windows - 1.0) * correlation)


def posterior(log_ratios: Float64[np.ndarray, " S"], known: float) -> Float64[np.ndarray, " S"]:
    """The probability of each person; what is left to 1 is that of a stranger.

    Args:
        log_ratios: natural logarithms of how much likelier what was seen is of the person than of another.
        known: the probability, beforehand, that it is one of them, each as likely as the next.
    """
    # the stranger's odds are 1, and all others are measured against it
    odds = log_ratios + np.log(known / len(log_ratios)) - np.log1p(-known)
    return np.asarray(np.exp(odds - logsumexp(np.append(odds, 0.0))))


class TrackEvidence:
    """The windows of one track, added up; memory does not grow with them.

    Args:
        subjects: S, how many people are known.
    """

    def __init__(self, subjects: int) -> None:
        self.windows = 0
        self.frames = 0
        self._distances = np.zeros(subjects)
        self._ratios: Float64[np.ndarray, " S"] | None = None

    def add(
        self, frames: int, distances: Float64[np.ndarray, " S"], ratios: Float64[np.ndarray, " S"] | None = None
    ) -> None:
        """Take one more window.

        Args:
            frames: of the window: it counts by its length.
            distances: to each person.
            ratios: natural logarithms of the likelihood ratios, where a calibration gives them.
        """
        self.windows += 1
        self.frames += frames
        self._distances = self._distances + frames * distances
        if ratios is not None:
            self._ratios = frames * ratios + (0.0 if self._ratios is None else self._ratios)

    @property
    def distances(self) -> Float64[np.ndarray, " S"]:
        """Mean distance to each person, every frame alike."""
        return np.asarray(self._distances / self.frames)

    def weight(self, settings: EvidenceSettings) -> float:
        """As how many independent windows they count."""
        return effective_windows(self.windows, settings.correlation)

    def probabilities(self, settings: EvidenceSettings, limit: float) -> Float64[np.ndarray, " S"] | None:
        """The probability of each person; None without a calibration.

        Args:
            limit: no log ratio further from 0 is believed: the calibration was made from too few people for it.
        """
        if self._ratios is None:
            return None
        # the limit is of what is claimed in the end, however many windows claim it
        together = np.clip(self.weight(settings) * self._ratios / self.frames, -limit, limit)
        return posterior(together, settings.known)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"windows": self.windows, "frames": self.frames}
