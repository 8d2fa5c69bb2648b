"""A gallery as somebody sees it who may see what some cameras saw: of everything else there is nothing here.

A person is visible by a walk of these cameras, and is changed only by whoever may see all walks of theirs: a name or a
removal would change what others see. Searches compare with the walks of these cameras alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gaitprint.errors import AbsentError, GrantError
from gaitprint.gallery import enrolment, identification, people, probe_log
from gaitprint.gallery.calibration import GalleryCalibration, read_calibration
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.granted_corrections import GrantedCorrections
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
from gaitprint.gallery.unknowns import UnknownGroup, enroll_from_log, unknown_groups
from gaitprint.types import Embeddings, Frames

_TWIN = "it equals the walk"
"""What is said of a walk that is there under another name begins so, and goes on with whose it is."""


class GrantedGallery(GrantedCorrections):
    """What a grant opens of a gallery, made by `Gallery.granted`. People are asked for by their ids."""

    def people(self, *, removed: bool = False) -> list[Person]:
        """Everybody who is visible, by id, with the count of their visible walks; or those who were removed."""
        with self._engine.reading() as reader:
            found = people.all_people(reader, removed)
            if self._cameras is None:
                return found
            # a person whose walks were all removed is still visible, with none
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
        return self._told(look_alikes(self._opened, report, new, self._cameras))

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
        # the log would say of another camera that it saw somebody
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
        # chosen after, and cut after that: the last ones of a camera may be old
        found = probe_log.list_probes(self._opened, like, 10**9)
        return [p for p in found if self._cameras is None or p.camera in self._cameras][:last]

    def unknowns(self) -> list[UnknownGroup]:
        """Whom the granted cameras have seen and nobody has enrolled; see `Gallery.unknowns`."""
        return unknown_groups(self._opened, self._cameras)

    def enroll_from_log(self, probes: Sequence[int], name: str, details: WalkDetails) -> EnrolReport:
        """Enrol probes of the log as walks of somebody; see `Gallery.enroll_from_log`."""
        if details.camera:
            self.check_camera(details.camera)
        if self._cameras is not None:
            self._check_names({name})
        with self._changing() as reader:
            for number in probes:
                self._check_probe(reader, number)
            report, new = enroll_from_log(self._opened, probes, name, details)
        return self._told(look_alikes(self._opened, report, new, self._cameras))

    def calibration(self) -> GalleryCalibration | None:
        """How near is near enough; None: not calibrated."""
        with self._engine.reading() as reader:
            return read_calibration(reader)

    def visible(self, numbers: Iterable[int]) -> dict[int, Person]:
        """Those of these people who are visible."""
        with self._engine.reading() as reader:
            return {n: found for n in numbers if (found := self._seen(reader, n)) is not None}

    def _seen(self, reader: Reader, number: int) -> Person | None:
        try:
            return self._visible(reader, number)[0]
        except AbsentError:
            return None

    def _told(self, report: EnrolReport) -> EnrolReport:
        if self._cameras is None:
            return report
        # whose walk it is that was there before is not for this grant to know
        said = tuple(Reject(r.key, f"{_TWIN} of somebody") if r.reason.startswith(_TWIN) else r for r in report.rejects)
        return replace(report, rejects=said)

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
