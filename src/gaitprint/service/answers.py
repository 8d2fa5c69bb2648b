"""What is asked and answered in JSON, beside the gallery's own records."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gaitprint.gallery.calibration import GalleryCalibration
from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.records import Identification, Person, Probe, Reject, Sample
from gaitprint.service.keys import Key, Scope

Id = Annotated[int, Field(ge=1, le=2**53)]
"""A number of a person, a walk, a probe or a change."""
Ids = Annotated[list[Id], Field(max_length=10_000)]
Word = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[list[Word], Field(max_length=100)]
Text = Annotated[str, Field(max_length=1000)]


class Asked(BaseModel):
    """A body; what it has beside its fields is refused, for it would be passed over."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class ShownSample(Sample):
    """A walk of somebody, and whether its silhouettes are there."""

    kept: bool = False

    @classmethod
    def of(cls, sample: Sample, kept: bool) -> "ShownSample":
        """The sample with what is known beside it."""
        return cls(**{f.name: getattr(sample, f.name) for f in fields(Sample)}, kept=kept)


@dataclass(frozen=True)
class ShownPerson:
    """A person and all walks of theirs."""

    person: Person
    samples: list[ShownSample]


@dataclass(frozen=True)
class People:
    """A page of a list of people."""

    people: list[Person]
    total: int
    """So many meet the conditions."""


@dataclass(frozen=True)
class TagCount:
    """A tag and how many have it."""

    tag: str
    people: int


@dataclass(frozen=True)
class Tags:
    """All tags."""

    tags: list[TagCount]


@dataclass(frozen=True)
class Touched:
    """Whom and which walks a verb was for."""

    people: list[int]
    samples: list[int]


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do, or has done."""

    person: Person
    others: list[Person]
    samples: list[int]
    """Walks that come to the person."""
    done: bool


@dataclass(frozen=True)
class Undone:
    """A change that was set back."""

    change: int
    verb: str


@dataclass(frozen=True)
class Answers:
    """Who was asked about, each for itself."""

    answers: list[Identification]
    rejects: list[Reject] = field(default_factory=list)
    """Walks that are not good enough to be answered, and why."""


@dataclass(frozen=True)
class ShownProbe(Probe):
    """A probe of the log, and whether its silhouettes are there."""

    kept: bool = False

    @classmethod
    def of(cls, probe: Probe, kept: bool) -> "ShownProbe":
        """The probe with what is known beside it."""
        return cls(**{f.name: getattr(probe, f.name) for f in fields(Probe)}, kept=kept)


@dataclass(frozen=True)
class Probes:
    """A page of the log."""

    probes: list[ShownProbe]

    @classmethod
    def of(cls, found: list[Probe], gallery: GrantedGallery) -> "Probes":
        """Probes as the gallery has them."""
        kept = gallery.kept_probe_walks([p.id for p in found])
        return cls([ShownProbe.of(p, p.id in kept) for p in found])


@dataclass(frozen=True)
class Erased:
    """What was erased, or would be."""

    people: list[int]
    samples: list[int]
    probes: int
    """Of the log, that were taken for these people."""
    done: bool
    """False: nothing was changed."""


@dataclass(frozen=True)
class Checked:
    """What was looked at and what was found."""

    problems: list[str]
    people: int
    samples: int
    changes: int
    audit_head: str
    """The last hash of the audit: kept elsewhere, it proves later that no line was taken off the end."""
    digest: str
    done: list[str]


@dataclass(frozen=True)
class Said:
    """What was done with a decision, in a line."""

    said: str


@dataclass(frozen=True)
class Calibrated:
    """How near is near enough, without the searches that it rests on."""

    threshold: float
    per_1000: float
    verify_threshold: float
    strangers: int
    origin: str
    people: int
    reason: str
    searches: int

    @classmethod
    def of(cls, made: GalleryCalibration) -> "Calibrated":
        """The same without the searches."""
        known = {f.name for f in fields(cls)} - {"searches"}
        return cls(**{name: getattr(made, name) for name in known}, searches=len(made.nearest))


@dataclass(frozen=True)
class AuditLine:
    """A line of the audit: numbers, never names."""

    change: int
    at: str
    verb: str
    details: dict[str, Any]
    undoable: bool = False


@dataclass(frozen=True)
class AuditLines:
    """A page of the audit, newest first."""

    changes: list[AuditLine]


@dataclass(frozen=True)
class ShownKey:
    """A key, as everybody may see it who may make keys."""

    id: str
    name: str
    scopes: list[Scope]
    cameras: list[str] | None
    created: str
    used: str
    revoked: str

    @classmethod
    def of(cls, key: Key) -> "ShownKey":
        """The same as plain values."""
        return cls(**{**key.to_dict(), "scopes": list(key.scopes), "cameras": key.cameras and list(key.cameras)})


@dataclass(frozen=True)
class NewKey(ShownKey):
    """A key that was just made."""

    key: str = ""
    """Its text, shown this once."""


@dataclass(frozen=True)
class KeyList:
    """All keys, revoked ones too."""

    keys: list[ShownKey]


@dataclass(frozen=True)
class Session:
    """What a key opens, and what the gallery is."""

    key: ShownKey
    version: str
    people: int
    source: str
    calibration: Calibrated | None
    retention_days: float
    model: str | None = None
    video: bool = False
    keeps_walks: bool = False
