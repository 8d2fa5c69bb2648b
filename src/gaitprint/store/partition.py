"""A partition that a store keeps: who trains and who is tested, whatever becomes of the file it was read from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gaitprint.errors import DataError


@dataclass(frozen=True)
class Partition:
    """Subjects by part, as a partition file names them; nobody is in both parts or named twice."""

    source: str
    """The file it was read from, as it was given; for people, it is not opened again."""
    sha256: str
    """Of the file's bytes."""
    train: tuple[str, ...]
    test: tuple[str, ...]
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """`PROBE_SET` and `GALLERY_SET`, where the file has them: sequences, for a protocol."""

    def __post_init__(self) -> None:
        for name, ids in (("TRAIN_SET", self.train), ("TEST_SET", self.test), *self.lists.items()):
            if len(set(ids)) != len(ids):
                raise DataError(f"{self.source}: {name} names {_shared(ids)!r} twice: remove one")
        self._apart("subjects", "the training and in the test part: a subject is in one", self.train, self.test)
        probes, gallery = self.lists.get("PROBE_SET", ()), self.lists.get("GALLERY_SET", ())
        self._apart("sequences", "PROBE_SET and in GALLERY_SET: a sequence is in one", probes, gallery)

    def _apart(self, what: str, where: str, one: Sequence[str], other: Sequence[str]) -> None:
        both = sorted(set(one) & set(other))
        if both:
            more = f" and {len(both) - 5} more" if len(both) > 5 else ""
            raise DataError(f"{self.source}: {what} {', '.join(map(repr, both[:5]))}{more} stand in {where}")


def _shared(ids: Sequence[str]) -> str:
    seen: set[str] = set()
    return next(i for i in ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
