"""A gallery as somebody sees it who may see what some cameras saw: of everything else there is nothing here.

A person is visible by a walk of these cameras, and is changed only by whoever may see all walks of theirs: a name or a
removal would change what others see. Searches compare with the walks of these cameras alone.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gaitprint.errors import AbsentError, GrantError
from gaitprint.gallery import enrolment, identification, people, probe_log
from gaitprint.gallery.contract import Condition
from gaitprint.gallery.erasure import Erasing, Erasure, purge
from gaitprint.gallery.grants import Granted
from gaitprint.gallery.journal import undo
from gaitprint.gallery.kept_walks import PROBE, SAMPLE, GivenFrames, given_frames, read_walk, with_walks
from gaitprint.gallery.look_alikes import look_alikes
from gaitprint.gallery.records import (
    EnrolReport,
    Identification,
    Person,
    Probe,
    Reject,
    Sample,
    Verification,
    WalkDetails,
)
from gaitprint.types import Embeddings, Frames

_TWIN = "it equals the walk"
"""What is said of a walk that is there under another name begins so, and goes on with whose it is."""


class GrantedGallery(Granted):
    """What a grant opens of a gallery, made by `Gallery.granted`. People are asked for by their ids."""

    def people(self, *, removed: bool = False) -> list[Person]:
        """Everybody who is visible, by id, with the count of their visible walks; or those who were removed."""
        with self._engine.reading() as reader:
            found = people.all_people(reader, removed)
            if self._cameras is None:
                return found
            seen = dict[int, int]()
            for person, gone in reader.rows("samples", ["person", "removed"], *self._where()):
                seen[person] = seen.get(person, 0) + (not gone)
            return [replace(p, samples=seen[p.id]) for p in found if p.id in seen]

    def show(self, person: int) -> tuple[Person, list[Sample]]:
        """A person, removed or not, and their visible walks, removed ones too.

        Raises:
            AbsentError: there is nobody, or they are not visible.
        """
        with self._engine.reading() as reader:
            return self._visible(reader, person)

    def kept_walks(self, samples: Sequence[int]) -> set[int]:
        """Which of these samples have silhouettes."""
        with self._engine.reading() as reader:
            return with_walks(reader, SAMPLE, samples)

    def kept_probe_walks(self, probes: Sequence[int]) -> set[int]:
        """Which of these probes of the log have silhouettes."""
        with self._engine.reading() as reader:
            return with_walks(reader, PROBE, probes)

    def walk(self, sample: int) -> Frames:
        """The silhouettes of a sample.

        Raises:
            AbsentError: no such sample, not visible, or none are kept of it.
        """
        with self._engine.reading() as reader:
            self._check_samples(reader, [sample])
            return read_walk(reader, SAMPLE, sample)

    def probe_walk(self, probe: int) -> Frames:
        """The silhouettes of a probe of the log.

        Raises:
            AbsentError: no such probe, not visible, or none are kept of it.
        """
        with self._engine.reading() as reader:
            self._check_probe(reader, probe)
            return read_walk(reader, PROBE, probe)

    def rename(self, person: int, name: str) -> Person:
        """Call somebody by another name."""
        with self._changing(person):
            return people.rename(self._engine, person, name)

    def tag(self, person: int, add: Sequence[str], remove: Sequence[str]) -> Person:
        """Add and take away tags."""
        with self._changing(person):
            return people.tag(self._engine, person, add, remove)

    def set_basis(self, person: int, *, basis: str | None = None, expires: str | None = None) -> Person:
        """Set the legal basis, and the day from which on they are no answer."""
        with self._changing(person):
            return people.set_basis(self._engine, person, basis, expires)

    def merge(self, into: int, others: Sequence[int]) -> Person:
        """Make people one who were enrolled as several."""
        with self._changing(into, *others):
            return people.merge(self._engine, into, others)[0]

    def split(self, person: int, samples: Sequence[int], name: str) -> Person:
        """Make walks of somebody those of a new person."""
        with self._changing(person):
            return people.split(self._engine, person, samples, name)

    def move(self, samples: Sequence[int], to: int) -> Person:
        """Make walks those of somebody else; the person with them."""
        with self._changing(to, samples=samples) as reader:
            people.move(self._engine, samples, to)
            return people.find_person(reader, to)

    def remove(self, persons: Sequence[int], samples: Sequence[int] = ()) -> None:
        """Take people, or single walks, out of every answer."""
        with self._changing(*persons, samples=samples):
            people.remove(self._engine, persons, samples)

    def restore(self, persons: Sequence[int], samples: Sequence[int] = ()) -> None:
        """Bring back what was removed."""
        with self._changing(*persons, samples=samples):
            people.restore(self._engine, persons, samples)

    def purge(
        self, persons: Sequence[int], samples: Sequence[int], expired: bool, removed: bool, dry_run: bool
    ) -> Erasure:
        """Erase people or single walks for good; see `Gallery.purge`."""
        if expired or removed:
            self.check_everything("purging everybody whose time has come")
        # not within the change: files can be swept only where no transaction is open
        with self._engine.reading() as reader:
            for number in persons:
                self._check_own(reader, number)
            self._check_samples(reader, samples)
        return purge(self._opened, Erasing(persons, samples, expired, removed), dry_run)

    def undo(self, line: int | None) -> tuple[int, str]:
        """Set back a change; its line and its verb."""
        self.check_everything("undo")
        return undo(self._engine, line)

    def enroll(
        self,
        walks: Embeddings,
        details: WalkDetails,
        rejects: Sequence[Reject] = (),
        silhouettes: GivenFrames | None = None,
    ) -> EnrolReport:
        """Enrol walks of a granted camera as those of the people they name.

        Raises:
            GrantError: another camera, or a name that somebody has whose walks are not all visible.
        """
        self.check_camera(details.camera)
        if self._cameras is not None:
            self._check_names({r.subject for r in walks.records if r.subject is not None})
        frames = given_frames(silhouettes, len(walks))
        report, new = enrolment.enroll(self._engine, walks, details, rejects, frames_of=frames)
        report = look_alikes(self._opened, report, new, self._cameras)
        if self._cameras is None:
            return report
        # whose walk it is that was there before is not for this grant to know
        said = tuple(Reject(r.key, f"{_TWIN} of somebody") if r.reason.startswith(_TWIN) else r for r in report.rejects)
        return replace(report, rejects=said)

    def identify(
        self,
        walks: Embeddings,
        top: int,
        tags: Sequence[str],
        camera: str,
        log: bool,
        silhouettes: GivenFrames | None = None,
    ) -> list[Identification]:
        """Say who walks that a granted camera saw are of, by the visible walks."""
        self.check_camera(camera)
        frames = given_frames(silhouettes, len(walks))
        answers = identification.identify(self._opened, walks, top, tags, self._cameras)
        return probe_log.keep_probes(self._opened, walks, answers, camera, frames) if log else answers

    def identify_again(self, probe: int, top: int) -> Identification:
        """Ask once more about a probe of the log."""
        with self._opened.searching() as (reader, comparing, _):
            self._check_probe(reader, probe)
            walk, _probe = probe_log.read_probe(reader, probe, comparing)
        return identification.identify(self._opened, walk, top, (), self._cameras)[0]

    def verify(self, walk: Embeddings, person: int) -> Verification:
        """Say whether a walk is of somebody, by their visible walks."""
        with self._engine.reading() as reader:
            self._visible(reader, person)
        return identification.verify(self._opened, walk, person, self._cameras)

    def log(self, like: Embeddings | None = None, last: int = 10**9) -> list[Probe]:
        """The log, newest first; with `like`, a walk, nearest first."""
        found = probe_log.list_probes(self._opened, like, 10**9)
        return [p for p in found if self._cameras is None or p.camera in self._cameras][:last]

    def decide(self, probe: int, person: int, right: bool, stranger: bool = False) -> str:
        """Say of a probe of the log that it is somebody, or is not."""
        if stranger:
            self.check_everything("what the calibration learns")
        with self._changing(person) as reader:
            self._check_probe(reader, probe)
            return probe_log.decide(self._opened, probe, person, right, stranger)

    def changes(self, last: int, before: int | None = None) -> list[tuple[dict[str, Any], bool]]:
        """Lines of the audit as `Gallery.audit` has them, newest first, and whether each can be undone."""
        self.check_everything("the audit")
        where: list[Condition] = [] if before is None else [("id", "<", before)]
        with self._engine.reading() as reader:
            rows = reader.rows("audit", ["id", "at", "verb", "details"], *where, last=last)
            undoable = {n for (n,) in reader.rows("undo", ["id"], ("id", ">", rows[-1][0] - 1 if rows else 0))}
        lines = ({"change": n, "at": at, "verb": verb, "details": json.loads(t)} for n, at, verb, t in rows)
        return [(line, line["change"] in undoable) for line in lines]

    def _check_names(self, names: set[str]) -> None:
        with self._engine.reading() as reader:
            for name in names:
                found = reader.rows("people", ["id"], ("name", "=", name))
                numbers = [int(name[3:])] if name[:3] == "id:" and name[3:].isdecimal() else [p for (p,) in found]
                for number in numbers:
                    try:
                        self._check_own(reader, number)
                    except AbsentError:
                        raise GrantError(f"the name {name!r:.60} is taken by somebody of other cameras") from None
