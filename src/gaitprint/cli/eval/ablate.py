"""`gaitprint eval ablate`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.options import interval_text, named_files, report_option, store_of_report_option
from gaitprint.cli.pipeline_options import ablation_options
from gaitprint.cli.request_options import request_without_pipeline, told


@click.command(short_help="What each step of the method brings.")
@click.argument("embeddings", nargs=-1, required=True, metavar="NAME=FILE...")
@request_without_pipeline
@ablation_options
@report_option
@store_of_report_option
@as_json
def ablate(
    embeddings: tuple[str, ...],
    request: Any,
    settings: Any,
    report: Path | None,
    store: Path | None,
    as_json: bool,
) -> None:
    """Measure what each step of the method brings.

    FILE is what `gaitprint model embed` wrote, one a network, all of the same sequences; NAME is what the table calls
    the network, and the first one is the method's first. Every row of the table says its distance and whether it sees
    all probes at once (transductive), as the method's re-ranking and query expansion do.

    \b
    Examples:
      gaitprint eval ablate gaitgl=gl.safetensors gaitmask=gm.safetensors
      gaitprint eval ablate gaitgl=gl.safetensors gaitmask=gm.safetensors \\
        --set cluster-expansion.k=9 --report ablation.html --store store
    """
    from gaitprint.stages.ablate import ablate as stage

    with told(request, "measuring") as asked:
        result = stage(named_files(embeddings), asked, settings, report=report, store=store)
    emit(result.to_dict(), as_json, lambda out: print_ablation(out, result, report))


def print_ablation(out: Console, result: Any, report: Path | None) -> None:
    """The ablation as a table, with its notes and warnings."""
    names = [r.name for r in result.rows[0].evaluation.results]
    distances = list(dict.fromkeys(row.distance for row in result.rows))
    rows = []
    for i, row in enumerate(result.rows):
        cells = [f"{r.mean:.1f}" for r in row.evaluation.results] if len(names) > 1 else []
        distance = f"[{distances.index(row.distance) + 1}]" + (" transductive" if row.transductive else "")
        label = row.label + (" *" if i == result.best else "")
        rows.append([label, f"{row.mean:.1f}", interval_text(row.interval), *cells, distance])
    columns = ["step (* highest)", "rank-1 %", "95 % interval", *(names if len(names) > 1 else []), "distance"]
    print_table(out, columns, rows, result.protocol.title)
    for number, distance in enumerate(distances, start=1):
        out.print(f"[{number}] distance: {distance}")
    for note in (*result.notes, *result.warnings):
        out.print(f"note: {note}")
    if report is not None:
        out.print(f"report: {report}")
