"""`gaitprint model list`."""

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table


@click.command("list", short_help="List the networks, their settings and the recipes.")
@as_json
def networks(as_json: bool) -> None:
    """List the networks with their settings, and the shipped training recipes.

    \b
    A setting is changed while training, such as
      gaitprint model train store run --set network.settings.channels=[8,16,32]
    """
    from gaitprint.stages.networks import list_networks, list_recipes

    nets, recipes = list_networks(), list_recipes()

    def text(out: Console) -> None:
        for n in nets:
            rows = [
                [s["name"], "the form's" if s["default"] is None else str(s["default"]), str(s["help"])]
                for s in n["settings"]
            ]
            title = f"{n['name']}: {n['parameters']:,} parameters as published"
            print_table(out, ["setting", "default", "what it is"], rows, title)
            out.print()
        print_table(out, ["recipe", "what it is"], [[r["name"], r["title"]] for r in recipes])

    emit({"networks": nets, "recipes": recipes}, as_json, text)
