"""A gallery as files that other programs read, and back: two tables, the vectors, and what it is.

`people.csv`, `samples.csv`: a row each, with the ids. `templates.safetensors`: an embeddings file, a vector a sample in
the order of `samples.csv`, the person's name as its subject. `walks.npz`, where walks are kept: an array uint8 [T H W]
a sample, by its id. `gallery.json`: model, layout, pipeline, calibration. Who and what was removed, denied walks, the
log and the audit stay behind.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import read_json, write_json, write_text
from gaitprint.errors import ArtefactError, DataError
from gaitprint.gallery import kept_walks
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.journal import change, read_fact, write_fact
from gaitprint.gallery.kept_walks import KEEP, walk_row, with_walks
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.people import SAMPLE, all_people
from gaitprint.gallery.vectors import pack_vector, read_templates
from gaitprint.gallery.walks_file import WALKS, read_walks, write_walks
from gaitprint.inference.embeddings_file import load_embeddings, save_embeddings
from gaitprint.texts import read_text
from gaitprint.types import Embeddings, SequenceRecord

FORMAT = "gaitprint gallery"
VERSION = 1
FACTS = ("pipeline", "calibration", "retention_days", KEEP)
_PEOPLE = ("id", "name", "tags", "basis", "expires", "enrolled")
_SAMPLES = tuple(name for name in SAMPLE if name != "removed")


def export(gallery: OpenGallery, folder: Path) -> tuple[int, int]:
    """Write people and samples into a new or empty folder; how many of each.

    Raises:
        ArtefactError: the folder holds something. DataError: nobody is enrolled, or it cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArtefactError(f"{folder} is there and not an empty folder: choose another one")
    with gallery.searching() as (reader, comparing, _):
        people = all_people(reader)
        names = {p.id: p.name for p in people}
        # removed people keep their samples, which stay behind with them
        rows = [r for r in reader.rows("samples", [*_SAMPLES, "sha256"], ("removed", "=", "")) if r[1] in names]
        if not rows:
            raise DataError("nobody is enrolled: there is nothing to export")
        vectors = read_templates(reader, [r[0] for r in rows], [r[-1] for r in rows], comparing.layout.width)
        records = tuple(SequenceRecord(r[2], names[r[1]], r[3], r[4]) for r in rows)
        facts = {name: read_fact(reader, name) for name in FACTS}
        folder.mkdir(parents=True, exist_ok=True)
        # within the same moment as the rows: a walk that is purged meanwhile would be missing
        if kept := sorted(with_walks(reader, kept_walks.SAMPLE, [r[0] for r in rows])):
            write_walks(folder / WALKS, reader, kept)
    walks = Embeddings(vectors, records, comparing.layout, comparing.source)
    listed = [
        [p.id, p.name, json.dumps(list(p.tags), ensure_ascii=False), p.basis, p.expires, p.enrolled] for p in people
    ]
    write_text(folder / "people.csv", _table(_PEOPLE, listed))
    write_text(folder / "samples.csv", _table(_SAMPLES, [list(r[:-1]) for r in rows]))
    save_embeddings(folder / "templates.safetensors", walks)
    # written last: a folder without it is no export
    write_json(folder / "gallery.json", {"format": FORMAT, "version": VERSION, "source": comparing.source, **facts})
    return len(people), len(rows)


def known_embeddings(gallery: OpenGallery) -> Embeddings:
    """Everybody who can be an answer, as walks with names; those of one name are told apart by their ids.

    Raises:
        DataError: there is nobody. ArtefactError: a damaged template.
    """
    with gallery.searching() as (reader, comparing, index):
        samples = index.samples()
        if not samples:
            raise DataError("nobody can be an answer: enrol somebody, or restore who was removed")
        several = Counter(index.names[p] for p in index.people())
        called = {p: n if several[n] == 1 else f"{n} (id:{p})" for p, n in index.names.items()}
        facts = {r[0]: r[1:] for r in reader.rows("samples", ["id", "key", "condition", "view"])}
        ids = [sample for sample, _ in samples]
        vectors = read_templates(reader, ids, [index.digest(i) for i in ids], comparing.layout.width)
        records = tuple(SequenceRecord(facts[i][0], called[p], facts[i][1], facts[i][2]) for i, p in samples)
        return Embeddings(vectors, records, comparing.layout, comparing.source)


def import_folder(gallery: OpenGallery, folder: Path) -> tuple[int, int]:
    """Fill a new gallery from the folder of `export`; ids and vectors are as they were. How many people and samples.

    Raises:
        ArtefactError: no such folder, or it does not fit together. DataError: the gallery is not empty.
    """
    folder = Path(folder)
    if not (folder / "gallery.json").is_file():
        raise ArtefactError(f"no gallery.json at {folder}: give a folder that `gaitprint gallery export` wrote")
    card = read_json(folder / "gallery.json", "the card of an exported gallery")
    if not isinstance(card, dict) or (card.get("format"), card.get("version")) != (FORMAT, VERSION):
        raise ArtefactError(f"{folder} is no exported gallery of version {VERSION}")
    walks = load_embeddings(folder / "templates.safetensors")
    try:
        people, samples = _read_table(folder / "people.csv", _PEOPLE), _read_table(folder / "samples.csv", _SAMPLES)
        # ids are kept, so that what others noted of them stays true
        ids = {int(p["id"]) for p in people}
        fits = [s["key"] for s in samples] == [r.key for r in walks.records] and card["source"] == walks.source
        fits = fits and all(int(s["person"]) in ids for s in samples) and len(ids) == len(people)
        tags = [json.loads(p["tags"]) for p in people]
        fits = fits and all(isinstance(t, list) and all(isinstance(word, str) for word in t) for t in tags)
    except (ValueError, KeyError, OSError) as error:
        raise ArtefactError(f"{folder} cannot be read as an exported gallery ({error}): export it again") from None
    if not fits:
        raise ArtefactError(f"{folder} does not fit together: its tables and vectors are not of one export")
    with change(gallery.engine, "import", undoable=False) as made:
        _check_empty(made.writer)
        for name in FACTS:
            write_fact(made.writer, name, str(card.get(name, "")))
        write_fact(made.writer, "source", walks.source)
        write_fact(made.writer, "layout", json.dumps([list(b) for b in walks.layout.blocks]))
        for p in people:
            made.insert("people", {**p, "id": int(p["id"]), "removed": "", "merged_into": None})
        for s, vector in zip(samples, walks.vectors, strict=True):
            data, digest = pack_vector(vector)
            values: dict[str, Any] = {**s, "id": int(s["id"]), "person": int(s["person"])}
            made.insert("samples", {**values, "removed": "", "sha256": digest})
            made.insert("templates", {"id": values["id"], "vector": data})
        there = {int(s["id"]) for s in samples}
        for sample, frames in read_walks(folder / WALKS):
            if sample not in there:
                raise ArtefactError(f"{folder} does not fit together: its walks are not of one export with its samples")
            made.insert("walks", walk_row(kept_walks.SAMPLE, sample, frames))
        made.details = {"people": len(people), "samples": len(samples)}
    return len(people), len(samples)


def _check_empty(reader: Reader) -> None:
    if reader.rows("people", ["id"], last=1):
        raise DataError("the gallery has people already: import into a new one")


def _table(columns: Sequence[str], rows: list[list[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    # a cell too many or too few is a row that was cut or joined
    rows = list(csv.DictReader(io.StringIO(read_text(path)), strict=True))
    if rows and (list(rows[0]) != list(columns) or any(None in r or None in r.values() for r in rows)):
        raise ValueError(f"{path.name} has the columns {', '.join(columns)}")
    return rows
