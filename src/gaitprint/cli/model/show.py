"""`gaitprint model show`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.completion import offer, weights
from gaitprint.cli.kinds import PLACE


@click.command(short_help="What a model file says of itself: its card.")
@click.argument("model", type=PLACE, required=False, shell_complete=offer(weights, files=True))
@as_json
def show(model: Path | None, as_json: bool) -> None:
    """Print the card of MODEL, a model file or shipped weights by their name, after its bytes were found sound.

    It says who is in the data, what the licence is, what the weights were made of, how well they do and where they
    fail. Without MODEL, of the weights that are used where no model is given.

    \b
    Examples:
      gaitprint model show
      gaitprint model show runs/gl/model.safetensors --json
    """
    from gaitprint.stages.show import show_model

    shown = show_model(model)

    def text(out: Console) -> None:
        print_table(out, ["", shown.card.title or shown.file.name], _rows(shown))
        if shown.figures:
            out.print()
            rows = [[f.on, f.probes, f"{f.rank1:.1f}", _ends(f.low, f.high)] for f in shown.figures]
            print_table(out, ["measured on", "probes", "rank-1 %", "95 % interval"], rows)
        for limit in shown.card.limits:
            out.print(f"limit: {limit}")

    emit(shown.to_dict(), as_json, text)


def _rows(shown: Any) -> list[list[str]]:
    card, made = shown.card, shown.card.training.get("made", {})
    clips = card.preprocessing
    rows = {
        "people in the data": "; ".join(shown.people) or "nobody: fresh weights",
        "licence": card.licence or "not stated",
        "network": f"{card.network}, {shown.numbers:,} numbers, clips of {clips.height} x {clips.width} pixels",
        **{str(name): _plain(value) for name, value in made.items()},
        "file": f"{shown.file}, {shown.bytes / 1e6:.1f} MB",
        "sha256": card.sha256,
    }
    return [list(row) for row in rows.items()]


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.1f} - {high:.1f}"


def _plain(value: object) -> str:
    """A setting as one reads it: tables and lists without their quotation marks."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
