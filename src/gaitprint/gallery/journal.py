"""Changes of a gallery: whole, written into the audit, and undone to the last bit where that is possible.

The audit names numbers, never names: it outlives the people. Each line holds the SHA-256 of itself and the one before,
so that none can be changed or taken out of the middle unnoticed; whoever keeps the last hash elsewhere notices the end
missing, too. What undo needs holds names, and goes with the people.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gaitprint.atomic_files import sha256_of
from gaitprint.errors import DataError
from gaitprint.gallery.contract import TABLES, Condition, Engine, Reader, Writer
from gaitprint.gallery.times import now

GENERATION, STRUCTURE = "generation", "structure"
"""Facts that count changes: all that a search must see, and those that do more than add samples."""
Image = tuple[str, int | str, dict[str, Any] | None, dict[str, Any]]
"""Table, id, the columns before (None: the row was added), and after."""


class Edit:
    """One change, while it is made: writes, and remembers what was there."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.images: list[Image] = []
        self.details: dict[str, Any] = {}
        """What the audit says of it: numbers."""
        self.adds_only = True
        """Whether nothing but samples came."""

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """Add a row that undo takes out again."""
        row = self.writer.insert(table, values)
        self.images.append((table, row, None, {}))
        self.adds_only &= table in ("people", "samples", "templates", "walks")
        return row

    def update(self, table: str, row: int | str, values: dict[str, Any]) -> None:
        """Edit columns that undo sets back."""
        # read within the same transaction: nobody else writes between this and the update
        names = list(values)
        [before] = self.writer.rows(table, names, ("id", "=", row))
        self.images.append((table, row, dict(zip(names, before, strict=True)), values))
        self.adds_only = False
        self.writer.update(table, row, values)


@contextmanager
def change(engine: Engine, verb: str, *, undoable: bool = True) -> Iterator[Edit]:
    """A change with its line in the audit; whole or not at all."""
    with engine.writing() as writer:
        made = Edit(writer)
        yield made
        # last within the transaction: a line without its change cannot be
        line = append_audit(writer, verb, made.details)
        # under the number of its line, which is never used again
        if undoable and made.images:
            writer.insert("undo", {"id": line, "images": json.dumps(made.images)})
        count(writer, GENERATION)
        if not made.adds_only:
            count(writer, STRUCTURE)


def count(writer: Writer, fact: str) -> None:
    """Count one more of a kind of changes."""
    writer.update("meta", fact, {"value": str(int(read_fact(writer, fact)) + 1)})


def read_fact(reader: Reader, name: str) -> str:
    """A fact of `meta`; empty where there is none."""
    rows = reader.rows("meta", ["value"], ("id", "=", name))
    return str(rows[0][0]) if rows else ""


def write_fact(writer: Writer, name: str, value: str) -> None:
    """Set a fact of `meta`."""
    if writer.rows("meta", ["id"], ("id", "=", name)):
        writer.update("meta", name, {"value": value})
    else:
        writer.insert("meta", {"id": name, "value": value})


def append_audit(writer: Writer, verb: str, details: dict[str, Any]) -> int:
    """Write a line of the audit; its number."""
    last = writer.rows("audit", ["hash"], last=1)
    line = {
        "at": now(),
        "verb": verb,
        "details": json.dumps(details, sort_keys=True),
        "previous": last[0][0] if last else "",
    }
    return writer.insert("audit", {**line, "hash": _hash(line)})


def audit_problems(reader: Reader) -> list[str]:
    """What is wrong with the chain of the audit, a line each."""
    previous, problems = "", []
    for number, *values in reader.rows("audit", ["id", "at", "verb", "details", "previous", "hash"]):
        line = dict(zip(("at", "verb", "details", "previous"), values[:-1], strict=True))
        if line["previous"] != previous or values[-1] != _hash(line):
            problems.append(f"audit: line {number} was changed, or lines before it were taken out")
        previous = values[-1]
    return problems


def undo(engine: Engine, line: int | None = None) -> tuple[int, str]:
    """Set back what a change did: the last one that can be undone, or that of a line of the audit.

    Returns:
        Its line and its verb.

    Raises:
        DataError: there is none, or something has changed the same rows since.
    """
    with change(engine, "undo", undoable=False) as made:
        where: list[Condition] = [] if line is None else [("id", "=", line)]
        # the highest number is the last change
        found = made.writer.rows("undo", ["id", "images"], *where, last=1)
        if not found:
            which = "nothing can be undone" if line is None else f"change {line} cannot be undone"
            raise DataError(f"{which}: enrolling, calibrating and purging cannot, and nothing is undone twice")
        number, text = found[0]
        [(verb,)] = made.writer.rows("audit", ["verb"], ("id", "=", number))
        for table, row, before, after in reversed(json.loads(text)):
            _set_back(made.writer, (table, row, before, after), number)
        made.writer.delete("undo", ("id", "=", number))
        made.details = {"change": number}
        made.adds_only = False
    return int(number), str(verb)


def _set_back(writer: Writer, image: Image, number: int) -> None:
    table, row, before, after = image
    # every column must still be as this change left it
    there = writer.rows(table, list(after) or ["id"], ("id", "=", row))
    if table == "probes" and not there:  # the log forgets by itself
        return
    changed = not there or (after and dict(zip(after, there[0], strict=True)) != after)
    if before is None and table == "people":  # walks that came to them since would be left without anybody
        changed = changed or bool(writer.rows("samples", ["id"], ("person", "=", row)))
    if changed:
        raise DataError(f"change {number} cannot be undone, for what it touched has changed since: undo that first")
    if before is None:
        writer.delete(table, ("id", "=", row))
    else:
        writer.update(table, row, before)


def forget_undo(writer: Writer, gone: Mapping[str, Collection[int | str]]) -> None:
    """Drop what could be undone of rows that are erased, by table: it holds their names."""
    for number, text in writer.rows("undo", ["id", "images"]):
        if any(row in gone.get(table, ()) for table, row, _, _ in json.loads(text)):
            writer.delete("undo", ("id", "=", number))


def state_digest(reader: Reader) -> str:
    """The SHA-256 of all people, samples, templates, negatives and their walks: equal where no bit differs."""
    parts = list[str]()
    for table in ("people", "samples", "templates", "negatives"):
        parts += [sha256_of(repr(row)) for row in reader.rows(table, ["id", *TABLES[table]])]
    # by owner: numbers of walks count those of the log, too
    parts += sorted(repr(row) for row in reader.rows("walks", ["owner", "sha256"]) if not row[0].startswith("probe:"))
    return sha256_of("".join(parts))


def _hash(line: dict[str, str]) -> str:
    return sha256_of(json.dumps([line["previous"], line["at"], line["verb"], line["details"]]))
