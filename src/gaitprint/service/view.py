"""The gallery as one key sees it: every verb of the routes goes through here, and what is not granted is not there."""

from collections.abc import Sequence

from gaitprint.errors import DataError
from gaitprint.gallery.gallery import Gallery
from gaitprint.gallery.records import EnrolReport, Identification, Person, Probe, Sample, Verification, WalkDetails
from gaitprint.service.keys import Key
from gaitprint.service.problems import RefusedError, missing
from gaitprint.types import Embeddings


class View:
    """A gallery through a key.

    Args:
        gallery: all of it.
        key: what it grants.
    """

    def __init__(self, gallery: Gallery, key: Key) -> None:
        self._gallery, self._key = gallery, key
        if key.cameras is not None:
            raise RefusedError(403, "keys of some cameras are not served yet")

    def people(self, removed: bool = False) -> list[Person]:
        """Everybody the key may see, by id."""
        return self._gallery.people(removed=removed)

    def person(self, number: int) -> tuple[Person, list[Sample]]:
        """Somebody, removed or not, and their walks.

        Raises:
            RefusedError: 404.
        """
        try:
            return self._gallery.show(number)
        except DataError:
            raise missing(f"nobody has the id {number}") from None

    def there(self, *numbers: int) -> list[Person]:
        """People who are not removed.

        Raises:
            RefusedError: 404.
        """
        found = [self.person(n)[0] for n in numbers]
        gone = next((p for p in found if p.removed), None)
        if gone is not None:
            raise missing(f"the person of id {gone.id} was removed: restore them first")
        return found

    def edit(self, number: int, name: str | None, tags: tuple[list[str], list[str]], **facts: str | None) -> Person:
        """Change what is known of somebody: name, tags to add and to remove, basis, expires."""
        [person] = self.there(number)
        if name is not None:
            person = self._gallery.rename(number, name)
        if any(tags):
            person = self._gallery.tag(number, *tags)
        if any(value is not None for value in facts.values()):
            person = self._gallery.set_basis(number, **facts)
        return person

    def merge_preview(self, number: int, others: Sequence[int]) -> tuple[Person, list[Person], list[int]]:
        """The person, the others, and the walks that would come to the person."""
        [person], gone = self.there(number), self.there(*others)
        return person, gone, [s.id for p in gone for s in self.person(p.id)[1]]

    def merge(self, number: int, others: Sequence[int]) -> Person:
        """Make people one."""
        self.there(number, *others)
        return self._gallery.merge(number, *others)

    def split(self, number: int, samples: Sequence[int], name: str) -> Person:
        """Make walks of somebody those of a new person."""
        self.there(number)
        return self._gallery.split(number, samples, name)

    def move(self, samples: Sequence[int], to: int) -> Person:
        """Make walks those of somebody else."""
        self.there(to)
        return self.there(self._gallery.move(samples, to).id)[0]

    def remove(self, people: Sequence[int], samples: Sequence[int]) -> None:
        """Take people and walks out of every answer."""
        self._gallery.remove(*people, samples=samples)

    def restore(self, people: Sequence[int], samples: Sequence[int]) -> None:
        """Bring back what was removed."""
        self._gallery.restore(*people, samples=samples)

    def enroll(self, walks: Embeddings, details: WalkDetails) -> EnrolReport:
        """Enrol walks as those of the people they name."""
        return self._gallery.enroll(walks, details)

    def identify(
        self, walks: Embeddings, top: int, tags: Sequence[str], camera: str, log: bool
    ) -> list[Identification]:
        """Say who walks are of."""
        return self._gallery.identify(walks, top, tags=tags, camera=camera, log=log)

    def verify(self, walks: Embeddings, number: int) -> Verification:
        """Say whether a walk is of somebody."""
        self.there(number)
        return self._gallery.verify(walks, number)

    def probes(self, last: int) -> list[Probe]:
        """The log, newest first."""
        return self._gallery.log(last=last)

    def decide(self, probe: int, person: int, right: bool, stranger: bool) -> str:
        """Say of a probe of the log that it is somebody, or is not."""
        self.there(person)
        if right:
            return self._gallery.confirm(probe, person)
        return self._gallery.reject(probe, person, stranger=stranger)
