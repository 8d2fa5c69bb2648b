"""The journal of an embedding: the vectors of every unit that is done, so that an interrupted run goes on.

It lies beside the output while that is made. Its first line says what is computed; then comes, for every unit, a line
with its number and checksum, and its vectors. A run killed at any moment leaves whole entries and perhaps a part of
one, which the next run cuts away; so it does from the first entry that a power cut has damaged.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from gaitprint.atomic_files import check_writable, sha256_of, unwritable
from gaitprint.errors import ArtefactError
from gaitprint.store.journal import write_whole

_LOG = logging.getLogger(__name__)
FORMAT, VERSION = "gaitprint-embedding-journal", 1
_LINE = 1 << 16
"""Bytes that a line of a journal never reaches."""
_WORDS = {
    "precision": "another --precision",
    "models": "other models",
    "backends": "another --backend",
    "data": "another store, or other sequences of it",
    "memory": "another --memory or --mode",
    "plan": "other --flip or --windows",
    "device": "another kind of device",
    "threads": "another number of --threads",
}
"""What differs, by the entry of the first line that says so."""


@runtime_checkable
class UnitVectors(Protocol):
    """Where the vectors of finished units are kept until all are there."""

    def __contains__(self, number: int) -> bool:
        """Whether a unit is done."""

    def add(self, number: int, vectors: Float32[np.ndarray, "N D"]) -> None:
        """Keep the vectors of a unit."""

    def take(self, number: int) -> Float32[np.ndarray, "N D"]:
        """The vectors of a unit, asked for once."""


class InMemory:
    """`UnitVectors` of a run that writes no file."""

    def __init__(self) -> None:
        self._vectors: dict[int, Float32[np.ndarray, "_N _D"]] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._vectors

    def add(self, number: int, vectors: Float32[np.ndarray, "N D"]) -> None:
        self._vectors[number] = vectors

    def take(self, number: int) -> Float32[np.ndarray, "N D"]:
        return self._vectors.pop(number)


def journal_of(out: Path) -> Path:
    """Where the journal of an output lies."""
    return Path(out).with_name(f"{Path(out).name}.partial")


def begun_with(path: Path, fact: str) -> Any:
    """What the first line of a journal says of a fact; None where there is no journal, or it does not say."""
    try:
        with Path(path).open("rb") as stream:
            values = json.loads(stream.readline(_LINE))
    except (OSError, ValueError):
        return None
    return values.get(fact) if isinstance(values, dict) and values.get("format") == FORMAT else None


class EmbedJournal:
    """`UnitVectors` on disk, of one writer at a time: whoever holds the lock of the output.

    Args:
        path: of the journal; begun where there is none.
        facts: everything that decides the vectors' bytes; see `_WORDS`.
        shapes: N, D of every unit's vectors, by its number.

    Raises:
        ArtefactError: another file lies there, or the journal of another embedding. DataError: it cannot be written.
    """

    def __init__(self, path: Path, facts: Mapping[str, Any], shapes: Sequence[tuple[int, int]]) -> None:
        self.path, self._shapes = Path(path), shapes
        self._places: dict[int, int] = {}
        head = {"format": FORMAT, "version": VERSION, **facts}
        line = json.dumps(head, sort_keys=True).encode() + b"\n"
        check_writable(self.path)
        try:
            end = self._read(head, line) if self.path.exists() else 0
            self._stream = self.path.open("ab", buffering=0)
            os.truncate(self._stream.fileno(), end)
        except OSError as error:
            raise unwritable(self.path, error) from None
        if not end:
            self._append(line)

    def __contains__(self, number: int) -> bool:
        return number in self._places

    def __len__(self) -> int:
        return len(self._places)

    def add(self, number: int, vectors: Float32[np.ndarray, "N D"]) -> None:
        """Append the vectors of a unit and hand them to the system, so that a kill cannot take them back.

        Raises:
            DataError: the disk is full, say; then the journal is as it was.
        """
        if number in self._places:
            return
        data = np.ascontiguousarray(vectors, dtype="<f4").data.cast("B")
        line = json.dumps({"unit": number, "sha256": sha256_of(data)}).encode() + b"\n"
        self._places[number] = self._append(line, data) + len(line)

    def take(self, number: int) -> Float32[np.ndarray, "N D"]:
        shape = self._shapes[number]
        flat = np.fromfile(self.path, "<f4", shape[0] * shape[1], offset=self._places[number])
        return flat.reshape(shape).astype(np.float32, copy=False)

    def close(self) -> None:
        """Leave it for the next run; one without any unit is of no use to it."""
        self._stream.close()
        if not self._places:
            self.remove()

    def remove(self) -> None:
        """The output is written: nothing is left to do."""
        self._stream.close()
        with suppress(OSError):
            self.path.unlink()

    def _append(self, *parts: bytes | memoryview) -> int:
        """Write all or nothing; the place where it begins."""
        size = os.fstat(self._stream.fileno()).st_size
        try:
            for part in parts:
                write_whole(self._stream, part)
        except BaseException as error:
            with suppress(OSError):
                os.truncate(self._stream.fileno(), size)
            if isinstance(error, OSError):
                raise unwritable(self.path, error, "run again, it goes on") from None
            raise
        return size

    def _read(self, head: Mapping[str, Any], line: bytes) -> int:
        """Find the sound entries; the end of the last one."""
        with self.path.open("rb") as stream:
            first = stream.readline(_LINE)
            if first != line:
                if line.startswith(first):
                    return 0  # killed while it was begun
                raise self._foreign(head, first)
            end = stream.tell()
            while (found := self._entry(stream.readline(_LINE))) is not None:
                number, digest = found
                place = stream.tell()
                data = stream.read(4 * self._shapes[number][0] * self._shapes[number][1])
                if sha256_of(data) != digest:
                    break
                self._places.setdefault(number, place)
                end = stream.tell()
        cut = self.path.stat().st_size - end
        if cut:
            _LOG.info("%s: %d bytes of an unfinished or damaged entry are cut away", self.path, cut)
        return end

    def _entry(self, line: bytes) -> tuple[int, str] | None:
        """Number and checksum; None where the line is cut or damaged."""
        try:
            values = json.loads(line)
            number, digest = values["unit"], values["sha256"]
        except (ValueError, KeyError, TypeError):
            return None
        return (number, digest) if isinstance(number, int) and 0 <= number < len(self._shapes) else None

    def _foreign(self, head: Mapping[str, Any], first: bytes) -> ArtefactError:
        try:
            theirs = json.loads(first)
            if theirs.pop("format") != FORMAT:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            return ArtefactError(
                f"{self.path} is there and is no journal of an embedding: remove it, or choose another --out"
            )
        differs = next((words for key, words in _WORDS.items() if theirs.get(key) != head.get(key)), "another version")
        return ArtefactError(
            f"{self.path} was begun with {differs}: go on as it was begun, or remove it, or choose another --out"
        )
