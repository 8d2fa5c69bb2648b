"""Prepare: any data set on disk -> one packed store of normalised silhouettes, or a store brought up to date."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from gaitprint.atomic_files import check_writable, sha256_json, unwritable
from gaitprint.checks.names import odd_names
from gaitprint.config import require
from gaitprint.cores import WORKERS
from gaitprint.errors import DataError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.reading import ReadSequence
from gaitprint.ingest.sequence_sources import Held, SequenceSource, sequence_source
from gaitprint.ingest.splits import PartitionReport, described, given_partition
from gaitprint.ingest.store_provenance import finished, has_moved, made_of
from gaitprint.store import Partition, Store, StorePlan, StoreWriter, check_free

Progress = Callable[[int, int, str], None]
"""Called after each sequence: how many are done, of how many (0: unknown), and its key."""


@dataclass(frozen=True)
class PrepareReport:
    """What a preparation found, kept and left out."""

    dataset: str
    """The layout's name; with `auto`, the one that fitted."""
    store: str
    form: str
    """How frames are packed."""
    size: tuple[int, int]
    """H, W of the frames."""
    subjects: int
    sequences: int
    frames: int
    bytes: int
    """Of the packed frames."""
    unused: int
    """Bytes of the data file that no sequence uses any more; preparing the store into a new one drops them."""
    resumed: int
    """Sequences that an earlier, interrupted run had decided."""
    unchanged: int
    """Sequences taken over from the finished store, for their files are as they were."""
    changed: tuple[str, ...]
    """Keys of sequences read again, for their files are not."""
    gone: tuple[str, ...]
    """Keys of sequences the store held and the source no longer has."""
    warned: tuple[tuple[str, str], ...]
    """Key and warning of sequences kept although odd."""
    quarantined: tuple[tuple[str, str], ...]
    """Key and reason of sequences left out."""
    fingerprint: str
    seconds: float
    partition: PartitionReport | None = None
    """Who trains and who is tested, where a partition says so."""
    moved_from: str = ""
    """Where the source was when the store was brought up to date before, if it was elsewhere."""
    damage: str = ""
    """What was wrong with the finished store, so that all was read anew."""
    notes: tuple[str, ...] = ()
    """What was taken for what, to understand names, and names that are probably not what was meant."""

    def check_most_kept(self) -> None:
        """Raise DataError where more sequences were left out than kept; the store holds what was kept."""
        lost = len(self.quarantined)
        if lost > self.sequences:
            raise DataError(
                f"{lost} of {lost + self.sequences} sequences were left out, and {self.store} holds the others alone: "
                f"mend them and prepare again; the first, {self.quarantined[0][0]}: {self.quarantined[0][1]}"
            )

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def prepare(
    source: Path,
    out: Path,
    layout: LayoutChoice = LayoutChoice(),
    *,
    frames: FrameSettings = FrameSettings(),
    subjects: Sequence[str] | None = None,
    workers: int = WORKERS,
    trust_times: bool = False,
    progress: Progress | None = None,
) -> PrepareReport:
    """Read every sequence of `source`, normalise it to one size, measure it, and pack all into the store `out`.

    The store's bytes depend on the source and the settings alone, not on `workers`. A sequence that cannot be read is
    left out and named with its reason in the report and in `quarantine.json`. Interrupted, run it again: it goes on.
    Run again on a store that is finished, it reads what is new or changed in the source since; the store can be used
    all the while.

    Args:
        source: the root of the data set; a zip or tar archive of it; a CSV, TSV or Parquet manifest; a store, to
            pack it in another form or without the bytes it no longer uses; or the word "synthetic" for walkers drawn
            in code.
        out: a new folder, or that of a store, finished or not.
        layout: how its folders are laid out; a partition named there is kept by the store.
        frames: to which size frames are normalised, and how they are packed.
        subjects: keep only these.
        workers: processes that read; 0 reads in this one.
        trust_times: bringing a store up to date, take files of the same sizes and times for the same, instead of
            comparing their bytes.
        progress: called after every sequence.

    Raises:
        ArtefactError: there is no such partition.
        DataError: not a data set of that layout, a partition of other people, no usable sequence, or the store cannot
            be written.
        ConfigError: a setting is wrong.
    """
    start = monotonic()
    require(workers >= 0, f"workers is a number of processes, at least 0, found {workers}")
    source, out = Path(source), Path(out)
    check_free(out)
    check_writable(out / "store.json")
    before, damage = finished(out)
    feed = sequence_source(source, layout, frames, subjects, workers, trust_times)
    partition = layout.partition
    split = feed.partition if partition is None else given_partition(partition, feed.everything)
    shape = before.size if before is not None else feed.usual_shape()
    chosen = None if subjects is None else sorted(subjects)
    (made_from, words), moved_from = _origin(feed, before, layout, frames, chosen)
    plan = StorePlan(feed.dataset, shape, frames.form, feed.layout, made_from, words)
    old = {r.key: r for r in before.records} if before is not None else {}
    tally = _pack(feed, out, plan, old, split, progress)
    store = Store.open(out)
    return PrepareReport(
        dataset=store.dataset,
        store=str(out),
        form=store.form,
        size=store.size,
        subjects=len({r.subject for r in store.records} - {None}),
        sequences=len(store.records),
        frames=sum(store.lengths),
        bytes=store.used,
        unused=store.head.bytes - store.used,
        resumed=tally.resumed,
        unchanged=tally.unchanged,
        changed=tuple(key for key in tally.read if key in old),
        gone=tuple(sorted(old.keys() - {r.key for r in store.records} - {key for key, _ in tally.quarantined})),
        warned=tuple((row.key, warning) for row in store.rows for warning in row.warnings),
        quarantined=tally.quarantined,
        fingerprint=store.fingerprint,
        seconds=round(monotonic() - start, 3),
        partition=described(store),
        moved_from=moved_from,
        damage=damage,
        notes=(*feed.notes, *(f"{f.what} ({f.named()}): {f.advice}" for f in odd_names(store.records))),
    )


