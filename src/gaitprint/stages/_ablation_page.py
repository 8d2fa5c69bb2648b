"""The page of an ablation."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from gaitprint.report.values import Cell, CmcCurve, Report, Table
from gaitprint.stages import _pages as pages
from gaitprint.stages._ablation import AblationResult, AblationRow
from gaitprint.stages._sheets import match_sheets
from gaitprint.store import Store
from gaitprint.types import Embeddings

PROBE_COLUMNS = 4
"""Probe sets that fit beside the mean; more of them get a table of their own."""


def ablation_page(
    result: AblationResult, data: Mapping[str, Embeddings], fusion: str, store: Store | None, seed: int
) -> Report:
    """Everything an ablation found, in the order people ask for it."""
    first, whole = result.rows[0], result.rows[result.full]
    facts = [("Networks", " + ".join(data))]
    facts += [f for f in pages.data_facts(first.evaluation, next(iter(data.values()))) if f[0] != "Networks"]
    facts += [
        ("Fusion", fusion if len(data) > 1 else "none: one network"),
        ("Distances", " / ".join(dict.fromkeys(row.distance for row in result.rows))),
        ("Transductive rows", f"{sum(row.transductive for row in result.rows)} of {len(result.rows)}"),
    ]
    shown = [first] if whole is first else [first, whole]
    maps = [pages.heat_maps(row.evaluation, row.description) for row in shown]
    generator = np.random.Generator(np.random.PCG64(seed))
    return Report(
        title="What each step brings",
        subtitle=f"{result.protocol.title}: one network, re-ranking, query expansion, more networks.",
        findings=result.notes,
        facts=tuple(facts),
        warnings=result.warnings,
        tables=tuple(_tables(result)),
        heatmaps=tuple(m for pair in zip(*maps, strict=True) for m in pair),
        curves=(CmcCurve("Cumulative match characteristics", {r.label: _mean_curve(r) for r in result.rows}),),
        sheets=() if store is None else match_sheets(whole.evaluation, store, generator),
        settings={
            "protocol": result.protocol.name,
            "protocol source": result.protocol.source,
            "fusion": fusion,
            "seed": seed,
            "pipelines": {row.label: row.pipeline for row in result.rows},
            "embeddings": {name: {"source": e.source, **e.settings} for name, e in data.items()},
        },
    )


def _tables(result: AblationResult) -> list[Table]:
    names = [r.name for r in result.rows[0].evaluation.results]
    beside = names if 1 < len(names) <= PROBE_COLUMNS else []
    note = (
        "Bars run from 0 to 100 %. Beside each figure stands its 95 % interval (bootstrap over subjects). The change "
        "is against the first row on the same probes, its interval paired. Settings were given, not tuned on these "
        "probes."
    )
    columns: tuple[str, ...] = (
        "Step",
        "Mean" if len(names) > 1 else "Rank-1",
        *beside,
        "Change, points",
        "Distance",
        "Sees all probes",
    )
    rows = [_row(row, beside) for row in result.rows]
    tables = [Table("Ablation, rank-1 in %", columns, tuple(rows), note, result.best)]
    if len(names) > PROBE_COLUMNS:
        own: list[tuple[Cell, ...]] = [
            (row.label, *(pages.percent(r.mean, r.interval) for r in row.evaluation.results)) for row in result.rows
        ]
        tables.append(Table("By probe set, rank-1 in %", ("Step", *names), tuple(own), highlight=result.best))
    return tables


def _row(row: AblationRow, beside: list[str]) -> tuple[Cell, ...]:
    figures = [pages.percent(row.evaluation[n].mean, row.evaluation[n].interval) for n in beside]
    gain = row.gain
    change = "—" if gain is None else f"{gain.mean:+.1f} ({gain.low:+.1f} to {gain.high:+.1f})"
    mean = pages.percent(row.mean, row.interval)
    return (row.label, mean, *figures, change, row.distance, pages.badge(row.transductive))


def _mean_curve(row: AblationRow) -> Float64[np.ndarray, " K"]:
    curve: Float64[np.ndarray, " K"] = np.stack([r.cmc for r in row.evaluation.results]).mean(axis=0)
    return curve
