"""Corrections of a gallery by somebody who may see what some cameras saw."""

import json
from collections.abc import Sequence
from typing import Any

from gaitprint.gallery import people, probe_log
from gaitprint.gallery.contract import Condition
from gaitprint.gallery.erasure import Erasing, Erasure, purge
from gaitprint.gallery.grants import Granted
from gaitprint.gallery.journal import GENERATION, read_fact, undo
from gaitprint.gallery.merging import MergePreview, preview_merge
from gaitprint.gallery.records import Person


class GrantedCorrections(Granted):
    """The verbs of `GrantedGallery` that change people and walks, and the list of what was changed."""

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

    def merge_preview(self, into: int, others: Sequence[int]) -> MergePreview:
        """Say what a merge would do; see `Gallery.merge_preview`."""
        with self._changing(into, *others):
            return preview_merge(self._opened, into, others)

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
        # whoever they are, not all of them are visible
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

    def decide(self, probe: int, person: int, right: bool, stranger: bool = False) -> str:
        """Say of a probe of the log that it is somebody, or is not."""
        # one calibration serves all cameras
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

    def last_change(self) -> int:
        """The number of the last line of the audit; 0: there is none."""
        with self._engine.reading() as reader:
            rows = reader.rows("audit", ["id"], last=1)
        return int(rows[0][0]) if rows else 0

    def generation(self) -> str:
        """Another text after every change that can be seen in people and walks."""
        with self._engine.reading() as reader:
            return read_fact(reader, GENERATION)
