"""Where the sequences of a store come from: files, walkers drawn in code, or another store."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from gaitprint.archives import Watched, as_it_was
from gaitprint.components import component_names, make_component
from gaitprint.config import require
from gaitprint.errors import ArtefactError, ConfigError, DataError, did_you_mean
from gaitprint.ingest.drawn_sequences import DrawnSequences
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.reading import ReadSequence, Task, load, packer, read_all
from gaitprint.ingest.scanning import Found, scan
from gaitprint.layouts.contract import DrawingLayout, FoundSequence
from gaitprint.store import Partition, Store, is_begun, is_store, pack
from gaitprint.types import SequenceRecord

Item = tuple[SequenceRecord, str, ReadSequence]
"""A record, the place of its frames in the source, and what became of it."""
SAMPLE = 9
"""Sequences, spread over the whole set, that are looked at for the size of a new store; where they differ, all are."""
Held = Mapping[str, SequenceRecord]
"""The records of the finished store, by key."""


@runtime_checkable
class SequenceSource(Protocol):
    """A source of sequences."""

    dataset: str
    """The layout's name."""
    layout: dict[str, Any]
    """The layout's settings."""
    place: str
    """Where it is, as part of what a store is made from."""
    total: int
    """How many sequences there are."""
    everything: tuple[SequenceRecord, ...]
    """The records of all sequences in the source, of whomever they are asked for."""
    partition: Partition | None
    """The partition that the source keeps itself."""
    notes: tuple[str, ...]
    """What was taken for what, to understand its names."""

    def usual_shape(self) -> tuple[int, int]:
        """H, W of most sequences: those of a new store."""

    def holds(self, key: str, record: SequenceRecord | None, stamp: str) -> bool:
        """Whether a sequence is still there, under this record, and looks as it did; see `StoreWriter`."""

    def read(self, done: frozenset[str], known: Mapping[str, str], held: Held) -> Iterator[Item]:
        """Every sequence whose key is not `done`; unread where its stamp is the `known` one and its record `held`."""


def sequence_source(
    source: Path,
    layout: LayoutChoice,
    how: FrameSettings,
    subjects: Sequence[str] | None,
    workers: int,
    trust_times: bool = False,
) -> SequenceSource:
    """The feed that a source is.

    Raises:
        DataError, ConfigError: see `prepare`.
    """
    named = layout.dataset != "auto"
    name = layout.dataset if named else str(source)
    if (named and not source.exists()) or str(source) in component_names("dataset"):
        drawing = make_component("dataset", name, layout.own, where=f"dataset {name}")
        if isinstance(drawing, DrawingLayout):
            return DrawnSequences(name, drawing, layout.own, how, subjects)
    if is_store(source) or is_begun(source):
        require(not layout.own and not named, "a store knows its data set: leave --dataset and --set out")
        return _Repacked(Store.open(source), how, subjects)
    return _Tree(scan(source, layout), source, how, subjects, workers, trust_times)


