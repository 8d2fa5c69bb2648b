"""What `verify` found: error rates of pairs and of searches, a table of thresholds, and how well probabilities hold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.statistics.sample_size import ErrorRate
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.evaluation.verification.open_set import GallerySize
from gaitprint.evaluation.verification.operating import OperatingPoint
from gaitprint.evaluation.verification.reliability import Reliability
from gaitprint.evaluation.verification.scores import Scores

ALL = "all"
"""The name of all probe selections together."""


@dataclass(frozen=True, eq=False)
class SetFigures:
    """The figures of one probe selection."""

    name: str
    subjects: int
    """With a pair of their own."""
    same_pairs: int
    other_pairs: int
    known: int
    """Searches of people in the gallery."""
    strangers: int
    """Searches of strangers."""
    equal_error: OperatingPoint
    misses: tuple[OperatingPoint, ...]
    """FNMR at each FMR asked for."""
    not_found: tuple[OperatingPoint, ...]
    """FNIR at each FPIR asked for."""
    ranks: tuple[tuple[int, ErrorRate], ...]
    """Share of known people's searches that have them among the first k people."""
    false_match: Float64[np.ndarray, " K"]
    """The DET curve."""
    false_non_match: Float64[np.ndarray, " K"]
    det_carried: Bool[np.ndarray, " K"]
    """Where the subjects carry both rates."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "subjects": self.subjects,
            "same_pairs": self.same_pairs,
            "other_pairs": self.other_pairs,
            "known_searches": self.known,
            "stranger_searches": self.strangers,
            "equal_error_rate": self.equal_error.to_dict(),
            "fnmr_at_fmr": [p.to_dict() for p in self.misses],
            "fnir_at_fpir": [p.to_dict() for p in self.not_found],
            "rank": {str(k): f.to_dict() for k, f in self.ranks},
            "det": {
                "fmr": self.false_match.tolist(),
                "fnmr": self.false_non_match.tolist(),
                "carried": self.det_carried.tolist(),
            },
        }


@dataclass(frozen=True)
class ThresholdRow:
    """What one threshold does; pairs and searches of all probe selections."""

    threshold: float
    why: str
    """What sets it, such as "FMR 10 %"."""
    false_match: ErrorRate
    false_non_match: ErrorRate
    false_positive: ErrorRate
    false_negative: ErrorRate

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "threshold": self.threshold,
            "why": self.why,
            "fmr": self.false_match.to_dict(),
            "fnmr": self.false_non_match.to_dict(),
            "fpir": self.false_positive.to_dict(),
            "fnir": self.false_negative.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class CalibrationFigures:
    """A calibration of all pairs, and what it is worth on people it has not seen."""

    calibration: Calibration
    after: Reliability
    """Of pairs whose people the fit did not see."""
    before: Reliability
    """Of what people do without one: 1 - distance / largest distance."""
    prior_loss: float
    """Log loss of the prior alone, which looks at nobody."""
    folds: int
    """0: the calibration came from elsewhere."""
    subjects: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "method": self.calibration.method,
            "limit": self.calibration.limit,
            "folds": self.folds,
            "subjects": self.subjects,
            "prior_log_loss": self.prior_loss,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Verification:
    """The figures of a verification, with what made them."""

    protocol: Protocol
    source: str
    """Fingerprint of the embeddings."""
    label: str
    """What made the distances."""
    transductive: bool
    subjects: int
    sets: tuple[SetFigures, ...]
    """Each probe selection, and where there are several all together as the last."""
    thresholds: tuple[ThresholdRow, ...]
    gallery: GallerySize
    """Without the strangers."""
    share: float
    """Of strangers."""
    splits: int
    same: Scores
    """Distances of all pairs of one subject."""
    other: Scores
    calibration: CalibrationFigures | None
    calibration_missing: str
    """Why there is none; empty where there is."""

    @property
    def whole(self) -> SetFigures:
        """The figures over all probe selections together."""
        return self.sets[-1]

    @property
    def marked(self) -> bool:
        """Whether a figure is not carried by the number of subjects."""
        points = [p.figure for s in self.sets for p in (s.equal_error, *s.misses, *s.not_found)]
        rows = [(t.false_match, t.false_non_match, t.false_positive, t.false_negative) for t in self.thresholds]
        ranks = [f for s in self.sets for _, f in s.ranks]
        return not all(f.carried for f in (*points, *ranks, *(f for row in rows for f in row)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; rates are shares, 0..1."""
        return {
            "protocol": self.protocol.name,
            "source": self.source,
            "label": self.label,
            "transductive": self.transductive,
            "unit": "share",
            "subjects": self.subjects,
            "sets": [s.to_dict() for s in self.sets],
            "thresholds": [t.to_dict() for t in self.thresholds],
            "gallery": {"people": self.gallery.people, "sequences": self.gallery.sequences},
            "strangers": self.share,
            "splits": self.splits,
            "calibration": None if self.calibration is None else self.calibration.to_dict(),
            "calibration_missing": self.calibration_missing or None,
        }
