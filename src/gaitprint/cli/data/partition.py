"""`gaitprint data partition`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.kinds import PLACE


@click.command(short_help="Who trains and who is tested in a store.")
@click.argument("store", type=PLACE)
@click.argument("file", type=PLACE, required=False)
@click.option("--drop", is_flag=True, help="Forget the store's partition: the split is then the data set's own.")
@as_json
def partition(store: Path, file: Path | None, drop: bool, as_json: bool) -> None:
    """Say who trains and who is tested in STORE; with FILE, a partition file, give the store another one first.

    The store keeps what FILE says: it may be moved or changed afterwards. No frame is read again. With --json every
    subject is listed.

    \b
    Examples:
      gaitprint data partition store
      gaitprint data partition store partition.json
    """
    from gaitprint.stages.partition import partition as stage

    if file is not None and drop:
        raise click.UsageError(f"--drop forgets the partition and {file} gives one: leave one of them out")
    report = stage(store, file, drop=drop)

    def text(out: Console) -> None:
        if report.partition is None:
            out.print(f"{report.store}: {len(report.train)} subjects train, {len(report.test)} are tested")
        for line in [] if report.partition is None else report.partition.lines():
            out.print(line)

    emit(report.to_dict(), as_json, text)
