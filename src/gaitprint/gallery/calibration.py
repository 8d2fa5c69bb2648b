"""How near one has to be to be named: as near as strangers come seldom enough.

ISO/IEC 19795-1: FPIR is the share of strangers' searches that return anybody. A gallery states it as false alarms per
1,000 strangers. It grows with the gallery, so it holds for the people who were there when it was measured.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gaitprint.config import require
from gaitprint.errors import ArtefactError, DataError
from gaitprint.evaluation.statistics.sample_size import THIRTY, bound, percent, subjects_for
from gaitprint.evaluation.verification.calibration import Calibration, fit_calibration
from gaitprint.evaluation.verification.open_set import thresholds_for
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.journal import read_fact

PER_1000 = 10.0
"""False alarms where none are stated."""
CALIBRATION = "calibration"


@dataclass(frozen=True)
class GalleryCalibration:
    """The distance at which somebody is named, and what it rests on."""

    threshold: float
    per_1000: float
    """Of 1,000 strangers who are searched for, at most so many are named."""
    verify_threshold: float
    """The distance to one person that the same share of comparisons with strangers comes below."""
    nearest: tuple[float, ...]
    """Of each search for a stranger the distance of the nearest person, in order."""
    strangers: int
    """People who were searched for in vain."""
    origin: str
    """`strangers`: others; `gallery`: each of the known in turn."""
    people: int
    """Enrolled when it was made."""
    reason: str = ""
    """Why the strangers are too few to promise the rate for other people; empty where they are not."""
    own: tuple[float, ...] = ()
    """Of walks of the known, each without itself, the distance to the nearest other of their own, in order, where
    nobody else was nearer."""
    own_people: int = 0
    """Whose they are."""
    found_share: float = 1.0
    """In how many of these searches nobody else was nearer."""
    known_share: float = 0.5
    """The prior: how many of those who are asked about are enrolled, as somebody says."""
    line: tuple[float, ...] = ()
    """Two distances, the natural logarithms of the likelihood ratio there, and the largest that is answered; empty:
    people are too few."""

    def false_alarms(self, distance: float) -> float:
        """Of 1,000 strangers so many come as near."""
        return 1000.0 * bisect_right(self.nearest, distance) / len(self.nearest)

    def probability(self, distance: float) -> float | None:
        """That a probe whose nearest person is so far away is that person; None where people were too few.

        By how much more often a walk of somebody known is as near to their own than the nearest person to a stranger.
        The prior is that they are known and nobody else is nearer; who is nearer then counts as one to a stranger.
        """
        if not self.line:
            return None
        ends = np.array(self.line)
        line = Calibration("logistic", ends[:2], ends[2:4], float(ends[4]))
        return float(line.probability(np.array([distance]), self.known_share * self.found_share)[0])

    def joined_by(self, distance: float) -> "GalleryCalibration":
        """With one more stranger, whose nearest person is so far away."""
        # the one-to-one distance stays: one more stranger tells nothing about single people
        nearest = tuple(sorted((*self.nearest, distance)))
        threshold = _threshold(nearest, self.per_1000)
        joined = replace(self, threshold=threshold, nearest=nearest, strangers=self.strangers + 1)
        return replace(joined, line=_line(joined.own, joined.own_people, nearest, joined.strangers))

    def text(self) -> str:
        """One line for people."""
        who = "strangers" if self.origin == "strangers" else "of the known, each a stranger to the others,"
        mark = f"; {self.reason}" if self.reason else ""
        if self.line:
            mark += f"; probabilities where {100 * self.known_share:g}% of those who are asked about are enrolled"
        else:
            least = min(self.own_people, self.strangers)
            mark += f"; no probabilities: they take {THIRTY} people with two walks and as many strangers, found {least}"
        return (
            f"named within {self.threshold:.4g}: at most {self.per_1000:g} false alarms per 1,000 strangers, by "
            f"{len(self.nearest)} searches for {self.strangers} {who} among {self.people} people{mark}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the searches."""
        left_out = {"nearest", "own", "line"}
        shown = {k: v for k, v in asdict(self).items() if k not in left_out}
        return {**shown, "searches": len(self.nearest), "probabilities": bool(self.line)}


