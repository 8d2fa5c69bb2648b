"""Walks become samples of people, one by one or thousands at once; what does not fit is reported, the rest is kept."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gaitprint.errors import ArtefactError, DataError, GaitprintError
from gaitprint.gallery.contract import Engine, Reader
from gaitprint.gallery.journal import Edit, change, read_fact, write_fact
from gaitprint.gallery.kept_walks import SAMPLE, FramesOf, keeps_walks, walk_row, with_walks
from gaitprint.gallery.people import check_name, find_person
from gaitprint.gallery.records import EnrolReport, Reject, WalkDetails
from gaitprint.gallery.times import now
from gaitprint.gallery.vectors import pack_vector
from gaitprint.types import Embeddings

_AT_ONCE = 64
"""Walks of one transaction: each waits for the disk once."""


@dataclass
class Enrolled:
    """What was enrolled so far."""

    enrolled: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    already: int = 0
    rejects: list[Reject] = field(default_factory=list)


def check_source(reader: Reader, walks: Embeddings, what: str) -> None:
    """Refuse vectors of another model than the gallery's.

    Raises:
        ArtefactError: they are.
    """
    # the same network in another layout of parts would compare other parts
    source, layout = read_fact(reader, "source"), read_fact(reader, "layout")
    if source and (source != walks.source or json.loads(layout) != [list(b) for b in walks.layout.blocks]):
        raise ArtefactError(
            f"{what} were made by the model {walks.source[:12]!r}, the gallery's by {source[:12]!r}: embed them with "
            "the gallery's model, or enrol everybody anew with another one"
        )


def enroll(
    engine: Engine,
    walks: Embeddings,
    details: WalkDetails,
    rejects: Sequence[Reject] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    frames_of: FramesOf | None = None,
) -> tuple[EnrolReport, list[int]]:
    """Enrol walks by the names of their records; a walk that is there already is passed over, so that it can go on.

    Args:
        engine: of the gallery.
        walks: with subjects.
        details: what else is known of them.
        rejects: walks that were found wanting before.
        progress: called with how many are done, of how many.
        frames_of: the silhouettes of the walk at a place, to be kept where the gallery keeps walks.

    Returns:
        The report, and the ids of new people.

    Raises:
        ArtefactError: another model made them. DataError: the disk is full or fails; what was reported is kept.
    """
    if details.quality and len(details.quality) != len(walks):
        raise DataError(f"{len(walks)} walks came with {len(details.quality)} measurements: one each is needed")
    done = Enrolled(rejects=list(rejects))
    for start in range(0, len(walks), _AT_ONCE):
        with change(engine, "enroll", undoable=False) as made:
            _bind(made, walks)
            part, kept = Enrolled(), frames_of if keeps_walks(made.writer) else None
            for i in range(start, min(start + _AT_ONCE, len(walks))):
                enroll_one(made, walks, i, details, part, kept)
            made.details = {"samples": part.enrolled, "people": part.people, "rejects": len(part.rejects)}
        # only what is on the disk counts
        done.enrolled += part.enrolled
        done.people += part.people
        done.already += part.already
        done.rejects += part.rejects
        progress(min(start + _AT_ONCE, len(walks)), len(walks))
    report = EnrolReport(tuple(done.enrolled), len(done.people), done.already, tuple(done.rejects))
    return report, done.people


def _bind(made: Edit, walks: Embeddings) -> None:
    """The first walks say which model the gallery is of."""
    if not read_fact(made.writer, "source"):
        write_fact(made.writer, "source", walks.source)
        write_fact(made.writer, "layout", json.dumps([list(b) for b in walks.layout.blocks]))
    check_source(made.writer, walks, "what is enrolled")


def enroll_one(
    made: Edit, walks: Embeddings, i: int, details: WalkDetails, done: Enrolled, frames_of: FramesOf | None
) -> None:
    """Enrol one walk within a change; `done` says what became of it.

    Args:
        made: the change.
        walks: with subjects.
        i: which of them.
        details: what else is known.
        done: is added to.
        frames_of: the silhouettes, where they are to be kept.
    """
    record = walks.records[i]
    data, digest = pack_vector(walks.vectors[i])
    same = made.writer.rows("samples", ["sha256", "id", "removed"], ("key", "=", record.key))
    # what was reported before a kill is here again: passed over, not refused
    if same and bytes(same[0][0]) == digest and not same[0][2]:
        done.already += 1
        # it may have come as a vector then
        if frames_of is not None and not with_walks(made.writer, SAMPLE, [same[0][1]]):
            made.insert("walks", walk_row(SAMPLE, same[0][1], frames_of(i)))
        return
    try:
        _check_walk(made.writer, walks.vectors[i], digest, bool(same))
        person = _person_for(made, record.subject, details, done)
    except GaitprintError as error:
        done.rejects.append(Reject(record.key, str(error)))
        return
    # no image for undo: what enrolling did is taken back by removing
    values = {
        "person": person,
        "key": record.key,
        "condition": record.condition,
        "view": record.view,
        "camera": details.camera,
        "taken": details.taken,
        "quality": details.quality[i] if details.quality else "",
        "origin": details.origin,
    }
    sample = made.insert("samples", {**values, "enrolled": now(), "removed": "", "sha256": digest})
    made.insert("templates", {"id": sample, "vector": data})
    if frames_of is not None:
        made.insert("walks", walk_row(SAMPLE, sample, frames_of(i)))
    done.enrolled.append(sample)


def _check_walk(reader: Reader, vector: np.ndarray, digest: bytes, known_key: bool) -> None:
    if known_key:
        raise DataError(
            "another walk of this key is in the gallery, or was removed: give it another key, or restore it"
        )
    if not vector.any():
        raise DataError("its vector is zero, as of an empty walk")
    # two people with one walk would be told apart by nothing
    twin = reader.rows("samples", ["person", "key"], ("sha256", "=", digest))
    if twin:
        raise DataError(f"it equals the walk {twin[0][1]!r} of id:{twin[0][0]} to the last bit: one walk is one sample")


def _person_for(made: Edit, name: str | None, details: WalkDetails, done: Enrolled) -> int:
    if name is None:
        raise DataError("it has no name: a walk is enrolled as somebody's")
    if name.startswith("id:"):
        return find_person(made.writer, name).id
    check_name(name)
    there = made.writer.rows("people", ["id", "merged_into"], ("name", "=", name))
    # a removed person of that name is refused by `find_person`, with the way back
    if any(merged is None for _, merged in there):
        return find_person(made.writer, name).id
    if there:
        raise DataError(f"{name!r} was merged into id:{there[0][1]}: enrol it as that, or undo the merge")
    facts: dict[str, Any] = {"name": name, "tags": json.dumps(sorted(set(details.tags)), ensure_ascii=False)}
    facts |= {"basis": details.basis, "expires": details.expires, "enrolled": now(), "removed": "", "merged_into": None}
    person = made.insert("people", facts)
    done.people.append(person)
    return person
