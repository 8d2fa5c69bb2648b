"""The doctor's diagnosis as a value."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gaitprint.checks.findings import Finding, Severity
from gaitprint.errors import DataError


@dataclass(frozen=True)
class DoctorReport:
    """The diagnosis. `findings` stand in the order of their weight."""

    path: str
    kind: str
    """"store", "data set", or "nothing known" where no layout fits."""
    dataset: str
    title: str
    subjects: int
    sequences: int
    """Of which frames could be read."""
    frames: int
    lengths: tuple[int, float, int]
    """The fewest, the median and the most frames of a sequence."""
    conditions: dict[str, int]
    """Sequences of each."""
    views: dict[str, int]
    """Sequences of each."""
    fingerprint: str
    """That of the store made from these data; equal fingerprints mean equal frames and records."""
    unusable: tuple[tuple[str, str], ...]
    """Key and reason of every sequence that could not be read."""
    findings: tuple[Finding, ...]
    quality: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    """Of each measurement the 5th percentile, the median and the 95th, over the sequences that have it."""
    quarantined: tuple[str, ...] = ()
    """Keys of sequences that were put aside."""
    made_of: Mapping[str, Any] = field(default_factory=dict)
    """Of a store, the source and settings it was prepared from, and by which version; empty where it does not say."""

    @property
    def sound(self) -> bool:
        """Whether nothing found is an error."""
        return all(f.severity != "error" for f in self.findings)

    def check_strict(self) -> None:
        """Refuse data with an error or a warning; notes pass.

        Raises:
            DataError: there is one.
        """
        counts = Counter(f.severity for f in self.findings)
        if counts["error"] or counts["warning"]:
            severities: tuple[Severity, ...] = ("error", "warning")
            kinds = [kind for kind in severities if counts[kind]]
            counted = ", ".join(f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in kinds)
            raise DataError(f"{self.path}: {counted} found, and --strict allows none: see the findings")

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        # not `asdict`: it copies each key alone, and a published data set of which little is there misses thousands
        return {**vars(self), "findings": [dict(vars(f)) for f in self.findings], "sound": self.sound}

    def lines(self) -> list[str]:
        """The diagnosis for people, a line each."""
        head = [f"{self.path}: {self.kind} {self.title or self.dataset}".rstrip()]
        if self.sequences:
            shortest, middle, longest = self.lengths
            head += [
                f"{self.subjects} subjects, {self.sequences} sequences, {self.frames} frames "
                f"({shortest} to {longest} a sequence, median {middle:g})",
                "conditions: " + _counted(self.conditions),
                "views: " + _counted(self.views),
                f"fingerprint: {self.fingerprint}",
            ]
        if self.made_of:
            head.append("prepared from: " + "; ".join(f"{name} {value}" for name, value in self.made_of.items()))
        if self.quality:
            head.append("quality (5 %, median, 95 %): " + _quality_words(self.quality))
        head += [f.line() for f in self.findings] + ([] if self.findings else ["nothing found wrong"])
        return head + ([f"put aside: {len(self.quarantined)} sequences"] if self.quarantined else [])


def _quality_words(quality: Mapping[str, tuple[float, float, float]]) -> str:
    return "; ".join(f"{name} {low:.3g}, {middle:.3g}, {high:.3g}" for name, (low, middle, high) in quality.items())


def _counted(counts: Mapping[str, int], shown: int = 12) -> str:
    parts = [f"{name} {count}" for name, count in list(counts.items())[:shown]]
    return ", ".join(parts) + (f", ... {len(counts)} in all" if len(counts) > shown else "")