@dataclass(frozen=True)
class Measured:
    """Distances by which a gallery is calibrated."""

    nearest: Sequence[float]
    """Of every search for a stranger, the nearest person."""
    pairs: Sequence[float]
    """Of strangers to single people."""
    own: Sequence[float]
    """Of walks of the known to the nearest other of their own, where nobody else was nearer."""
    own_people: int
    """Whose those are."""
    found_share: float = 1.0
    """In how many of these searches nobody else was nearer."""


def make_calibration(
    measured: Measured, per_1000: float, *, strangers: int, origin: str, people: int, known_share: float = 0.5
) -> GalleryCalibration:
    """Find the distances.

    Args:
        measured: the distances.
        per_1000: false alarms, above 0 and below 1,000.
        strangers: how many people they are.
        origin: see `GalleryCalibration`.
        people: enrolled.
        known_share: how many of those who are asked about are enrolled, between 0 and 1: the prior of probabilities.

    Raises:
        ConfigError: no such rate. DataError: nothing could be searched for.
    """
    require(0 < per_1000 < 1000, f"false alarms per 1,000 strangers lie between 0 and 1,000, found {per_1000}")
    require(0 < known_share < 1, f"the share of those asked about who are enrolled lies between 0 and 1: {known_share}")
    if not measured.nearest:
        raise DataError("no stranger could be searched for: give walks of people who are not enrolled")
    share, reason = per_1000 / 1000, ""
    if strangers < (need := subjects_for(share)):
        reason = (
            f"telling {percent(share)} from zero takes {need} strangers, {strangers} tell {percent(bound(strangers))}"
        )
    ordered = tuple(sorted(float(d) for d in measured.nearest))
    # too few pairs for the share leave the stricter distance of searches
    verify = thresholds_for(np.array(measured.pairs, np.float32), [share])
    threshold = _threshold(ordered, per_1000)
    made = GalleryCalibration(
        threshold, per_1000, verify[0] if verify else threshold, ordered, strangers, origin, people, reason
    )
    own = tuple(sorted(float(d) for d in measured.own))
    line = _line(own, measured.own_people, ordered, strangers)
    kept = replace(made, own=own, own_people=measured.own_people, found_share=measured.found_share)
    return replace(kept, known_share=known_share, line=line)


def read_calibration(reader: Reader) -> GalleryCalibration | None:
    """The calibration of a gallery; None where there is none.

    Raises:
        ArtefactError: damaged.
    """
    text = read_fact(reader, CALIBRATION)
    if not text:
        return None
    try:
        # unknown keys are refused by the constructor: a newer package wrote them
        values = json.loads(text)
        series = {name: tuple(values.get(name, ())) for name in ("nearest", "own", "line")}
        return GalleryCalibration(**{**values, **series})
    except (ValueError, TypeError, KeyError) as error:
        raise ArtefactError(f"the calibration of the gallery is damaged ({error}): calibrate again") from None


def packed(calibration: GalleryCalibration) -> str:
    """As `read_calibration` reads it."""
    return json.dumps(asdict(calibration))


def _threshold(nearest: Sequence[float], per_1000: float) -> float:
    """With too few searches for the share none may be named: below the nearest of all."""
    return thresholds_for(np.array(nearest, np.float32), [per_1000 / 1000])[0]


def _line(own: Sequence[float], own_people: int, nearest: Sequence[float], strangers: int) -> tuple[float, ...]:
    """The likelihood ratio as a falling line over the distance; empty where people are too few to say one."""
    # one person as often as they have walks, but no surer than there are people of either kind
    people = min(own_people, strangers)
    if people < THIRTY:
        return ()
    both, counts = np.unique(np.array([*own, *nearest], np.float64), return_inverse=True)
    same = np.bincount(counts[: len(own)], minlength=len(both)).astype(np.float64)
    other = np.bincount(counts[len(own) :], minlength=len(both)).astype(np.float64)
    fitted = fit_calibration("logistic", both, same, other, people)
    return (*fitted.distances.tolist(), *fitted.log_ratios.tolist(), fitted.limit)
