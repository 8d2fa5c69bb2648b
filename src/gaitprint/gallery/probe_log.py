"""Who was asked about, kept for as long as the gallery says; and what somebody said of the answers.

A probe that was confirmed becomes a sample only where it brings something new: walks like those that are there would
make a person ever easier to be taken for.
"""

from dataclasses import replace
from typing import Any

from gaitprint.errors import AbsentError, ArtefactError, DataError
from gaitprint.gallery.calibration import CALIBRATION, packed, read_calibration
from gaitprint.gallery.contract import Condition, Reader, Writer
from gaitprint.gallery.enrolment import check_source
from gaitprint.gallery.journal import Edit, change, read_fact
from gaitprint.gallery.kept_walks import (
    NEGATIVE,
    PROBE,
    SAMPLE,
    FramesOf,
    copy_walk,
    forget_walks,
    keeps_walks,
    walk_row,
)
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import Who, find_person
from gaitprint.gallery.records import Identification, Probe
from gaitprint.gallery.search import Comparing
from gaitprint.gallery.times import days_from_now, now
from gaitprint.gallery.vectors import pack_vector, unpack_vector
from gaitprint.types import Embeddings, SequenceRecord

RETENTION = "retention_days"
_COLUMNS = ["id", "key", "view", "camera", "seen", "expires", "person", "distance", "decision"]
_NOVEL = 0.5
"""Of the threshold: a confirmed walk that is nearer than this to one that is there brings nothing new."""


def keep_probes(
    gallery: OpenGallery,
    probes: Embeddings,
    answers: list[Identification],
    camera: str,
    frames_of: FramesOf | None = None,
) -> list[Identification]:
    """Write probes into the log, where the gallery keeps one; what has expired goes."""
    with gallery.engine.reading() as reader:
        days = float(read_fact(reader, RETENTION) or 0)
    if days <= 0:
        return answers
    kept = []
    with gallery.engine.writing() as writer:
        try:
            check_source(writer, probes, "the probes")
        except ArtefactError:
            # the gallery went over to another model since they were answered: nothing could be compared with them
            return answers
        # who asks keeps the log short: no clock runs in the file
        _forget_expired(writer)
        keep = frames_of if keeps_walks(writer) else None
        for i, (record, answer) in enumerate(zip(probes.records, answers, strict=True)):
            values: dict[str, Any] = {
                "key": record.key,
                "view": record.view,
                "camera": camera,
                "seen": now(),
                "decision": "",
            }
            nearest = answer.candidates[0].distance if answer.candidates else None
            # the vector and its SHA-256 in one cell
            data = b"".join(pack_vector(probes.vectors[i]))
            values |= {"expires": days_from_now(days), "vector": data}
            number = writer.insert("probes", {**values, "person": answer.person, "distance": nearest})
            if keep is not None:
                writer.insert("walks", walk_row(PROBE, number, keep(i)))
            kept.append(replace(answer, probe=number))
    return kept


def list_probes(gallery: OpenGallery, like: Embeddings | None, last: int) -> list[Probe]:
    """The log, newest first; or with `like` one walk, the probes that are nearest to it, nearest first."""
    alive: Condition = ("expires", ">", now())
    if like is None:
        with gallery.engine.reading() as reader:
            return [Probe(*row) for row in reader.rows("probes", _COLUMNS, alive, last=last)]
    if len(like) != 1:
        raise DataError(f"the log is searched for one walk, found {len(like)}: choose one by its key")
    with gallery.searching(like) as (reader, comparing, _):
        found = []
        for (number,) in reader.rows("probes", ["id"], alive):
            walk, probe = read_probe(reader, number, comparing)
            found.append(replace(probe, like=float(comparing.distances(like, walk.vectors)[0])))
    return sorted(found, key=lambda p: (p.like or 0.0, p.id))[:last]


def read_probe(reader: Reader, number: int, comparing: Comparing) -> tuple[Embeddings, Probe]:
    """A probe of the log, with its vector.

    Raises:
        DataError: it is not there, or no longer.
    """
    rows = reader.rows("probes", [*_COLUMNS, "vector"], ("id", "=", number), ("expires", ">", now()))
    if not rows:
        raise AbsentError(f"the log has no probe {number}, or no longer: `gaitprint gallery log` lists them")
    *facts, data = rows[0]
    probe = Probe(*facts)
    vector = unpack_vector(data[:-32], data[-32:], comparing.layout.width, f"probe {number}")
    record = SequenceRecord(probe.key, None, "", probe.view)
    return Embeddings(vector[None], (record,), comparing.layout, comparing.source), probe


