"""`gaitprint model adapt`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import SEED, as_json, emit, selection_options
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.progress import progress_bar

_SETTINGS = "gaitprint.stages.adapt:AdaptSettings"
"""Whose fields are the defaults."""


def _settings(**given: Any) -> Any:
    from gaitprint.stages.adapt import AdaptSettings

    return AdaptSettings(**given)


adapt_options = OptionGroup(
    "settings",
    _settings,
    click.option(
        "--how",
        cls=FieldOption,
        of=_SETTINGS,
        show_default=True,
        type=click.Choice(["norms", "views", "tracks", "labels"]),
        help="norms: the figures of batch norms, from walks of anybody; views: what each view adds to vectors is "
        "subtracted, from walks of anybody; tracks: fine-tuned, every walk a person of its own; labels: fine-tuned "
        "with the people as they are named.",
    ),
    click.option(
        "--share",
        cls=FieldOption,
        of=_SETTINGS,
        show_default=True,
        type=float,
        help="How much of the way to the site's own norms.",
    ),
    click.option(
        "--iterations",
        cls=FieldOption,
        of=_SETTINGS,
        show_default=True,
        type=click.IntRange(min=1),
        metavar="COUNT",
        help="Steps of fine-tuning.",
    ),
    click.option(
        "--learning-rate", cls=FieldOption, of=_SETTINGS, show_default=True, type=float, help="Of fine-tuning."
    ),
    click.option(
        "--frames",
        cls=FieldOption,
        of=_SETTINGS,
        show_default=True,
        type=click.IntRange(min=1),
        metavar="FRAMES",
        help="Of a window.",
    ),
    click.option("--seed", cls=FieldOption, of=_SETTINGS, **SEED),
)


@click.command(short_help="A model file and a site's walks -> one at home there.")
@click.argument("store", type=PLACE)
@click.argument("out", type=PLACE)
@click.option("--model", required=True, type=PLACE, metavar="FILE", help="Model file to adapt.")
@adapt_options
@selection_options
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    default="all",
    show_default=True,
    help="Which side of the split is looked at.",
)
@as_json
def adapt(store: Path, out: Path, model: Path, settings: Any, selection: Any, part: str, as_json: bool) -> None:
    """Adapt a network to the walks of a site, STORE, and write it to OUT if it does no harm there.

    Two thirds of the people are learnt from and a third judges: how often they are found in other walks, before and
    after. Where nobody is named twice, two halves of each walk stand for people, which tells harm but hardly gain. What
    is worse than before is refused. The model that is written makes other vectors: galleries are embedded anew.

    \b
    Examples:
      gaitprint model adapt site adapted.safetensors --model gl.safetensors
      gaitprint model adapt site adapted.safetensors --model gl.safetensors \\
        --how views
      gaitprint model adapt site adapted.safetensors --model gl.safetensors \\
        --how tracks --iterations 300
      gaitprint model adapt named adapted.safetensors --model gl.safetensors \\
        --how labels
    """
    from gaitprint.stages.adapt import adapt as stage

    with progress_bar("adapting") as bar:
        report = stage(store, model, out, settings, selection, part=part, progress=bar.update)

    def text(console: Console) -> None:
        console.print(f"{report.out}: {report.describe()}")

    emit(report.to_dict(), as_json, text)
