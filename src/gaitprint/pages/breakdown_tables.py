"""Tables of rank-1 by view and by condition of the probes."""

from collections.abc import Mapping, Sequence

from gaitprint.evaluation.identification.breakdown import Breakdown
from gaitprint.evaluation.identification.groups import KINDS, Kind
from gaitprint.pages import evaluation_values as pages
from gaitprint.report.values import Cell, Table
from gaitprint.texts import natural_order

FOLDED = 12
"""Longer tables show their title alone at first, where several pipelines are compared."""


def breakdown_tables(breakdowns: Sequence[Breakdown]) -> list[Table]:
    """Of one pipeline: a column a probe set; one table a kind, left out where no probe set has several."""
    tables = []
    for kind in KINDS:
        of_kind = [b for b in breakdowns if b.kind == kind]
        if max(len(b.names) for b in of_kind) < 2:
            continue
        names = sorted({name for b in of_kind for name in b.names}, key=natural_order)
        rows: list[tuple[Cell, ...]] = [(name, *(_cell(b, name) for b in of_kind)) for name in names]
        note = f"The figure of the probes of each {kind} alone, with its 95 % interval over subjects."
        tables.append(Table(f"Rank-1 by {kind}, %", (kind.title(), *(b.probe_set for b in of_kind)), tuple(rows), note))
    return tables


def compared_breakdown(kind: Kind, breakdowns: Mapping[str, Sequence[Breakdown]]) -> Table:
    """Of several pipelines: a column each, a row for every view (or condition) of every probe set."""
    of_kind = {name: [b for b in parts if b.kind == kind] for name, parts in breakdowns.items()}
    first = next(iter(of_kind.values()))
    rows: list[tuple[Cell, ...]] = []
    for place, of_set in enumerate(first):
        head = f"{of_set.probe_set} " if len(first) > 1 else ""
        rows += [(head + name, *(_cell(parts[place], name) for parts in of_kind.values())) for name in of_set.names]
    note = f"The figure of the probes of each {kind} alone, with its 95 % interval over subjects."
    return Table(f"Rank-1 by {kind}, %", (kind.title(), *of_kind), tuple(rows), note, folded=len(rows) > FOLDED)


def _cell(breakdown: Breakdown, name: str) -> Cell:
    if name not in breakdown.names:
        return pages.percent(None)
    place = breakdown.names.index(name)
    band = breakdown.figures["rank-1"]
    return pages.percent(float(band.value[place]), band.interval(place))
