"""Everybody of a gallery, kept in memory while nothing changes: a list of thousands is paged and searched at once."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.records import Person

_MOST = 16
"""Lists that are kept: one a set of cameras that keys are limited to, and whether of those removed."""


@dataclass(frozen=True)
class PeopleList:
    """People by id, and what they are searched and sorted by."""

    people: list[Person]
    folded: list[str]
    """Their names without capitals, in the same order."""
    by_name: list[int]
    """Places in `people`, in the order of names."""

    @classmethod
    def of(cls, people: list[Person]) -> "PeopleList":
        """The list, ready to be searched."""
        folded = [p.name.casefold() for p in people]
        return cls(people, folded, sorted(range(len(people)), key=lambda i: (folded[i], people[i].id)))

    def found(self, part: str, tags: set[str], sort: str) -> list[Person]:
        """People by a part of their name, any case, or `id:3`, who have all tags.

        Args:
            part: empty finds everybody.
            tags: they have all of these.
            sort: `id`, `name`, or `newest`, which is the highest id first.
        """
        part = part.strip().casefold()
        number = part[3:] if part.startswith("id:") else None
        order = self.by_name if sort == "name" else range(len(self.people))
        places = reversed(order) if sort == "newest" else order
        return [
            self.people[i]
            for i in places
            if (part in self.folded[i] if number is None else str(self.people[i].id) == number)
            and tags.issubset(self.people[i].tags)
        ]


class PeopleLists:
    """Lists that are made anew when the gallery has changed."""

    def __init__(self) -> None:
        self._made: OrderedDict[object, tuple[str, PeopleList]] = OrderedDict()
        self._turn = threading.Lock()

    def of(self, gallery: GrantedGallery, cameras: tuple[str, ...] | None, removed: bool) -> PeopleList:
        """The people whom a grant of these cameras sees."""
        key, generation = (cameras, removed), gallery.generation()
        with self._turn:
            # of another generation it is made anew below
            known = self._made.get(key)
            if known is not None and known[0] == generation:
                self._made.move_to_end(key)
                return known[1]
        made = PeopleList.of(gallery.people(removed=removed))
        with self._turn:
            # the generation was read before the people: what came between is in the list, and read once more
            self._made[key] = generation, made
            while len(self._made) > _MOST:
                self._made.popitem(last=False)
        return made
