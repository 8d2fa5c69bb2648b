"""The report's figures as CSV: one header, one figure a line, numbers as in its JSON, nothing where there is none."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from gaitprint.evaluation.identification.groups import Kind
from gaitprint.evaluation.identification.mistakes import Mistake
from gaitprint.evaluation.identification.result import ProbeSetResult
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.evaluation.verification.columns import RATES, rate_columns
from gaitprint.experiments.ablation import AblationResult
from gaitprint.pages.report_data import ALL, ReportData

Value = str | float | int | bool | None
Line = Sequence[Value]
ENDS = ("percent", "low_percent", "high_percent")
HEADERS = {
    "ablation.csv": ("step", "networks", "expanded", "reranked", "transductive", "distance", "probe_set",
                     "rank1_percent", "low_percent", "high_percent", "gain_points", "gain_low", "gain_high"),
    "cmc.csv": ("step", "probe_set", "rank", *ENDS),
    "heat_maps.csv": ("step", "probe_set", "probe_view", "gallery_view", "counted", *ENDS),
    "by_view.csv": ("step", "probe_set", "view", "figure", "probes", "subjects", *ENDS),
    "by_condition.csv": ("step", "probe_set", "condition", "figure", "probes", "subjects", *ENDS),
    "error_rates.csv": ("step", *RATES),
    "det.csv": ("step", "probe_set", "fmr_percent", "fnmr_percent", "carried"),
    "scores.csv": ("step", "from_distance", "to_distance", "one_person_percent", "two_people_percent"),
    "mistakes.csv": ("step", "probe_set", "probe", "subject", "gallery_view", "right", "right_distance", "right_place",
                     "wrong", "wrong_subject", "wrong_distance", "margin"),
}  # fmt: skip
"""Files and their columns: these names are kept."""


def tables(data: ReportData) -> dict[str, str]:
    """The text of every file."""
    lines: dict[str, Iterable[Line]] = {
        "ablation.csv": _ablation(data.ablation),
        "cmc.csv": _curves(data),
        "heat_maps.csv": _maps(data),
        "by_view.csv": _breakdown(data, "view"),
        "by_condition.csv": _breakdown(data, "condition"),
        "error_rates.csv": _error_rates(data),
        "det.csv": _det(data),
        "scores.csv": _scores(data),
        "mistakes.csv": _mistakes(data.mistakes),
    }
    return {name: _text(header, lines[name]) for name, header in HEADERS.items()}


def _text(header: Sequence[str], lines: Iterable[Line]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_plain(v) for v in line] for line in lines)
    return stream.getvalue()


def _plain(value: Value) -> Value:
    """Numbers with all their digits; true and false as in JSON."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float):
        # `repr` gives the shortest text that reads back as the same number
        return "" if np.isnan(value) else repr(float(value))
    return "" if value is None else value


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _ablation(result: AblationResult) -> Iterable[Line]:
    for row in result.rows:
        variant, gain = row.variant, row.gain
        head_of_row = (row.description, "+".join(variant.networks), variant.expanded, variant.reranked)
        head = (*head_of_row, row.transductive, row.distance)
        yield (*head, ALL, row.mean, *_ends(row.interval), None if gain is None else gain.mean, *_ends(gain))
        for r in row.evaluation.results:
            yield (*head, r.name, r.mean, *_ends(r.interval), None, None, None)


def _curves(data: ReportData) -> Iterable[Line]:
    for step, report in data.evaluations.items():
        for k, line in enumerate(_of(data.curves[step]), start=1):
            yield (step, ALL, k, *line)
        for r in report.evaluation.results:
            of_set = _of(r.bands.cmc) if r.bands is not None else [(float(v), None, None) for v in r.cmc]
            for k, line in enumerate(of_set, start=1):
                yield (step, r.name, k, *line)


def _of(band: Band) -> list[tuple[float | None, float | None, float | None]]:
    return [(float(v), float(a), float(b)) for v, a, b in zip(band.value, band.low, band.high, strict=True)]


def _maps(data: ReportData) -> Iterable[Line]:
    for step, report in data.evaluations.items():
        for r in report.evaluation.results:
            if r.matrix is not None:
                yield from ((step, r.name, *line) for line in _cells(r))


def _cells(result: ProbeSetResult) -> Iterable[Line]:
    """Every cell, also those of identical views that the protocol leaves out of the means."""
    ends = None if result.bands is None else result.bands.table
    for i, (r, c) in enumerate(np.ndindex(result.counted.shape)):
        names = (result.row_names[r], result.column_names[c], bool(result.counted[r, c]))
        low, high = (None, None) if ends is None else (float(ends.low[i]), float(ends.high[i]))
        yield (*names, float(result.table[r, c, 0]), low, high)


def _breakdown(data: ReportData, kind: Kind) -> Iterable[Line]:
    for step, report in data.evaluations.items():
        for b in (b for b in report.breakdowns if b.kind == kind):
            for figure, band in b.figures.items():
                for i, line in enumerate(_of(band)):
                    yield (step, b.probe_set, b.names[i], figure, b.probes[i], int(band.subjects[i]), *line)


def _error_rates(data: ReportData) -> Iterable[Line]:
    for step, report in data.verifications.items():
        columns = rate_columns(report.verification)
        yield from ((step, *line) for line in zip(*columns.values(), strict=True))


def _det(data: ReportData) -> Iterable[Line]:
    for step, report in data.verifications.items():
        for s in report.verification.sets:
            for false, missed, carried in zip(s.false_match, s.false_non_match, s.det_carried, strict=True):
                yield (step, s.name, 100.0 * float(false), 100.0 * float(missed), bool(carried))


def _scores(data: ReportData) -> Iterable[Line]:
    for step, drawn in data.distributions.items():
        one, two = drawn.series.values()
        for i in range(len(one)):
            yield (step, float(drawn.edges[i]), float(drawn.edges[i + 1]), float(one[i]), float(two[i]))


def _mistakes(mistakes: Mapping[str, Sequence[Mistake]]) -> Iterable[Line]:
    for step, of_step in mistakes.items():
        for m in of_step:
            yield (step, m.probe_set, m.probe, m.subject, m.column, m.right, m.right_distance, m.place,
                   m.wrong, m.wrong_subject, m.wrong_distance, m.margin)  # fmt: skip
