"""The lines people paste into papers and logs, and the tables behind them, as plain text."""

import math
from collections.abc import Iterable

from gaitprint.evaluation.identification.result import Evaluation, ProbeSetResult
from gaitprint.evaluation.statistics.intervals import Band


def log_line(evaluation: Evaluation) -> str:
    """One line a probe selection: `NM@R1: [ 90.10  98.00 ]  mean: 97.40%`; an empty cell is `-`.

    Where the protocol prints both counting rules, a second line leaves unmatched probes out.
    """
    lines = []
    for result in evaluation.results:
        lines.append(_figures(f"{result.name}@R1", result.row_names, result.rows, result.mean))
        if evaluation.protocol.unmatched == "both" and result.mean_matched is not None:
            line = _figures(f"{result.name}@R1", result.row_names, result.rows_matched, result.mean_matched)
            lines.append(line + "  (unmatched left out)")
        if result.precision_rows is not None and result.mean_average_precision is not None:
            name = f"{result.name}@mAP"
            lines.append(_figures(name, result.row_names, result.precision_rows, result.mean_average_precision))
    return "\n".join(lines)


def summary_text(evaluation: Evaluation) -> str:
    """The log lines with everything a reader needs to trust them: comparison, ranks, intervals, counts, empty cells."""
    protocol = evaluation.protocol
    stated = {True: "transductive: yes", False: "transductive: no", None: "transductive: not stated"}
    method = evaluation.label or "a method without a name"
    lines = [
        f"{protocol.name}: {protocol.title}",
        f"compared by {method}; {stated[evaluation.transductive]}; {_counting(evaluation)}",
        log_line(evaluation),
    ]
    for result in evaluation.results:
        lines.append(f"{result.name}: {'  '.join(_facts(evaluation, result))}")
        lines.extend(f"{result.name}: {note}" for note in result.notes)
    return "\n".join(lines)


def table_text(result: ProbeSetResult) -> str:
    """The rank-1 table of one probe selection, rows probe views, columns gallery views; brackets do not count."""
    columns = [name or "rank-1" for name in result.column_names]
    width = max(9, *(len(c) + 1 for c in columns))
    first = max(5, *(len(r) for r in result.row_names))
    lines = [f"{'probe':<{first}}" + "".join(f"{c:>{width}}" for c in columns) + f"{'mean':>{width}}"]
    for i, name in enumerate(result.row_names):
        cells = [_cell(float(v), bool(c)) for v, c in zip(result.table[i, :, 0], result.counted[i], strict=True)]
        line = f"{name or 'all':<{first}}" + "".join(f"{c:>{width}}" for c in cells)
        lines.append(line + f"{_number(float(result.rows[i])):>{width}}")
    lines.append(f"{'mean':<{first}}" + " " * width * len(columns) + f"{result.mean:>{width}.2f}")
    return "\n".join(lines)


def _figures(name: str, rows: tuple[str, ...], values: Iterable[float], mean: float) -> str:
    if rows == ("",):
        return f"{name}: {mean:.2f}%"
    return f"{name}: [ {'  '.join(_number(float(v)) for v in values)} ]  mean: {mean:.2f}%"


def _facts(evaluation: Evaluation, result: ProbeSetResult) -> list[str]:
    """The other figures of one probe selection."""
    bands = result.bands
    facts = [
        f"R{k} {result.cmc[k - 1]:.2f}%" + _around(None if bands is None or k == 1 else bands.cmc, k - 1)
        for k in evaluation.protocol.ranks
    ]
    if result.interval is not None:
        interval = result.interval
        facts.append(
            f"{100 * interval.level:g}% interval of R1 {interval.low:.2f}..{interval.high:.2f}% "
            f"(bootstrap over {interval.subjects} subjects)"
        )
    if result.spread is not None:
        facts.append(f"spread over {len(result.rows)} draws {result.spread:.2f}")
    if result.mean_average_precision is not None:
        facts.append(f"mAP {result.mean_average_precision:.2f}%" + _around(None if bands is None else bands.precision))
    if result.mean_inverse_penalty is not None:
        facts.append(f"mINP {result.mean_inverse_penalty:.2f}%" + _around(None if bands is None else bands.penalty))
    counts = result.counts
    facts.append(f"chance {result.chance:.2f}%")
    facts.append(f"{counts.probes} probes of {counts.subjects} subjects, {counts.gallery} gallery sequences")
    if counts.unmatched:
        rule = "left out" if counts.left_out else "counted as wrong"
        facts.append(f"{counts.unmatched} of {counts.trials} comparisons without a right item ({rule})")
    return facts


def _around(band: Band | None, place: int = 0) -> str:
    """The interval behind a figure, or nothing."""
    interval = None if band is None else band.interval(place)
    return "" if interval is None else f" ({interval.low:.2f}..{interval.high:.2f})"


def _counting(evaluation: Evaluation) -> str:
    rules = {"wrong": "count as wrong", "left-out": "are left out", "both": "count as wrong, and are left out below"}
    return f"probes without a right gallery item {rules[evaluation.protocol.unmatched]}"


def _cell(value: float, counted: bool) -> str:
    return _number(value) if counted else f"({_number(value)})"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"
