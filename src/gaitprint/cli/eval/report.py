"""`gaitprint eval report`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.eval.ablate import print_ablation
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import named_files, splits_option, store_option
from gaitprint.cli.pipeline_options import ablation_options
from gaitprint.cli.request_options import request_without_pipeline, told


@click.command(short_help="One page of everything, with JSON and CSV.")
@click.argument("embeddings", nargs=-1, required=True, metavar="NAME=FILE...")
@click.option(
    "--out",
    required=True,
    type=PLACE,
    metavar="FOLDER",
    help="Folder for page, JSON and CSV: new, empty, or that of the same report.",
)
@request_without_pipeline
@ablation_options
@splits_option
@store_option
@as_json
def report(
    embeddings: tuple[str, ...],
    out: Path,
    request: Any,
    settings: Any,
    splits: int,
    store: Path | None,
    as_json: bool,
) -> None:
    """Put all about an evaluation on one page: the ablation, CMC, DET, maps view by view, the worst mistakes.

    FILE is what `gaitprint model embed` wrote, one a network, all of the same sequences; NAME is what the page
    calls the network; the first is the method's first. The figures are those of `ablate`, `identify` and `verify`.

    \b
    Examples:
      gaitprint eval report gaitgl=gl.safetensors --out report
      gaitprint eval report gaitgl=gl.safetensors gaitmask=gm.safetensors \\
        --protocol hid-draws --set cluster-expansion.k=9 --out report

    \b
    Files in FOLDER:
      report.html          the page: one file that loads nothing
      report.json          all figures, and what they were made of
      ablation.csv         what each step brings
      cmc.csv, det.csv     the curves
      error_rates.csv      equal error, FNMR at FMR, FNIR at FPIR
      heat_maps.csv, by_view.csv, by_condition.csv
      scores.csv           how often each distance occurs
      mistakes.csv         the worst 1000 of each probe set
      asked.json           whose folder it is
    """
    from gaitprint.stages.report import report as stage

    with told(request, "measuring") as asked:
        result = stage(named_files(embeddings), out, asked, settings, splits=splits, store=store)

    def text(console: Console) -> None:
        print_ablation(console, result.ablation, result.page)
        console.print(f"figures: {', '.join(path.name for path in result.files[1:])}")

    emit(result.to_dict(), as_json, text)
