"""What a tuning found: every family's figures on subjects that did not choose it, and what follows."""

from dataclasses import asdict, dataclass
from typing import Any

from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.tunable import Table


@dataclass(frozen=True)
class FamilyResult:
    """One family of pipelines."""

    family: str
    chosen: Table
    """What all subjects together choose of it."""
    chosen_by: tuple[Table, ...]
    """What the others of each fold chose."""
    figure: float
    """Rank-1 in percent of subjects under what others chose, mean over subjects and repeats."""
    over_plain: Interval | None
    """That less the plain distance's, paired over subjects, in points; None for the plain distance."""
    against: str
    """The family taken so far, which this one had to beat; empty for the plain distance."""
    gain: Interval | None
    """Over `against`."""
    taken: bool
    """Whether it beat that one beyond the interval."""
    inside: float
    """Rank-1 of `chosen` on those who chose it: too good, for they chose it."""

    @property
    def verdict(self) -> str:
        """One sentence."""
        label = Pipeline.from_settings(self.chosen).label
        if self.gain is None:
            return f"plain: {self.figure:.1f} % rank-1 ({label})."
        word = "taken" if self.taken else "refused"
        return (
            f"{self.family}: {word}, {self.figure:.1f} % rank-1 on subjects that did not choose, "
            f"{points(self.gain)} over {self.against} ({label})."
        )


@dataclass(frozen=True)
class Tried:
    """One pipeline that all subjects together tried."""

    family: str
    pipeline: Table
    mean: float
    """Rank-1 in percent over all subjects, who choose."""


@dataclass(frozen=True)
class TuneReport:
    """What was chosen, why, and everything that was refused with its evidence."""

    pipeline: Table
    """What to use."""
    family: str
    families: tuple[FamilyResult, ...]
    """From the simplest to the richest."""
    candidates: tuple[Tried, ...]
    facts: dict[str, Any]
    """Subjects, protocol, folds, fingerprints."""
    warnings: tuple[str, ...]

    @property
    def label(self) -> str:
        """The chosen pipeline, for people."""
        return Pipeline.from_settings(self.pipeline).label

    @property
    def highest(self) -> FamilyResult:
        """The family with the highest figure, which may be chance."""
        # of equals the chosen one, so that the page does not call another one higher
        return max(self.families, key=lambda found: (found.figure, found.family == self.family))

    @property
    def reason(self) -> str:
        """Why this pipeline was chosen, in one or two sentences."""
        if self.family == self.families[0].family:
            sentence = f"Chosen: {self.family}, for no further step gains more than chance may give."
        else:
            sentence = f"Chosen: {self.family}, the last step whose gain is more than chance may give."
        top = self.highest
        if top.family == self.family or top.gain is None:
            return f"{sentence} It also has the highest figure."
        return (
            f"{sentence} The highest figure is that of {top.family}, {top.figure:.1f} %, but its gain over "
            f"{top.against}, {points(top.gain)}, may be chance."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; intervals as [low, high]."""
        return {
            "pipeline": self.pipeline,
            "label": self.label,
            "reason": self.reason,
            "family": self.family,
            "families": [_plain(f) for f in self.families],
            "candidates": [asdict(c) for c in self.candidates],
            "facts": self.facts,
            "warnings": list(self.warnings),
        }


def points(interval: Interval) -> str:
    """A difference and its interval."""
    return f"{interval.mean:+.1f} points (95 % interval {interval.low:+.1f} to {interval.high:+.1f})"


def _plain(result: FamilyResult) -> dict[str, Any]:
    values = asdict(result)
    for name, interval in (("over_plain", result.over_plain), ("gain", result.gain)):
        ends = None if interval is None else {"points": interval.mean, "interval": [interval.low, interval.high]}
        values[name] = ends
    return {**values, "chosen_by": list(result.chosen_by), "verdict": result.verdict}
