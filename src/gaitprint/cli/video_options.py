"""Options of the commands that read videos: which parts find, follow and cut out people."""

import math
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

_frames = click.option(
    "--min-frames",
    "kept_frames",
    cls=FieldOption,
    of=TRACKLETS,
    field="frames",
    type=click.IntRange(min=1),
    show_default=True,
    metavar="COUNT",
    help="Least silhouettes of a stretch that is kept.",
)
_height = click.option(
    "--min-height",
    "kept_height",
    cls=FieldOption,
    of=TRACKLETS,
    field="height",
    type=click.FloatRange(min=0),
    show_default=True,
    metavar="PIXELS",
    help="Least height of a body that is kept.",
)
_gap = click.option(
    "--max-gap",
    "kept_gap",
    cls=FieldOption,
    of=TRACKLETS,
    field="gap",
    type=click.FloatRange(min=0),
    show_default=True,
    metavar="SECONDS",
    help="Without a whole silhouette for longer, a new stretch begins.",
)
_longest = click.option(
    "--max-frames",
    "kept_longest",
    cls=FieldOption,
    of=TRACKLETS,
    field="longest",
    type=click.IntRange(min=1),
    show_default=True,
    metavar="COUNT",
    help="A longer track becomes several stretches.",
)
_quality = click.option(
    "--quality",
    "kept_quality",
    default="",
    metavar="FILTER",
    help="What else is asked of a stretch, such as 'holes<0.05,pieces<0.2'.  [default: nothing]",
)
_speed = click.option(
    "--min-speed",
    "kept_speed",
    cls=FieldOption,
    of=TRACKLETS,
    field="speed",
    type=click.FloatRange(min=0),
    show_default=True,
    metavar="HEIGHTS",
    help="Least body heights a second in the picture, unless steps are seen: others do not walk. 0 keeps them.",
)
tracklet_options = OptionGroup("tracklets", _tracklets, _frames, _height, _gap, _longest, _speed, _quality)
"""Gives a command its `tracklets`, a `TrackletSettings`."""


def _windows(window: int, **values: Any) -> Any:
    from gaitprint.video.request import window_settings

    return window_settings(window, **{name.removeprefix("kept_"): value for name, value in values.items()})


window_options = OptionGroup(
    "tracklets",
    _windows,
    click.option(
        "--window",
        default=60,
        show_default=True,
        type=click.IntRange(min=1),
        metavar="FRAMES",
        help="Frames after which a track is embedded anew, and its answer with it.",
    ),
    _frames,
    _height,
    _gap,
    _speed,
    _quality,
)
"""The same for windows, which end sooner."""
camera_option = click.option("--camera", default="", metavar="NAME", help="Name of the camera, kept as the view.")
seconds_option = click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="COUNT",
    help="How long to go on in each video; cameras and streams have no end.  [default: to the end]",
)
subject_option = click.option(
    "--subject", metavar="NAME", help="Who walks in all of these videos, where it is one person."
)


def _request_of(seconds: float | None = None, **how: Any) -> Any:
    def made(sources: Any) -> Any:
        from gaitprint.video.request import VideoRequest

        return VideoRequest(sources, seconds=math.inf if seconds is None else seconds, **how)

    return made


_HOW = (parts_options, window_options, camera_option)
stretch_request_options = OptionGroup(
    "request_of", _request_of, parts_options, tracklet_options, camera_option, subject_option, seconds_option
)
"""Gives a command its `request_of`: a `VideoRequest` of the videos that it is called with, in whole stretches."""
window_request_options = OptionGroup("request_of", _request_of, *_HOW, seconds_option)
"""The same in windows."""
footage_request_options = OptionGroup("request_of", _request_of, *_HOW)
"""The same of videos that are gone through to their end."""
