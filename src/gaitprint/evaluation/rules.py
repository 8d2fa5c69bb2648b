"""What a number of subjects can carry: the rule of three and the rule of thirty (ISO/IEC 19795-1, annex on test size).

Both rules count independent trials. Two pairs that share a person are not independent, nor are two walks of one person,
so the units counted here are subjects, never pairs or sequences: a subject is one trial, and one error however often it
errs. That is strict, and the only count that promises something about other people.
"""

import math
from dataclasses import dataclass
from typing import Any

from gaitprint.config import require

THREE = 3
"""No error in n trials bounds the rate at 3/n with 95% confidence, for (1 - 3/n)^n is about exp(-3) = 5%."""
THIRTY = 30
"""With 30 errors the true rate lies within 30% of the observed one with 90% confidence."""


@dataclass(frozen=True)
class Figure:
    """An error rate (a share, 0..1) with its interval, or the reason why there is none."""

    value: float | None
    """None: the subjects cannot carry it."""
    low: float | None
    high: float | None
    level: float
    """Of confidence of the interval, for example 0.95."""
    subjects: int
    """Subjects that could err."""
    erring: int
    """Subjects that erred at least once."""
    short: str = ""
    """What stands in the figure's place, in three words."""
    reason: str = ""
    """Why, and what would be needed."""

    def text(self) -> str:
        """`12.3 % (10.1 - 14.5)`, or what stands in its place."""
        if self.value is None or self.low is None or self.high is None:
            return self.short
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f} - {100 * self.high:.1f})"

    def complement(self) -> "Figure":
        """The rate of success; what cannot be said of errors cannot be said of it."""
        if self.value is None or self.low is None or self.high is None:
            above = f"above {_percent(1.0 - bound(self.subjects))}"
            short = above if self.short.startswith("below") else self.short
            return Figure(None, None, None, self.level, self.subjects, self.erring, short, self.reason)
        ends = (1.0 - self.value, 1.0 - self.high, 1.0 - self.low)
        return Figure(*ends, self.level, self.subjects, self.erring)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        interval = None if self.low is None else [self.low, self.high]
        return {
            "value": self.value,
            "interval": interval,
            "subjects": self.subjects,
            "erring": self.erring,
            "reason": self.reason or None,
        }


def bound(subjects: int) -> float:
    """The smallest rate that so many subjects can tell from zero (3/n, at most 1)."""
    return 1.0 if subjects <= THREE else THREE / subjects


def subjects_for(rate: float) -> int:
    """How many subjects a stated rate needs (rule of three).

    >>> subjects_for(0.01)
    300
    """
    require(0 < rate < 1, f"a rate lies between 0 and 1, found {rate}")
    return math.ceil(THREE / rate - 1e-9)


def figure(
    value: float, low: float, high: float, *, subjects: int, erring: int, level: float, what: str = "the rate"
) -> Figure:
    """The figure where the subjects carry it, else the reason.

    Args:
        value: observed rate, 0..1.
        low: lower end of its interval.
        high: upper end.
        subjects: that could err.
        erring: that erred at least once.
        level: of the interval.
        what: the rate's name, for the reason.
    """
    none = (None, None, None, level, subjects, erring)
    if subjects == 0:
        return Figure(*none, "nobody to count", f"{what}: no subject takes part")
    least = bound(subjects)
    if value < least:
        seen, need = "no subject erred", ""
        if erring and value > 0:
            seen = f"{erring} erred, too seldom"
            need = f"; to show what was seen here, about {subjects_for(value)} would be needed"
        reason = f"{what}: {subjects} subjects bound a rate at {_percent(least)} and no lower (3/n), and {seen}{need}"
        return Figure(*none, f"below {_percent(least)}", reason)
    if erring < THIRTY:
        many = max(THIRTY, math.ceil(subjects * THIRTY / max(erring, 1)))
        reason = (
            f"{what}: {erring} of {subjects} subjects erred; within 30 % at 90 % confidence needs {THIRTY} that do "
            f"(rule of thirty), so about {many} subjects"
        )
        return Figure(*none, f"{erring} of {subjects} erred, needs {THIRTY}", reason)
    return Figure(value, min(low, value), max(high, value), level, subjects, erring)


def refused(rate: float, subjects: int, level: float, what: str) -> Figure | None:
    """In place of a figure at a stated rate that so few subjects cannot carry; None where they can."""
    need = subjects_for(rate)
    if subjects >= need:
        return None
    reason = f"{what} {_percent(rate)} needs {need} subjects (3/n), found {subjects}: their bound is " + (
        _percent(bound(subjects))
    )
    return Figure(None, None, None, level, subjects, 0, f"needs {need} subjects", reason)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
