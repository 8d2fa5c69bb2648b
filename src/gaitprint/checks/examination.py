"""Examining what is there, sequence by sequence: of a data set as it lies, or of a store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from gaitprint.archives import Files
from gaitprint.checks.appearance import average_silhouette
from gaitprint.checks.findings import Unusable
from gaitprint.errors import ArtefactError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.reading import Task, load, read_all
from gaitprint.ingest.scanning import Found
from gaitprint.store import Store, StoredSequence, pack

Progress = Callable[[int, int, str], None]
"""Called after every sequence with how many are done, of how many, and its key."""


@dataclass(frozen=True)
class Examined:
    """All that was learnt. `rows`, `averages` and `shapes` go together, one each a usable sequence."""

    rows: tuple[StoredSequence, ...]
    averages: tuple[np.ndarray, ...]
    """See `average_silhouette`."""
    shapes: tuple[tuple[int, int], ...]
    """H, W of the frames."""
    unusable: tuple[Unusable, ...]


@dataclass(frozen=True)
class _Seen:
    """What one sequence left behind; its frames are gone."""

    length: int = 0
    sha256: str = ""
    shape: tuple[int, int] = (0, 0)
    average: np.ndarray | None = None
    warnings: tuple[str, ...] = ()
    quality: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    again: bool = False
    """See `Loaded`."""


def examine_files(found: Found, how: FrameSettings, workers: int, progress: Progress | None) -> Examined:
    """Read, normalise and measure every sequence of a data set; nothing is kept but what can be said of it."""
    order = sorted(found.sequences, key=lambda f: found.files.order(f.place))
    tasks = [Task(f.place) for f in order]
    seen = read_all(partial(_see, how=how), found.files, tasks, workers)
    blank = [
        StoredSequence(f.record.key, f.record.subject, f.record.condition, f.record.view, 1, "", f.place) for f in order
    ]
    return _gather(blank, seen, progress)


def examine_store(store: Store, progress: Progress | None) -> Examined:
    """Unpack every sequence of a store and hold it against its checksum."""
    return _gather(list(store.rows), (_see_stored(store, i) for i in range(len(store.records))), progress)


def _gather(blank: Sequence[StoredSequence], seen: Iterator[_Seen], progress: Progress | None) -> Examined:
    rows, averages, shapes, unusable = [], [], [], []
    for count, (row, s) in enumerate(zip(blank, seen, strict=True), start=1):
        if s.average is None:
            unusable.append(Unusable(row.key, s.reason, row.source, s.again))
        else:
            rows.append(replace(row, length=s.length, sha256=s.sha256, warnings=s.warnings, quality=s.quality))
            averages.append(s.average)
            shapes.append(s.shape)
        if progress is not None:
            progress(count, len(blank), row.key)
    # read in the order of reading, told in the order of keys
    places = sorted(range(len(rows)), key=lambda i: rows[i].key)
    return Examined(
        tuple(rows[i] for i in places),
        tuple(averages[i] for i in places),
        tuple(shapes[i] for i in places),
        tuple(sorted(unusable, key=lambda u: u.key)),
    )


def _see(files: Files, task: Task, how: FrameSettings) -> _Seen:
    loaded = load(files, task.place, how)
    if loaded.frames is None:
        return _Seen(reason=loaded.reason, again=loaded.again)
    # for the checksum alone, which is that of a store's rows: the fingerprints of data and store can be compared
    packed = pack(loaded.frames, "raw")
    average = average_silhouette(loaded.frames)
    return _Seen(packed.length, packed.sha256, packed.size, average, loaded.warnings, loaded.quality)


def _see_stored(store: Store, index: int) -> _Seen:
    row = store.row(index)
    try:
        frames = store.verified_frames(index)
    except ArtefactError as error:
        return _Seen(reason=str(error))
    return _Seen(len(frames), row.sha256, store.size, average_silhouette(frames), row.warnings, dict(row.quality))
