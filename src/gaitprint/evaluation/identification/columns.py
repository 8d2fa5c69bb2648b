"""Figures of identification as columns, a figure a row. The names are those of the report's CSV files."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from gaitprint.evaluation.identification.breakdown import Breakdown
from gaitprint.evaluation.identification.result import Evaluation, Outcome, ProbeSetResult
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.tables import Columns, as_columns

FIGURES = ("probe_set", "group", "name", "figure", "percent", "low_percent", "high_percent", "probes", "subjects")
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
    return as_columns(FIGURES, rows)


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
    outcomes_met = [(result.name, o) for result in evaluation.results for o in evaluation.outcomes(result.name)]
    return as_columns(names, [(name, *asdict(o).values()) for name, o in outcomes_met])


def _ends(band: Band, place: int) -> tuple[float | None, float | None, float | None]:
    value, low, high = (float(ends[place]) for ends in (band.value, band.low, band.high))
    return tuple(None if v != v else v for v in (value, low, high))  # type: ignore[return-value]
