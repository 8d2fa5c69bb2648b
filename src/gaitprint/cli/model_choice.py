"""Which networks a command computes with: those that were named, or else the shipped weights, which is then said."""

from collections.abc import Sequence
from pathlib import Path

import click


def chosen_models(given: Sequence[Path]) -> tuple[Path, ...]:
    """The model files that were named; where there are none, the shipped one, with a line on stderr that says so.

    Raises:
        ArtefactError: no weights come with the package, or they are damaged.
    """
    if given:
        return tuple(given)
    # late: torch comes with it
    from gaitprint.models.model_file import read_card
    from gaitprint.models.shipped import DEFAULT, shipped

    path = shipped()
    click.echo(f"model: gaitprint {DEFAULT}, {read_card(path).title}", err=True)
    return (path,)
