"""Prepared sequences on disk: one memory-mapped file of frames and one JSON index.

`frames.u8` holds the normalised frames of all sequences one after the other, uint8 [sum of T, H, W], nothing else.
`index.json` says whose they are. While a store is being written its index is a journal, `index.jsonl`: a line that says
what the store is to hold, then a line for each finished sequence. A writer killed at any moment loses at most the
sequence in hand, and the next one goes on there.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from gaitprint.errors import ArtefactError, DataError
from gaitprint.storage import read_json, sha256_json, write_json
from gaitprint.types import Frames, SequenceRecord, check_frames

FORMAT = "gaitprint-store"
VERSION = 1
_LEFTOVER = ".index.json.*.tmp"
"""What a writer killed while it published the index leaves."""


@runtime_checkable
class SequenceSet(Protocol):
    """What training and embedding read from: records, and the frames of each."""

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

    def frames(self, index: int) -> Frames:
        """The frames of one sequence, by its place in `records`."""


@dataclass(frozen=True)
class StoredSequence:
    """One line of the index."""

    key: str
    subject: str | None
    condition: str
    view: str
    length: int
    sha256: str
    """Of the frames' bytes."""
    source: str = ""
    """Where the frames came from, relative to the prepared folder."""
    warnings: tuple[str, ...] = ()


class Store:
    """An opened store: a `SequenceSet` whose frames are read from the memory map when asked for."""

    def __init__(
        self,
        root: Path,
        dataset: str,
        size: tuple[int, int],
        rows: tuple[StoredSequence, ...],
        layout: dict[str, Any] | None = None,
    ) -> None:
        self.root = root
        self.dataset = dataset
        self.layout = dict(layout or {})
        """Settings of the data set's layout it was prepared under, such as a partition file: splits need them."""
        self._size = size
        self._rows = rows
        self._records = tuple(SequenceRecord(r.key, r.subject, r.condition, r.view) for r in rows)
        self._ends = np.cumsum([r.length for r in rows], dtype=np.int64)
        total = int(self._ends[-1]) if len(rows) else 0
        path = root / "frames.u8"
        expected = total * size[0] * size[1]
        found = path.stat().st_size if path.is_file() else -1
        if found != expected:
            raise ArtefactError(f"{path} should hold {expected} bytes, found {max(found, 0)}: prepare the store again")
        self._map: NDArray[np.uint8] = (
            np.memmap(path, np.uint8, "r", shape=(total, *size)) if total else np.zeros((0, *size), np.uint8)
        )

    @classmethod
    def open(cls, root: Path) -> "Store":
        """Open a finished store.

        Raises:
            ArtefactError: there is none, it is unfinished, damaged or of another version.
        """
        root = Path(root)
        if not (root / "index.json").is_file() and (root / "index.jsonl").is_file():
            raise ArtefactError(f"the store {root} is unfinished: run `gaitprint prepare` again to complete it")
        if not (root / "index.json").is_file():
            raise ArtefactError(f"no store at {root}: make one with `gaitprint prepare SOURCE {root}`")
        index = read_json(root / "index.json", "the store's index")
        if not isinstance(index, dict) or index.get("format") != FORMAT or index.get("version") != VERSION:
            raise ArtefactError(f"{root / 'index.json'} is no {FORMAT} of version {VERSION}: prepare the store again")
        try:
            rows = tuple(_row(r) for r in index["sequences"])
            height, width = index["size"]
            return cls(root, str(index["dataset"]), (int(height), int(width)), rows, dict(index.get("layout", {})))
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise ArtefactError(f"{root / 'index.json'} is damaged ({error}): prepare the store again") from None

    @property
    def records(self) -> tuple[SequenceRecord, ...]:
        return self._records

    @property
    def rows(self) -> tuple[StoredSequence, ...]:
        """The index."""
        return self._rows

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(r.length for r in self._rows)

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def fingerprint(self) -> str:
        return sha256_json([[r.key, r.subject, r.condition, r.view, r.length, r.sha256] for r in self._rows])

    def frames(self, index: int) -> Frames:
        """Frames of sequence `index`: a read-only view of the memory map, uint8 [T, H, W]."""
        end = int(self._ends[index])
        return self._map[end - self._rows[index].length : end]


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
        return sha256_json(
            [
                [r.key, r.subject, r.condition, r.view, len(a), _sha256(a)]
                for r, a in zip(self._records, self._arrays, strict=True)
            ]
        )

    def frames(self, index: int) -> Frames:
        return self._arrays[index]


class Subset:
    """The sequences of another set for which `keep(record)` holds, in their order."""

    def __init__(self, parent: SequenceSet, keep: Callable[[SequenceRecord], bool]) -> None:
        self._parent = parent
        self._places = tuple(i for i, r in enumerate(parent.records) if keep(r))
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

    def frames(self, index: int) -> Frames:
        return self._parent.frames(self._places[index])


def check_free(root: Path) -> None:
    """Raise DataError unless `root` is a new or empty folder, or that of an unfinished store."""
    root = Path(root)
    if (root / "index.json").exists():
        raise DataError(f"{root} already holds a finished store: choose another folder or remove it first")
    if os.path.lexists(root) and not root.is_dir():
        raise DataError(f"cannot make the store's folder {root}: a file is there; choose another place")
    ours = {"frames.u8", "index.jsonl"}
    others = [p.name for p in root.iterdir() if p.name not in ours and not p.match(_LEFTOVER)] if root.exists() else []
    if others:
        raise DataError(f"{root} holds other files ({others[0]}, ...): give `prepare` an empty or new folder")