class _Tree:
    """The sequences found on disk, in the order in which reading them is cheapest."""

    def __init__(
        self,
        everything: Found,
        source: Path,
        how: FrameSettings,
        subjects: Sequence[str] | None,
        workers: int,
        trust_times: bool,
    ) -> None:
        self.everything = tuple(f.record for f in everything.sequences)
        self.partition: Partition | None = None
        self.notes = everything.notes
        chosen = _chosen(everything, subjects)
        self.dataset, self.layout, self.total = chosen.dataset, chosen.settings, len(chosen.sequences)
        self.place = ascii(str(source.absolute()))
        self._files, self._workers, self._how, self._trust_times = chosen.files, workers, how, trust_times
        self._packer = packer(how, trust_times)
        self._found = sorted(chosen.sequences, key=lambda f: chosen.files.order(f.place))
        self._by_key = {f.record.key: f for f in self._found}

    def usual_shape(self) -> tuple[int, int]:
        """See `SequenceSource`."""
        shapes, reason = self._shapes(self._found[:: max(1, -(-len(self._found) // SAMPLE))])
        if len(shapes) != 1:  # they differ, or none can be used: all are asked
            shapes, reason = self._shapes(self._found)
        where, most = self._files.where, shapes.most_common(2)
        if not most:
            raise DataError(f"none of the {self.total} sequences in {where} can be used; the first is {reason}")
        if len(most) == 2 and most[0][1] == most[1][1]:
            sizes = " and ".join(f"{n} sequences of {h} x {w} pixels" for (h, w), n in most)
            raise DataError(f"{where} holds {sizes}, and a store one size: prepare each kind by itself")
        return most[0][0]

    def _shapes(self, chosen: Sequence[FoundSequence]) -> tuple[Counter[tuple[int, int]], str]:
        """How many sequences have which H, W; and why the first that cannot be used cannot."""
        shapes, reason = Counter[tuple[int, int]](), ""
        for sequence in chosen:
            loaded = load(self._files, sequence.place, self._how)
            if loaded.frames is None:
                reason = reason or f"{sequence.record.key}: {loaded.reason}"
            else:
                shapes[loaded.frames.shape[1:]] += 1
        return shapes, reason

    def holds(self, key: str, record: SequenceRecord | None, stamp: str) -> bool:
        """See `SequenceSource`."""
        sequence = self._by_key.get(key)
        if sequence is None or record not in (None, sequence.record):
            return False
        try:
            return not stamp or as_it_was(Watched(self._files), sequence.place, stamp, self._trust_times)
        except DataError:
            return False

    def read(self, done: frozenset[str], known: Mapping[str, str], held: Held) -> Iterator[Item]:
        """See `SequenceSource`."""
        left = [f for f in self._found if f.record.key not in done]
        tasks = [Task(f.place, _stamp(f.record, known, held)) for f in left]
        results = read_all(self._packer, self._files, tasks, self._workers)
        for sequence, read in zip(left, results, strict=True):
            yield sequence.record, sequence.place, read


class _Repacked:
    """The sequences of another store, as they are: for another form, fewer subjects, or without unused bytes."""

    def __init__(self, store: Store, how: FrameSettings, subjects: Sequence[str] | None) -> None:
        require(how.size == store.size[0], f"the store's frames are {store.size[0]} pixels high, found size {how.size}")
        if store.form == "bits" and how.form != "bits":
            raise ConfigError(f"{store.root} holds black and white only: pack the data set itself as {how.form!r}")
        self.dataset, self.layout, self.place = store.dataset, store.layout, ascii(str(store.root.absolute()))
        self._store, self._form = store, how.form
        self.partition, self.everything = store.partition, store.records
        self.notes: tuple[str, ...] = ()
        known = {r.subject for r in store.records}
        _check_known(subjects, known)
        chosen = known if subjects is None else frozenset(subjects)
        self._rows = [(i, r) for i, r in enumerate(store.rows) if r.subject in chosen]
        self._by_key = {r.key: r for _, r in self._rows}
        self.total = len(self._rows)

    def usual_shape(self) -> tuple[int, int]:
        """See `SequenceSource`."""
        return self._store.size

    def holds(self, key: str, record: SequenceRecord | None, stamp: str) -> bool:
        """See `SequenceSource`."""
        row = self._by_key.get(key)
        return row is not None and record in (None, row.record) and stamp in ("", row.sha256[:16])

    def read(self, done: frozenset[str], known: Mapping[str, str], held: Held) -> Iterator[Item]:
        """See `SequenceSource`."""
        for i, row in self._rows:
            stamp = row.sha256[:16]
            if row.key in done:
                continue
            if _stamp(row.record, known, held) == stamp:
                yield row.record, row.source, ReadSequence(None, unchanged=True)
                continue
            try:
                packed = pack(self._store.verified_frames(i), self._form)
            except ArtefactError as error:
                # without a stamp: mended, its row says the same as before
                yield row.record, row.source, ReadSequence(None, reason=str(error))
                continue
            yield row.record, row.source, ReadSequence(packed, row.warnings, dict(row.quality), "", stamp)


def _stamp(record: SequenceRecord, known: Mapping[str, str], held: Held) -> str:
    """What a sequence's files looked like when they were read; "" where its record, a manifest's say, has changed."""
    return known.get(record.key, "") if held.get(record.key, record) == record else ""


def _chosen(scanned: Found, subjects: Sequence[str] | None) -> Found:
    """The sequences of the given subjects only."""
    if subjects is None:
        return scanned
    _check_known(subjects, {s.record.subject for s in scanned.sequences})
    return replace(scanned, sequences=tuple(s for s in scanned.sequences if s.record.subject in subjects))


def _check_known(subjects: Sequence[str] | None, known: set[str | None]) -> None:
    for subject in subjects or ():
        if subject not in known:
            raise DataError(f"no sequence of subject {subject!r}: {did_you_mean(subject, [k for k in known if k])}")
