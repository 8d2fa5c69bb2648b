"""Records of the gallery and the service as they are shown: with what is known beside them, without secrets."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from gaitprint.gallery.calibration import GalleryCalibration
from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.records import Candidate, Identification, Person, Probe, Reject, Sample
from gaitprint.gallery.unknowns import UnknownGroup
from gaitprint.service.keys import Key, Scope


def _values(record: Any, kind: type) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in fields(kind)}


@dataclass(frozen=True)
class ShownSample(Sample):
    """A walk of somebody, and whether its silhouettes are there."""

    kept: bool = False

    @classmethod
    def of(cls, sample: Sample, kept: bool) -> "ShownSample":
        """The sample with what is known beside it."""
        return cls(**_values(sample, Sample), kept=kept)


@dataclass(frozen=True)
class ShownPerson:
    """A person and all walks of theirs."""

    person: Person
    samples: list[ShownSample]


@dataclass(frozen=True)
class ShownProbe(Probe):
    """A probe of the log, and whether its silhouettes are there."""

    kept: bool = False

    @classmethod
    def of(cls, probe: Probe, kept: bool) -> "ShownProbe":
        """The probe with what is known beside it."""
        return cls(**_values(probe, Probe), kept=kept)


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
class ShownUnknown:
    """Somebody who was asked about and is not enrolled."""

    probes: list[int]
    """Their numbers in the log, oldest first."""
    times: int
    first: str
    last: str
    cameras: list[str]
    spread: float
    """The largest distance between two of them."""

    @classmethod
    def of(cls, group: UnknownGroup) -> "ShownUnknown":
        """The group as plain values."""
        return cls(**group.to_dict())


@dataclass(frozen=True)
class Unknowns:
    """All of them."""

    unknowns: list[ShownUnknown]


@dataclass(frozen=True)
class ShownCandidate(Candidate):
    """A person as an answer, and whether the walk that speaks for them can be shown."""

    kept: bool = False


@dataclass(frozen=True)
class ShownAnswer(Identification):
    """The answer to one probe, and whether its silhouettes can be shown."""

    candidates: tuple[ShownCandidate, ...]
    probe_kept: bool = False

    @classmethod
    def of(cls, answers: list[Identification], gallery: GrantedGallery) -> "list[ShownAnswer]":
        """Answers as the gallery has them."""
        samples = gallery.kept_walks(sorted({c.sample for a in answers for c in a.candidates}))
        probes = gallery.kept_probe_walks([a.probe for a in answers if a.probe is not None])
        made = []
        for answer in answers:
            shown = tuple(ShownCandidate(**_values(c, Candidate), kept=c.sample in samples) for c in answer.candidates)
            values = {**_values(answer, Identification), "candidates": shown}
            made.append(cls(**values, probe_kept=answer.probe in probes))
        return made


@dataclass(frozen=True)
class Answers:
    """Who was asked about, each for itself."""

    answers: list[ShownAnswer]
    rejects: list[Reject] = field(default_factory=list)
    """Walks that are not good enough to be answered, and why."""


@dataclass(frozen=True)
class Nearest:
    """How near somebody is to the person whom they may be."""

    person: int
    distance: float
    """Of the two most alike walks."""
    false_alarms: float | None
    """Of 1,000 strangers so many come as near to somebody; null: not calibrated."""


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do, or has done."""

    person: Person
    others: list[Person]
    samples: list[int]
    """Walks that come to the person."""
    nearest: list[Nearest]
    """Of each of the others who has walks to compare."""
    as_near: list[Person]
    """Who else is as near to one of the others: they may be the right ones."""
    done: bool

    @classmethod
    def of(cls, gallery: GrantedGallery, number: int, others: Sequence[int]) -> "MergePreview":
        """What a merge would do; who is not visible to the grant is not spoken of."""
        calibration, near, as_near = gallery.calibration(), list[Nearest](), dict[int, Person]()
        previews = [gallery.merge_preview(number, [other]) for other in others]
        for preview in previews:
            if preview.nearest is not None:
                rate = None if calibration is None else calibration.false_alarms(preview.nearest)
                near.append(Nearest(preview.others[0].id, preview.nearest, rate))
            as_near |= gallery.visible(p.person for p in preview.as_near if p.person not in others)
        samples = [s for preview in previews for s in preview.samples]
        people = [preview.others[0] for preview in previews]
        return cls(previews[0].into, people, samples, near, list(as_near.values()), False)


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
    known_share: float
    """The prior of probabilities: how many of those who are asked about are enrolled."""
    probabilities: bool
    """False: the people were too few for any."""

    @classmethod
    def of(cls, made: GalleryCalibration) -> "Calibrated":
        """The same without the searches."""
        shown = made.to_dict()
        return cls(**{f.name: shown[f.name] for f in fields(cls)})


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
