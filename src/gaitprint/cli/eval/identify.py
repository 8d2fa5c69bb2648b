"""`gaitprint eval identify`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import interval_text, report_option, store_of_report_option
from gaitprint.cli.request_options import request_options, told
from gaitprint.texts import natural_order


@click.command(short_help="Vectors -> the protocol's figures.")
@click.argument("embeddings", type=PLACE)
@request_options
@report_option
@store_of_report_option
@as_json
def identify(
    embeddings: Path,
    request: Any,
    report: Path | None,
    store: Path | None,
    as_json: bool,
) -> None:
    """Measure EMBEDDINGS under a protocol: rank-1 with 95 % intervals, and the log line people paste into papers.

    Rank-1 is the percentage of probes whose nearest gallery sequence is of the same subject. Intervals are over
    subjects. Nothing is written but the page of --report.

    \b
    Examples:
      gaitprint eval identify gl.safetensors
      gaitprint eval identify gl.safetensors --pipeline k-reciprocal \\
        --set k-reciprocal.k1=6 --report gl.html --store store
      gaitprint eval identify gl.safetensors --pipeline cluster-expansion \\
        --set cluster-expansion.k=9 --views 072,090,108
    """
    from gaitprint.evaluation.identification.logline import log_line
    from gaitprint.stages.evaluate import evaluate as stage

    with told(request, "comparing") as asked:
        result = stage(embeddings, asked, report=report, store=store)

    def text(out: Console) -> None:
        out.print(log_line(result.evaluation))
        print_figures(out, result)
        kind = "transductive: sees all probes" if result.transductive else "one probe at a time"
        out.print(f"{result.evaluation.protocol.title}; distance: {result.distance}; {kind}")
        for warning in result.warnings:
            out.print(f"note: {warning}")
        if report is not None:
            out.print(f"report: {report}")

    emit(result.to_dict(), as_json, text)


def print_figures(out: Console, result: Any) -> None:
    """All figures with their intervals: by probe set, then by view and by condition of the probes."""
    protocol = result.evaluation.protocol
    further = [k for k in protocol.ranks if k > 1]
    rows = []
    for r in result.evaluation.results:
        bands, ends = r.bands, [""] * (len(further) + 2)
        if bands is not None:
            ends = [interval_text(bands.cmc.interval(k - 1)) for k in further]
            ends += ["" if b is None else interval_text(b.interval()) for b in (bands.precision, bands.penalty)]
        figures = {f"rank-{k}": (float(r.cmc[k - 1]), ends[i]) for i, k in enumerate(further)}
        figures |= {"mAP": (r.mean_average_precision, ends[-2]), "mINP": (r.mean_inverse_penalty, ends[-1])}
        wanted = [*(f"rank-{k}" for k in further), *protocol.metrics]
        more = [figure_text(*figures[name]) for name in wanted]
        rows.append([r.name, f"{r.mean:.1f}", interval_text(r.interval), *more, f"{r.chance:.1f}"])
    columns = ["probes", "rank-1 %", "95 % interval", *(f"rank-{k} %" for k in further)]
    print_table(out, [*columns, *(f"{m} %" for m in protocol.metrics), "guessing %"], rows)
    for kind in ("view", "condition"):
        own = [b for b in result.breakdowns if b.kind == kind and len(b.names) > 1]
        names = sorted({name for b in own for name in b.names}, key=natural_order)
        cells = [[name, *(_of_group(b, name) for b in own)] for name in names]
        if own:
            out.print()
            print_table(out, [kind, *(f"{b.probe_set} rank-1 %" for b in own)], cells)
    out.print()


def _of_group(breakdown: Any, name: str) -> str:
    if name not in breakdown.names:
        return ""
    place, band = breakdown.names.index(name), breakdown.figures["rank-1"]
    return figure_text(float(band.value[place]), interval_text(band.interval(place)))


def figure_text(value: float | None, ends: str) -> str:
    """`97.4 (96.0 - 98.1)`, without brackets where there is no interval, or nothing where there is no figure."""
    if value is None or value != value:
        return ""
    return f"{value:.1f} ({ends})" if ends else f"{value:.1f}"
