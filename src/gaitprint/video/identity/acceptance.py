"""How near somebody has to be to be named: a distance that was given, or one that strangers reach seldom enough.

ISO/IEC 19795-1: FPIR is the share of strangers' searches that return anybody. It is measured on single walks. A track
of several windows is held against the same distance: the nearest of their mean distances is never below the mean of
their nearest ones, and one person a track takes people away, never adds any. Both only lower a track's rate.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.config import require
from gaitprint.errors import DataError, ProtocolError
from gaitprint.evaluation.statistics.sample_size import MARK, bound, percent, subjects_for
from gaitprint.evaluation.verification.open_set import thresholds_for
from gaitprint.retrieval.sides import check_sides
from gaitprint.types import Embeddings
from gaitprint.video.identity.known_people import KnownPeople

FPIR = 0.05
"""The rate where none is stated."""
MOST_SEARCHES = 2000
"""Walks that are searched with, at most: more change the distance no more than chance does."""


@dataclass(frozen=True)
class Acceptance:
    """The largest distance at which somebody is named, and what it rests on."""

    distance: float
    origin: Literal["given", "strangers", "gallery"]
    """Who stood for strangers: nobody, for the distance was given; others; the known, each to the others."""
    fpir: float | None = None
    """The share of strangers' searches that may name somebody; None where the distance was given."""
    strangers: int = 0
    """People who were searched for in vain."""
    searches: int = 0
    """Walks of theirs."""
    reason: str = ""
    """Why the strangers are too few to promise the rate for other people; empty where they are not."""

    def text(self) -> str:
        """One line for people."""
        if self.fpir is None:
            return f"distance at most {self.distance:.4g}, as given"
        who = "other people" if self.origin == "strangers" else "of the known, each a stranger to the others,"
        mark = f" {MARK}" if self.reason else ""
        return (
            f"distance at most {self.distance:.4g}: FPIR {percent(self.fpir)}{mark}, by {self.searches} walks of "
            f"{self.strangers} {who} searched for in vain"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "distance": self.distance,
            "origin": self.origin,
            "fpir": self.fpir,
            "strangers": self.strangers,
            "searches": self.searches,
            "carried": None if self.fpir is None else not self.reason,
            "reason": self.reason or None,
        }


def accept_within(distance: float) -> Acceptance:
    """Name whoever is at most so far away.

    Raises:
        ConfigError: it is no number.
    """
    require(math.isfinite(distance), f"the distance within which somebody is named is a number, found {distance}")
    return Acceptance(float(distance), "given")


def accept_by_strangers(known: KnownPeople, strangers: Embeddings, fpir: float = FPIR) -> Acceptance:
    """Name somebody within the largest distance that at most so many of the strangers' walks reach.

    Args:
        known: the people among whom is searched.
        strangers: walks of others; those without a name count as of one person, for nobody says of how many.
        fpir: the share, above 0 and below 1.

    Raises:
        ConfigError: the share is none. DataError: there is no walk, or one of somebody known. ArtefactError: other
            networks made them.
    """
    _check_rate(fpir)
    check_sides(strangers, known.walks, "walks of strangers")
    people = {r.subject for r in strangers.records}
    both = sorted({str(p) for p in people if p is not None} & set(known.subjects))
    if both:
        raise DataError(
            f"{both[0]!r} is in the gallery and among the strangers: strangers are people who are not known, leave the "
            "walks out"
        )
    chosen = strangers.select(_spread(len(strangers)))
    nearest = known.distances(chosen).min(axis=1)
    return _accepted(nearest, fpir, len({r.subject for r in chosen.records}), "strangers")


def accept_by_gallery(known: KnownPeople, fpir: float = FPIR) -> Acceptance:
    """The same, where each known person in turn is taken out of the gallery and searched for.

    Raises:
        ConfigError: the share is none. ProtocolError: only one person is known, to whom nobody is a stranger.
    """
    _check_rate(fpir)
    if len(known.subjects) < 2:
        raise ProtocolError(
            f"only {known.subjects[0]!r} is known, so nobody is a stranger to anybody: give walks of other people "
            "(--strangers) or a distance (--threshold)"
        )
    rows, chosen = known.rows, np.array(_spread(len(known.walks)))
    nearest = np.concatenate([_searched(known, chosen[rows[chosen] == p], rows == p) for p in np.unique(rows[chosen])])
    return _accepted(nearest, fpir, len(np.unique(rows[chosen])), "gallery")


def _searched(known: KnownPeople, probes: np.ndarray, own: np.ndarray) -> Float32[np.ndarray, " q"]:
    """The nearest of the others to some walks of one person."""
    walks = known.walks
    if known.pipeline.pairwise:
        return np.asarray(known.distances(walks.select(probes))[:, ~own].min(axis=1))
    # a step that looks at the whole gallery must not have seen the one who is taken out
    others = known.fitted.remove([walks.records[i].key for i in np.flatnonzero(own)])
    return np.asarray(others.distances(walks.select(probes)).min(axis=1))


def _accepted(
    nearest: Float32[np.ndarray, " M"], fpir: float, people: int, origin: Literal["strangers", "gallery"]
) -> Acceptance:
    distance = thresholds_for(nearest, [fpir])
    if not distance:
        raise DataError("no walk of a stranger could be compared with anybody known: check the two files")
    reason = ""
    if people < (need := subjects_for(fpir)):
        reason = (
            f"FPIR: telling a rate of {percent(fpir)} from zero takes {need} strangers; with {people}, nothing below "
            f"{percent(bound(people))} can be told from zero"
        )
    return Acceptance(distance[0], origin, fpir, people, len(nearest), reason)


def _check_rate(fpir: float) -> None:
    require(0 < fpir < 1, f"a false-alarm rate lies between 0 and 1, such as 0.05 or 5%, found {fpir}")


def _spread(count: int) -> list[int]:
    """Which walks are searched with: all, or so many, evenly spread."""
    return sorted({int(i) for i in np.linspace(0, count - 1, min(count, MOST_SEARCHES)).round()})
