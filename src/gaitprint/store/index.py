"""The index of a store: a table in Arrow's file format, memory-mapped, a row for each sequence in the order of keys."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int32, Int64

from gaitprint.atomic_files import atomic_file
from gaitprint.errors import ArtefactError
from gaitprint.types import SequenceRecord

_NAMES = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("subject", _NAMES),
        pa.field("condition", _NAMES, nullable=False),
        pa.field("view", _NAMES, nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("sha256", pa.binary(32), nullable=False),
        pa.field("stamp", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("warnings", pa.list_(pa.string()), nullable=False),
    ]
)
_QUALITY = "quality."
"""Columns of measurements start with this; which there are is the business of who prepares."""


@dataclass(frozen=True)
class StoredSequence:
    """One row of the index."""

    key: str
    subject: str | None
    condition: str
    view: str
    length: int
    sha256: str
    """Of the frames' bytes."""
    source: str = ""
    """Where the frames came from, relative to the prepared folder or archive."""
    stamp: str = ""
    """What the source looked like (sizes and times of its files): while it is equal, nothing is read again."""
    warnings: tuple[str, ...] = ()
    quality: Mapping[str, float] = field(default_factory=dict)
    """Measurements by name; NaN where one could not be made."""
    offset: int = 0
    """Place of the packed frames in the data file, bytes."""
    bytes: int = 0
    """Length of the packed frames."""

    @property
    def record(self) -> SequenceRecord:
        """The record: subject, condition and view."""
        return SequenceRecord(self.key, self.subject, self.condition, self.view)


class Index:
    """An opened index: columns as arrays, rows as values when asked for."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self.lengths: Int32[np.ndarray, " N"] = batch["length"].to_numpy()
        self.offsets: Int64[np.ndarray, " N"] = batch["offset"].to_numpy()
        self.bytes: Int64[np.ndarray, " N"] = batch["bytes"].to_numpy()

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    @cached_property
    def records(self) -> tuple[SequenceRecord, ...]:
        """All records; made on first use, for a large data set has hundreds of thousands."""
        names = ("key", "subject", "condition", "view")
        return tuple(map(SequenceRecord, *(self._batch[name].to_pylist() for name in names)))

    def quality(self) -> dict[str, Float32[np.ndarray, " N"]]:
        """The measurements, a column each."""
        names = [n for n in self._batch.schema.names if n.startswith(_QUALITY)]
        return {n.removeprefix(_QUALITY): self._batch[n].to_numpy() for n in names}

    def digests(self) -> list[str]:
        """SHA-256 of each sequence's frames, hexadecimal."""
        return [digest.hex() for digest in self._batch["sha256"].to_pylist()]

    def rows(self, start: int = 0, stop: int | None = None) -> tuple[StoredSequence, ...]:
        """Rows start..stop-1 as values."""
        return tuple(map(_row, self._batch.slice(start, None if stop is None else stop - start).to_pylist()))


def write_index(path: Path, rows: Sequence[StoredSequence]) -> str:
    """Write rows as an index file, whole or not at all; returns the file's SHA-256.

    Raises:
        DataError: the file cannot be written.
    """
    names = sorted({name for row in rows for name in row.quality})
    schema = pa.schema([*_COLUMNS, *(pa.field(_QUALITY + name, pa.float32()) for name in names)])
    columns = [
        pa.array([_value(row, column.name) for row in rows], column.type)
        if column.type != _NAMES
        else pa.array([_value(row, column.name) for row in rows], pa.string()).dictionary_encode()
        for column in schema
    ]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(pa.record_batch(columns, schema))
    # built in memory, so that the digest is of these bytes and not of what a disk gave back
    data = memoryview(sink.getvalue())
    with atomic_file(path) as stream:
        stream.write(data)
    return hashlib.sha256(data).hexdigest()


def open_index(path: Path, sha256: str) -> Index:
    """Map an index file and check it: a flipped bit is noticed here and not in the middle of training.

    Raises:
        ArtefactError: missing, damaged, or not the file it should be.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for somebody to write to it
            raise ValueError("it is no regular file")
        with pa.memory_map(str(path)) as source:
            digest = hashlib.sha256(memoryview(source.read_buffer())).hexdigest()
            if digest != sha256:
                raise ArtefactError(f"{path} is damaged (its SHA-256 is another): prepare the store again")
            source.seek(0)
            reader = pa.ipc.open_file(source)
            if reader.num_record_batches != 1:
                raise ValueError(f"{reader.num_record_batches} batches of rows")
            batch = reader.get_batch(0)
            # offsets of strings and indices of dictionaries too: Arrow trusts them, and a hostile file would be read
            # out of bounds
            batch.validate(full=True)
            _check_columns(batch)
    except FileNotFoundError:
        raise ArtefactError(f"the store's index {path} is missing: prepare the store again") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = ascii(str(error))[1:200].rstrip("'")
        raise ArtefactError(f"{path} cannot be read as an index ({reason}): prepare the store again") from None
    return Index(batch)


def _check_columns(batch: pa.RecordBatch) -> None:
    """Raise ValueError where the columns are not those of an index; unreadable names raise it, too."""
    # order and nullability are part of the comparison
    fixed = pa.schema([f for f in batch.schema if not f.name.startswith(_QUALITY)])
    measured = [f for f in batch.schema if f.name.startswith(_QUALITY)]
    names = batch.schema.names
    if fixed != _COLUMNS or any(f.type != pa.float32() for f in measured) or len(set(names)) != len(names):
        raise ValueError(f"it has the columns {', '.join(names)} and was written by another version")
    holes = [n for n in names if n != "subject" and batch[n].null_count]
    if holes or any(batch[n].dictionary.null_count for n in ("subject", "condition", "view")):
        raise ValueError(f"cells without a value: {', '.join(holes)}")


def _value(row: StoredSequence, column: str) -> object:
    if column == "sha256":
        return bytes.fromhex(row.sha256)
    if column.startswith(_QUALITY):
        return row.quality.get(column.removeprefix(_QUALITY), float("nan"))
    return list(row.warnings) if column == "warnings" else getattr(row, column)


def _row(values: Mapping[str, object]) -> StoredSequence:
    plain = {k: v for k, v in values.items() if not k.startswith(_QUALITY)}
    quality = {k.removeprefix(_QUALITY): v for k, v in values.items() if k.startswith(_QUALITY)}
    plain |= {"sha256": plain["sha256"].hex(), "warnings": tuple(plain["warnings"]), "quality": quality}  # type: ignore[attr-defined, arg-type]
    return StoredSequence(**plain)  # type: ignore[arg-type]
