"""What the commands of a gallery share: its file, people, samples, and where walks come from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import device_option, emit, print_table
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.model_choice import chosen_models
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.people_options import backend_option
from gaitprint.cli.video_options import parts_options

SOURCE = "gaitprint.stages.gallery_enroll:WalkSource"

gallery_argument = click.argument("gallery", type=PLACE)
who_argument = click.argument("who")
several_argument = click.argument("who", nargs=-1)
samples_option = click.option(
    "--sample",
    "samples",
    type=int,
    multiple=True,
    metavar="ID",
    help="A single walk, as `show` numbers it. Repeatable.",
)
tags_option = click.option("--tag", "tags", multiple=True, metavar="WORD", help="Only people who have it. Repeatable.")


def _source(model: Path | None, **given: Any) -> Callable[..., Any]:
    def walks(path: Path, name: str | None = None, tracks: Any = None) -> Any:
        from gaitprint.models.shipped import shipped
        from gaitprint.stages.gallery_enroll import WalkSource, are_vectors

        # a file of vectors needs no model, and of what is not there the path alone is spoken of
        if model is not None or are_vectors(path):
            return WalkSource(path, model, name, tracks=tracks, **given)
        return WalkSource(path, chosen_models([])[0] if path.exists() else shipped(), name, tracks=tracks, **given)

    return walks


source_options = OptionGroup(
    "source",
    _source,
    click.option(
        "--model",
        type=PLACE,
        metavar="FILE",
        help="Model file that makes vectors of silhouettes; a file of vectors needs none.  [default: the shipped "
        "weights]",
    ),
    click.option(
        "--quality",
        cls=FieldOption,
        of=SOURCE,
        show_default=True,
        metavar="FILTER",
        help="What silhouettes have to be, such as 'frames>=20,holes<0.1'; an empty text takes any.",
    ),
    parts_options,
    device_option,
    backend_option,
)
"""Gives a command its `source`, which makes a `WalkSource` of a path and, where somebody says it, a name."""


def emit_people(people: list[Any], as_json: bool) -> None:
    """Print people, one a row."""

    def text(out: Console) -> None:
        rows = [
            [
                f"id:{p.id}",
                p.name,
                f"{p.samples}",
                " ".join(p.tags),
                p.basis,
                p.expires,
                p.enrolled[:10],
                p.removed[:10],
            ]
            for p in people
        ]
        columns = ["id", "name", "walks", "tags", "basis", "expires", "enrolled", "removed"]
        use = [i for i in range(len(columns)) if i < 3 or any(row[i] for row in rows)]
        print_table(out, [columns[i] for i in use], [[row[i] for i in use] for row in rows])

    emit([p.to_dict() for p in people], as_json, text)


def say(line: str, value: Any, as_json: bool) -> None:
    """Print one line, or a value."""
    emit(value, as_json, lambda out: out.print(line))


def person_text(person: Any) -> str:
    """A person in a line."""
    tags = f", tags {' '.join(person.tags)}" if person.tags else ""
    return f"id:{person.id} {person.name}: {person.samples} walks{tags}"
