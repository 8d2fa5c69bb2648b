"""Figures at operating points: where both rates meet, one rate at a stated other, both at a given threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from gaitprint.evaluation.statistics.bootstrap import Resamples, SharesAt
from gaitprint.evaluation.statistics.sample_size import ErrorRate, bound, figure, percent, subjects_for
from gaitprint.evaluation.verification.pair_errors import crossing


@dataclass(frozen=True, eq=False)
class Curves:
    """Shares accepted of those who should not be (strangers, pairs of two) and of those who should, by threshold."""

    thresholds: Float32[np.ndarray, " K"]
    false: SharesAt
    true: SharesAt
    draws: Resamples
    names: tuple[str, str]
    """Of the two error rates, such as FMR and FNMR."""

    def false_figure(self, place: int) -> ErrorRate:
        """The share wrongly accepted at a threshold of the grid, by its place; -1 accepts nobody."""
        if place < 0:
            return self._figure(0.0, np.zeros(1), 0, self.false.subjects, self.names[0])
        drawn = self.false.drawn[:, place]
        return self._figure(
            self.false.observed[place], drawn, int(self.false.touched[place]), self.false.subjects, self.names[0]
        )

    def missed_figure(self, place: int) -> ErrorRate:
        """The share wrongly refused there."""
        subjects = self.true.subjects
        if place < 0:
            return self._figure(1.0, np.ones(1), subjects, subjects, self.names[1])
        drawn = 1.0 - self.true.drawn[:, place]
        missed = 1.0 - self.true.observed[place]
        return self._figure(missed, drawn, int(self.true.spared[place]), subjects, self.names[1])

    def _figure(
        self, value: float, drawn: Float64[np.ndarray, " B"], erring: int, subjects: int, what: str
    ) -> ErrorRate:
        low, high = self.draws.ends(drawn)
        ends = (float(value), float(low), float(high))
        return figure(*ends, subjects=subjects, erring=erring, level=self.draws.level, what=what)

    def place_for(self, stated: float) -> int:
        """The largest threshold of the grid that wrongly accepts at most the stated share; -1 where none does."""
        return int(np.searchsorted(self.false.observed, stated, side="right")) - 1

    def place_of(self, threshold: float) -> int:
        """The largest threshold of the grid that is at most this one."""
        return int(np.searchsorted(self.thresholds, np.float32(threshold), side="right")) - 1


@dataclass(frozen=True)
class OperatingPoint:
    """An error rate at a stated other."""

    stated: float
    """The rate that was asked for."""
    reached: float
    """What the threshold gives: at most the stated rate."""
    threshold: float
    """Largest distance accepted."""
    figure: ErrorRate

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "stated": self.stated,
            "reached": self.reached,
            "threshold": self.threshold,
            **self.figure.to_dict(),
        }


def missed_at(curves: Curves, stated: float) -> OperatingPoint:
    """FNMR at a stated FMR, or FNIR at a stated FPIR. In every draw of subjects the threshold is found anew."""
    place = curves.place_for(stated)
    threshold = float(curves.thresholds[max(place, 0)])
    if place < 0:
        threshold = float(np.nextafter(np.float32(threshold), np.float32(-np.inf)))
    reached = 0.0 if place < 0 else float(curves.false.observed[place])
    few = min(curves.false.subjects, curves.true.subjects)
    what = f"{curves.names[1]} at {curves.names[0]} {percent(stated)}"
    value = 1.0 if place < 0 else 1.0 - float(curves.true.observed[place])
    low, high = curves.draws.ends(_missed_in_draws(curves, stated))
    erring = int(curves.true.spared[place]) if place >= 0 else curves.true.subjects
    # the rate stands on both curves: the fewer errors of the two decide whether it is carried
    erring = min(erring, int(curves.false.touched[max(place, 0)]))
    ends = (value, float(low), float(high))
    rate = figure(*ends, subjects=few, erring=erring, level=curves.draws.level, what=what, stated=stated)
    return OperatingPoint(stated, reached, threshold, rate)


def equal_error(curves: Curves, threshold: float, rate: float) -> OperatingPoint:
    """The equal error rate, found on the whole curve, with its interval."""
    place = max(curves.place_of(threshold), 0)
    drawn = np.array([
        _crossing(false, 1.0 - true) for false, true in zip(curves.false.drawn, curves.true.drawn, strict=True)
    ])  # fmt: skip
    low, high = curves.draws.ends(drawn)
    erring = min(int(curves.false.touched[place]), int(curves.true.spared[place]))
    few = min(curves.false.subjects, curves.true.subjects)
    ends = (rate, float(low), float(high))
    eer = figure(*ends, subjects=few, erring=erring, level=curves.draws.level, what="equal error rate")
    return OperatingPoint(rate, rate, threshold, eer)


def reasons(equal: OperatingPoint, stated: Sequence[OperatingPoint]) -> list[str]:
    """Why figures are not carried; rates too low to be told from zero are named together, once for so many subjects."""
    low: dict[int, list[OperatingPoint]] = {}
    lines = [equal.figure.reason]
    for point in stated:
        if point.figure.reason and point.figure.subjects < subjects_for(point.stated):
            low.setdefault(point.figure.subjects, []).append(point)
        else:
            lines.append(point.figure.reason)
    for subjects, points in low.items():
        names = [p.figure.reason.partition(":")[0] for p in points]
        needs = [subjects_for(p.stated) for p in points]
        lines.append(
            points[0].figure.reason
            if len(points) == 1
            else f"{', '.join(names)}: telling such rates from zero takes {', '.join(map(str, needs))} subjects; with "
            f"{subjects}, nothing below {percent(bound(subjects))} can be told from zero"
        )
    return [reason for reason in lines if reason]


def _missed_in_draws(curves: Curves, stated: float) -> Float64[np.ndarray, " B"]:
    # to first order drawn shares need not rise; `interp` takes it for granted
    rising = np.maximum.accumulate(curves.false.drawn, axis=1)
    return np.array([
        np.interp(stated, false, missed) for false, missed in zip(rising, 1.0 - curves.true.drawn, strict=True)
    ])  # fmt: skip


def _crossing(false: Float64[np.ndarray, " K"], missed: Float64[np.ndarray, " K"]) -> float:
    """Find the rate at which two drawn curves meet, along the line between two thresholds."""
    over = np.flatnonzero(false >= missed)
    if not len(over):
        return float((false[-1] + missed[-1]) / 2.0)
    first = int(over[0])
    a, b = (0.0, 1.0) if first == 0 else (false[first - 1], missed[first - 1])
    return crossing(a, b, float(false[first]), float(missed[first]))
