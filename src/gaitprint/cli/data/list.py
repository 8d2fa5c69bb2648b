"""`gaitprint data list`."""

from dataclasses import asdict

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table


@click.command("list", short_help="List the data sets that can be read.")
@as_json
def datasets(as_json: bool) -> None:
    """List the data sets that can be read, with their splits and protocols, the usual one first."""
    from gaitprint.stages.datasets import list_datasets

    found = list_datasets()

    def text(out: Console) -> None:
        rows = [[d.name, d.title, ", ".join(d.splits), ", ".join(d.protocols)] for d in found]
        print_table(out, ["name", "what it is", "splits", "protocols"], rows)

    emit([asdict(d) for d in found], as_json, text)
