"""`gaitprint gallery compress`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import (
    chosen_subjects_option,
    conditions_option,
    interval_text,
    protocol_option,
    views_option,
)
from gaitprint.evaluation.statistics.interval import Interval


@click.command(short_help="Smaller templates, and what they cost.")
@click.argument("embeddings", type=PLACE)
@click.option(
    "--fit",
    type=PLACE,
    metavar="TRAIN_EMBEDDINGS",
    help="Vectors by the same networks of other people: PCA and codebooks learn on them.",
)
@click.option(
    "--codec",
    "codecs",
    multiple=True,
    metavar="NAME",
    help="fp16, int8, int8-part, pq-8, pca-128, pca-128-int8 and alike. Repeatable.  [default: a selection]",
)
@click.option("--scorer", default="euclidean", show_default=True, metavar="NAME", help="How vectors are compared.")
@click.option(
    "--shortlist",
    default=100,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="COUNT",
    help="Nearest templates that are compared anew, exactly.",
)
@click.option("--out", type=PLACE, metavar="FOLDER", help="Where codec and templates are written.")
@protocol_option
@chosen_subjects_option
@views_option
@conditions_option
@seed_option
@as_json
def compress(
    embeddings: Path,
    fit: Path | None,
    codecs: tuple[str, ...],
    scorer: str,
    shortlist: int,
    out: Path | None,
    protocol: str,
    subjects: tuple[str, ...] | None,
    views: tuple[str, ...] | None,
    conditions: tuple[str, ...] | None,
    seed: int,
    as_json: bool,
) -> None:
    """Keep the gallery of EMBEDDINGS as templates of fewer bytes and say what that costs in rank-1.

    Each codec is measured beside the plain vectors, on the same probes: the difference in points has a 95 % interval
    over subjects. "exact again" is after the nearest templates were compared once more with their plain vectors.

    \b
    Examples:
      gaitprint model embed store --model gl/model.safetensors \\
        --part train --out t.safetensors
      gaitprint gallery compress gl.safetensors --fit t.safetensors
      gaitprint gallery compress gl.safetensors --fit t.safetensors \\
        --codec pca-128-int8 --out small
    """
    from gaitprint.stages.compress import compress as stage

    result = stage(
        embeddings,
        fit=fit,
        protocol=protocol,
        codecs=codecs,
        scorer=scorer,
        shortlist=shortlist,
        subjects=subjects,
        views=views,
        conditions=conditions,
        out=out,
        seed=seed,
    )

    def text(out: Console) -> None:
        rows = [["plain", f"{result.plain_bytes}", f"{result.plain:.2f}", interval_text(result.interval), "", ""]]
        rows += [
            [f.name, f"{f.template_bytes}", f"{f.rank1:.2f}", _points(f.difference), f"{f.rescored:.2f}",
             _points(f.rescored_difference)]
            for f in result.figures
        ]  # fmt: skip
        again = f"{result.shortlist} exact again"
        print_table(out, ["codec", "bytes", "rank-1 %", "points (95 %)", again, "points (95 %)"], rows)
        learned = f"; fitted on {result.trained_on} other subjects" if result.trained_on else ""
        out.print(f"{result.protocol}; distance: {result.distance}; one probe at a time{learned}")
        for warning in result.warnings:
            out.print(f"note: {warning}")
        for path, size in result.files.items():
            out.print(f"{path}: {size} bytes")

    emit(result.to_dict(), as_json, text)


def _points(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.mean:+.2f} ({interval.low:+.2f} to {interval.high:+.2f})"
