"""Several sets as one, to train on all of them: the people of one are nobody of another."""

from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate
from typing import Any

from gaitprint.atomic_files import sha256_json
from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.store._sequences import SequenceSet
from gaitprint.types import Frames, SequenceRecord


class ConcatSequences:
    """A `SequenceSet` of several, one after another, every key and subject behind the name of its set.

    Subject 001 of the set called casia-b is `casia-b/001` here, and so are keys; conditions and views stay what they
    are. Nobody stays nobody: a sequence without subject has none here.

    Args:
        parts: the sets by name, in order. Names differ from each other and hold no slash, so that no two sets can have
            a key or a subject in common.

    Raises:
        ConfigError: a name is empty or holds a slash.
        DataError: there is no set, or their frames differ in size.
    """

    def __init__(self, parts: Mapping[str, SequenceSet]) -> None:
        for name in parts:
            require(bool(name) and "/" not in name, f"the name of a joined set is a word without '/', found {name!r}")
        if not parts:
            raise DataError("joined sets are one or more, found none: name a store")
        sizes = {name: part.size for name, part in parts.items()}
        if len(set(sizes.values())) > 1:
            first, *others = sizes
            odd = next(name for name in others if sizes[name] != sizes[first])
            raise DataError(
                f"joined sets share one frame size, found {_shown(sizes[first])} in {first!r} and {_shown(sizes[odd])} "
                f"in {odd!r}: prepare one of them again in the size of the other"
            )
        self._parts = dict(parts)
        self._sets = tuple(parts.values())
        self._size = sizes[next(iter(sizes))]
        lengths = [part.lengths for part in self._sets]
        self._lengths = tuple(n for some in lengths for n in some)
        self._starts = tuple(accumulate((len(some) for some in lengths), initial=0))[:-1]

    def __reduce__(self) -> tuple[Any, ...]:
        # what is made of the parts is made again where it is needed, and does not travel
        return ConcatSequences, (self._parts,)

    @cached_property
    def records(self) -> tuple[SequenceRecord, ...]:
        """All records; made on first use, for large data sets have hundreds of thousands."""
        records: list[SequenceRecord] = []
        for name, part in self._parts.items():
            # one string object a subject, not one a sequence
            subjects: dict[str | None, str | None] = {None: None}
            for r in part.records:
                if r.subject not in subjects:
                    subjects[r.subject] = f"{name}/{r.subject}"
                records.append(SequenceRecord(f"{name}/{r.key}", subjects[r.subject], r.condition, r.view))
        return tuple(records)

    @property
    def lengths(self) -> tuple[int, ...]:
        return self._lengths

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def fingerprint(self) -> str:
        """A fingerprint of the names and the sets, in order."""
        return sha256_json([[name, part.fingerprint] for name, part in self._parts.items()])

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        # negative places count from the end, and a place beyond it is an IndexError, as in a tuple
        place = range(len(self._lengths))[index]
        # of sets without sequences, which start where the next one does, the last is found
        number = bisect_right(self._starts, place) - 1
        return self._sets[number].frames(place - self._starts[number], start, stop)


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
