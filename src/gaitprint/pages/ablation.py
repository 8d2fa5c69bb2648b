"""The page of an ablation."""

from collections.abc import Mapping, Sequence

from gaitprint.evaluation.identification.mean_figures import mean_cmc
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.experiments.ablation import AblationResult, AblationRow
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.pages import evaluation_values as pages
from gaitprint.pages.match_sheets import match_sheets
from gaitprint.report.values import Cell, CmcCurve, Report, Table
from gaitprint.store import Store
from gaitprint.types import Embeddings

PROBE_COLUMNS = 4
"""Probe sets that fit beside the mean; more of them get a table of their own."""


def ablation_page(
    result: AblationResult,
    data: Mapping[str, Embeddings],
    fusion: str,
    store: Store | None,
    request: EvaluationRequest,
) -> Report:
    """Everything an ablation found, in the order people ask for it."""
    first, whole = result.rows[0], result.rows[result.full]
    shown = [first] if whole is first else [first, whole]
    maps = [pages.heat_maps(row.evaluation, row.description) for row in shown]
    return Report(
        title="What each step brings",
        subtitle=f"{result.protocol.title}: one network, re-ranking, query expansion, more networks.",
        findings=result.notes,
        facts=tuple(ablation_facts(result, data, fusion)),
        warnings=result.warnings,
        tables=tuple(ablation_tables(result)),
        heatmaps=tuple(m for pair in zip(*maps, strict=True) for m in pair),
        curves=cmc_curves(result, [mean_cmc(row.evaluation, request.seed, request.resamples) for row in result.rows]),
        sheets=() if store is None else match_sheets(whole.evaluation, store, request.generator()),
        settings=ablation_settings(result, data, fusion, request.seed),
    )


def ablation_facts(result: AblationResult, data: Mapping[str, Embeddings], fusion: str) -> list[tuple[str, str]]:
    """Networks, data, protocol, amounts, distances."""
    first = result.rows[0]
    facts = [("Networks", " + ".join(data))]
    facts += [f for f in pages.data_facts(first.evaluation, next(iter(data.values()))) if f[0] != "Networks"]
    return [
        *facts,
        ("Fusion", fusion if len(data) > 1 else "none: one network"),
        ("Distances", " / ".join(dict.fromkeys(row.distance for row in result.rows))),
        ("Transductive rows", f"{sum(row.transductive for row in result.rows)} of {len(result.rows)}"),
    ]


def ablation_settings(
    result: AblationResult, data: Mapping[str, Embeddings], fusion: str, seed: int
) -> dict[str, object]:
    """Everything the figures hang on."""
    return {
        "protocol": result.protocol.name,
        "protocol source": result.protocol.source,
        "fusion": fusion,
        "seed": seed,
        "pipelines": {row.label: row.pipeline for row in result.rows},
        "embeddings": {name: {"source": e.source, **e.settings} for name, e in data.items()},
    }


def cmc_curves(result: AblationResult, bands: Sequence[Band]) -> tuple[CmcCurve, ...]:
    """The curve of every row over all probe sets, with its interval: the method's own rows, then the others."""
    named = [(row.label, band) for row, band in zip(result.rows, bands, strict=True)]
    parts = {"Cumulative match, the method's steps": named[: result.full + 1]}
    parts["Cumulative match, other combinations"] = named[result.full + 1 :]
    return tuple(
        CmcCurve(title, {n: b.value for n, b in some}, {n: (b.low, b.high) for n, b in some})
        for title, some in parts.items()
        if some
    )


def ablation_tables(result: AblationResult) -> list[Table]:
    """The method's table with its gains; with many probe sets their figures apart."""
    names = [r.name for r in result.rows[0].evaluation.results]
    beside = names if 1 < len(names) <= PROBE_COLUMNS else []
    note = (
        "Beside each figure stands its 95 % interval (bootstrap over subjects). The change "
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
    tables = [Table("Ablation, rank-1 in %", columns, tuple(rows), note, result.best, {result.best: "highest"})]
    if len(names) > PROBE_COLUMNS:
        set_rows: list[tuple[Cell, ...]] = [
            (row.label, *(pages.percent(r.mean, r.interval) for r in row.evaluation.results)) for row in result.rows
        ]
        tables.append(
            Table(
                "By probe set, rank-1 in %",
                ("Step", *names),
                tuple(set_rows),
                "",
                result.best,
                {result.best: "highest mean"},
            )
        )
    return tables


def _row(row: AblationRow, beside: list[str]) -> tuple[Cell, ...]:
    figures = [pages.percent(row.evaluation[n].mean, row.evaluation[n].interval) for n in beside]
    gain = row.gain
    change = "—" if gain is None else f"{gain.mean:+.1f} ({gain.low:+.1f} to {gain.high:+.1f})"
    mean = pages.percent(row.mean, row.interval)
    return (row.label, mean, *figures, change, row.distance, pages.badge(row.transductive))
