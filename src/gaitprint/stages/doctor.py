"""Doctor: what a data set or a store is, what is wrong with it, and what to do."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from statistics import median

import numpy as np

from gaitprint.archives import found_instead, is_archive
from gaitprint.atomic_files import sha256_json
from gaitprint.checks.appearance import mirrored, shifted
from gaitprint.checks.completeness import missing_views
from gaitprint.checks.diagnosis import DoctorReport
from gaitprint.checks.examination import Examined, Progress, examine_files, examine_store
from gaitprint.checks.findings import (
    Finding,
    duplicates,
    few_frames,
    impossible_rows,
    lonely_subjects,
    missing_of_published,
    odd_looks,
    odd_sizes,
    poor_quality,
    unknown_subjects,
    unusable_sequences,
)
from gaitprint.checks.identity import suspicious_identities
from gaitprint.checks.names import odd_names
from gaitprint.checks.quarantine import check_movable, quarantine_files, quarantine_rows
from gaitprint.config import require
from gaitprint.cores import WORKERS
from gaitprint.datasets.manifest import MANIFESTS
from gaitprint.errors import DataError, GaitprintError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.reading import load
from gaitprint.ingest.scanning import Found, layout_of, scan
from gaitprint.ingest.splits import described, given_partition, split_of
from gaitprint.pages.doctor import doctor_page
from gaitprint.report.html import check_report_place, write_report
from gaitprint.store import Store, is_begun, is_store
from gaitprint.texts import natural_order
from gaitprint.types import Frames


def doctor(
    path: Path,
    layout: LayoutChoice = LayoutChoice(),
    *,
    size: int = FrameSettings.size,
    workers: int = WORKERS,
    fix: bool = False,
    page: Path | None = None,
    progress: Progress | None = None,
) -> DoctorReport:
    """Read all of a data set, or of a store, and say what is wrong.

    Args:
        path: the data set's folder, archive or manifest, or a store.
        layout: see `prepare`; a store knows its own.
        size: H of normalised frames, pixels.
        workers: processes that read; 0 reads in this one.
        fix: put sequences that cannot be used aside: those of a folder into its `.quarantine`, with their reasons;
            those of a store out of it, so that `prepare` reads them again.
        page: an HTML file to write, with contact sheets of what was found.
        progress: called after every sequence with how many are done, of how many, and its key.

    Raises:
        DataError: there is no such folder; something cannot be put aside.
        ArtefactError: a store that cannot be opened.
        ConfigError: a setting is wrong.
    """
    path, how = Path(path), FrameSettings(size)
    require(workers >= 0, f"workers is a number of processes, at least 0, found {workers}")
    if page is not None:
        check_report_place(page)
    if is_store(path) or is_begun(path):
        given = ", ".join(layout.settings)
        require(not given, f"{path} is a store, which knows its layout: leave out {given} (--set)")
        return _doctor_store(path, fix, page, progress)
    if not (path.is_dir() or (path.is_file() and (is_archive(path) or path.suffix.lower() in MANIFESTS))):
        raise DataError(
            f"expected the folder or archive of a data set, a manifest or a store at {path}, {found_instead(path)}"
        )
    try:
        found_set = scan(path, layout)
    except DataError as error:
        finding = Finding("error", str(error), "no sequence was read")
        nothing = Examined((), (), (), ())
        report = _report(path, "nothing known", "", "", nothing, [finding])
        if page is not None:
            write_report(page, doctor_page(report, nothing, lambda key: np.zeros((0, size, size), np.uint8)))
        return report
    if fix:
        check_movable(found_set.files)
    examined = examine_files(found_set, how, workers, progress)
    keys = [f.record.key for f in found_set.sequences]
    split = _split(layout.partition, found_set)
    read = [Finding("note", note, "see that this is what was meant") for note in found_set.notes]
    own = [*missing_of_published(found_set.dataset, keys), *split, *read]
    root = path if path.is_dir() else path.parent
    moved: tuple[str, ...] = ()
    bad = tuple(u for u in examined.unusable if not u.again)
    if fix and bad:
        moved = quarantine_files(found_set.files, root, bad, _shared(found_set))
    report = _report(path, "data set", found_set.dataset, found_set.layout.title, examined, own, moved)
    if page is not None:
        places = {row.key: row.source for row in examined.rows}
        write_report(page, doctor_page(report, examined, lambda key: _frames_of(found_set, places[key], how)))
    return report


def _doctor_store(path: Path, fix: bool, page: Path | None, progress: Progress | None) -> DoctorReport:
    store = Store.open(path)
    examined = examine_store(store, progress)
    own = [*impossible_rows(store.rows), *missing_of_published(store.dataset, [r.key for r in store.records])]
    moved = quarantine_rows(store, examined.unusable) if fix and examined.unusable else ()
    report = _report(path, "store", store.dataset, _title(store), examined, [*own, *_kept_split(store)], moved)
    head = store.head
    if head.made_of:
        report = replace(report, made_of={**head.made_of, "version": head.written_by})
    if page is not None:
        places = {record.key: i for i, record in enumerate(store.records)}
        write_report(page, doctor_page(report, examined, lambda key: store.frames(places[key])))
    return report


def _report(
    path: Path,
    kind: str,
    dataset: str,
    title: str,
    examined: Examined,
    own: Sequence[Finding],
    quarantined: tuple[str, ...] = (),
) -> DoctorReport:
    rows = examined.rows
    every = chain(
        own,
        unusable_sequences(examined.unusable, kind),
        odd_sizes([row.key for row in rows], examined.shapes),
        odd_looks(rows),
        duplicates(rows),
        odd_names([row.record for row in rows]),
        _looks(examined),
        few_frames(rows),
        poor_quality(rows),
        lonely_subjects(rows),
        unknown_subjects(rows),
    )
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
        conditions=_counted(row.condition for row in rows),
        views=_counted(row.view for row in rows),
        fingerprint=sha256_json([[r.key, r.subject, r.condition, r.view, r.length, r.sha256] for r in rows]),
        unusable=tuple((u.key, u.reason) for u in examined.unusable),
        findings=tuple(sorted(every, key=lambda f: ("error", "warning", "note").index(f.severity))),
        quality=_quality(examined),
        quarantined=quarantined,
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts = Counter(names)
    return {name: counts[name] for name in sorted(counts, key=natural_order)}


def _shared(found: Found) -> frozenset[str]:
    """Folders that hold more than one sequence; what else lies in a manifest's folders, nobody knows."""
    above = Counter(str(p) for f in found.sequences for p in PurePosixPath(f.place).parents)
    return frozenset(folder for folder, count in above.items() if count > 1 or found.dataset == "manifest")


