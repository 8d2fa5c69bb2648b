"""`gaitprint data doctor`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.data_options import FRAMES, layout_options, workers_option
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.option_groups import FieldOption
from gaitprint.cli.options import report_option
from gaitprint.cli.progress import progress_bar


@click.command(short_help="What a data set or store is, and what is wrong with it.")
@click.argument("path", type=PLACE)
@layout_options
@click.option(
    "--size",
    cls=FieldOption,
    of=FRAMES,
    type=int,
    show_default=True,
    metavar="PIXELS",
    help="Height of normalised frames.",
)
@workers_option
@click.option("--strict", is_flag=True, help="Exit code 1 where there is an error or a warning, for scripts.")
@click.option("--fix", is_flag=True, help="Put what cannot be used aside, with its reason; nothing is deleted.")
@report_option
@as_json
def doctor(
    path: Path,
    layout: Any,
    size: int,
    workers: int,
    strict: bool,
    fix: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    """Say what the data set or store at PATH is, what is wrong with it and what to do.

    PATH is whatever `data prepare` takes, or a store. Everything is read; nothing is written, unless you ask for
    --fix: it moves what cannot be used into the folder .quarantine of the data set, or takes it out of the store.
    The exit code is 0 whatever is found, unless you ask for --strict; `sound` in the JSON says whether anything is
    an error.

    \b
    Examples:
      gaitprint data doctor /data/CASIA-B --report doctor.html
      gaitprint data doctor store --json
      gaitprint data doctor mine --dataset folder --fix
    """
    from gaitprint.stages.doctor import doctor as stage

    with progress_bar("examining") as bar:
        found = stage(
            path,
            layout,
            size=size,
            workers=workers,
            fix=fix,
            page=report,
            progress=bar.update,
        )

    def text(out: Console) -> None:
        for line in found.lines():
            out.print(line)
        if report is not None:
            out.print(f"page: {report}")

    emit(found.to_dict(), as_json, text)
    if strict:
        found.check_strict()
