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
from gaitprint.evaluation.statistics.sample_size import bound, percent, subjects_for
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

    def false_alarms(self, distance: float) -> float:
        """Of 1,000 strangers so many come as near."""
        return 1000.0 * bisect_right(self.nearest, distance) / len(self.nearest)

    def joined_by(self, distance: float) -> "GalleryCalibration":
        """With one more stranger, whose nearest person is so far away."""
        # the one-to-one distance stays: one more stranger tells nothing about single people
        nearest = tuple(sorted((*self.nearest, distance)))
        threshold = _threshold(nearest, self.per_1000)
        return replace(self, threshold=threshold, nearest=nearest, strangers=self.strangers + 1)

    def text(self) -> str:
        """One line for people."""
        who = "strangers" if self.origin == "strangers" else "of the known, each a stranger to the others,"
        mark = f"; {self.reason}" if self.reason else ""
        return (
            f"named within {self.threshold:.4g}: at most {self.per_1000:g} false alarms per 1,000 strangers, by "
            f"{len(self.nearest)} searches for {self.strangers} {who} among {self.people} people{mark}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the searches."""
        return {**{k: v for k, v in asdict(self).items() if k != "nearest"}, "searches": len(self.nearest)}


def make_calibration(
    nearest: Sequence[float], pairs: Sequence[float], per_1000: float, *, strangers: int, origin: str, people: int
) -> GalleryCalibration:
    """Find the distances.

    Args:
        nearest: of every search for a stranger, the nearest person.
        pairs: of strangers to single people.
        per_1000: false alarms, above 0 and below 1,000.
        strangers: how many people they are.
        origin: see `GalleryCalibration`.
        people: enrolled.

    Raises:
        ConfigError: no such rate. DataError: nothing could be searched for.
    """
    require(0 < per_1000 < 1000, f"false alarms per 1,000 strangers lie between 0 and 1,000, found {per_1000}")
    if not nearest:
        raise DataError("no stranger could be searched for: give walks of people who are not enrolled")
    share, reason = per_1000 / 1000, ""
    if strangers < (need := subjects_for(share)):
        reason = (
            f"telling {percent(share)} from zero takes {need} strangers, {strangers} tell {percent(bound(strangers))}"
        )
    ordered = tuple(sorted(float(d) for d in nearest))
    # too few pairs for the share leave the stricter distance of searches
    verify = thresholds_for(np.array(pairs, np.float32), [share])
    threshold = _threshold(ordered, per_1000)
    return GalleryCalibration(
        threshold, per_1000, verify[0] if verify else threshold, ordered, strangers, origin, people, reason
    )


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
        return GalleryCalibration(**{**values, "nearest": tuple(values["nearest"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ArtefactError(f"the calibration of the gallery is damaged ({error}): calibrate again") from None


def packed(calibration: GalleryCalibration) -> str:
    """As `read_calibration` reads it."""
    return json.dumps(asdict(calibration))


def _threshold(nearest: Sequence[float], per_1000: float) -> float:
    """With too few searches for the share none may be named: below the nearest of all."""
    return thresholds_for(np.array(nearest, np.float32), [per_1000 / 1000])[0]
