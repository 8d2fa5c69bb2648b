"""Prepare: any data set on disk -> one packed store of normalised silhouettes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, runtime_checkable

from gaitprint.config import build_settings, require
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import DataError, did_you_mean
from gaitprint.silhouettes.normalize import EdgeRule
from gaitprint.stages._layouts import Found, scan
from gaitprint.stages._reading import ReadSequence, read_all, read_sequence
from gaitprint.storage import check_writable, sha256_json, write_json
from gaitprint.store import Store, StoreWriter, check_free
from gaitprint.types import SequenceRecord

Progress = Callable[[int, int, str], None]
"""Called after each sequence: how many are done, of how many (0: unknown), and its key."""


@dataclass(frozen=True)
class PrepareReport:
    """What a preparation found, kept and left out."""

    dataset: str
    """The layout's name; with `auto`, the one that fitted."""
    store: str
    size: tuple[int, int]
    """H, W of the frames."""
    subjects: int
    sequences: int
    frames: int
    resumed: int
    """Sequences that an earlier, interrupted run had written."""
    warned: tuple[tuple[str, str], ...]
    """Key and warning of sequences kept although odd."""
    quarantined: tuple[tuple[str, str], ...]
    """Key and reason of sequences left out."""
    fingerprint: str
    seconds: float

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def prepare(
    source: Path,
    out: Path,
    *,
    dataset: str = "auto",
    settings: Mapping[str, Any] | None = None,
    size: int = 64,
    edge_rule: EdgeRule = "opengait",
    workers: int = 0,
    subjects: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> PrepareReport:
    """Read every sequence of `source`, normalise it to `size` pixels and pack all into the store `out`.

    The store's bytes depend on the source and the settings alone, not on `workers`. A sequence that cannot be read is
    left out and named with its reason in the report and in `quarantine.json`. Interrupted, run it again: it goes on.

    Args:
        source: the root of the data set, or the word "synthetic" for walkers drawn in code.
        out: a new folder, or that of an interrupted run.
        dataset: a layout's name (see `gaitprint datasets`); "auto" tries the published ones.
        settings: the layout's settings, for example `{"pattern": "{subject}/{view}"}` of the data set "folder".
        size: H of the frames in pixels; frames of that height are taken as normalised already.
        edge_rule: see `normalize_sequence`.
        workers: processes that read; 0 reads in this one.
        subjects: keep only these.
        progress: called after every sequence.

    Raises:
        DataError: not a data set of that layout, no usable sequence, or the store cannot be written.
    """
    start = monotonic()
    require(size >= 16 and size % 2 == 0, f"size is the height of frames in pixels, even, at least 16, found {size}")
    require(workers >= 0, f"workers is a number of processes, at least 0, found {workers}")
    source, out = Path(source), Path(out)
    values = dict(settings or {})
    check_free(out)
    check_writable(out / "index.json")
    if dataset in ("auto", "synthetic") and (str(source) == "synthetic" or (dataset != "auto" and not source.exists())):
        feed: _Feed = _Walkers(build_settings(SyntheticSettings, values, "dataset synthetic"), size, subjects)
    else:
        feed = _Tree(_chosen(scan(source, dataset, values), subjects), source, size, edge_rule, workers)
    chosen = None if subjects is None else sorted(subjects)
    place = "" if isinstance(feed, _Walkers) else str(source.absolute())
    made_from = sha256_json([place, values, size, edge_rule, chosen])
    quarantined, resumed = _pack(feed, out, made_from, values, progress)
    store = Store.open(out)
    report = PrepareReport(
        dataset=store.dataset,
        store=str(out),
        size=store.size,
        subjects=len({r.subject for r in store.records} - {None}),
        sequences=len(store.records),
        frames=sum(store.lengths),
        resumed=resumed,
        warned=tuple((row.key, warning) for row in store.rows for warning in row.warnings),
        quarantined=quarantined,
        fingerprint=store.fingerprint,
        seconds=round(monotonic() - start, 3),
    )
    if quarantined:
        write_json(out / "quarantine.json", [{"key": key, "reason": reason} for key, reason in quarantined])
    return report


@runtime_checkable
class _Feed(Protocol):
    """Where sequences come from: a tree on disk, or the synthetic walkers."""

    dataset: str
    total: int
    shape: tuple[int, int]

    def read(self, done: frozenset[str]) -> Iterator[tuple[SequenceRecord, str, ReadSequence]]:
        """Record, place and frames of every sequence whose key is not `done`, in key order."""


class _Tree:
    """The sequences found on disk. The first that can be read gives the store its shape."""

    def __init__(self, found: Found, root: Path, size: int, edge_rule: EdgeRule, workers: int) -> None:
        self.dataset, self.total = found.dataset, len(found.sequences)
        self._found, self._root = found.sequences, root
        self._read = partial(read_all, root=root, size=size, edge_rule=edge_rule, workers=workers)
        self.shape = self._first_shape(size, edge_rule)

    def read(self, done: frozenset[str]) -> Iterator[tuple[SequenceRecord, str, ReadSequence]]:
        left = [f for f in self._found if f.record.key not in done]
        for found, read in zip(left, self._read([f.path for f in left]), strict=True):
            yield found.record, found.path.relative_to(self._root).as_posix(), read

    def _first_shape(self, size: int, edge_rule: EdgeRule) -> tuple[int, int]:
        reason = ""
        for found in self._found:
            read = read_sequence(found.path, self._root, size, edge_rule)
            if read.frames is not None:
                return read.frames.shape[1], read.frames.shape[2]
            reason = reason or f"{found.record.key}: {read.reason}"
        raise DataError(f"none of the {self.total} sequences in {self._root} can be used; the first is {reason}")


class _Walkers:
    """Synthetic sequences, made as they are asked for."""

    def __init__(self, settings: SyntheticSettings, size: int, subjects: Sequence[str] | None) -> None:
        require(size == 64, f"synthetic walkers are 64 pixels high, found size {size}")
        made = [f"{i:03d}" for i in range(settings.start, settings.start + settings.subjects)]
        self._subjects = frozenset(made if subjects is None else subjects)
        for subject in sorted(self._subjects.difference(made)):
            raise DataError(f"no walker is called {subject!r}: those asked for are {made[0]} to {made[-1]}")
        each = len(set(settings.conditions)) * len(set(settings.views))
        self.dataset, self.total, self.shape = "synthetic", len(self._subjects) * each, (64, 64)
        self._settings = settings

    def read(self, done: frozenset[str]) -> Iterator[tuple[SequenceRecord, str, ReadSequence]]:
        for record, frames in walkers(self._settings):
            if record.key not in done and record.subject in self._subjects:
                yield record, "", ReadSequence(frames)


def _chosen(found: Found, subjects: Sequence[str] | None) -> Found:
    """The sequences of the given subjects only."""
    if subjects is None:
        return found
    known = {s.record.subject for s in found.sequences} - {None}
    for subject in subjects:
        if subject not in known:
            raise DataError(f"no sequence of subject {subject!r}: {did_you_mean(subject, [k for k in known if k])}")
    return replace(found, sequences=tuple(s for s in found.sequences if s.record.subject in subjects))


def _pack(
    feed: _Feed, out: Path, made_from: str, layout: Mapping[str, Any], progress: Progress | None
) -> tuple[tuple[tuple[str, str], ...], int]:
    """Write every sequence, or set it aside with a reason. Returns those set aside and how many were there before."""
    quarantined: list[tuple[str, str]] = []
    try:
        with StoreWriter(out, feed.dataset, feed.shape, made_from, layout) as writer:
            resumed = count = len(writer.done)
            for record, source, read in feed.read(writer.done):
                reason = _reason(read, feed.shape)
                if read.frames is None or reason:
                    quarantined.append((record.key, reason))
                else:
                    writer.add(record, read.frames, source, read.warnings)
                count += 1
                if progress is not None:
                    progress(count, feed.total, record.key)
    except OSError as error:
        raise DataError(f"cannot write {out}: {error.strerror or error}; make room and run again, it goes on") from None
    return tuple(quarantined), resumed


def _reason(read: ReadSequence, shape: tuple[int, int]) -> str:
    if read.frames is not None and read.frames.shape[1:] != shape:
        height, width = read.frames.shape[1:]
        return f"frames are {height} x {width} pixels, those of the sequences before {shape[0]} x {shape[1]}"
    return read.reason