def _frames_of(found: Found, place: str, how: FrameSettings) -> Frames:
    loaded = load(found.files, place, how)
    if loaded.frames is None:
        raise DataError(loaded.reason)
    return loaded.frames


def _title(store: Store) -> str:
    """What the store's data set is; nothing of another package is imported because a store says so."""
    if "." in store.dataset:
        return ""
    try:
        return layout_of(store).title
    except GaitprintError:
        return ""


def _split(path: Path | None, found: Found) -> list[Finding]:
    """What is wrong with the partition file that was given."""
    try:
        if path is not None:
            given_partition(path, [f.record for f in found.sequences])
    except GaitprintError as error:
        return [Finding("error", str(error), "mend the partition: figures on people seen in training are worthless")]
    return []


def _kept_split(store: Store) -> list[Finding]:
    """What the partition that a store keeps, or should keep, leaves out."""
    try:
        if "." not in store.dataset:  # nothing of another package is imported because a store says so
            split_of(store, None)
        found = described(store)
    except GaitprintError as error:
        return [Finding("error", str(error), "until then it is unknown who trains and who is tested")]
    said = [] if found is None else found.lines()[1:]
    return [Finding("warning", line.removeprefix("note: "), "see `gaitprint data partition`") for line in said]


def _looks(examined: Examined) -> list[Finding]:
    """The rules that look at average silhouettes, of those that have the commonest size."""
    if not examined.shapes:
        return []
    usual = Counter(examined.shapes).most_common(1)[0][0]
    chosen = [i for i, shape in enumerate(examined.shapes) if shape == usual]
    records = [examined.rows[i].record for i in chosen]
    averages = np.stack([examined.averages[i] for i in chosen])
    rules = (shifted, mirrored, suspicious_identities)
    return [*chain.from_iterable(rule(records, averages) for rule in rules), *missing_views(records)]


def _quality(examined: Examined) -> dict[str, tuple[float, float, float]]:
    names = sorted({name for row in examined.rows for name in row.quality})
    columns = {n: np.array([row.quality.get(n, np.nan) for row in examined.rows]) for n in names}
    known = {n: values[np.isfinite(values)] for n, values in columns.items()}
    return {
        n: (float(q[0]), float(q[1]), float(q[2]))
        for n, v in known.items()
        if len(v)
        for q in [np.percentile(v, (5, 50, 95))]
    }
