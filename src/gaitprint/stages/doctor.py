"""Doctor: what a data set or a store is, what is wrong with it, and what to do."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.stages._findings import (
    Finding,
    duplicates,
    few_frames,
    lonely_subjects,
    missing_of_casia_b,
    unknown_subjects,
)
from gaitprint.stages._layouts import scan
from gaitprint.stages._reading import read_all
from gaitprint.storage import sha256_json
from gaitprint.store import Store, StoredSequence
from gaitprint.types import Frames


@dataclass(frozen=True)
class DoctorReport:
    """The diagnosis. `findings` stand in the order of their weight."""

    path: str
    kind: str
    """"store", "data set", or "nothing known" where no layout fits."""
    dataset: str
    title: str
    subjects: int
    sequences: int
    """Of which frames could be read."""
    frames: int
    lengths: tuple[int, float, int]
    """The fewest, the median and the most frames of a sequence."""
    conditions: dict[str, int]
    """Sequences of each."""
    views: dict[str, int]
    """Sequences of each."""
    fingerprint: str
    """That of the store made from these data; equal fingerprints mean equal frames and records."""
    unusable: tuple[tuple[str, str], ...]
    """Key and reason of every sequence that could not be read."""
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing found is an error."""
        return all(f.severity != "error" for f in self.findings)

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**asdict(self), "sound": self.sound}

    def lines(self) -> list[str]:
        """The diagnosis for people, a line each."""
        head = [f"{self.path}: {self.kind} {self.title or self.dataset}".rstrip()]
        if self.sequences:
            shortest, middle, longest = self.lengths
            head += [
                f"{self.subjects} subjects, {self.sequences} sequences, {self.frames} frames "
                f"({shortest} to {longest} a sequence, median {middle:g})",
                "conditions: " + _counted(self.conditions),
                "views: " + _counted(self.views),
                f"fingerprint: {self.fingerprint}",
            ]
        return head + [f.line() for f in self.findings] + ([] if self.findings else ["nothing found wrong"])


def doctor(
    path: Path,
    *,
    dataset: str = "auto",
    settings: Mapping[str, Any] | None = None,
    size: int = 64,
    workers: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> DoctorReport:
    """Read everything in `path`, a data set's tree or a store, and say what is wrong.

    Args:
        path: the folder.
        dataset: a layout's name, for a data set; "auto" tries the published ones.
        settings: the layout's settings.
        size: H to which frames would be prepared, pixels.
        workers: processes that read; 0 reads in this one.
        progress: called after every sequence with how many are done, of how many, and its key.

    Raises:
        DataError: there is no such folder.
        ArtefactError: a store that cannot be opened.
        ConfigError: a setting is wrong.
    """
    path = Path(path)
    require(workers >= 0, f"workers is a number of processes, at least 0, found {workers}")
    if not path.is_dir():
        raise DataError(f"expected the folder of a data set or of a store at {path}, found none: check the path")
    if (path / "index.json").is_file() or (path / "index.jsonl").is_file():
        return _examine_store(path, progress)
    try:
        found = scan(path, dataset, settings or {})
    except DataError as error:
        finding = Finding("error", str(error), "no sequence was read")
        return _report(path, "nothing known", "", "", [], [finding])
    rows, bad = [], []
    reads = read_all([f.path for f in found.sequences], path, size, "opengait", workers)
    shapes: Counter[tuple[int, ...]] = Counter()
    for count, (sequence, read) in enumerate(zip(found.sequences, reads, strict=True), start=1):
        if read.frames is None:
            bad.append((sequence.record.key, read.reason))
        else:
            r = sequence.record
            rows.append(StoredSequence(r.key, r.subject, r.condition, r.view, len(read.frames), _sha256(read.frames)))
            shapes[read.frames.shape[1:]] += 1
        if progress is not None:
            progress(count, len(found.sequences), sequence.record.key)
    findings = []
    if bad:
        what = f"sequences that cannot be used: {len(bad)}, the first because {bad[0][1]}"
        findings.append(Finding("error", what, "`prepare` leaves them out", tuple(key for key, _ in bad)))
    if len(shapes) > 1:
        sizes = ", ".join(f"{n} of {'x'.join(map(str, s))}" for s, n in shapes.most_common())
        findings.append(Finding("error", f"frames of different sizes ({sizes})", "prepare each kind by itself"))
    if found.dataset == "casia-b":
        findings += missing_of_casia_b(f.record.key for f in found.sequences)
    return _report(path, "data set", found.dataset, found.layout.title, rows, findings, tuple(bad))


def _examine_store(path: Path, progress: Callable[[int, int, str], None] | None) -> DoctorReport:
    store = Store.open(path)
    damaged = []
    for i, row in enumerate(store.rows):
        if _sha256(store.frames(i)) != row.sha256:
            damaged.append(row.key)
        if progress is not None:
            progress(i + 1, len(store.rows), row.key)
    findings = []
    if damaged:
        what = f"sequences that are not what was written: {len(damaged)}"
        findings.append(Finding("error", what, "the file is damaged, prepare the store again", tuple(damaged)))
    return _report(path, "store", store.dataset, "", list(store.rows), findings)


def _report(
    path: Path,
    kind: str,
    dataset: str,
    title: str,
    rows: Sequence[StoredSequence],
    findings: Sequence[Finding],
    unusable: tuple[tuple[str, str], ...] = (),
) -> DoctorReport:
    every = chain(findings, duplicates(rows), few_frames(rows), lonely_subjects(rows), unknown_subjects(rows))
    lengths = [row.length for row in rows]
    return DoctorReport(
        path=str(path),
        kind=kind,
        dataset=dataset,
        title=title,
        subjects=len({row.subject for row in rows} - {None}),
        sequences=len(rows),
        frames=sum(lengths),
        lengths=(min(lengths), float(median(lengths)), max(lengths)) if lengths else (0, 0.0, 0),
        conditions=dict(sorted(Counter(row.condition for row in rows).items())),
        views=dict(sorted(Counter(row.view for row in rows).items())),
        fingerprint=sha256_json([[r.key, r.subject, r.condition, r.view, r.length, r.sha256] for r in rows]),
        unusable=unusable,
        findings=tuple(sorted(every, key=lambda f: ("error", "warning", "note").index(f.severity))),
    )


def _counted(counts: Mapping[str, int], shown: int = 12) -> str:
    parts = [f"{name} {count}" for name, count in list(counts.items())[:shown]]
    return ", ".join(parts) + (f", ... {len(counts)} in all" if len(counts) > shown else "")


def _sha256(frames: Frames) -> str:
    return hashlib.sha256(np.ascontiguousarray(frames).data).hexdigest()
