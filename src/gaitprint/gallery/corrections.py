"""Who is in a gallery, and what people put right in it; all of it but what is looked up can be undone."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from gaitprint.arguments import shown
from gaitprint.config import require
from gaitprint.errors import ConfigError, DataError
from gaitprint.gallery import people, probe_log
from gaitprint.gallery.given import Walks, given_probe, given_walks, given_words
from gaitprint.gallery.journal import undo
from gaitprint.gallery.look_alikes import look_alikes
from gaitprint.gallery.merging import MergePreview, preview_merge
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import Who
from gaitprint.gallery.records import EnrolReport, Person, Probe, Sample, WalkDetails
from gaitprint.gallery.unknowns import UnknownGroup, enroll_from_log, unknown_groups


class Corrections:
    """The verbs of `Gallery` that look people up and correct them.

    Args:
        opened: the gallery.
    """

    def __init__(self, opened: OpenGallery) -> None:
        self._opened = opened
        self._engine = opened.engine

    def people(self, *, removed: bool = False, tags: Iterable[str] = ()) -> list[Person]:
        """Everybody, by id; or those who were removed."""
        wanted = set(given_words(tags))
        with self._engine.reading() as reader:
            return [p for p in people.all_people(reader, removed) if wanted <= set(p.tags)]

    def show(self, who: Who) -> tuple[Person, list[Sample]]:
        """A person, removed or not, and all walks of theirs."""
        with self._engine.reading() as reader:
            try:
                person = people.find_person(reader, who)
            except DataError as error:
                try:
                    person = people.find_person(reader, who, removed=True)
                except DataError:
                    raise error from None
            return person, people.samples_of(reader, person)

    def rename(self, who: Who, name: str) -> Person:
        """Call somebody by another name; their id stays."""
        return people.rename(self._engine, who, name)

    def tag(self, who: Who, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Person:
        """Add and take away tags, by which a search can be narrowed."""
        return people.tag(self._engine, who, add, remove)

    def set_basis(self, who: Who, *, basis: str | None = None, expires: str | None = None) -> Person:
        """Set the legal basis, and the day from which on they are no answer; an empty text takes it away."""
        return people.set_basis(self._engine, who, basis, expires)

    def merge(self, into: Who, *others: Who) -> Person:
        """Make people one who were enrolled as several."""
        return people.merge(self._engine, into, others)[0]

    def merge_preview(self, into: Who, *others: Who) -> MergePreview:
        """Say what a merge would do: walks that would come, how near they are, and who else is as near.

        Raises:
            DataError: no such person, or nobody to merge with.
        """
        return preview_merge(self._opened, into, others)

    def split(self, who: Who, samples: Sequence[int], name: str) -> Person:
        """Make walks of somebody those of a new person."""
        return people.split(self._engine, who, samples, name)

    def move(self, samples: Sequence[int], to: Who) -> Person:
        """Make walks those of somebody else who is enrolled."""
        return people.move(self._engine, samples, to)

    def confirm(self, probe: Walks | int, who: Who) -> str:
        """Say that a probe, or a number of the log, is somebody; it becomes a sample if it brings anything new."""
        return probe_log.decide(self._opened, given_probe(probe), who, True, False)

    def reject(self, probe: Walks | int, who: Who, *, stranger: bool = False) -> str:
        """Say that a probe is not somebody; with `stranger` that it is nobody enrolled: the calibration learns it."""
        return probe_log.decide(self._opened, given_probe(probe), who, False, stranger)

    def remove(self, *who: Who, samples: Sequence[int] = ()) -> None:
        """Take people, or single walks, out of every answer at once; `restore` brings them back."""
        people.remove(self._engine, who, samples)

    def restore(self, *who: Who, samples: Sequence[int] = ()) -> None:
        """Bring back what was removed."""
        people.restore(self._engine, who, samples)

    def undo(self, change: int | None = None) -> tuple[int, str]:
        """Set back the last correction, or that of a line of the audit; its line and its verb.

        Raises:
            DataError: there is none, or something has changed the same rows since.
        """
        return undo(self._engine, change)

    def log(self, like: Walks | None = None, last: int = 50) -> list[Probe]:
        """Who was asked about, newest first; with `like`, a walk, those nearest to it: was this person here before?"""
        require(type(last) is int and last >= 1, f"last is how many probes to list, 1 or more, found {shown(last)}")
        return probe_log.list_probes(
            self._opened, None if like is None else given_walks(like, "the walk looked for"), last
        )

    def unknowns(self) -> list[UnknownGroup]:
        """Whom the log has seen and nobody has enrolled, probes that are alike together; the most seen first.

        Raises:
            DataError: not calibrated.
        """
        return unknown_groups(self._opened)

    def enroll_from_log(self, numbers: Sequence[int], name: str, details: WalkDetails | None = None) -> EnrolReport:
        """Enrol probes of the log as walks of somebody, by name or "id:3"; `undo` takes it back.

        Args:
            numbers: of the probes.
            name: whose walks they are.
            details: what else is known of them.

        Raises:
            DataError: the log has one of them not, or no longer.
        """
        if isinstance(numbers, str | bytes) or any(type(n) is not int for n in numbers) or not isinstance(name, str):
            raise ConfigError(f"probes are named by their numbers in the log, found {shown(numbers)}, {shown(name)}")
        report, new = enroll_from_log(self._opened, numbers, name, details or WalkDetails())
        return look_alikes(self._opened, report, new)

    def audit(self) -> list[dict[str, Any]]:
        """Every change: number, time, verb, and what it touched, by ids."""
        with self._engine.reading() as reader:
            rows = reader.rows("audit", ["id", "at", "verb", "details"])
        return [{"change": n, "at": at, "verb": verb, "details": json.loads(text)} for n, at, verb, text in rows]
