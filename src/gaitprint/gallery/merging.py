"""What a merge would do, before anybody does it: who would become one, how near they are, and who else is as near."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gaitprint.errors import DataError
from gaitprint.gallery.calibrating import read_walk
from gaitprint.gallery.calibration import read_calibration
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import Who, find_person
from gaitprint.gallery.records import Person
from gaitprint.gallery.vectors import read_templates

_MOST = 100
"""Walks of either side that are compared, evenly spread."""


@dataclass(frozen=True)
class AsNear:
    """Somebody else who is as near to one of them as they are to each other."""

    person: int
    name: str
    distance: float

    def text(self) -> str:
        """One line for people."""
        return f"id:{self.person} {self.name} is as near, {self.distance:.4g}"


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do."""

    into: Person
    others: tuple[Person, ...]
    samples: tuple[int, ...]
    """Walks that would come to `into`."""
    nearest: float | None
    """Distance of the two most alike walks, one of either side; None where one side has none to compare."""
    farthest: float | None
    """And of the two least alike."""
    threshold: float | None
    """Up to where the gallery names somebody; None: not calibrated."""
    as_near: tuple[AsNear, ...]
    """Others within `nearest` of a walk that would come: they may be swallowed next, or be the right ones."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        people = [person.to_dict() for person in self.others]
        return {**asdict(self), "into": self.into.to_dict(), "others": people, "samples": list(self.samples)}

    def text(self) -> str:
        """Some lines for people."""
        names = ", ".join(f"id:{p.id} {p.name}" for p in self.others)
        lines = [f"{len(self.samples)} walks of {names} would come to id:{self.into.id} {self.into.name}"]
        if self.nearest is not None:
            limit = "" if self.threshold is None else f"; people are named up to {self.threshold:.4g}"
            lines.append(f"nearest walks {self.nearest:.4g}, farthest {self.farthest:.4g} apart{limit}")
        return "\n".join([*lines, *(other.text() for other in self.as_near)])


def preview_merge(gallery: OpenGallery, into: Who, others: Sequence[Who]) -> MergePreview:
    """Say what a merge would do, and change nothing.

    Raises:
        DataError: no such person, or nobody to merge with.
    """
    with gallery.searching() as (reader, comparing, index):
        kept, gone = find_person(reader, into), tuple(find_person(reader, who) for who in others)
        if not gone or len({kept.id, *(p.id for p in gone)}) != len(gone) + 1:
            raise DataError(f"a person is merged with others, found {kept.name!r} with {[p.name for p in gone]}")
        ids = {p.id for p in gone}
        moved = tuple(s for p in gone for (s,) in reader.rows("samples", ["id"], ("person", "=", p.id)))
        searched = index.samples()
        theirs = _spread([s for s, p in searched if p in ids])
        own = _spread([s for s, p in searched if p == kept.id])
        between, as_near = list[float](), dict[int, float]()
        if theirs and own:
            vectors = read_templates(reader, own, [index.digest(s) for s in own], comparing.layout.width)
            walks = [read_walk(reader, comparing, index.digest(s), s) for s in theirs]
            between = [float(d) for walk in walks for d in comparing.distances(walk, vectors)]
            # three more than those who are merged: they come first, being the nearest to themselves
            for walk in walks:
                for hit in index.search(reader, walk, len(ids) + 3):
                    if hit.person not in {*ids, kept.id} and hit.distance <= min(between):
                        as_near[hit.person] = min(hit.distance, as_near.get(hit.person, np.inf))
        calibration = read_calibration(reader)
        ranked = sorted(as_near.items(), key=lambda item: (item[1], item[0]))
        return MergePreview(
            kept,
            gone,
            moved,
            min(between, default=None),
            max(between, default=None),
            None if calibration is None else calibration.threshold,
            tuple(AsNear(person, index.names[person], distance) for person, distance in ranked),
        )


def _spread(samples: Sequence[int]) -> list[int]:
    if not samples:
        return []
    return [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, min(len(samples), _MOST)).astype(int))]
