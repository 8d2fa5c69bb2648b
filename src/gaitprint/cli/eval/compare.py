"""`gaitprint eval compare`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import (
    chosen_subjects_option,
    conditions_option,
    lists_option,
    memory_option,
    protocol_option,
    views_option,
)
from gaitprint.cli.pipeline_options import build_pipeline
from gaitprint.cli.progress import progress_bar
from gaitprint.config import read_toml
from gaitprint.evaluation.statistics.interval import Interval


@click.command(short_help="What one run gains over another, and whether it is real.")
@click.argument("before", type=PLACE)
@click.argument("after", type=PLACE, required=False)
@protocol_option
@click.option("--figure", default="rank-1", show_default=True, metavar="NAME", help="rank-K, mAP or mINP.")
@click.option("--scorer", metavar="NAME", help="How vectors are compared, see `gaitprint eval identify`.")
@click.option("--transform", "transforms", multiple=True, metavar="NAME", help="What happens to them before.")
@click.option("--set", "overrides", multiple=True, metavar="STEP.KEY=VALUE", help="A setting of a step.")
@click.option("--pipeline", type=PLACE, metavar="FILE.toml", help="All steps, from a file.")
@click.option("--after-scorer", metavar="NAME", help="The same four for AFTER.  [default: as before]")
@click.option("--after-transform", "after_transforms", multiple=True, metavar="NAME")
@click.option("--after-set", "after_overrides", multiple=True, metavar="STEP.KEY=VALUE")
@click.option("--after-pipeline", type=PLACE, metavar="FILE.toml")
@chosen_subjects_option
@views_option
@conditions_option
@lists_option
@memory_option
@seed_option
@as_json
def compare(
    before: Path,
    after: Path | None,
    protocol: str,
    figure: str,
    scorer: str | None,
    transforms: tuple[str, ...],
    overrides: tuple[str, ...],
    pipeline: Path | None,
    after_scorer: str | None,
    after_transforms: tuple[str, ...],
    after_overrides: tuple[str, ...],
    after_pipeline: Path | None,
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    lists: dict[str, list[str]] | None,
    memory: int,
    seed: int,
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
      gaitprint eval compare gl.safetensors --after-scorer k-reciprocal \\
        --after-set scorer.k1=6
      gaitprint eval compare gl.safetensors gm.safetensors \\
        --protocol casia-b-cross-view --figure mAP
    """
    from gaitprint.retrieval.budget import ComputeBudget
    from gaitprint.stages.compare import compare as stage

    first = _steps("", pipeline, scorer, transforms, overrides)
    second = _steps("after-", after_pipeline, after_scorer, after_transforms, after_overrides)
    with progress_bar("comparing") as bar:
        result = stage(
            before,
            after,
            protocol=protocol,
            pipeline=first,
            after_pipeline=second,
            figure=figure,
            subjects=subjects,
            views=views,
            conditions=conditions,
            lists=lists,
            seed=seed,
            work=ComputeBudget(memory=memory, progress=bar.update, say=bar.say_once),
        )
    emit(result.to_dict(), as_json, lambda out: _print(out, result))


def _steps(
    prefix: str, file: Path | None, scorer: str | None, transforms: tuple[str, ...], overrides: tuple[str, ...]
) -> dict[str, Any] | None:
    """A pipeline table; None where nothing was said."""
    if not (scorer or transforms or overrides):
        return None if file is None else read_toml(file)
    if file is not None:
        raise click.UsageError(
            f"--{prefix}pipeline {file} holds all steps: leave out --{prefix}scorer, --{prefix}transform and "
            f"--{prefix}set"
        )
    return build_pipeline(scorer or "euclidean", transforms, overrides)


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
