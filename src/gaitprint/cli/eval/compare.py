"""`gaitprint eval compare`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.completion import offer_series, steps
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.pipeline_options import named_pipeline
from gaitprint.cli.request_options import request_options, told
from gaitprint.evaluation.statistics.interval import Interval


@click.command(short_help="What one run gains over another, and whether it is real.")
@click.argument("before", type=PLACE)
@click.argument("after", type=PLACE, required=False)
@request_options
@click.option("--figure", default="rank-1", show_default=True, metavar="NAME", help="rank-K, mAP or mINP.")
@click.option(
    "--after-pipeline",
    shell_complete=offer_series(steps),
    metavar="STEPS|FILE.toml",
    help="How the vectors of AFTER are compared.  [default: as before]",
)
@click.option("--after-set", multiple=True, metavar="STEP.KEY=VALUE", help="A setting of its steps. Repeatable.")
@as_json
def compare(
    before: Path,
    after: Path | None,
    request: Any,
    figure: str,
    after_pipeline: str | None,
    after_set: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what AFTER gains over BEFORE on the same probes, and which gains are more than chance.

    Both are files of embeddings of the same sequences; without AFTER, BEFORE is compared with itself under another
    pipeline. Each line has the difference in points, its 95 % interval (subjects drawn anew, each with both results),
    and the p-value of a test that flips the sign of whole subjects. The first line is the question asked; the others
    are corrected for their number (Holm), and a gain or loss is one that holds after that. `differing` counts the
    subjects to whom the two are not alike. Nothing is written.

    \b
    Examples:
      gaitprint eval compare gl.safetensors gm.safetensors
      gaitprint eval compare gl.safetensors --after-pipeline k-reciprocal \\
        --after-set k-reciprocal.k1=6
      gaitprint eval compare gl.safetensors gm.safetensors \\
        --protocol casia-b-cross-view --figure mAP
    """
    from gaitprint.stages.compare import compare as stage

    second = named_pipeline(after_pipeline, after_set, request.pipeline)
    with told(request, "comparing") as asked:
        result = stage(before, after, asked, after_pipeline=second, figure=figure)
    emit(result.to_dict(), as_json, lambda out: _print(out, result))


def _print(out: Console, result: Any) -> None:
    rows = []
    for line in result.lines:
        figures = [f"{line.before:.1f}", f"{line.after:.1f}", _signed(line.points), _ends(line.interval)]
        chance = [f"{line.p:.4f}", f"{line.corrected:.4f}"]
        changed = f"{line.changed} of {line.subjects}"
        rows.append([line.probe_set or "all", line.name, *figures, *chance, changed, line.verdict])
    columns = [
        "probes",
        "of",
        "before %",
        "after %",
        "points",
        "95 % interval",
        "p",
        "corrected",
        "subjects",
        "verdict",
    ]
    kept = [i for i, _ in enumerate(columns) if i != 1 or any(row[1] for row in rows)]
    title = f"{result.before.protocol.title}; {result.figure}"
    print_table(out, [columns[i] for i in kept], [[row[i] for i in kept] for row in rows], title)
    out.print(f"before: {result.before.label}\nafter: {result.after.label}")
    for finding in result.findings:
        out.print(finding)
    for warning in result.warnings:
        out.print(f"note: {warning}")


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{_signed(interval.low)} to {_signed(interval.high)}"


def _signed(points: float) -> str:
    return f"{round(points, 1) + 0.0:+.1f}"  # no -0.0
