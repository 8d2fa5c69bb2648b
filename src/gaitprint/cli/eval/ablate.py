"""`gaitprint eval ablate`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option
from gaitprint.cli.options import (
    chosen_subjects_option,
    conditions_option,
    fusion_option,
    interval_text,
    lists_option,
    memory_option,
    method_option,
    named_files,
    protocol_option,
    report_option,
    store_of_report_option,
    views_option,
)
from gaitprint.cli.pipeline_options import method_steps, method_steps_option
from gaitprint.cli.progress import progress_bar


@click.command(short_help="What each step of the method brings.")
@click.argument("embeddings", nargs=-1, required=True, metavar="NAME=FILE...")
@protocol_option
@method_steps_option
@fusion_option
@method_option
@chosen_subjects_option
@views_option
@conditions_option
@lists_option
@report_option
@store_of_report_option
@memory_option
@seed_option
@as_json
def ablate(
    embeddings: tuple[str, ...],
    protocol: str,
    overrides: tuple[str, ...],
    fusion: str,
    method_only: bool,
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    lists: dict[str, list[str]] | None,
    report: Path | None,
    store: Path | None,
    memory: int,
    seed: int,
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
    from gaitprint.retrieval.budget import ComputeBudget
    from gaitprint.stages.ablate import ablate as stage

    reranking, expansion = method_steps(overrides)
    with progress_bar("measuring") as bar:
        result = stage(
            named_files(embeddings),
            protocol=protocol,
            subjects=subjects,
            views=views,
            conditions=conditions,
            lists=lists,
            reranking=reranking,
            expansion=expansion,
            fusion=fusion,
            further=not method_only,
            report=report,
            store=store,
            seed=seed,
            progress=bar.update,
            work=ComputeBudget(memory=memory, say=bar.say_once),
        )
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
