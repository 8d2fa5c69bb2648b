"""Go over to another model: every kept walk is embedded anew beside the old vectors, then all are exchanged at once.

Until that one moment searches compare old with old, after it new with new: no vector of one model ever meets one of the
other. What was embedded is kept as it comes, so that whoever was interrupted goes on there.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gaitprint.errors import DataError
from gaitprint.gallery.calibration import CALIBRATION
from gaitprint.gallery.contract import Reader, Writer
from gaitprint.gallery.journal import Edit, change, forget_undo, read_fact, write_fact
from gaitprint.gallery.kept_walks import NEGATIVE, OWNERS, PROBE, SAMPLE, owner, owner_of, read_walk
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.vectors import pack_vector
from gaitprint.types import Embeddings, SequenceRecord, Silhouettes

FRESH = "fresh"
"""A fact: source and layout of the model whose vectors are gathered."""
_AT_ONCE = 32
"""Walks that are embedded together."""
EmbedWalks = Callable[[list[Silhouettes]], Embeddings]


@dataclass(frozen=True)
class ReembedReport:
    """What went over to another model."""

    samples: int
    probes: int
    negatives: int
    without: dict[str, tuple[int, ...]]
    """Ids of samples, probes and negatives that have no kept walk: taken out, or what would have to be."""
    source: str
    """Fingerprint of the model that the gallery is of now."""
    done: bool
    """False: a dry run, nothing was changed."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**vars(self), "without": {kind: list(rows) for kind, rows in self.without.items()}}


class _MoreCameError(Exception):
    """Walks were enrolled since the last one was embedded."""


