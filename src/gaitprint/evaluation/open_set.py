"""Errors when "nobody I know" is an answer: DET over pairs, and FNIR at a stated FPIR (ISO/IEC 19795-1).

A pair is accepted where its distance is at most a threshold.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Shaped

from gaitprint.config import require
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.trials import Trials


@dataclass(frozen=True, eq=False)
class ErrorRates:
    """False match and false non-match rate (shares, 0..1) at every threshold, ascending."""

    thresholds: Float64[np.ndarray, "K"]
    false_match: Float64[np.ndarray, "K"]
    """Share of pairs of two subjects that are accepted."""
    false_non_match: Float64[np.ndarray, "K"]
    """Share of pairs of one subject that are not."""
    same_pairs: int
    other_pairs: int

    @property
    def equal_error_rate(self) -> float:
        """Where both rates are nearest each other: their mean there."""
        near = int(np.abs(self.false_match - self.false_non_match).argmin())
        return float(self.false_match[near] + self.false_non_match[near]) / 2.0


@dataclass(frozen=True)
class IdentificationRates:
    """How often a stranger is taken for somebody, and how often somebody known is not found, at one threshold."""

    threshold: float
    """Largest distance that is accepted."""
    false_positive: float
    """FPIR reached: share of strangers for whom the nearest item is accepted."""
    false_negative: float
    """FNIR: share of known probes whose nearest item is wrong or not accepted."""
    strangers: int
    known: int


def pair_error_rates(
    distances: Float[np.ndarray, "Q G"],
    probe_subjects: Shaped[np.ndarray, "Q"],
    gallery_subjects: Shaped[np.ndarray, "G"],
    valid: Bool[np.ndarray, "Q G"] | None = None,
    points: int = 1000,
) -> ErrorRates:
    """The DET curve over all valid pairs, at `points` thresholds that are quantiles of the distances.

    Raises:
        ProtocolError: no pair of one subject, or none of two.
    """
    require(points >= 2, f"a DET curve has 2 points or more, found {points}")
    same = probe_subjects[:, None] == gallery_subjects[None, :]
    use = np.ones(same.shape, bool) if valid is None else valid
    genuine, impostor = np.sort(distances[same & use]), np.sort(distances[~same & use])
    if len(genuine) == 0 or len(impostor) == 0:
        raise ProtocolError(
            f"error rates need pairs of one subject and pairs of two, found {len(genuine)} and {len(impostor)}"
        )
    shares = np.linspace(0.0, 1.0, points)
    both = [np.quantile(scores, shares, method="inverted_cdf") for scores in (genuine, impostor)]
    thresholds = np.unique(np.concatenate(both))
    accepted = [np.searchsorted(scores, thresholds, side="right") / len(scores) for scores in (genuine, impostor)]
    return ErrorRates(thresholds.astype(np.float64), accepted[1], 1.0 - accepted[0], len(genuine), len(impostor))


def identification_rates(trials: Trials, false_positive: float) -> IdentificationRates:
    """FNIR at the largest threshold whose FPIR is at most `false_positive`.

    Unmatched trials are the strangers, so the protocol must pool its gallery: view by view, a probe is unmatched at one
    view and known at another. With n of them a rate below 3/n cannot be told from zero, so fewer are refused.

    Raises:
        ProtocolError: too few strangers for the rate asked, or nobody known.
    """
    require(0 < false_positive < 1, f"a false positive rate lies between 0 and 1, found {false_positive}")
    strangers = np.sort(trials.wrong_distance[~trials.matched & (trials.wrong >= 0)])
    known = trials.matched
    needed = int(np.ceil(3.0 / false_positive))
    if len(strangers) < needed:
        raise ProtocolError(
            f"FNIR at FPIR {false_positive:g} needs {needed} strangers (3/n), found {len(strangers)}: ask for a larger "
            "rate, or leave more subjects out of the gallery"
        )
    if not known.any():
        raise ProtocolError("FNIR needs probes whose subject is in the gallery, found none")
    allowed = int(np.floor(false_positive * len(strangers)))
    threshold = float(np.nextafter(strangers[allowed], -np.inf))
    found = known & (trials.rank == 1) & (trials.right_distance <= threshold)
    reached = float((strangers <= threshold).mean())
    missed = 1.0 - float(found.sum() / known.sum())
    return IdentificationRates(threshold, reached, missed, len(strangers), int(known.sum()))
