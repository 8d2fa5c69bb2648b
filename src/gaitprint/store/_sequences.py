"""What training and embedding read from: sequences on disk, in memory, or a part of either."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from gaitprint.atomic_files import sha256_json
from gaitprint.errors import DataError
from gaitprint.types import Frames, SequenceRecord, check_frames


@runtime_checkable
class SequenceSet(Protocol):
    """Records, and the frames of each."""

    @property
    def records(self) -> tuple[SequenceRecord, ...]: ...
    @property
    def lengths(self) -> tuple[int, ...]:
        """T of each sequence."""

    @property
    def size(self) -> tuple[int, int]:
        """H, W of every frame."""

    @property
    def fingerprint(self) -> str:
        """Changes when any frame or record does."""

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        """Frames start..stop-1 of one sequence, by its place in `records`; not to be written to."""


class MemorySequences:
    """A `SequenceSet` of arrays already in memory; for single files, tests and live use."""

    def __init__(self, records: tuple[SequenceRecord, ...], arrays: tuple[UInt8[np.ndarray, "_T _H _W"], ...]) -> None:
        for record, array in zip(records, arrays, strict=True):
            check_frames(array, record.key)
        sizes = {(a.shape[1], a.shape[2]) for a in arrays}
        if len(sizes) != 1:
            raise DataError(f"sequences of one set share one frame size, found {sorted(sizes)}")
        self._records, self._arrays = records, arrays
        self._size = sizes.pop()

    @property
    def records(self) -> tuple[SequenceRecord, ...]:
        return self._records

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(len(a) for a in self._arrays)

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def fingerprint(self) -> str:
        digests = [hashlib.sha256(np.ascontiguousarray(a).data).hexdigest() for a in self._arrays]
        return fingerprint_of(self._records, self.lengths, digests)

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        return self._arrays[index][start:stop]


class Subset:
    """Some sequences of another set, in its order."""

    def __init__(
        self,
        parent: SequenceSet,
        keep: Callable[[SequenceRecord], bool],
        mask: Sequence[bool] | np.ndarray | None = None,
    ) -> None:
        """Keep the sequences for which `keep(record)` holds and, where there is a `mask` of N truths, that as well."""
        if mask is not None and len(mask) != len(parent.records):
            raise DataError(f"a mask has one truth a sequence: {len(parent.records)}, found {len(mask)}")
        self._parent = parent
        self._places = tuple(i for i, r in enumerate(parent.records) if (mask is None or bool(mask[i])) and keep(r))
        lengths = parent.lengths
        self._records = tuple(parent.records[i] for i in self._places)
        self._lengths = tuple(lengths[i] for i in self._places)

    @property
    def records(self) -> tuple[SequenceRecord, ...]:
        return self._records

    @property
    def lengths(self) -> tuple[int, ...]:
        return self._lengths

    @property
    def size(self) -> tuple[int, int]:
        return self._parent.size

    @property
    def fingerprint(self) -> str:
        return sha256_json([self._parent.fingerprint, [r.key for r in self._records]])

    def frames(self, index: int, start: int = 0, stop: int | None = None) -> Frames:
        return self._parent.frames(self._places[index], start, stop)


def fingerprint_of(records: Sequence[SequenceRecord], lengths: Sequence[int], digests: Sequence[str]) -> str:
    """What identifies sequences wherever they lie: every record, length and SHA-256 of frames, in order."""
    rows = zip(records, lengths, digests, strict=True)
    return sha256_json([[r.key, r.subject, r.condition, r.view, int(n), digest] for r, n, digest in rows])
