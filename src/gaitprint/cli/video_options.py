"""Options of the commands that read videos: which parts find, follow and cut out people."""

from typing import Any

import click

from gaitprint.cli.completion import components, offer
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.config import apply_overrides

PARTS = "gaitprint.video.parts:VideoParts"
TRACKLETS = "gaitprint.video.tracklets:TrackletSettings"
"""Where the defaults are."""


def _parts(overrides: tuple[str, ...], **names: str) -> Any:
    from gaitprint.video.parts import VideoParts

    return VideoParts(**names, settings=apply_overrides({}, overrides))


def _tracklets(**values: Any) -> Any:
    from gaitprint.video.tracklets import TrackletSettings

    return TrackletSettings(**{name.removeprefix("kept_"): value for name, value in values.items()})


def _part(kind: str, what: str) -> Any:
    return click.option(
        f"--{kind}",
        cls=FieldOption,
        of=PARTS,
        shell_complete=offer(components(kind)),
        show_default=True,
        metavar="NAME",
        help=what,
    )


parts_options = OptionGroup(
    "parts",
    _parts,
    _part("reader", "What opens videos: auto takes the one for the source."),
    _part("detector", "What finds people: background is for a camera that stands still."),
    _part("tracker", "What follows them."),
    _part("segmenter", "What cuts them out."),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="PART.KEY=VALUE",
        help="A setting of a part, such as reader.fps=12 or detector.memory=300. Repeatable.",
    ),
)
"""Gives a command its `parts`, a `VideoParts`."""

tracklet_options = OptionGroup(
    "tracklets",
    _tracklets,
    click.option(
        "--min-frames",
        "kept_frames",
        cls=FieldOption,
        of=TRACKLETS,
        field="frames",
        type=click.IntRange(min=1),
        show_default=True,
        metavar="COUNT",
        help="Least silhouettes of a stretch that is kept.",
    ),
    click.option(
        "--min-height",
        "kept_height",
        cls=FieldOption,
        of=TRACKLETS,
        field="height",
        type=click.FloatRange(min=0),
        show_default=True,
        metavar="PIXELS",
        help="Least height of a body that is kept.",
    ),
    click.option(
        "--max-gap",
        "kept_gap",
        cls=FieldOption,
        of=TRACKLETS,
        field="gap",
        type=click.FloatRange(min=0),
        show_default=True,
        metavar="SECONDS",
        help="Without a whole silhouette for longer, a new stretch begins.",
    ),
    click.option(
        "--max-frames",
        "kept_longest",
        cls=FieldOption,
        of=TRACKLETS,
        field="longest",
        type=click.IntRange(min=1),
        show_default=True,
        metavar="COUNT",
        help="A longer track becomes several stretches.",
    ),
    click.option(
        "--quality",
        "kept_quality",
        default="",
        metavar="FILTER",
        help="What else is asked of a stretch, such as 'holes<0.05,pieces<0.2'.  [default: nothing]",
    ),
)
"""Gives a command its `tracklets`, a `TrackletSettings`."""
