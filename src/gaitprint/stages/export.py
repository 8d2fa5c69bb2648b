"""Export: a store -> the field's reference layout, one pickle a sequence, and its partition file."""

import os
import pickle
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gaitprint.atomic_files import atomic_file, write_json
from gaitprint.errors import DataError
from gaitprint.ingest.splits import split_of
from gaitprint.output_folder import bound_folder
from gaitprint.store import Store
from gaitprint.types import SequenceRecord

PARTITION = "partition.json"
_SAFE = re.compile(r"[^\\/:*?\"<>|\x00-\x1f]{1,200}")
_RESERVED = (".", "..")


@dataclass(frozen=True)
class ExportReport:
    """What was written."""

    out: str
    """The root, for the toolkit's `dataset_root`."""
    partition: str
    """The partition file, for its `dataset_partition`; "" where the data set has no split."""
    sequences: int
    train: int
    """Subjects that train."""
    test: int
    written: int
    """Sequences written by this call; the others were there."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def export(
    store: Path,
    out: Path,
    *,
    split: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> ExportReport:
    """Write `<out>/<subject>/<condition>/<view>/<view>.pkl`, uint8 [T, H, W] each, and `<out>/partition.json`.

    Each file is whole or not there; interrupted, run it again: it goes on. A sequence of nobody known stands under the
    subject `probe`, as the reference layout has it.

    Args:
        store: made by `gaitprint data prepare`.
        out: a new or empty folder, or that of an interrupted export of the same store.
        split: who trains in the partition file; the data set's usual split where None.
        progress: called after every sequence with how many are done, of how many, and its key.

    Raises:
        DataError: two sequences that the layout cannot tell apart, a name that is no folder's, a full disk.
        ArtefactError: the folder holds something else; frames are damaged.
    """
    opened, out = Store.open(store), Path(out)
    places = _places(opened.records)
    parts = split_of(opened, split)
    with bound_folder(out, "export.json", {"store": opened.fingerprint}, "store", "an export of another store"):
        written = 0
        for i, (record, place) in enumerate(zip(opened.records, places, strict=True), start=1):
            path = out / place
            # Files appear whole, so one that is there is done.
            if not path.is_file():
                _drop_leftovers(path.parent)
                # The reference toolkit unpickles what it reads; we only ever write.
                with atomic_file(path) as stream:
                    pickle.dump(np.array(opened.verified_frames(i - 1)), stream, protocol=4)
                written += 1
            if progress is not None:
                progress(i, len(places), record.key)
        unknown = {"probe"} if any(r.subject is None for r in opened.records) else set()
        write_json(out / PARTITION, {"TRAIN_SET": list(parts.train), "TEST_SET": sorted({*parts.test, *unknown})})
    return ExportReport(str(out), str(out / PARTITION), len(places), len(parts.train), len(parts.test), written)


def _drop_leftovers(folder: Path) -> None:
    """Remove what a killed export left half-written: the reference toolkit takes every file of a folder for frames."""
    for leftover in folder.glob(".*.tmp"):
        leftover.unlink()


def _places(records: tuple[SequenceRecord, ...]) -> list[str]:
    """Where each sequence goes, below the root."""
    places, seen = [], dict[str, str]()
    for record in records:
        names = (record.subject or "probe", record.condition, record.view)
        for name in names:
            if not _SAFE.fullmatch(name) or name in _RESERVED or name.startswith("."):
                raise DataError(f"{record.key}: {name!r} cannot be a folder's name: prepare it under another one")
        place = "/".join((*names, f"{record.view}.pkl"))
        other = seen.setdefault(os.path.normcase(place), record.key)
        if other != record.key:
            raise DataError(
                f"{record.key} and {other} are both of {'/'.join(names)}, and the reference layout tells sequences by "
                "subject, condition and view alone: prepare them under other conditions"
            )
        places.append(place)
    return places
