"""The journal of a store that is being written: one line a decision, appended as soon as it is made.

The first line says what is being made, and from which state. Then every sequence of the source gets a line: its row
when its frames are in the data file, "keep" where the row of the state before still holds, "aside" with the reason
where it cannot be used. A writer killed at any moment leaves whole lines and perhaps half of one; the next writer goes
on behind the last line whose frames are there and are what the line says.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.errors import DataError
from gaitprint.locks import open_locked
from gaitprint.store.index import StoredSequence


@dataclass(frozen=True)
class SetAside:
    """A sequence that was left out, and why."""

    key: str
    reason: str
    stamp: str = ""
    """What its source looked like: while it is equal, nothing is read again."""


@dataclass(frozen=True)
class Keep:
    """The row of the state before still holds."""

    key: str


Decision = StoredSequence | SetAside | Keep


class Journal:
    """An open journal, held by one writer at a time.

    Raises:
        DataError: another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = open_locked(path, path.parent)

    def write(self, decision: Decision | dict[str, Any]) -> None:
        """Append one line and hand it to the system, so that a kill cannot take it back; all of it or nothing."""
        # the line is made before the file is touched: a name that is no Unicode text must leave nothing behind
        line, size = line_of(decision), os.fstat(self._stream.fileno()).st_size
        try:
            write_whole(self._stream, line)
        except BaseException:
            self.cut(size)
            raise

    def cut(self, size: int) -> None:
        """Drop all bytes behind `size`."""
        os.truncate(self._stream.fileno(), size)

    @property
    def empty(self) -> bool:
        """Whether it has no line."""
        return os.fstat(self._stream.fileno()).st_size == 0

    def abandon(self) -> None:
        """Let go of it, and leave no file where it has no line."""
        if self.empty:
            with suppress(OSError):
                self._path.unlink()
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self._stream.close()


def write_whole(stream: FileIO, data: bytes | memoryview) -> None:
    """Write all bytes: an unbuffered file may take a part, but never holds back what it could not write."""
    view = memoryview(data)
    while view:
        view = view[stream.write(view) :]


def line_of(decision: Decision | dict[str, Any]) -> bytes:
    """A decision as one line of JSON.

    Raises:
        DataError: a name that is no Unicode text.
    """
    match decision:
        case StoredSequence():
            values: dict[str, Any] = dict(vars(decision))
            values["quality"] = {k: None if isnan(v) else _short(v) for k, v in decision.quality.items()}
        case SetAside():
            values = {"aside": vars(decision)}
        case Keep():
            values = {"keep": decision.key}
        case _:
            values = decision
    try:
        # JSON escapes line breaks within texts, so that a line of the file is one decision
        return json.dumps(values, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        key = getattr(decision, "key", "?")
        raise DataError(f"{key!a}: names must be Unicode text, rename the folder or file") from None


def decisions(lines: Sequence[bytes]) -> Iterator[tuple[Decision, int]]:
    """The decisions of whole, sound lines and the bytes of each; ends before the first that is neither."""
    for line in lines:
        try:
            if not line.endswith(b"\n"):
                return
            yield _decision(json.loads(line)), len(line)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return


def _decision(values: dict[str, Any]) -> Decision:
    if "keep" in values:
        return Keep(str(values["keep"]))
    if "aside" in values:
        aside = SetAside(**values["aside"])
        if not all(isinstance(text, str) for text in vars(aside).values()):
            raise TypeError("a name is no text")
        return aside
    quality: Mapping[str, float | None] = values["quality"]
    row = StoredSequence(
        **{
            **values,
            "warnings": tuple(values["warnings"]),
            "quality": {k: float("nan") if v is None else float(v) for k, v in quality.items()},
        }
    )
    subject = "" if row.subject is None else row.subject
    texts = (row.key, subject, row.condition, row.view, row.sha256, row.source, row.stamp, *row.warnings)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a name is no text")
    if not all(isinstance(n, int) for n in (row.length, row.offset, row.bytes)) or row.length < 1:
        raise ValueError(f"sequence {row.key!r} has length {row.length!r}")
    return row


def _short(value: float) -> float:
    """As the index will hold it, so that a resumed run writes the same bytes."""
    return float(np.float32(value))