def _origin(
    feed: SequenceSource,
    before: Store | None,
    layout: LayoutChoice,
    frames: FrameSettings,
    chosen: list[str] | None,
) -> tuple[tuple[str, dict[str, Any]], str]:
    """What a store is made from, as a digest and in words, and where its source was if it has moved since."""
    values, how = layout.own, (frames.size, frames.edge_rule)
    made_from = sha256_json([feed.place, values, *how, chosen])
    forgotten = None if before is None else before.layout.get("partition")
    if before is not None and forgotten is not None:  # an earlier version counted its file's name among the settings
        earlier = sha256_json([feed.place, {**values, "partition": forgotten}, *how, chosen])
        if before.head.made_from == earlier:
            made_from, feed.layout = earlier, {**feed.layout, "partition": forgotten}
    words = made_of(feed, values, frames, chosen)
    moved_from = ""
    if before is not None and before.head.made_from != made_from:
        moved = before.head.made_of != words and has_moved(before, feed, words)
        moved_from = str(before.head.made_of["source"]) if moved else ""
        if moved or before.head.made_of == words:
            made_from = before.head.made_from  # of the place where it was first
    return (made_from, words), moved_from


@dataclass(frozen=True)
class _Tally:
    """What became of the sequences of a run."""

    resumed: int
    unchanged: int
    read: tuple[str, ...]
    quarantined: tuple[tuple[str, str], ...]


def _pack(
    feed: SequenceSource,
    out: Path,
    plan: StorePlan,
    held: Held,
    split: Partition | None,
    progress: Progress | None,
) -> _Tally:
    """Decide about every sequence: keep it, write it, or set it aside with a reason."""
    unchanged, fresh = 0, []
    try:
        with StoreWriter(out, plan, holds=feed.holds, partition=split, anew=True) as writer:
            resumed = count = len(writer.done)
            for record, source, read in feed.read(writer.done, writer.known, held):
                reason = _reason(read, plan.size)
                if read.unchanged:
                    writer.keep(record.key)
                    unchanged += 1
                elif read.packed is None or reason:
                    writer.set_aside(record.key, reason, read.stamp)
                else:
                    writer.append(record, read.packed, source, read.warnings, read.stamp, read.quality)
                    fresh.append(record.key)
                count += 1
                if progress is not None:
                    progress(count, feed.total, record.key)
            aside = writer.set_aside_now
    except OSError as error:
        raise unwritable(out, error, "run again, it goes on") from None
    return _Tally(resumed, unchanged, tuple(fresh), tuple((a.key, a.reason) for a in aside))


def _reason(read: ReadSequence, shape: tuple[int, int]) -> str:
    if read.packed is not None and read.packed.size != shape:
        height, width = read.packed.size
        return f"frames are {height} x {width} pixels, those of the store {shape[0]} x {shape[1]}"
    return read.reason
