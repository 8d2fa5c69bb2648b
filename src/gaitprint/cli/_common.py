"""What the commands share: options, subject lists, JSON and text output."""

import json
import re
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gaitprint.errors import ConfigError

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")
device_option = click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
seed_option = click.option("--seed", default=0, show_default=True, help="Decides every random draw.")
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="Processor threads. One thread gives the same bytes on every run."
)
split_option = click.option(
    "--split", help="A split of the data set; see `gaitprint datasets`. [default: its usual one]"
)
subjects_option = click.option(
    "--subjects", callback=lambda _c, _p, v: None if v is None else expand_subjects(v), help="Such as 001-060,062."
)


def stdout() -> Console:
    """Where results go: people's text without markup surprises, as wide as the terminal."""
    return Console(highlight=False, soft_wrap=True)


def emit(value: Any, as_json: bool, text: Callable[[Console], None]) -> None:
    """Print `value` as JSON, or let `text` print it for people."""
    if as_json:
        click.echo(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        text(stdout())


def table(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    """A plain table; the columns after the first are right-aligned where they hold numbers."""
    made = Table(title=title, title_justify="left", header_style="bold", show_edge=False, pad_edge=False, box=None)
    for i, column in enumerate(columns):
        numeric = bool(rows) and all(re.fullmatch(r"[-\d. %]*", row[i]) for row in rows)
        made.add_column(column, justify="right" if i and numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def expand_subjects(text: str) -> tuple[str, ...]:
    """`001-003,007` as ids; a range keeps the width of its first number.

    >>> expand_subjects("001-003,007")
    ('001', '002', '003', '007')

    Raises:
        ConfigError: an empty part, or a range that runs backwards.
    """
    found: list[str] = []
    for part in (p.strip() for p in text.split(",")):
        numbers = re.fullmatch(r"(\d+)-(\d+)", part)
        if not part or (numbers and int(numbers[1]) > int(numbers[2])):
            raise ConfigError(f"--subjects wants ids and ranges such as 001-060,062, found {text!r}")
        if numbers:
            if int(numbers[2]) - int(numbers[1]) > 1_000_000:
                raise ConfigError(f"--subjects {part!r} names over a million subjects")
            width = len(numbers[1])
            found += [f"{i:0{width}d}" for i in range(int(numbers[1]), int(numbers[2]) + 1)]
        else:
            found.append(part)
    return tuple(dict.fromkeys(found))


def set_threads(threads: int | None) -> None:
    """Let torch compute with so many threads."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
