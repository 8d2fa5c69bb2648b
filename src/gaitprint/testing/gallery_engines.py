"""What every engine of a gallery promises, whoever wrote it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gaitprint.errors import ContractError
from gaitprint.gallery.contract import Engine
from gaitprint.gallery.journal import state_digest
from gaitprint.gallery.sqlite import SqliteEngine

_PERSON = {"name": "Zoë", "tags": "[]", "basis": "", "expires": "", "enrolled": "", "removed": "", "merged_into": None}
_NOT = "a promise of engines is broken: "


class _StopError(Exception):
    """Raised within a change."""


def check_gallery_engine(make: Callable[[dict[str, str]], Engine], reopen: Callable[[], Engine]) -> None:
    """Try all that an engine owes; see `gaitprint.gallery.contract.Engine`.

    Args:
        make: an empty engine with these facts in `meta`.
        reopen: another engine for the same rows, as another process has one.

    Raises:
        ContractError: a promise is broken; it says which.
    """
    with _promise("it is made with facts, and satisfies the protocol"):
        engine = make({"id": "x", "generation": "0"})
        _expect(isinstance(engine, Engine), f"{type(engine).__name__} lacks a method")
        with engine.reading() as reader:
            there = dict(reader.rows("meta", ["id", "value"]))
            _expect((there.get("id"), there.get("generation")) == ("x", "0"), f"the facts {there}")
    other = reopen()
    try:
        _check_rows(engine)
        _check_changes(engine, other)
        _check_upkeep(engine)
    finally:
        other.close()
        engine.discard()
    with _promise("what was discarded is not there"):
        try:
            reopen().close()
        except Exception:
            return
        _expect(False, "it opens")


def _check_rows(engine: Engine) -> None:
    blob = bytes(range(256)) * 300
    with _promise("rows come back as they were, in order of ids, by any condition"):
        with engine.writing() as writer:
            ids = [writer.insert("people", {**_PERSON, "name": name}) for name in ("Zoë", "a", "B")]
            sample = writer.insert("samples", {"person": ids[0], "key": "k", "removed": "", "sha256": blob[:32]})
            writer.insert("templates", {"id": sample, "vector": blob})
            writer.insert("probes", {"key": "p", "distance": 0.1, "person": None, "expires": "2031"})
        with engine.reading() as reader:
            _expect(ids == sorted(ids), f"ids {ids}")
            _expect(reader.rows("people", ["name"]) == [("Zoë",), ("a",), ("B",)], "the order")
            found = reader.rows("templates", ["vector"], ("id", "=", sample))[0][0]
            _expect(type(found) is bytes and found == blob, "a blob differs")
            _expect(reader.rows("people", ["id"], ("id", "in", ids[:2])) == [(ids[0],), (ids[1],)], "in a list")
            _expect(reader.rows("people", ["id"], ("id", "in", [])) == [], "in an empty list")
            _expect(reader.rows("people", ["id"], ("name", "in", ["a", "no"])) == [(ids[1],)], "in a list of texts")
            _expect(reader.rows("people", ["id"], last=2) == [(ids[2],), (ids[1],)], "the last two")
            _expect(reader.rows("people", ["name"], ("name", "<", "a")) == [("Zoë",), ("B",)], "texts by their bytes")
            _expect(reader.rows("people", ["id"], ("merged_into", ">", 0)) == [], "nothing is more than nothing")
            _expect(reader.rows("probes", ["distance", "person"]) == [(0.1, None)], "a number, and none")
    with _promise("a deleted row's id is never given again"), engine.writing() as writer:
        _expect(writer.delete("people", ("id", "=", ids[2])) == 1, "one row was deleted")
        new = writer.insert("people", _PERSON)
        _expect(new > ids[2], f"{new} after {ids[2]}")
        writer.insert("people", {**_PERSON, "id": new + 100})
        _expect(writer.insert("people", _PERSON) > new + 100, "an id that was named counts, too")
    for table in ("nothing", "people; DROP TABLE people"):
        with _promise("tables and columns that the schema lacks are refused"), engine.reading() as reader:
            try:
                reader.rows(table, ["id"])
            except KeyError:
                continue
            _expect(False, f"{table} was read")


def _check_changes(engine: Engine, other: Engine) -> None:
    with _promise("a change that ends by an error changes nothing"):
        with engine.reading() as reader:
            before = state_digest(reader)
        try:
            with engine.writing() as writer:
                writer.insert("people", _PERSON)
                writer.update("meta", "id", {"value": "y"})
                raise _StopError
        except _StopError:
            pass
        with engine.reading() as reader:
            _expect(state_digest(reader) == before, "rows differ")
            _expect(reader.rows("meta", ["value"], ("id", "=", "id")) == [("x",)], "a fact differs")
    with _promise("who reads sees one moment, whatever another process writes meanwhile; then what it wrote"):
        with engine.reading() as reader:
            before = state_digest(reader)
            with other.writing() as writer:
                number = writer.insert("people", {**_PERSON, "name": "new"})
            _expect(state_digest(reader) == before, "rows changed while they were read")
        with engine.reading() as reader:
            _expect(reader.rows("people", ["name"], ("id", "=", number)) == [("new",)], "a written row is missing")


def _check_upkeep(engine: Engine) -> None:
    with _promise("it can be scrubbed, and finds nothing wrong with itself"):
        engine.scrub()
        _expect(engine.problems() == [], f"{engine.problems()}")
        _expect(bool(engine.label), "it has no label")
    with _promise("a copy is a file of the embedded engine with equal rows"), tempfile.TemporaryDirectory() as folder:
        engine.copy_to(Path(folder) / "copy")
        copy = SqliteEngine(Path(folder) / "copy")
        with engine.reading() as mine, copy.reading() as theirs:
            _expect(state_digest(mine) == state_digest(theirs), "rows differ")
            last = mine.rows("people", ["id"], last=1)[0][0]
        with copy.writing() as writer:
            _expect(writer.insert("people", _PERSON) > last, "an id is given again")
        copy.close()


def _expect(true: bool, otherwise: str) -> None:
    if not true:
        raise ContractError(otherwise)


@contextmanager
def _promise(text: str) -> Iterator[None]:
    try:
        yield
    except ContractError as error:
        raise ContractError(f"{_NOT}{text}; found: {error}") from None
    except Exception as error:
        raise ContractError(f"{_NOT}{text}; found: {type(error).__name__}: {error}") from error
