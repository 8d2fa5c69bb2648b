"""Forgetting: people and walks are taken out of every row, every file and what could be undone, for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from gaitprint.errors import DataError
from gaitprint.gallery.contract import Reader, Writer
from gaitprint.gallery.index_file import remove_index
from gaitprint.gallery.journal import change, forget_undo, read_fact, write_fact
from gaitprint.gallery.kept_walks import NEGATIVE, PROBE, SAMPLE, forget_walks
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import Who, find_person, find_samples
from gaitprint.gallery.times import today

ERASING = "erasing"
"""A fact that is there while deleted rows may have left traces in the files."""


@dataclass(frozen=True)
class Erasure:
    """What was erased, or would be."""

    people: tuple[int, ...]
    samples: tuple[int, ...]
    probes: int
    """Of the log, that were taken for these people."""
    done: bool
    """False: a dry run, nothing was changed."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {"people": list(self.people), "samples": list(self.samples), "probes": self.probes, "done": self.done}


@dataclass(frozen=True)
class Erasing:
    """Who and what is to be erased."""

    people: Sequence[Who] = ()
    """Removed or not."""
    samples: Sequence[int] = ()
    """Ids of single walks."""
    expired: bool = False
    """Also everybody whose day has come."""
    removed: bool = False
    """Also everybody, and every walk, that was removed."""


def purge(gallery: OpenGallery, asked: Erasing, dry_run: bool) -> Erasure:
    """Erase people and walks for good; it cannot be undone. Backups that were made before still have them.

    Args:
        gallery: of the people.
        asked: who and what.
        dry_run: only say who that would be.

    Raises:
        DataError: nobody is meant; or another process still reads what was there.
    """
    with gallery.engine.reading() as reader:
        who, walks, probes = _chosen(reader, asked)
    if dry_run or not (who or walks):
        return Erasure(tuple(sorted(who)), tuple(sorted(walks)), len(probes), not dry_run)
    with change(gallery.engine, "purge", undoable=False) as made:
        who, walks, probes = _chosen(made.writer, asked)  # as it is now that nobody else writes
        _erase(made.writer, who, walks, probes)
        write_fact(made.writer, ERASING, "1")
        made.adds_only = False
        made.details = {"people": sorted(who), "samples": sorted(walks), "probes": len(probes)}
    finish_erasure(gallery)
    return Erasure(tuple(sorted(who)), tuple(sorted(walks)), len(probes), True)


def finish_erasure(gallery: OpenGallery) -> bool:
    """Take the traces of what was deleted out of the files; whether there were any to take out.

    Raises:
        DataError: another process still reads what was there.
    """
    engine = gallery.engine
    with engine.reading() as reader:
        if not read_fact(reader, ERASING):
            return False
    # its projections are derived of the erased vectors, so they go first
    remove_index(engine.place)
    gallery.forget_index()
    engine.scrub()
    # only now: whoever is killed before begins again at the next check
    with engine.writing() as writer:
        write_fact(writer, ERASING, "")
    return True


def _chosen(reader: Reader, asked: Erasing) -> tuple[set[int], set[int], set[int]]:
    """People, samples and probes of the log."""
    who = {_any_person(reader, given) for given in asked.people}
    walks = {s.id for s in find_samples(reader, asked.samples)} if asked.samples else set[int]()
    if asked.expired:
        who |= {p for (p,) in reader.rows("people", ["id"], ("expires", ">", ""), ("expires", "<=", today()))}
    if asked.removed:
        who |= {p for (p,) in reader.rows("people", ["id"], ("removed", ">", ""))}
        walks |= {s for (s,) in reader.rows("samples", ["id"], ("removed", ">", ""))}
    # an empty request erases nobody, least of all everybody
    if not (asked.people or asked.samples or asked.expired or asked.removed):
        raise DataError("name people or samples to purge, or say expired or removed")
    # whoever was found to be one of them is the same person under another name
    merged = reader.rows("people", ["id", "merged_into"], ("merged_into", ">", 0))
    while more := {p for p, into in merged if into in who and p not in who}:
        who |= more
    probes = set[int]()
    for person in who:
        walks |= {s for (s,) in reader.rows("samples", ["id"], ("person", "=", person))}
        probes |= {p for (p,) in reader.rows("probes", ["id"], ("person", "=", person))}
        for word in ("confirmed", "rejected"):
            probes |= {p for (p,) in reader.rows("probes", ["id"], ("decision", "=", f"{word} id:{person}"))}
    return who, walks, probes


def _any_person(reader: Reader, who: Who) -> int:
    try:
        return find_person(reader, who).id
    except DataError as error:
        try:
            return find_person(reader, who, removed=True).id
        except DataError:
            raise error from None


def _erase(writer: Writer, who: set[int], walks: set[int], probes: set[int]) -> None:
    negatives = {n for p in who for (n,) in writer.rows("negatives", ["id"], ("person", "=", p))}
    owners = ((SAMPLE, walks), (PROBE, probes), (NEGATIVE, negatives))
    kept = {number for kind, rows in owners for number in forget_walks(writer, kind, rows)}
    # before the rows go: images of them hold names
    gone = {"people": who, "samples": walks, "templates": walks, "negatives": negatives, "walks": kept}
    forget_undo(writer, {**gone, "probes": probes})
    for table, rows in (
        ("templates", walks),
        ("samples", walks),
        ("negatives", negatives),
        ("probes", probes),
        ("people", who),
    ):
        for row in rows:
            writer.delete(table, ("id", "=", row))
