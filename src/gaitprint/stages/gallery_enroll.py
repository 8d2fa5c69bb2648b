"""`gaitprint gallery enroll`: vectors, a store, a list or one walk in, people in a gallery out, and a report."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError, DataError
from gaitprint.gallery.gallery import Gallery
from gaitprint.gallery.records import EnrolReport, Reject, WalkDetails
from gaitprint.inference.backend_choice import AUTO
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.silhouettes.quality import FIELDS, Quality, measure
from gaitprint.silhouettes.quality_filter import QualityFilter
from gaitprint.silhouettes.reading import load_frames
from gaitprint.silhouettes.taking import take_sequence
from gaitprint.stages.embed import open_embedder
from gaitprint.stages.gallery_clips import ClipWalk, clip_walks, is_clip, joined, of_one_person
from gaitprint.stages.walk_quality import check_quality, quality_text
from gaitprint.store import MemorySequences, SequenceSet, Store, Subset, is_store
from gaitprint.texts import read_text
from gaitprint.types import Embeddings, Frames, SequenceRecord
from gaitprint.video.parts import VideoParts

GOOD_ENOUGH = "frames>=15,pieces<=0.5"
"""What a walk has to be where nobody says it: half a second of a body that mostly hangs together."""
COLUMNS = ("path", "name", "condition", "view")
"""Of a list of walks; the first one is needed, and the second to enrol."""


@dataclass(frozen=True)
class WalkSource:
    """Where walks come from, and what makes vectors of them."""

    path: Path
    """An embeddings file; a store; a list (.csv); a clip; or one walk, a folder of images or an array file."""
    model: Path | None = None
    """A model file; vectors need none."""
    name: str | None = None
    """Whose walks they are, whatever the source says."""
    quality: str = GOOD_ENOUGH
    """What silhouettes have to be, see `QualityFilter`; empty: anything."""
    device: str = DEVICE
    backend: str = AUTO
    parts: VideoParts = VideoParts()
    """What finds, follows and cuts out people in a clip."""
    tracks: Sequence[int] | None = None
    """Of a clip: those of one person; none where there is only one. None: everybody in it."""


@dataclass
class OpenWalks:
    """Walks as vectors, and those that could not become any."""

    embeddings: Embeddings
    rejects: list[Reject] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)
    """What was measured of each, where they were silhouettes."""
    silhouettes: SequenceSet | None = None
    """Of each; None where the source held vectors."""


def enroll_walks(
    gallery: Path,
    source: WalkSource,
    details: WalkDetails = WalkDetails(),
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> EnrolReport:
    """Enrol walks as those of the people they name; what is there already is passed over.

    Args:
        gallery: made by `gaitprint gallery create`.
        source: of the walks.
        details: what else is known of them.
        progress: called with (done, in all, what).

    Raises:
        GaitprintError: in one line.
    """
    with Gallery.open(gallery) as opened:
        walks = open_walks(source, progress)
        known = replace(details, quality=tuple(walks.quality), origin=details.origin or str(source.path))
        return opened.enroll(
            walks.embeddings,
            known,
            walks.rejects,
            lambda done, total: progress(done, total, "enrolling"),
            silhouettes=walks.silhouettes,
        )


def open_walks(
    source: WalkSource, progress: Callable[[int, int, str], None] = lambda done, total, what: None
) -> OpenWalks:
    """Read walks and make vectors of those that are good enough.

    Raises:
        ConfigError: silhouettes without a model. DataError: nothing is left. ArtefactError: a damaged file.
    """
    if are_vectors(source.path):
        made = load_embeddings(source.path)
        if source.model is not None:
            raise ConfigError(f"{source.path} holds vectors already: leave --model out")
        return OpenWalks(_named(made, source.name))
    if source.model is None:
        raise ConfigError(
            f"{source.path} is no embeddings file, and silhouettes become vectors by a model: give --model"
        )
    if is_clip(source.path):
        return _of_clip(source, source.model, progress)
    walks, rejects, quality = _read(source)
    # after the walks were read: a model takes seconds to open
    embedder = open_embedder(source.model, source.device, backend=source.backend, frames=sum(walks.lengths))
    embedded = embedder.embed(walks, progress=lambda done, total: progress(done, total, "embedding"))
    return OpenWalks(_named(embedded, source.name), rejects, quality, walks)


def are_vectors(path: Path) -> bool:
    """Whether a path is an embeddings file, and not silhouettes."""
    return path.suffix == ".safetensors" and path.is_file()


def _of_clip(source: WalkSource, model: Path, progress: Callable[[int, int, str], None]) -> OpenWalks:
    embedder = open_embedder(model, source.device, backend=source.backend)
    wanted = QualityFilter.parse(source.quality) if source.quality else None
    found, rejects = clip_walks(
        source.path, embedder, source.parts, lambda done, total: progress(done, total, source.path.name)
    )
    good = list[ClipWalk]()
    for walk in found:
        try:
            measured = walk.quality or measure(walk.frames)
            check_quality(wanted, measured, len(walk.frames))
        except DataError as error:
            rejects.append(Reject(walk.embedded.records[0].key, str(error)))
            continue
        good.append(walk)
    _check_left(source.path, len(good), rejects)
    if source.tracks is not None:
        good = of_one_person(good, source.tracks, source.path)
    quality = [quality_text(walk.quality or measure(walk.frames), len(walk.frames)) for walk in good]
    embedded, silhouettes = joined(good)
    return OpenWalks(_named(embedded, source.name), rejects, quality, silhouettes)


def _read(source: WalkSource) -> tuple[SequenceSet, list[Reject], list[str]]:
    wanted = QualityFilter.parse(source.quality) if source.quality else None
    if is_store(source.path):
        return _of_store(Store.open(source.path), wanted)
    listed = _listed(source.path) if source.path.suffix.lower() == ".csv" else [_single(source.path)]
    records, frames, rejects, quality = list[SequenceRecord](), list[Frames](), list[Reject](), list[str]()
    for record, path in listed:
        try:
            taken = take_sequence(load_frames(path))
            measured = measure(taken.frames, taken.boxes, taken.image_size)
            check_quality(wanted, measured, len(taken.frames))
        except DataError as error:
            rejects.append(Reject(record.key, str(error)))
            continue
        records.append(record)
        frames.append(taken.frames)
        quality.append(quality_text(measured, len(taken.frames)))
    _check_left(source.path, len(records), rejects)
    return MemorySequences(tuple(records), tuple(frames)), rejects, quality


def _of_store(store: Store, wanted: QualityFilter | None) -> tuple[SequenceSet, list[Reject], list[str]]:
    keep, rejects, quality = np.ones(len(store.records), np.bool_), list[Reject](), list[str]()
    for i, (record, length) in enumerate(zip(store.records, store.lengths, strict=True)):
        # an older store has no measurements
        known = store.quality
        measured = Quality(**{f: float(known[f][i]) for f in FIELDS}) if known else measure(store.frames(i))
        try:
            check_quality(wanted, measured, length)
            quality.append(quality_text(measured, length))
        except DataError as error:
            keep[i] = False
            rejects.append(Reject(record.key, str(error)))
    _check_left(store.root, int(keep.sum()), rejects)
    return Subset(store, lambda record: True, keep), rejects, quality


def _check_left(path: Path, count: int, rejects: list[Reject]) -> None:
    if not count:
        why = f", such as {rejects[0].key!r}: {rejects[0].reason}" if rejects else ""
        raise DataError(f"no walk of {path} can be used{why}")


def _listed(path: Path) -> Iterator[tuple[SequenceRecord, Path]]:
    """The rows of a list; paths are relative to it."""
    try:
        table = csv.DictReader(io.StringIO(read_text(path)), strict=True)
        columns = table.fieldnames or []
        if "path" not in columns or set(columns) - set(COLUMNS):
            raise DataError(
                f"{path} has the columns {', '.join(COLUMNS)}, the first at least, found {', '.join(columns)}"
            )
        rows = list(table)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a list of walks: {error}") from None
    for row in rows:
        # a row with more cells than columns has them under None
        place = row["path"] or ""
        if not place or None in row:
            raise DataError(
                f"{path}: each row has a path and no more cells than columns, found {list(row.values())!r:.80}"
            )
        record = SequenceRecord(place, row.get("name") or None, row.get("condition") or "", row.get("view") or "")
        yield record, path.parent / place


def _single(path: Path) -> tuple[SequenceRecord, Path]:
    return SequenceRecord(str(path), None, "", ""), path


def _named(walks: Embeddings, name: str | None) -> Embeddings:
    if name is None:
        return walks
    return replace(walks, records=tuple(replace(record, subject=name) for record in walks.records))