def reembed(
    gallery: OpenGallery,
    embed: EmbedWalks,
    *,
    drop: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ReembedReport:
    """Make the gallery one of another model, by its kept walks, while others go on searching.

    Args:
        gallery: that keeps walks.
        embed: makes vectors of walks, by the other model.
        drop: take out what has no kept walk.
        dry_run: only say what that would be.
        progress: called with how many are done, of how many.

    Raises:
        DataError: something has no kept walk, nothing has, or it is the gallery's own model. ArtefactError: a damaged
            walk.
    """
    with gallery.engine.reading() as reader:
        source, without = read_fact(reader, "source"), _without_walks(reader)
        owners = [text for (text,) in reader.rows("walks", ["owner"])]
        if dry_run:
            return _report(Counter(owner_of(text)[0] for text in owners), without, source, False)
        if not owners:
            raise DataError("no walk is kept, so nothing can be embedded anew: make galleries with --keep-walks")
        _check_loss(without, drop)
        first = _named(reader, owners[0])
    # one walk says what the model is: vectors of another one that an earlier attempt left must go first
    made = embed([first])
    if made.source == source:
        raise DataError(f"the gallery is of the model {source[:12]!r} already: give another one")
    while True:
        _gather(gallery, embed, made, progress)
        try:
            with change(gallery.engine, "re-embed", undoable=False) as edit:
                return _switch(edit, made, drop)
        except _MoreCameError:
            continue


def _gather(gallery: OpenGallery, embed: EmbedWalks, model: Embeddings, progress: Callable[[int, int], None]) -> None:
    """Embed what has no vector yet, a few at a time; each few are on the disk when they are done."""
    fact = json.dumps([model.source, [list(block) for block in model.layout.blocks]])
    with gallery.engine.writing() as writer:
        if read_fact(writer, FRESH) != fact:
            writer.delete("fresh")
            write_fact(writer, FRESH, fact)
    while True:
        with gallery.engine.reading() as reader:
            ahead, total = _ahead(reader), len(reader.rows("walks", ["id"]))
            walks = {text: _named(reader, text) for text in ahead[:_AT_ONCE]}
        progress(total - len(ahead), total)
        if not walks:
            return
        # frames of one size are embedded together
        for size in {walk.frames.shape[1:] for walk in walks.values()}:
            part = {text: walk for text, walk in walks.items() if walk.frames.shape[1:] == size}
            vectors = _vectors(embed(list(part.values())), model, len(part))
            with gallery.engine.writing() as writer:
                if read_fact(writer, FRESH) != fact:
                    raise DataError("another process began to go over to another model: let one of the two finish")
                for text, vector in zip(part, vectors, strict=True):
                    _keep_fresh(writer, text, vector)


def _vectors(made: Embeddings, model: Embeddings, count: int) -> np.ndarray:
    if (made.source, made.layout, len(made)) != (model.source, model.layout, count):
        raise DataError(f"{count} walks became {len(made)} vectors of {made.source[:12]!r}: one each of one model")
    return made.vectors


def _keep_fresh(writer: Writer, text: str, vector: np.ndarray) -> None:
    # whoever was erased while it was computed does not come back by it
    there = writer.rows("walks", ["id"], ("owner", "=", text))
    if there and not writer.rows("fresh", ["id"], ("owner", "=", text)):
        data, digest = pack_vector(vector)
        writer.insert("fresh", {"owner": text, "vector": data, "sha256": digest})


def _switch(made: Edit, model: Embeddings, drop: bool) -> ReembedReport:
    """Exchange all vectors, within one change.

    Raises:
        _MoreCameError: walks have come that have no vector yet. DataError: rows without a walk have.
    """
    writer = made.writer
    if _ahead(writer):
        raise _MoreCameError
    without = _without_walks(writer)
    _check_loss(without, drop)
    counts = Counter[str]()
    for number, text in writer.rows("fresh", ["id", "owner"]):
        # one at a time: all vectors of a large gallery would not fit in memory
        [(data, digest)] = writer.rows("fresh", ["vector", "sha256"], ("id", "=", number))
        kind, row = owner_of(text)
        if kind == SAMPLE:
            writer.update("templates", row, {"vector": data})
            writer.update("samples", row, {"sha256": digest})
        elif kind == NEGATIVE:
            writer.update("negatives", row, {"vector": data, "sha256": digest})
        else:
            writer.update("probes", row, {"vector": bytes(data) + bytes(digest)})
        counts[kind] += 1
    _take_out(writer, without)
    writer.delete("fresh")
    write_fact(writer, FRESH, "")
    write_fact(writer, "source", model.source)
    write_fact(writer, "layout", json.dumps([list(block) for block in model.layout.blocks]))
    # distances of another model: what was near enough says nothing now, nor does undoing what it learned
    write_fact(writer, CALIBRATION, "")
    forget_undo(writer, {"meta": {CALIBRATION}})
    made.adds_only = False
    made.details = {**counts, "without": without}
    return _report(counts, without, model.source, True)


def _report(counts: Counter[str], without: dict[str, tuple[int, ...]], source: str, done: bool) -> ReembedReport:
    return ReembedReport(counts[SAMPLE], counts[PROBE], counts[NEGATIVE], without, source, done)


def _take_out(writer: Writer, without: dict[str, tuple[int, ...]]) -> None:
    forget_undo(writer, {**without, "templates": without["samples"]})
    for table, rows in (*without.items(), ("templates", without["samples"])):
        for row in rows:
            writer.delete(table, ("id", "=", row))


def _ahead(reader: Reader) -> list[str]:
    """Owners of walks that have no fresh vector yet."""
    done = {text for (text,) in reader.rows("fresh", ["owner"])}
    return [text for (text,) in reader.rows("walks", ["owner"]) if text not in done]


def _without_walks(reader: Reader) -> dict[str, tuple[int, ...]]:
    there = {text for (text,) in reader.rows("walks", ["owner"])}
    rows = {table: (kind, [r for (r,) in reader.rows(table, ["id"])]) for kind, table in OWNERS.items()}
    return {table: tuple(r for r in own if owner(kind, r) not in there) for table, (kind, own) in rows.items()}


def _check_loss(without: dict[str, tuple[int, ...]], drop: bool) -> None:
    """Refuse to lose what nobody said may go."""
    lost = [f"{len(rows)} {table} ({', '.join(map(str, rows[:5]))}{', ...' if len(rows) > 5 else ''})"
            for table, rows in without.items() if rows]  # fmt: skip
    if lost and not drop:
        raise DataError(
            f"no walk is kept of {', '.join(lost)}: --dry-run lists them, --drop takes them out, or enrol those walks "
            "again with their silhouettes"
        )


def _named(reader: Reader, text: str) -> Silhouettes:
    kind, row = owner_of(text)
    return Silhouettes(read_walk(reader, kind, row), SequenceRecord(text, None, "", ""))
