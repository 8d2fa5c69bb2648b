"""`gaitprint gallery re-embed`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, device_option, emit, print_table
from gaitprint.cli.gallery_options import gallery_argument
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.people_options import backend_option
from gaitprint.cli.progress import progress_bar


@click.command("re-embed", short_help="The kept walks by another model, while others search.")
@gallery_argument
@click.option("--model", type=PLACE, required=True, metavar="FILE", help="The other model.")
@click.option("--drop", is_flag=True, help="Take out samples, probes and negatives of which no walk is kept.")
@click.option("--dry-run", is_flag=True, help="Only list those, and how many would be embedded.")
@device_option
@backend_option
@as_json
def reembed(gallery: Path, model: Path, as_json: bool, **how: Any) -> None:
    """Make GALLERY one of another model, by the walks that it keeps; calibrate again afterwards.

    Others go on searching with the old vectors; when all walks are done, all vectors are exchanged at once. Killed, it
    goes on where it was. It needs a gallery made with --keep-walks.

    \b
    Examples:
      gaitprint gallery re-embed yard.gallery --model new.safetensors --dry-run
      gaitprint gallery re-embed yard.gallery --model new.safetensors
    """
    from gaitprint.stages.gallery_reembed import reembed_gallery

    with progress_bar("embedding") as bar:
        report = reembed_gallery(gallery, model, **how, progress=bar.update)

    def text(out: Console) -> None:
        counts = f"{report.samples} walks, {report.probes} probes and {report.negatives} negatives"
        lost = [[kind, " ".join(map(str, rows))] for kind, rows in report.without.items() if rows]
        out.print(f"{counts} {'embedded by' if report.done else 'are kept of'} the model {report.source[:12]}")
        if lost:
            print_table(out, ["taken out" if report.done else "no walk is kept of", "ids"], lost)
        if report.done:
            out.print("the old calibration is void, so everybody is unknown: `gaitprint gallery calibrate`")

    emit(report.to_dict(), as_json, text)
