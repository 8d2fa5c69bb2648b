"""The doctor's page: what a data set is, what was found, and what it looks like."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gaitprint.checks.diagnosis import DoctorReport
from gaitprint.checks.examination import Examined
from gaitprint.errors import GaitprintError
from gaitprint.pages.match_sheets import strip_image
from gaitprint.report.values import Badge, Cell, HeatMap, Report, Sheet, Strip, Table
from gaitprint.silhouettes.quality import FIELDS
from gaitprint.store import StoredSequence
from gaitprint.texts import natural_order
from gaitprint.types import Frames

SHOWN = 6
"""Sequences of a finding that are drawn; a page is looked at, the JSON lists all."""
LISTED = 60
"""Names of a finding that are listed."""
MOST_NAMES = 40
"""Conditions or views beyond which a table of both says nothing to an eye."""
MEANING = {
    "height": "median height of the body in the raw frames, pixels",
    "truncated": "share of raw frames in which the image's border cuts the body",
    "holes": "share of the body's area that is holes",
    "pieces": "share of frames with a second piece beside the body",
    "merges": "share of frames in which something is merged with the body",
    "jumps": "share of steps that walking cannot explain",
    "period": "frames of a gait cycle, two steps",
    "turn": "how strongly the direction changes, 0 to 1",
}


def doctor_page(report: DoctorReport, examined: Examined, frames: Callable[[str], Frames]) -> Report:
    """The page as a value.

    Args:
        report: what was found.
        examined: the sequences.
        frames: the frames of a sequence by its key; one that can no longer be read is not drawn.
    """
    rows = {row.key: row for row in examined.rows}
    return Report(
        title=report.title or report.dataset or "Unknown data",
        subtitle=f"What gaitprint data doctor found in {report.path}"
        + (f", a {report.kind}." if report.dataset else "."),
        facts=_facts(report),
        findings=() if report.findings else ("Nothing was found wrong.",),
        tables=tuple(_tables(report)),
        heatmaps=_completeness(examined.rows),
        heatmaps_title="What is there",
        sheets=tuple(_sheets(report, rows, frames)),
        sheets_title="What it looks like",
        settings={"fingerprint": report.fingerprint},
    )


def _facts(report: DoctorReport) -> tuple[tuple[str, str], ...]:
    shortest, middle, longest = report.lengths
    return (
        ("data set", report.dataset or "unknown"),
        ("subjects", f"{report.subjects:,}"),
        ("sequences", f"{report.sequences:,}"),
        ("frames", f"{report.frames:,}"),
        ("frames a sequence", f"{shortest} to {longest}, median {middle:g}"),
        ("conditions", f"{len(report.conditions)}"),
        ("views", f"{len(report.views)}"),
        ("cannot be used", f"{len(report.unusable)}"),
    )


def _tables(report: DoctorReport) -> Iterator[Table]:
    if report.findings:
        rows = [
            (_sentence(f.what), Badge(f.severity, "plain" if f.severity == "note" else "caution"), _sentence(f.advice))
            for f in report.findings
        ]
        yield Table("What was found", ("finding", "weight", "what to do"), tuple(rows))
    if report.unusable:
        shown = report.unusable[:LISTED]
        more = len(report.unusable) - len(shown)
        note = f"{more} more stand in the JSON." if more else ""
        yield Table("Sequences that cannot be used", ("sequence", "why"), shown, note)
    which: list[tuple[Cell, ...]] = [
        (_sentence(f.what), _listed(f.keys)) for f in report.findings if f.keys and f.keys != _names(report.unusable)
    ]
    if which:
        yield Table("Which they are", ("finding", "names"), tuple(which), "The JSON lists all of them.")
    if report.quality:
        known: tuple[tuple[Cell, ...], ...] = tuple(
            (name, *(f"{value:.3g}" for value in report.quality[name]), MEANING.get(name, ""))
            for name in FIELDS
            if name in report.quality
        )
        note = "Over the sequences that could be measured; a preparation can be filtered by any of them."
        yield Table("Quality of the silhouettes", ("measure", "5 %", "median", "95 %", "what it is"), known, note)


def _completeness(rows: tuple[StoredSequence, ...]) -> tuple[HeatMap, ...]:
    """For each condition and view the share of subjects that have it, where there are few enough of both."""
    conditions, views = (
        sorted(names, key=natural_order) for names in ({r.condition for r in rows}, {r.view for r in rows})
    )
    subjects = {r.subject for r in rows} - {None}
    if not subjects or max(len(conditions), len(views)) > MOST_NAMES:
        return ()
    # a subject counts once in a cell, however many sequences they have there
    counts = Counter((c, v) for c, v, _ in {(r.condition, r.view, r.subject) for r in rows if r.subject is not None})
    values = np.array([[100.0 * counts[c, v] / len(subjects) for v in views] for c in conditions])
    title = "Sequences by condition and view"
    return (
        HeatMap(title, tuple(conditions), tuple(views), values, False, "subjects that have it, %", "condition", "view"),
    )


def _sheets(
    report: DoctorReport, rows: Mapping[str, StoredSequence], frames: Callable[[str], Frames]
) -> Iterator[Sheet]:
    """Strips of the sequences that findings name, then some of those that nobody complained about."""
    named: set[str] = set()
    for finding in report.findings:
        keys = [key for key in finding.keys if key in rows]
        named |= set(keys)
        strips = tuple(_strips(keys[:SHOWN], rows, frames))
        if strips:
            more = f" {len(keys) - len(strips)} more are not drawn." if len(keys) > len(strips) else ""
            yield Sheet(_sentence(finding.what), f"{_sentence(finding.advice)}.{more}", strips)
    usual = [key for key in rows if key not in named]
    some = [usual[i] for i in np.linspace(0, len(usual) - 1, min(SHOWN, len(usual))).round().astype(int)]
    strips = tuple(_strips(some, rows, frames))
    if strips:
        yield Sheet("Some of the other sequences", "Evenly spaced over all that nothing was found wrong with.", strips)


def _names(unusable: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(key for key, _ in unusable)


def _listed(keys: tuple[str, ...]) -> str:
    more = len(keys) - LISTED
    return ", ".join(keys[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _strips(keys: list[str], rows: Mapping[str, StoredSequence], frames: Callable[[str], Frames]) -> Iterator[Strip]:
    for key in keys:
        try:
            image = strip_image(frames(key))
        except GaitprintError:
            continue  # it was put aside, or vanished, since it was examined
        yield Strip(key, f" · {rows[key].length} frames", image)
