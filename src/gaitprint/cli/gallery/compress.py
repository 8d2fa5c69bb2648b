"""`gaitprint gallery compress`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import interval_text
from gaitprint.cli.request_options import request_options, told
from gaitprint.evaluation.statistics.interval import Interval


@click.command(short_help="Smaller templates, and what they cost.")
@click.argument("embeddings", type=PLACE)
@request_options
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
@click.option(
    "--shortlist",
    default=100,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="COUNT",
    help="Nearest templates that are compared anew, exactly.",
)
@click.option("--out", type=PLACE, metavar="FOLDER", help="Where codec and templates are written.")
@as_json
def compress(
    embeddings: Path,
    request: Any,
    fit: Path | None,
    codecs: tuple[str, ...],
    shortlist: int,
    out: Path | None,
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

    with told(request, "comparing") as asked:
        result = stage(embeddings, asked, fit=fit, codecs=codecs, shortlist=shortlist, out=out)

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
