"""What the commands share: options, subject lists, JSON and text output."""

import json
import os
import re
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gaitprint.cli.kinds import THREADS
from gaitprint.cli.lists import expand_subjects
from gaitprint.cli.option_groups import OptionGroup
from gaitprint.cores import usable_cores
from gaitprint.devices import DEVICE

_PIPE_WIDTH = 1000
"""Columns where nobody looks: no cell of a table is folded."""

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON value instead of text; progress stays on stderr."
)
device_option = click.option(
    "--device", default=DEVICE, show_default=True, metavar="NAME", help="Where networks compute: cpu, cuda or cuda:1."
)
SEED: dict[str, Any] = {
    "show_default": True,
    "type": click.IntRange(min=0),
    "metavar": "NUMBER",
    "help": "Decides every random draw: the same seed gives the same result.",
}
"""All of `--seed` but its default."""
seed_option = click.option("--seed", default=0, **SEED)
threads_option = click.option(
    "--threads",
    type=THREADS,
    metavar="COUNT",
    help="Processor threads; 1 gives the same bytes on every run.  [default: the cores it may use]",
)
split_option = click.option(
    "--split",
    metavar="NAME",
    help="Which subjects train and which are tested, see `gaitprint data list`.  [default: the data set's first]",
)
subjects_option = click.option(
    "--subjects",
    callback=lambda _c, _p, v: None if v is None else expand_subjects(v),
    metavar="LIST",
    help="Only these subjects, such as 001-060,062.  [default: all that the split names]",
)

quality_option = click.option(
    "--quality",
    default="",
    metavar="FILTER",
    help="Only sequences whose silhouettes are good enough, such as 'height>=60,holes<0.05'.  [default: all]",
)


def _selection(split: str | None, subjects: tuple[str, ...] | None, quality: str) -> Any:
    from gaitprint.ingest.store_selection import StoreSelection

    return StoreSelection(split, subjects, quality)


selection_options = OptionGroup("selection", _selection, split_option, subjects_option, quality_option)
"""Which sequences of a store: a `StoreSelection`."""


def stdout() -> Console:
    """Where results go: names stay as they are; words wrap on a terminal, and in a pipe a line stays a line."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        return Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=_PIPE_WIDTH)
    return console


def first_process() -> bool:
    """Whether this is the process that speaks, of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"


def emit(value: Any, as_json: bool, text: Callable[[Console], None]) -> None:
    """Print `value` as JSON, or let `text` print it for people."""
    if as_json:
        # ASCII: a name that is no Unicode text must not break the output.
        click.echo(json.dumps(value, indent=1, allow_nan=False))
    else:
        text(stdout())


def print_table(out: Console, columns: list[str], rows: list[list[str]], title: str = "") -> None:
    """A plain table. Columns of numbers are right-aligned and never wrap; the last line ends where its text ends."""
    made = Table(header_style="bold", show_edge=False, pad_edge=False, box=None)
    for i, column in enumerate(columns):
        numeric = bool(rows) and all(re.fullmatch(r"[-\d. %]*", row[i]) for row in rows)
        numeric = numeric and i > 0
        made.add_column(column, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in rows:
        made.add_row(*row)
    if title:
        out.print(title)
    with out.capture() as lines:
        out.print(made)
    for line in lines.get().splitlines():
        out.file.write(line.rstrip() + "\n")


def set_threads(threads: int | None) -> None:
    """Let torch compute with so many threads; where nobody says how many, with no more than there are cores for."""
    import torch

    if threads is None and "OMP_NUM_THREADS" not in os.environ and torch.get_num_threads() > usable_cores():
        threads = usable_cores()
    if threads is not None:
        torch.set_num_threads(threads)
