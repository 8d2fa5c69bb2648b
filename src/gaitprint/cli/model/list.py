"""`gaitprint model list`."""

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table


@click.command("list", short_help="List weights, networks and recipes.")
@as_json
def networks(as_json: bool) -> None:
    """List the shipped weights, the networks with their settings, and the shipped training recipes.

    \b
    A setting is changed while training, such as
      gaitprint model train store run --set network.settings.channels=[8,16,32]
    """
    from gaitprint.stages.networks import list_networks, list_recipes, list_weights

    weights, nets, recipes = list_weights(), list_networks(), list_recipes()

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
        if weights:
            out.print()
            rows = [[w["name"], w["title"], w["licence"], f"{w['bytes'] / 1e6:.1f}"] for w in weights]
            print_table(out, ["weights", "what they are", "licence", "MB"], rows)

    emit({"networks": nets, "recipes": recipes, "weights": weights}, as_json, text)