class StoreWriter:
    """Writes a store sequence by sequence; opening it again after a kill goes on behind the last whole sequence.

    >>> import tempfile, pathlib
    >>> root = pathlib.Path(tempfile.mkdtemp()) / "store"
    >>> with StoreWriter(root, "folder", (64, 64)) as writer:
    ...     writer.add(SequenceRecord("a/nm/0", "a", "nm", "0"), np.full((5, 64, 64), 255, np.uint8))
    >>> Store.open(root).lengths
    (5,)
    """

    def __init__(
        self,
        root: Path,
        dataset: str,
        size: tuple[int, int],
        made_from: str = "",
        layout: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin a store, or go on with an unfinished one.

        Args:
            root: a new or empty folder, or that of an unfinished store.
            dataset: name of the layout.
            size: H, W of every frame.
            made_from: fingerprint of source and settings; an unfinished store goes on under the same alone.
            layout: the layout's settings, which its splits need later.
        """
        self._layout = dict(layout or {})
        self.root, self.dataset, self.size, self._made_from = Path(root), dataset, size, made_from
        check_free(self.root)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"cannot make the store's folder {root}: {error.strerror}; choose another place") from None
        for leftover in self.root.glob(_LEFTOVER):
            leftover.unlink()
        self._rows = self._recover()
        self._keys = {r.key for r in self._rows}
        self._journal = (self.root / "index.jsonl").open("ab")
        self._frames = (self.root / "frames.u8").open("ab")
        if self._journal.tell() == 0:
            begun = {"format": FORMAT, "version": VERSION, "dataset": dataset, "size": list(size)}
            self._append({**begun, "made_from": made_from})

    def __enter__(self) -> "StoreWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self._frames.close()
            self._journal.close()

    @property
    def done(self) -> frozenset[str]:
        """Keys already written, those of an earlier, killed run included."""
        return frozenset(self._keys)

    def add(self, record: SequenceRecord, frames: Frames, source: str = "", warnings: tuple[str, ...] = ()) -> None:
        """Append one sequence: its frames first, then its line in the journal.

        Raises:
            DataError: frames of another size, a key that is there already, or names that are no Unicode text.
        """
        check_frames(frames, record.key)
        if record.key in self._keys:
            raise DataError(f"{record.key}: the store holds this sequence already, a key is given once")
        if frames.shape[1:] != self.size:
            raise DataError(f"{record.key}: the store holds frames of {self.size}, found {frames.shape[1:]}")
        data = np.ascontiguousarray(frames)
        row = StoredSequence(
            record.key, record.subject, record.condition, record.view, len(data), _sha256(data), source, warnings
        )
        try:
            json.dumps(asdict(row), ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise DataError(f"{record.key!a}: names must be Unicode text, rename the folder or file") from None
        self._frames.write(data.data)
        self._frames.flush()
        self._append(asdict(row))
        self._rows.append(row)
        self._keys.add(record.key)

    def finish(self) -> None:
        """Write the index and drop the journal: now the store can be opened."""
        if not self._rows:
            raise DataError(f"no sequence was written to {self.root}: there is nothing to keep")
        os.fsync(self._frames.fileno())
        index = {
            "format": FORMAT,
            "version": VERSION,
            "dataset": self.dataset,
            "layout": self._layout,
            "size": list(self.size),
            "sequences": [asdict(r) for r in self._rows],
        }
        write_json(self.root / "index.json", index)
        with suppress(OSError):
            (self.root / "index.jsonl").unlink()

    def _append(self, value: dict[str, Any]) -> None:
        self._journal.write(json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n")
        self._journal.flush()

    def _recover(self) -> list[StoredSequence]:
        """The whole lines of an earlier run's journal whose frames are all there; cut both files behind them."""
        journal, frames = self.root / "index.jsonl", self.root / "frames.u8"
        head, *lines = (journal.read_bytes() if journal.exists() else b"").splitlines(keepends=True) or [b""]
        have = frames.stat().st_size if frames.exists() else 0
        rows: list[StoredSequence] = []
        kept = used = 0
        if self._begun_alike(head):
            kept = len(head)
            for line in lines:
                try:
                    row = _row(json.loads(line)) if line.endswith(b"\n") else None
                except (ValueError, TypeError, KeyError):
                    row = None
                end = used + row.length * self.size[0] * self.size[1] if row else have + 1
                if row is None or end > have:
                    break
                rows.append(row)
                kept, used = kept + len(line), end
        if journal.exists():
            os.truncate(journal, kept)
        if frames.exists():
            os.truncate(frames, used)
        return rows

    def _begun_alike(self, head: bytes) -> bool:
        """Whether a whole first line is there; raises where it says another data set or size: frames would be mixed."""
        if not head.endswith(b"\n"):
            return False
        try:
            begun = json.loads(head)
            alike = (begun["format"], begun["version"]) == (FORMAT, VERSION)
            dataset, size, made_from = begun["dataset"], tuple(begun["size"]), begun.get("made_from", "")
        except (ValueError, TypeError, KeyError):
            alike = False
        if not alike or (dataset, size) != (self.dataset, tuple(self.size)):
            what = f"{dataset} with frames of {size}" if alike else "something else"
            raise DataError(
                f"{self.root} was begun as {what}, not {self.dataset} with frames of {tuple(self.size)}: "
                "go on as it was begun, or choose another folder"
            )
        if made_from != self._made_from:
            raise DataError(
                f"{self.root} was begun from another source or under other settings, so frames would be mixed: "
                "go on as it was begun, or choose another folder"
            )
        return True


def _row(values: dict[str, Any]) -> StoredSequence:
    row = StoredSequence(**{**values, "warnings": tuple(values.get("warnings", ()))})
    if not isinstance(row.length, int) or row.length < 1:
        raise ValueError(f"sequence {row.key!r} has length {row.length!r}")
    return row


def _sha256(array: Frames) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
