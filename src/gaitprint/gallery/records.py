"""What a gallery answers with: people, samples, candidates, reports; frozen values."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gaitprint.arguments import settle_fields
from gaitprint.config import require

UNKNOWN = "unknown"
"""What is said of a probe that is nobody known."""


@dataclass(frozen=True)
class Person:
    """Somebody who is enrolled."""

    id: int
    """Is theirs for good, and never given to another."""
    name: str
    """What people call them; two may have one name."""
    tags: tuple[str, ...] = ()
    basis: str = ""
    """The legal basis of keeping them, such as "consent"."""
    expires: str = ""
    """The day, as in 2031-05-31, from which on they are no answer; empty: never."""
    enrolled: str = ""
    """When, UTC."""
    removed: str = ""
    """When they were taken out, restorable; empty: they were not."""
    merged_into: int | None = None
    """Whom they were found to be."""
    samples: int = 0
    """Walks of theirs that are searched."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "tags": list(self.tags)}


@dataclass(frozen=True)
class Sample:
    """A walk of somebody, as it was enrolled."""

    id: int
    person: int
    key: str
    condition: str
    view: str
    camera: str
    taken: str
    """When it was seen."""
    quality: str
    """What was measured of its silhouettes."""
    origin: str
    """The file or store it came from."""
    enrolled: str
    removed: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class WalkDetails:
    """What is known of walks to be enrolled beside their records."""

    tags: Sequence[str] = ()
    """Of new people."""
    basis: str = ""
    """The legal basis, of new people."""
    expires: str = ""
    """The day from which on they are no answer, as in 2031-05-31; of new people."""
    camera: str = ""
    taken: str = ""
    """When the walks were seen, as in 2026-11-30 or 2026-11-30T16:59."""
    origin: str = ""
    """Where they came from."""
    quality: Sequence[str] = field(default_factory=tuple)
    """What was measured of each walk; empty: nothing."""

    def __post_init__(self) -> None:
        settle_fields(self)
        from gaitprint.gallery.times import check_day

        check_day(self.expires, "expires")
        require(all(t.strip() for t in self.tags), "a tag is a word, found an empty text")


@dataclass(frozen=True)
class Reject:
    """A walk that was not enrolled, and why."""

    key: str
    reason: str


@dataclass(frozen=True)
class EnrolReport:
    """What became of walks that were to be enrolled."""

    enrolled: tuple[int, ...]
    """Ids of the new samples."""
    people: int
    """New people."""
    already: int
    """Walks that were there before, equal to the last bit."""
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...] = ()
    """What somebody should look at, such as people who may be one."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "enrolled": list(self.enrolled), "notes": list(self.notes)}


@dataclass(frozen=True)
class Candidate:
    """A person as an answer to a probe."""

    person: int
    name: str
    distance: float
    """Of the nearest of their walks; small is alike."""
    sample: int
    """That walk."""
    key: str
    false_alarms: float | None = None
    """Of 1,000 strangers so many come as near to somebody; None: not calibrated."""
    denied: str = ""
    """Why they are not the answer: the probe is nearer to a walk that was said not to be them. Else empty."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Identification:
    """The answer to one probe."""

    key: str
    person: int | None
    """None: unknown."""
    name: str
    candidates: tuple[Candidate, ...]
    """Nearest first."""
    margin: float | None
    """How much further away the next person is; None where there is none."""
    threshold: float | None
    """Nobody further away is the answer; None: not calibrated."""
    reason: str = ""
    """Why it is unknown; empty where it is not."""
    probe: int | None = None
    """Its number in the log; None: it is not kept."""
    notes: tuple[str, ...] = ()
    probability: float | None = None
    """That it is the nearest person, where so many of those asked about are enrolled as the calibration says
    (`known_share`); None: not calibrated, by too few people, or they are denied."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "reason": self.reason or None, "notes": list(self.notes)}


@dataclass(frozen=True)
class Verification:
    """Whether a probe is of a person, by all of their walks."""

    person: int
    name: str
    distance: float
    threshold: float | None
    accepted: bool | None
    """None: not calibrated."""
    sample: int
    """The nearest of their walks."""
    key: str

    def __bool__(self) -> bool:
        return self.accepted is True

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Probe:
    """Somebody who was asked about."""

    id: int
    key: str
    view: str
    camera: str
    seen: str
    expires: str
    person: int | None
    distance: float | None
    decision: str
    """What somebody said of the answer: "confirmed id:3", "rejected id:3", or nothing yet."""
    like: float | None = None
    """Its distance to the walk that was looked for; None where none was."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)
