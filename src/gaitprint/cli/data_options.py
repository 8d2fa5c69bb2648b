"""Options of the commands that read a data set as people have it: its layout, and what a store's frames are."""

from typing import Any

import click

from gaitprint.cli.completion import components, offer
from gaitprint.cli.kinds import PROCESSES
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.config import apply_overrides
from gaitprint.cores import WORKERS

FRAMES = "gaitprint.ingest.frame_settings:FrameSettings"
"""Where the defaults of frames are."""


def _layout(dataset: str, settings: tuple[str, ...]) -> Any:
    from gaitprint.ingest.layout_choice import LayoutChoice

    return LayoutChoice(dataset, apply_overrides({}, settings))


def _frames(size: int, edge_rule: Any, form: Any) -> Any:
    from gaitprint.ingest.frame_settings import FrameSettings

    return FrameSettings(size, edge_rule, form)


layout_options = OptionGroup(
    "layout",
    _layout,
    click.option(
        "--dataset",
        cls=FieldOption,
        of="gaitprint.ingest.layout_choice:LayoutChoice",
        shell_complete=offer(lambda: ["auto", *components("dataset")()]),
        show_default=True,
        metavar="NAME",
        help="The layout of the folders, see `gaitprint data list`; auto tries the published ones.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting of the layout, such as pattern={subject}/{view}, or partition=FILE.json. Repeatable.",
    ),
)
frame_options = OptionGroup(
    "frames",
    _frames,
    click.option(
        "--size",
        cls=FieldOption,
        of=FRAMES,
        type=int,
        show_default=True,
        metavar="PIXELS",
        help="Height of the stored frames.",
    ),
    click.option(
        "--edge-rule",
        cls=FieldOption,
        of=FRAMES,
        type=click.Choice(["opengait", "gaitset"]),
        show_default=True,
        help="Whether a frame centred on column 0 is dropped (opengait) or kept (gaitset).",
    ),
    click.option(
        "--form",
        cls=FieldOption,
        of=FRAMES,
        type=click.Choice(["compact", "raw", "bits"]),
        show_default=True,
        help="compact: packed without loss; raw: one byte a pixel; bits: black and white only, grey edges are lost.",
    ),
)
workers_option = click.option(
    "--workers",
    default=WORKERS,
    show_default=True,
    type=PROCESSES,
    metavar="COUNT",
    help="Processes that read; 0 reads in this one.",
)
