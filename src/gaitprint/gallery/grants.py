"""What may be seen and changed by whoever may see what some cameras saw, checked in the transaction of the deed."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from gaitprint.errors import AbsentError, GrantError
from gaitprint.gallery import people
from gaitprint.gallery.contract import Condition, Reader
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.records import Person, Sample
from gaitprint.gallery.times import now


class Granted:
    """A grant, and the gallery that it is of.

    Args:
        opened: the gallery.
        cameras: whose walks and probes are visible, "" being those without a camera; None: all of them.
    """

    def __init__(self, opened: OpenGallery, cameras: Collection[str] | None) -> None:
        self._opened, self._engine = opened, opened.engine
        self._cameras = None if cameras is None else frozenset(cameras)

    def check_everything(self, what: str) -> None:
        """Refuse what concerns the whole gallery to a grant of some cameras.

        Raises:
            GrantError: it is one.
        """
        if self._cameras is not None:
            raise GrantError(f"{what} concerns all cameras, and only some are granted")

    def check_camera(self, camera: str) -> None:
        """Refuse a camera that is not granted.

        Raises:
            GrantError: it is not.
        """
        if self._cameras is not None and camera not in self._cameras:
            raise GrantError(f"the camera {camera!r:.60} is not granted: name one that is")

    def _where(self) -> list[Condition]:
        return [] if self._cameras is None else [("camera", "in", sorted(self._cameras))]

    def _visible(self, reader: Reader, number: int) -> tuple[Person, list[Sample]]:
        """Somebody, removed or not, and their visible walks."""
        row = reader.rows("people", ["removed", "merged_into"], ("id", "=", number))
        person = None
        # who was merged into another is nobody any more
        if row and row[0][1] is None:
            person = people.find_person(reader, number, removed=bool(row[0][0]))
            samples = people.samples_of(reader, person)
            visible = [s for s in samples if self._cameras is None or s.camera in self._cameras]
            # somebody without any walk is nobody's in particular
            if visible or self._cameras is None:
                # of a person whom others see, too, the walks that are counted are the visible ones
                return replace(person, samples=sum(not s.removed for s in visible)), visible
        raise AbsentError(f"the gallery has nobody of the id {number}")

    def _check_own(self, reader: Reader, number: int) -> None:
        """Let nobody change a person of whom they do not see all walks."""
        person, visible = self._visible(reader, number)
        if self._cameras is not None and len(visible) != len(people.samples_of(reader, person)):
            raise GrantError(f"the person of id {number} has walks of other cameras: ask somebody who may see them all")

    def _check_samples(self, reader: Reader, samples: Sequence[int]) -> None:
        """Walks that are not visible are not there."""
        # removed walks, too: they are restored by whoever may see them
        found = people.find_samples(reader, samples) if samples else []
        strange = next((s.id for s in found if self._cameras is not None and s.camera not in self._cameras), None)
        if strange is not None:
            raise AbsentError(f"the gallery has no sample {strange}")

    def _check_probe(self, reader: Reader, number: int) -> None:
        rows = reader.rows("probes", ["camera"], ("id", "=", number), ("expires", ">", now()))
        if not rows or (self._cameras is not None and rows[0][0] not in self._cameras):
            raise AbsentError(f"the log has no probe {number}, or no longer")

    @contextmanager
    def _changing(self, *persons: int, samples: Sequence[int] = ()) -> Iterator[Reader]:
        """A change of people and walks that are all granted; nobody else writes between the check and the deed."""
        with self._engine.writing() as writer:
            for number in persons:
                self._check_own(writer, number)
            self._check_samples(writer, samples)
            yield writer
