"""What keeps a gallery's rows: tables, and what an engine owes. All else is written against this alone.

A row is acknowledged when `writing()` was left without an error: from then on it survives a kill and a power cut.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

Operator = Literal["=", "<", "<=", ">", "in"]
Condition = tuple[str, Operator, Any]
"""A column, how it is compared, and with what; `in` takes a list."""

TABLES: dict[str, dict[str, str]] = {
    # who: an id is no name, and is never used again
    "people": {
        "name": "text",
        "tags": "text",
        "basis": "text",
        "expires": "text",
        "enrolled": "text",
        "removed": "text",
        "merged_into": "integer",
    },
    # walks of theirs; what is read for every search is narrow, so the vectors lie elsewhere
    "samples": {
        "person": "integer",
        "key": "text",
        "condition": "text",
        "view": "text",
        "camera": "text",
        "taken": "text",
        "quality": "text",
        "origin": "text",
        "enrolled": "text",
        "removed": "text",
        "sha256": "blob",
    },
    # the vector of the sample of the same id, float32, little-endian
    "templates": {"vector": "blob"},
    # walks that somebody said are not of a person
    "negatives": {"person": "integer", "decided": "text", "vector": "blob", "sha256": "blob"},
    # who was asked about, for as long as they are kept
    "probes": {
        "key": "text",
        "view": "text",
        "camera": "text",
        "seen": "text",
        "expires": "text",
        "person": "integer",
        "distance": "real",
        "decision": "text",
        "vector": "blob",
    },
    # silhouettes, packed, of a sample, a probe or a negative: "sample:12"
    "walks": {"owner": "text", "frames": "blob", "sha256": "blob"},
    # vectors of such by the model that the gallery goes over to, until it does
    "fresh": {"owner": "text", "vector": "blob", "sha256": "blob"},
    "audit": {"at": "text", "verb": "text", "details": "text", "previous": "text", "hash": "text"},
    # rows before and after what can be undone, by the number of its line in the audit
    "undo": {"images": "text"},
    "meta": {"value": "text"},
}
"""Columns and their types, beside `id`: a number, or the name of a fact in `meta`."""
UNIQUE = (("samples", "key"), ("walks", "owner"), ("fresh", "owner"))
INDEXED = (("samples", "person"), ("samples", "sha256"), ("probes", "expires"), ("negatives", "person"))


@runtime_checkable
class Reader(Protocol):
    """Rows as they are at one moment."""

    def rows(
        self, table: str, columns: Sequence[str], *where: Condition, last: int | None = None
    ) -> list[tuple[Any, ...]]:
        """The rows that meet all conditions, in order of their ids; with `last` so many of the highest, descending."""
        ...


@runtime_checkable
class Writer(Reader, Protocol):
    """A change that is made whole or not at all."""

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """Add a row; its id, the next one where `values` names none."""
        ...

    def update(self, table: str, row: int | str, values: dict[str, Any]) -> None:
        """Change columns of a row."""
        ...

    def delete(self, table: str, *where: Condition) -> int:
        """Take rows out, overwriting them; how many."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Where rows are kept. Several processes may use one at a time, each with an engine of its own."""

    @property
    def place(self) -> Path | None:
        """The file, beside which the index lies; None: there is no file, and no index beside it."""
        ...

    @property
    def label(self) -> str:
        """Where it is, for messages."""
        ...

    def reading(self) -> AbstractContextManager[Reader]:
        """Rows as they are at one moment, whatever others write meanwhile."""
        ...

    def writing(self) -> AbstractContextManager[Writer]:
        """The one writer; durable when the block ends, and nothing has changed when it ends by an error.

        Raises:
            DataError: another one writes for too long, the disk is full or fails. ArtefactError: damaged.
        """
        ...

    def scrub(self) -> None:
        """Leave nothing of what was deleted in any file.

        Raises:
            DataError: another process still reads what was there before.
        """
        ...

    def copy_to(self, path: Path) -> None:
        """Write a copy as a file of the embedded engine, as of one moment, while others read and write."""
        ...

    def problems(self) -> list[str]:
        """What is wrong with the files, a line each."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...

    def discard(self) -> None:
        """Let go, and take away all of it: what was just made and could not be filled."""
        ...
