"""`gaitprint model runs`."""

from pathlib import Path
from typing import Any, Literal

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE, Dependent
from gaitprint.cli.options import report_option


@click.command(short_help="List training runs, compare them, draw their curves.")
@click.argument("folders", nargs=-1, type=PLACE, metavar="[FOLDER]...")
@report_option
@click.option(
    "--over",
    cls=Dependent,
    needs="report",
    why="is about the curves of a page",
    type=click.Choice(["iteration", "minutes"]),
    default="iteration",
    show_default=True,
    help="What the page's curves are drawn over: minutes of work compare what a run gets out of its time.",
)
@as_json
def runs(folders: tuple[Path, ...], report: Path | None, over: Literal["iteration", "minutes"], as_json: bool) -> None:
    """List the training runs in and below each FOLDER (here, where none is given), and what sets them apart.

    Runs are found up to four folders down. Of several, only the settings that differ are shown. --report writes one
    HTML page on which all runs share the charts: loss, share of non-zero triplets, accuracy, learning rate, distances,
    gradient norm, throughput, rank-1 on the subjects held out.

    \b
    Examples:
      gaitprint model runs
      gaitprint model runs runs/a runs/b --report runs.html
      gaitprint model runs runs --report runs.html --over minutes

    \b
    State:
      finished  the model file is written
      running   its last sign of life is no older than checkpoints are apart
      stopped   it is not: give its `model train` command again, it goes on
      unknown   neither can be told
    """
    from gaitprint.stages.runs import runs as stage

    result = stage(folders or (Path(),), report=report, over=over)
    emit(result.to_dict(), as_json, lambda out: _print(out, result, report))


def _print(out: Console, result: Any, report: Path | None) -> None:
    from gaitprint.pages.runs import grouped

    rows = []
    for name, run in zip(result.names, result.runs, strict=True):
        last = run.last
        rows.append(
            [
                name,
                run.recipe,
                f"{run.iterations} of {run.planned}",
                run.state,
                f"{last['loss']:.3f}" if "loss" in last else "",
                f"{100 * last['accuracy']:.0f}" if "accuracy" in last else "",
                f"{100 * last['active_share']:.0f}" if "active_share" in last else "",
                "" if run.best is None else f"{run.best[0]:.1f}",
                "" if run.minutes is None else f"{run.minutes:.1f}",
            ]
        )
    columns = ["run", "recipe", "iterations", "state", "loss", "accuracy %", "non-zero %", "validation %", "minutes"]
    keep = [i for i in range(len(columns)) if i < 4 or any(row[i] for row in rows)]
    if rows:
        print_table(out, [columns[i] for i in keep], [[row[i] for i in keep] for row in rows])
    if result.differences:
        out.print()
        before = ""
        lines = []
        for key, value, who in grouped(result.differences, result.names):
            lines.append(["" if key == before else key, value, ", ".join(who)])
            before = key
        print_table(out, ["setting", "value", "runs"], lines, "what sets them apart")
    for name, run in zip(result.names, result.runs, strict=True):
        for note in run.notes:
            out.print(f"note: {name}: {note}")
    for line in result.damaged:
        out.print(f"damaged: {line}")
    if report is not None:
        out.print(f"report: {report}")
