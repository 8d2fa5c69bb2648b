"""`gaitprint eval identify`: embeddings in, the figures of a protocol out, and a page to look at."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.evaluation.identification.evaluate import evaluate as measure
from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.experiments.identification import report_evaluation
from gaitprint.inference.selection import filter_embeddings, open_embeddings
from gaitprint.pages import evaluation_values as pages
from gaitprint.pages.breakdown_tables import breakdown_tables
from gaitprint.pages.match_sheets import check_store, match_sheets
from gaitprint.report.html import check_report_place, write_report
from gaitprint.report.values import Cell, CmcCurve, Report, Table
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.store import Store
from gaitprint.types import Embeddings


def evaluate(
    embeddings: Path | Embeddings,
    *,
    protocol: str | Path = "casia-b",
    pipeline: dict[str, Any] | None = None,
    subjects: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    conditions: Sequence[str] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    report: Path | None = None,
    store: Path | None = None,
    seed: int = 0,
    resamples: int = 1000,
    work: ComputeBudget | None = None,
) -> EvaluationReport:
    """Measure embeddings under a protocol.

    Args:
        embeddings: made by `gaitprint model embed`.
        protocol: the name of ours, or a TOML file.
        pipeline: transforms and scorer as in a settings file; None: Euclid of whole vectors.
        subjects: only these; None: all.
        views: only these; None: all.
        conditions: only these; None: all.
        lists: named lists of keys that the protocol asks for (`PROBE_SET`).
        report: the HTML page to write, none where None.
        store: where the page takes silhouettes of right and wrong matches from.
        seed: of the intervals and of the matches shown.
        resamples: of the bootstrap over subjects.
        work: memory, cores and progress of comparing; None: the usual.

    Raises:
        GaitprintError: in one line.
    """
    steps = Pipeline.from_settings(pipeline or {})
    rules = load_protocol(protocol)
    opened_store = None if store is None else Store.open(store)
    data = filter_embeddings(open_embeddings(embeddings), subjects, views, conditions)
    if report is not None:
        check_report_place(report)
    if opened_store is not None:
        check_store(opened_store, data)
    evaluation = measure(
        data,
        rules,
        partial(steps.comparison, work=work),
        generator=np.random.Generator(np.random.PCG64(seed)),
        lists=lists,
        label=steps.label,
        transductive=steps.transductive,
        resamples=resamples,
    )
    result = report_evaluation(evaluation, data, steps, seed, resamples)
    if report is not None:
        write_report(report, _page(result, data, opened_store, seed))
    return result


def _page(result: EvaluationReport, data: Embeddings, store: Store | None, seed: int) -> Report:
    evaluation = result.evaluation
    facts = pages.data_facts(evaluation, data)
    facts += [("Distance", result.distance), ("Sees all probes", "yes, transductive" if result.transductive else "no")]
    return Report(
        title=f"{evaluation.protocol.title}: {result.mean:.1f} % rank-1",
        subtitle=evaluation.label,
        facts=tuple(facts),
        warnings=result.warnings,
        tables=(_table(result), *breakdown_tables(result.breakdowns)),
        heatmaps=pages.heat_maps(evaluation, "Rank-1"),
        curves=(CmcCurve("Cumulative match characteristics", {r.name: r.cmc for r in evaluation.results}),),
        sheets=() if store is None else match_sheets(evaluation, store, np.random.Generator(np.random.PCG64(seed))),
        settings={
            "pipeline": result.pipeline,
            "protocol": evaluation.protocol.name,
            "protocol source": evaluation.protocol.source,
            "seed": seed,
            "embeddings": {"source": data.source, **data.settings},
        },
    )


def _table(result: EvaluationReport) -> Table:
    protocol = result.evaluation.protocol
    further = [k for k in protocol.ranks if k > 1]
    columns = ["Probes", "Rank-1, %", *(f"Rank-{k}, %" for k in further), *(f"{m}, %" for m in protocol.metrics)]
    rows: list[tuple[Cell, ...]] = []
    for r in result.evaluation.results:
        bands = r.bands
        metrics = {
            "mAP": pages.percent(r.mean_average_precision, None if bands is None else _interval(bands.precision)),
            "mINP": pages.percent(r.mean_inverse_penalty, None if bands is None else _interval(bands.penalty)),
        }
        cells: list[Cell] = [r.name, pages.percent(r.mean, r.interval)]
        cells += [
            pages.percent(float(r.cmc[k - 1]), None if bands is None else bands.cmc.interval(k - 1)) for k in further
        ]
        cells += [metrics[m] for m in protocol.metrics]
        rows.append((*cells, f"{r.chance:.1f} %", pages.badge(result.transductive)))
    if len(rows) > 1:
        empty = [""] * (len(columns) - 2)
        rows.append(("mean", pages.percent(result.mean, result.interval), *empty, "", pages.badge(result.transductive)))
    note = f"Distance: {result.distance}. Beside each figure stands its 95 % interval over subjects."
    return Table("Figures", (*columns, "Blind guessing", "Sees all probes"), tuple(rows), note)


def _interval(band: Band | None) -> Interval | None:
    return None if band is None else band.interval()
