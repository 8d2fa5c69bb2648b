"""Who is enrolled: found by id or name, listed, and corrected. Every correction here can be undone."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from gaitprint.arguments import shown
from gaitprint.errors import AbsentError, ConfigError, DataError, did_you_mean
from gaitprint.gallery.contract import Condition, Engine, Reader
from gaitprint.gallery.journal import Edit, change
from gaitprint.gallery.records import Person, Sample
from gaitprint.gallery.times import check_day, now

Who = int | str | Person
"""A person: their id, "id:3", or their name where nobody else has it."""
_LONGEST = 300
_PERSON = ["id", "name", "tags", "basis", "expires", "enrolled", "removed", "merged_into"]
_THERE: Condition = ("removed", "=", "")
SAMPLE = [f.name for f in fields(Sample)]


def check_name(name: object) -> str:
    """A name that can be told from another when it is printed.

    Raises:
        ConfigError: empty, too long, with a line break or the like, or like an id.
    """
    good = isinstance(name, str) and name.strip() != "" and len(name) <= _LONGEST and name.isprintable()
    if not good or not isinstance(name, str):
        raise ConfigError(f"a name is a printable text of 1 to {_LONGEST} letters, found {shown(name)}")
    if name.startswith("id:"):
        raise ConfigError(f"a name does not begin with 'id:', which stands for a number, found {name!r}")
    return name


def all_people(reader: Reader, removed: bool = False) -> list[Person]:
    """Everybody, by id: those who are there, or those who were taken out."""
    counts: dict[int, int] = {}
    for (person,) in reader.rows("samples", ["person"], _THERE):
        counts[person] = counts.get(person, 0) + 1
    found = [_person(row, counts) for row in reader.rows("people", _PERSON)]
    return [p for p in found if p.merged_into is None and bool(p.removed) == removed]


def find_person(reader: Reader, who: Who, removed: bool = False) -> Person:
    """One person.

    Args:
        reader: of the gallery.
        who: see `Who`.
        removed: look among those who were taken out.

    Raises:
        DataError: nobody, or several, are meant. ConfigError: `who` is none of `Who`.
    """
    given = f"id:{who.id}" if isinstance(who, Person) else f"id:{who}" if type(who) is int else who
    if not isinstance(given, str) or not given:
        raise ConfigError(f"a person is an id such as 3 or 'id:3', or a name, found {shown(who)}")
    # 19 digits are more than SQLite holds
    number = given[3:]
    if given.startswith("id:") and number.isdecimal() and len(number) < 19:
        rows = reader.rows("people", _PERSON, ("id", "=", int(number)))
    else:
        rows = reader.rows("people", _PERSON, ("name", "=", given))
    found = [p for row in rows if (p := _person(row, {})).merged_into is None]
    right = [p for p in found if bool(p.removed) == removed]
    if len(right) == 1:
        return replace(right[0], samples=len(reader.rows("samples", ["id"], ("person", "=", right[0].id), _THERE)))
    if right:
        ids = ", ".join(f"id:{p.id}" for p in right[:10])
        raise DataError(f"{len(right)} people are called {given!r}: say which, {ids}")
    if found:
        way = "take them out first" if removed else "bring them back with `gaitprint gallery restore`"
        raise DataError(f"{given!r} is {'not ' if removed else ''}removed: {way}")
    names = [name for (name,) in reader.rows("people", ["name"], ("removed", ">" if removed else "=", ""))]
    raise AbsentError(f"the gallery has no {given!r}: {did_you_mean(given, names)}")


def samples_of(reader: Reader, person: Person) -> list[Sample]:
    """Their walks, also those that were taken out, by id."""
    return [Sample(*row) for row in reader.rows("samples", SAMPLE, ("person", "=", person.id))]


def find_samples(reader: Reader, ids: Sequence[int]) -> list[Sample]:
    """Walks by their ids, in the order given.

    Raises:
        DataError: one is not there, or there is none. ConfigError: no ids.
    """
    if isinstance(ids, str | bytes) or not isinstance(ids, Sequence) or any(type(i) is not int for i in ids):
        raise ConfigError(f"walks are named by the ids of their samples, as `show` lists them, found {shown(ids)}")
    found = {row[0]: Sample(*row) for i in ids for row in reader.rows("samples", SAMPLE, ("id", "=", i))}
    missing = next((i for i in ids if i not in found), None)
    if missing is not None or not ids:
        raise AbsentError(f"the gallery has no sample {missing}: `gaitprint gallery show` lists those of a person")
    return [found[i] for i in dict.fromkeys(ids)]


def rename(engine: Engine, who: Who, name: str) -> Person:
    """Call somebody by another name; their id stays."""
    with change(engine, "rename") as made:
        return _changed(made, find_person(made.writer, who), {"name": check_name(name)})


def tag(engine: Engine, who: Who, add: Sequence[str], remove: Sequence[str]) -> Person:
    """Add and take away tags."""
    words = [*add, *remove]
    strange = next((t for t in words if not isinstance(t, str) or not t.strip() or not t.isprintable()), None)
    if isinstance(add, str) or isinstance(remove, str) or strange is not None or not words:
        raise ConfigError(f"tags are words such as staff, found {shown(strange if words else None)}")
    with change(engine, "tag") as made:
        person = find_person(made.writer, who)
        tags = sorted({*person.tags, *add} - set(remove))
        return _changed(made, person, {"tags": json.dumps(tags, ensure_ascii=False)})


def set_basis(engine: Engine, who: Who, basis: str | None, expires: str | None) -> Person:
    """Set the legal basis, or the day from which on somebody is no answer."""
    if expires:
        check_day(expires, "expires")
    values = {k: v for k, v in (("basis", basis), ("expires", expires)) if v is not None}
    with change(engine, "tag") as made:
        return _changed(made, find_person(made.writer, who), values)


def merge(engine: Engine, into: Who, others: Sequence[Who]) -> tuple[Person, tuple[int, ...]]:
    """Make people one who were enrolled as several.

    Returns:
        The one who stays, and the ids of the samples that came to them.
    """
    with change(engine, "merge") as made:
        kept = find_person(made.writer, into)
        gone = [find_person(made.writer, who) for who in others]
        if not gone or len({kept.id, *(p.id for p in gone)}) != len(gone) + 1:
            raise DataError(f"a person is merged with others, found {kept.name!r} with {[p.name for p in gone]}")
        # also walks that were removed: restored, they are theirs
        moved = [s.id for p in gone for s in samples_of(made.writer, p)]
        for sample in moved:
            made.update("samples", sample, {"person": kept.id})
        for p in gone:
            for (negative,) in made.writer.rows("negatives", ["id"], ("person", "=", p.id)):
                made.update("negatives", negative, {"person": kept.id})
            # the row stays: undo gives it back, and a purge of the one purges the other
            made.update("people", p.id, {"merged_into": kept.id})
        tags = sorted({t for p in (kept, *gone) for t in p.tags})
        made.details = {"people": [p.id for p in gone], "samples": len(moved)}
        return _changed(made, kept, {"tags": json.dumps(tags, ensure_ascii=False)}), tuple(moved)


def split(engine: Engine, who: Who, samples: Sequence[int], name: str) -> Person:
    """Make walks of somebody those of a new person."""
    with change(engine, "split") as made:
        person = find_person(made.writer, who)
        # all of them would leave a person without any
        own = {s.id for s in samples_of(made.writer, person)}
        chosen = [s.id for s in find_samples(made.writer, samples)]
        if not set(chosen) < own:
            raise DataError(
                f"some but not all walks of {person.name!r} become another person's: choose of {sorted(own)}"
            )
        values = {"name": check_name(name), "tags": "[]", "basis": person.basis, "expires": person.expires}
        new = made.insert("people", {**values, "enrolled": now(), "removed": "", "merged_into": None})
        for sample in chosen:
            made.update("samples", sample, {"person": new})
        made.details = {"person": person.id, "new": new, "samples": chosen}
        return find_person(made.writer, new)


def move(engine: Engine, samples: Sequence[int], to: Who) -> Person:
    """Make walks those of somebody else who is there."""
    with change(engine, "move") as made:
        person = find_person(made.writer, to)
        chosen = find_samples(made.writer, samples)
        for sample in chosen:
            made.update("samples", sample.id, {"person": person.id})
        made.details = {"person": person.id, "samples": [s.id for s in chosen]}
        return person


def remove(engine: Engine, people: Sequence[Who], samples: Sequence[int] = ()) -> None:
    """Take people or single walks out of every answer at once; they can be restored."""
    _put(engine, "remove", people, samples, now())


def restore(engine: Engine, people: Sequence[Who], samples: Sequence[int] = ()) -> None:
    """Bring back what was removed."""
    _put(engine, "restore", people, samples, "")


def _put(engine: Engine, verb: str, people: Sequence[Who], samples: Sequence[int], removed: str) -> None:
    if not people and not samples:
        raise DataError(f"name people or samples to {verb}")
    with change(engine, verb) as made:
        found = [find_person(made.writer, who, removed=not removed) for who in people]
        walks = find_samples(made.writer, samples) if samples else []
        wrong = next((s for s in walks if bool(s.removed) == bool(removed)), None)
        if wrong is not None:
            raise DataError(f"sample {wrong.id} is {'' if removed else 'not '}removed")
        for person in found:
            made.update("people", person.id, {"removed": removed})
        for sample in walks:
            made.update("samples", sample.id, {"removed": removed})
        made.details = {"people": [p.id for p in found], "samples": [s.id for s in walks]}


def _changed(made: Edit, person: Person, values: dict[str, Any]) -> Person:
    made.update("people", person.id, values)
    made.details = {"person": person.id, **made.details}
    return find_person(made.writer, person.id)


def _person(row: tuple[Any, ...], counts: dict[int, int]) -> Person:
    number, name, tags, *rest = row
    return Person(number, name, tuple(json.loads(tags)), *rest, samples=counts.get(number, 0))
