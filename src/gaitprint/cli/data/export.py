"""`gaitprint data export`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, split_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.progress import progress_bar


@click.command(short_help="A store -> the reference toolkit's folders and partition file.")
@click.argument("store", type=PLACE)
@click.argument("out", type=PLACE)
@split_option
@as_json
def export(store: Path, out: Path, split: str | None, as_json: bool) -> None:
    """Write the sequences of STORE into the folder OUT as the field's reference toolkit reads them.

    Each becomes OUT/<subject>/<condition>/<view>/<view>.pkl, an array uint8 [T, H, W]; OUT/partition.json says who
    trains. Killed, run it again: it goes on where it was.

    \b
    Example:
      gaitprint data export store CASIA-B-pkl
    """
    from gaitprint.stages.export import export as stage

    with progress_bar("exporting") as bar:
        report = stage(store, out, split=split, progress=bar.update)

    def text(console: Console) -> None:
        console.print(f"{report.out}: {report.sequences} sequences")
        console.print(f"{report.partition}: {report.train} subjects train, {report.test} are tested")

    emit(report.to_dict(), as_json, text)
