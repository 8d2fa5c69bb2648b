"""Figures as columns, a figure a row: what a data frame is made of. The names are those of the report's CSV files."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from gaitprint.evaluation.identification.breakdown import Breakdown
from gaitprint.evaluation.identification.result import Evaluation, Outcome, ProbeSetResult
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.evaluation.statistics.sample_size import ErrorRate
from gaitprint.evaluation.verification.result import Verification
from gaitprint.tables import Columns

FIGURES = ("probe_set", "group", "name", "figure", "percent", "low_percent", "high_percent", "probes", "subjects")
RATES = ("probe_set", "figure", "stated_percent", "percent", "low_percent", "high_percent", "threshold", "subjects",
         "erring", "carried", "reason")  # fmt: skip
_Row = tuple[Any, ...]


def figure_columns(evaluation: Evaluation, breakdowns: Sequence[Breakdown]) -> Columns:
    """List the protocol's figures: of all probes (`group` is "all"), then of the probes of each view and condition."""
    rows = [row for result in evaluation.results for row in _whole(result, evaluation)]
    for b in breakdowns:
        for figure, band in b.figures.items():
            rows += [
                (b.probe_set, b.kind, name, figure, *_ends(band, i), b.probes[i], int(band.subjects[i]))
                for i, name in enumerate(b.names)
            ]
    return _columns(FIGURES, rows)


def _whole(result: ProbeSetResult, evaluation: Evaluation) -> Iterator[_Row]:
    protocol, bands, counts = evaluation.protocol, result.bands, result.counts
    for k in protocol.ranks:
        ends = (float(result.cmc[k - 1]), None, None) if bands is None else _ends(bands.cmc, k - 1)
        yield (result.name, "all", "", f"rank-{k}", *ends, counts.probes, counts.subjects)
    means = {"mAP": result.mean_average_precision, "mINP": result.mean_inverse_penalty}
    for name in protocol.metrics:
        band = None if bands is None else {"mAP": bands.precision, "mINP": bands.penalty}[name]
        ends = (means[name], None, None) if band is None else _ends(band, 0)
        yield (result.name, "all", "", name, *ends, counts.probes, counts.subjects)


def outcome_columns(evaluation: Evaluation) -> Columns:
    """List how every probe fared against every gallery it met; see `Outcome`."""
    names = ("probe_set", *(Outcome.__dataclass_fields__))
    met = [(result.name, o) for result in evaluation.results for o in evaluation.outcomes(result.name)]
    return _columns(names, [(name, *asdict(o).values()) for name, o in met])


def rate_columns(verification: Verification) -> Columns:
    """List the error rates: EER, FNMR at each FMR, FNIR at each FPIR, and searches of known people."""
    rows: list[_Row] = []
    for s in verification.sets:
        figures: list[tuple[str, float | None, ErrorRate, float | None]] = []
        figures.append(("EER", None, s.equal_error.figure, s.equal_error.threshold))
        figures += [("FNMR at FMR", p.stated, p.figure, p.threshold) for p in s.misses]
        figures += [("FNIR at FPIR", p.stated, p.figure, p.threshold) for p in s.not_found]
        figures += [(f"rank-{k} of people", None, figure, None) for k, figure in s.ranks]
        for name, stated, figure, threshold in figures:
            ends = [None if v is None else 100.0 * v for v in (stated, figure.value, figure.low, figure.high)]
            counted = (figure.subjects, figure.erring, figure.carried, figure.reason)
            rows.append((s.name, name, *ends, threshold, *counted))
    return _columns(RATES, rows)


def _ends(band: Band, place: int) -> tuple[float | None, float | None, float | None]:
    value, low, high = (float(ends[place]) for ends in (band.value, band.low, band.high))
    return tuple(None if v != v else v for v in (value, low, high))  # type: ignore[return-value]


def _columns(names: Sequence[str], rows: Sequence[_Row]) -> Columns:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
