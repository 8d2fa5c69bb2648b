"""What a number of subjects promises: the rule of three and the rule of thirty (ISO/IEC 19795-1, annex on test size).

Both rules count independent trials. Two pairs that share a person are not independent, nor are two walks of one person,
so the units counted here are subjects, never pairs or sequences: a subject is one trial, and one error however often it
errs. That is strict, and the only count that promises something about other people. A rate that these rules do not
carry is still what was seen on these subjects: it is given, with its interval, and marked.
"""

import math
from dataclasses import dataclass
from typing import Any

from gaitprint.config import require

THREE = 3
"""No error in n trials bounds the rate at 3/n with 95% confidence, for (1 - 3/n)^n is about exp(-3) = 5%."""
THIRTY = 30
"""With 30 errors the true rate lies within 30% of the observed one with 90% confidence."""
MARK = "*"
"""Stands behind a figure that the subjects do not carry."""
NOBODY = "no subjects"
"""Stands in place of a figure that nobody takes part in."""


@dataclass(frozen=True)
class ErrorRate:
    """An error rate (a share, 0..1) with its interval, and why it is no promise for other people where it is none."""

    value: float | None
    """None: no subject takes part."""
    low: float | None
    high: float | None
    level: float
    """Of confidence of the interval, for example 0.95."""
    subjects: int
    """Subjects that could err."""
    erring: int
    """Subjects that erred at least once."""
    reason: str = ""
    """Why the subjects are too few to carry it, and how many it takes; empty where they carry it."""

    @property
    def carried(self) -> bool:
        """Whether so many subjects promise it for other people."""
        return not self.reason

    def text(self) -> str:
        """`12.3 % (10.1 - 14.5)`, with a `*` behind it where it is not carried."""
        if self.value is None or self.low is None or self.high is None:
            return NOBODY
        words = f"{100 * self.value:.1f} % ({100 * self.low:.1f} - {100 * self.high:.1f})"
        return words if self.carried else f"{words} {MARK}"

    def complement(self) -> "ErrorRate":
        """The rate of success; it is carried where that of errors is."""
        if self.value is None or self.low is None or self.high is None:
            return self
        ends = (1.0 - self.value, 1.0 - self.high, 1.0 - self.low)
        return ErrorRate(*ends, self.level, self.subjects, self.erring, self.reason)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        interval = None if self.low is None else [self.low, self.high]
        return {
            "value": self.value,
            "interval": interval,
            "subjects": self.subjects,
            "erring": self.erring,
            "carried": self.carried,
            "reason": self.reason or None,
        }


def bound(subjects: int) -> float:
    """The smallest rate that so many subjects can tell from zero (3/n, at most 1)."""
    return 1.0 if subjects <= THREE else THREE / subjects


def subjects_for(rate: float) -> int:
    """Count the subjects that a stated rate needs (rule of three).

    >>> subjects_for(0.01)
    300
    """
    require(0 < rate < 1, f"a rate lies between 0 and 1, found {rate}")
    # 3 / (3 / 47) is 47.00000000000001 in floats, and would ask for one subject more
    return math.ceil(THREE / rate - 1e-9)


def figure(
    value: float,
    low: float,
    high: float,
    *,
    subjects: int,
    erring: int,
    level: float,
    what: str = "the rate",
    stated: float | None = None,
) -> ErrorRate:
    """The figure, with the reason why the subjects do not carry it where they do not.

    Args:
        value: observed rate, 0..1.
        low: lower end of its interval.
        high: upper end.
        subjects: that could err.
        erring: that erred at least once.
        level: of the interval.
        what: the rate's name, for the reason.
        stated: the other rate that it is given at, which the subjects have to carry as well.
    """
    if subjects == 0:
        return ErrorRate(None, None, None, level, 0, 0, f"{what}: no subject takes part")
    reason = _reason(value, subjects, erring, what, stated)
    # of a skewed rate all draws may lie on one side of what was observed, which belongs to its interval
    low, high = min(low, value), max(high, value)
    if reason:  # where nobody errs, or everybody, all draws agree: the interval is what the rule of three leaves open
        low, high = (min(low, 1.0 - bound(subjects)) if value == 1 else low), max(high, bound(subjects) * (value == 0))
    return ErrorRate(value, low, high, level, subjects, erring, reason)


def legend(subjects: int) -> str:
    """What the mark behind a figure means, in plain words."""
    return (
        f"{MARK} measured on these {subjects} subjects, too few to promise it for other people. A rate is promised "
        f"from {percent(bound(subjects))} up (3 divided by the subjects, the rule of three), once {THIRTY} subjects "
        "have had an error (the rule of thirty, ISO/IEC 19795-1)."
    )


def _reason(value: float, subjects: int, erring: int, what: str, stated: float | None) -> str:
    """Why so many subjects do not carry a rate; empty where they do."""
    least = bound(subjects)
    if stated is not None and subjects < (need := subjects_for(stated)):
        return (
            f"{what}: telling a rate of {percent(stated)} from zero takes {need} subjects; with {subjects}, nothing "
            f"below {percent(least)} can be told from zero"
        )
    if value < least:
        limit = f"{what}: {subjects} subjects cannot tell a rate below {percent(least)} from zero"
        if not erring or value <= 0:
            return f"{limit}, and none of them had an error"
        return f"{limit}; to promise the {percent(value)} seen here takes about {subjects_for(value)} subjects"
    if erring < THIRTY:
        many = max(THIRTY, math.ceil(subjects * THIRTY / max(erring, 1)))
        return (
            f"{what}: {erring} of {subjects} subjects had an error; a rate is promised (within 30 % of itself, at 90 % "
            f"confidence) once {THIRTY} have had one, which takes about {many} subjects"
        )
    return ""


def percent(share: float) -> str:
    """`12.3 %`."""
    return f"{100 * share:.3g} %"
