"""`gaitprint eval identify`: embeddings in, the figures of a protocol out, and a page to look at."""

from pathlib import Path

from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.experiments.identification import identify
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.pages import evaluation_values as pages
from gaitprint.pages.breakdown_tables import breakdown_tables
from gaitprint.pages.match_sheets import check_store, match_sheets
from gaitprint.report.html import check_report_place, write_report
from gaitprint.report.values import Cell, CmcCurve, Report, Table
from gaitprint.store import Store
from gaitprint.types import Embeddings


def evaluate(
    embeddings: Path | Embeddings,
    request: EvaluationRequest = EvaluationRequest(),
    *,
    report: Path | None = None,
    store: Path | None = None,
) -> EvaluationReport:
    """Measure embeddings under a protocol.

    Args:
        embeddings: made by `gaitprint model embed`.
        request: protocol, sequences, pipeline, seed, resamples and budget.
        report: the HTML page to write, none where None.
        store: where the page takes silhouettes of right and wrong matches from.

    Raises:
        GaitprintError: in one line.
    """
    _ = request.steps, request.rules  # what is asked for is refused before anything large is read
    opened_store = None if store is None else Store.open(store)
    data = request.filter.open(embeddings)
    if report is not None:
        check_report_place(report)
    if opened_store is not None:
        check_store(opened_store, data)
    result = identify(request, data)
    if report is not None:
        write_report(report, _page(result, data, opened_store, request))
    return result


def _page(result: EvaluationReport, data: Embeddings, store: Store | None, request: EvaluationRequest) -> Report:
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
        sheets=() if store is None else match_sheets(evaluation, store, request.generator()),
        settings={
            "pipeline": result.pipeline,
            "protocol": evaluation.protocol.name,
            "protocol source": evaluation.protocol.source,
            "seed": request.seed,
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