def _forget_expired(writer: Writer) -> int:
    gone = [number for (number,) in writer.rows("probes", ["id"], ("expires", "<=", now()))]
    forget_walks(writer, PROBE, gone)
    for number in gone:
        writer.delete("probes", ("id", "=", number))
    return len(gone)


def forget_expired(gallery: OpenGallery) -> int:
    """Take out probes whose time is over; how many."""
    with gallery.engine.writing() as writer:
        return _forget_expired(writer)


def decide(gallery: OpenGallery, probe: Embeddings | int, who: Who, right: bool, stranger: bool) -> str:
    """Say that a probe is somebody, or is not; what was done with it.

    Args:
        gallery: with the person.
        probe: one walk, or its number in the log.
        who: the person.
        right: whether the probe is them.
        stranger: of one that is not: whether it is known to be of nobody enrolled, so that the calibration learns it.

    Raises:
        DataError: no such probe or person, or not one walk.
    """
    with gallery.searching(None if isinstance(probe, int) else probe) as (reader, comparing, index):
        # a number of the log, or the walk itself
        number = probe if isinstance(probe, int) else None
        if isinstance(probe, int):
            walk, logged = read_probe(reader, probe, comparing)
            camera = logged.camera
        else:
            walk, camera = probe, ""
        if len(walk) != 1:
            raise DataError(f"a decision is about one walk, found {len(walk)}: choose one by its key")
        person, calibration = find_person(reader, who), read_calibration(reader)
        own = index.search(reader, walk, 1, only=person.id)
        nearest = index.search(reader, walk, 1)
    with change(gallery.engine, "confirm" if right else "reject") as made:
        check_source(made.writer, walk, "the probe")
        made.details = {"person": person.id, "probe": number}
        if number is not None:
            word = "confirmed" if right else "rejected"
            made.update("probes", number, {"decision": f"{word} id:{person.id}"})
        if right:
            # without a calibration nobody knows what is far, so a first walk alone is taken
            far = not own or (calibration is not None and own[0].distance > _NOVEL * calibration.threshold)
            return _confirmed(made, walk, (person.id, camera), number, far)
        data, digest = pack_vector(walk.vectors[0])
        negative = made.insert("negatives", {"person": person.id, "decided": now(), "vector": data, "sha256": digest})
        if number is not None:
            copy_walk(made, (PROBE, number), (NEGATIVE, negative))
        if stranger and calibration is not None and nearest:
            joined = calibration.joined_by(nearest[0].distance)
            made.update("meta", CALIBRATION, {"value": packed(joined)})
            return f"noted; strangers are now named within {joined.threshold:.4g}"
        return "noted: walks that are nearer to this one are not them"


def _confirmed(made: Edit, walk: Embeddings, seen: tuple[int, str], number: int | None, far: bool) -> str:
    """Enrol a confirmed walk if it brings anything new; what was done."""
    data, digest = pack_vector(walk.vectors[0])
    if not far or made.writer.rows("samples", ["id"], ("sha256", "=", digest)):
        return "noted; it is like a walk that is there, so it becomes no sample"
    record, (person, camera) = walk.records[0], seen
    values = {"person": person, "key": free_key(made.writer, record.key), "condition": record.condition}
    values |= {"view": record.view, "camera": camera, "taken": "", "quality": "", "origin": "confirmed"}
    sample = made.insert("samples", {**values, "enrolled": now(), "removed": "", "sha256": digest})
    made.insert("templates", {"id": sample, "vector": data})
    if number is not None:
        copy_walk(made, (PROBE, number), (SAMPLE, sample))
    return f"noted, and enrolled as sample {sample}: it is unlike the walks that were there"


def free_key(reader: Reader, key: str) -> str:
    """A key that no sample has: this one, or with a number behind it."""
    number, free = 2, key
    while reader.rows("samples", ["id"], ("key", "=", free)):
        number, free = number + 1, f"{key} ({number})"
    return free
