"""A client of `gaitprint serve`: the verbs of `Gallery`, over HTTP, typed alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from gaitprint.arguments import shown
from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.gallery.erasure import Erasure
from gaitprint.gallery.records import EnrolReport, Person, Verification, WalkDetails
from gaitprint.service.answers import AuditLine, AuditLines, Checked, People, Said, Touched, Undone
from gaitprint.service.calling import Calls, SentWalks
from gaitprint.service.shown import (
    Answers,
    Calibrated,
    MergePreview,
    Probes,
    Session,
    ShownAnswer,
    ShownPerson,
    ShownProbe,
    ShownSample,
    ShownUnknown,
    Unknowns,
)
from gaitprint.types import Frames

T = TypeVar("T")
_PAGE = 1000


class Client(Calls):
    """A service, as somebody with a key sees it: `with gp.Client("https://host:8321", key) as client: ...`.

    People, walks and probes are named by their ids. What the service refuses is a `ServiceError` with its `status`;
    where it is busy, the client waits and asks again.
    """

    def session(self) -> Session:
        """What the key opens, and what the gallery is."""
        return self._ask(Session, "GET", "/v1/session")

    def people(self, q: str = "", *, tags: Sequence[str] = (), removed: bool = False) -> list[Person]:
        """Everybody, by id, or those whose name holds `q` and who have all tags; or those who were removed."""
        found = list[Person]()
        while True:
            how = {"q": q, "tag": list(tags), "removed": removed, "limit": _PAGE, "offset": len(found)}
            page = self._ask(People, "GET", "/v1/people", params=how)
            found += page.people
            # people who are removed meanwhile make the last page short
            if len(found) >= page.total or not page.people:
                return found

    def show(self, person: int) -> tuple[Person, list[ShownSample]]:
        """A person, removed or not, and all walks of theirs."""
        made = self._ask(ShownPerson, "GET", f"/v1/people/{person}")
        return made.person, made.samples

    def rename(self, person: int, name: str) -> Person:
        """Call somebody by another name; their id stays."""
        return self._edit(person, name=name)

    def tag(self, person: int, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Person:
        """Add and take away tags."""
        return self._edit(person, add_tags=list(add), remove_tags=list(remove))

    def set_basis(self, person: int, *, basis: str | None = None, expires: str | None = None) -> Person:
        """Set the legal basis, and the day from which on they are no answer; an empty text takes it away."""
        return self._edit(person, basis=basis, expires=expires)

    def merge_preview(self, into: int, *others: int) -> MergePreview:
        """Say what a merge would do."""
        return self._merge(into, others, True)

    def merge(self, into: int, *others: int) -> Person:
        """Make people one who were enrolled as several."""
        return self._merge(into, others, False).person

    def split(self, person: int, samples: Sequence[int], name: str) -> Person:
        """Make walks of somebody those of a new person."""
        return self._post(Person, f"/v1/people/{person}/split", samples=list(samples), name=name)

    def move(self, samples: Sequence[int], to: int) -> Person:
        """Make walks those of somebody else who is enrolled."""
        return self._post(Person, "/v1/samples/move", samples=list(samples), to=to)

    def remove(self, *people: int, samples: Sequence[int] = ()) -> None:
        """Take people, or single walks, out of every answer at once; `restore` brings them back."""
        self._post(Touched, "/v1/remove", people=list(people), samples=list(samples))

    def restore(self, *people: int, samples: Sequence[int] = ()) -> None:
        """Bring back what was removed."""
        self._post(Touched, "/v1/restore", people=list(people), samples=list(samples))

    def purge(
        self,
        *people: int,
        samples: Sequence[int] = (),
        expired: bool = False,
        removed: bool = False,
        dry_run: bool = False,
    ) -> Erasure:
        """Erase people or single walks for good; with `dry_run` only say who that would be."""
        how = {"expired": expired, "removed": removed, "dry_run": dry_run}
        return self._post(Erasure, "/v1/purge", people=list(people), samples=list(samples), **how)

    def undo(self, change: int | None = None) -> tuple[int, str]:
        """Set back the last correction, or that of a line of the audit; its line and its verb."""
        made = self._post(Undone, "/v1/undo", change=change)
        return made.change, made.verb

    def enroll(
        self, walks: SentWalks, details: WalkDetails | None = None, *, name: str = "", tracks: Sequence[int] = ()
    ) -> EnrolReport:
        """Enrol walks; what is there already is passed over, so that it can be sent again.

        Args:
            walks: vectors with names, or silhouettes or a clip, whose they are by `name`.
            details: what else is known of them.
            name: whose walks they are, or "id:3".
            tracks: of a clip with several people: those of the person.
        """
        known = details or WalkDetails()
        how = {"tags": tuple(known.tags), "basis": known.basis, "expires": known.expires, "taken": known.taken}
        return self._send(
            EnrolReport, "/v1/enroll", "walks", walks, name=name, track=tuple(tracks), camera=known.camera, **how
        )

    def identify(
        self, walks: SentWalks, top: int = 5, *, tags: Sequence[str] = (), camera: str = "", log: bool = True
    ) -> list[ShownAnswer]:
        """Say who each walk is of, or unknown; see `Gallery.identify`."""
        how = {"top": top, "tags": tuple(tags), "camera": camera, "log": log}
        return self._send(Answers, "/v1/identify", "walks", walks, **how).answers

    def identify_again(self, probe: int, top: int = 5) -> ShownAnswer:
        """Ask once more about a probe of the log."""
        return self._post(ShownAnswer, f"/v1/probes/{probe}/identify", top=top)

    def verify(self, walk: SentWalks, person: int) -> Verification:
        """Say whether a walk is of a person."""
        return self._send(Verification, "/v1/verify", "walks", walk, person=person)

    def log(self, like: SentWalks | None = None, last: int = 50, *, unknown: bool | None = None) -> list[ShownProbe]:
        """Who was asked about, newest first; with `like`, a walk, those nearest to it."""
        if like is not None:
            return self._send(Probes, "/v1/probes/search", "walks", like, last=last).probes
        how = {"limit": last} if unknown is None else {"limit": last, "unknown": unknown}
        return self._ask(Probes, "GET", "/v1/probes", params=how).probes

    def unknowns(self) -> list[ShownUnknown]:
        """People who were seen and are not enrolled, the most seen first."""
        return self._ask(Unknowns, "GET", "/v1/unknowns").unknowns

    def enroll_from_log(self, probes: Sequence[int], name: str, details: WalkDetails | None = None) -> EnrolReport:
        """Enrol probes of the log as walks of somebody, by name or "id:3"."""
        known = details or WalkDetails()
        how = {"tags": list(known.tags), "basis": known.basis, "expires": known.expires}
        return self._post(EnrolReport, "/v1/probes/enroll", probes=list(probes), name=name, **how)

    def confirm(self, probe: int, person: int) -> str:
        """Say that a probe of the log is somebody; what was done."""
        return self._post(Said, f"/v1/probes/{probe}/confirm", person=person).said

    def reject(self, probe: int, person: int, *, stranger: bool = False) -> str:
        """Say that a probe is not somebody; with `stranger` that it is nobody enrolled."""
        return self._post(Said, f"/v1/probes/{probe}/reject", person=person, stranger=stranger).said

    def walk(self, sample: int | None = None, *, probe: int | None = None) -> Frames:
        """The kept silhouettes of a sample, or of a probe of the log, [T H W] of uint8."""
        require((sample is None) != (probe is None), f"give a sample or a probe, found {shown(sample)}, {shown(probe)}")
        path = f"/v1/samples/{sample}/walk" if probe is None else f"/v1/probes/{probe}/walk"
        answer = self._answer("GET", path)
        sides = [int(answer.headers[f"Gaitprint-{side}"]) for side in ("Frames", "Height", "Width")]
        # a proxy may cut or change what it passes on
        if np.prod(sides) != len(answer.content):
            raise ConfigError(f"{path} answered with {len(answer.content)} bytes for {sides}")
        return np.frombuffer(answer.content, np.uint8).reshape(sides)

    def calibrate(self, strangers: SentWalks | None = None, *, per_1000: float = 10.0) -> Calibrated:
        """Measure how near strangers come; without any, each of the known is searched for among the others."""
        return self._send(Calibrated, "/v1/calibrate", "strangers", strangers, per_1000=per_1000)

    def audit(self, last: int = 100) -> list[AuditLine]:
        """The last changes, newest first."""
        return self._ask(AuditLines, "GET", "/v1/audit", params={"limit": last}).changes

    def check(self) -> Checked:
        """Look at every row, checksum and line of the audit, and finish what was begun."""
        return self._ask(Checked, "POST", "/v1/check")

    def backup(self, path: str | Path) -> Path:
        """Write a whole copy of the gallery to a new file here."""
        return self._download("/v1/backup", Path(path))

    def export(self, path: str | Path) -> Path:
        """Write people and walks as tables and vectors to a new zip file here."""
        return self._download("/v1/export", Path(path))

    def _edit(self, person: int, **values: Any) -> Person:
        return self._ask(Person, "PATCH", f"/v1/people/{person}", json=values)

    def _merge(self, into: int, others: Sequence[int], dry_run: bool) -> MergePreview:
        return self._post(MergePreview, f"/v1/people/{into}/merge", others=list(others), dry_run=dry_run)

    def _post(self, kind: type[T], path: str, **values: Any) -> T:
        return self._ask(kind, "POST", path, json=values)
