"""`gaitprint video search`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE, Count
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.people_options import (
    calibration_option,
    correlation_option,
    network_options,
    walks_pipeline_option,
)
from gaitprint.cli.pipeline_options import named_pipeline
from gaitprint.cli.progress import progress_bar
from gaitprint.cli.video_options import footage_request_options

_SEARCH = "gaitprint.stages.video_search:SearchSettings"


def _settings(
    example: str,
    tracks: tuple[int, ...],
    pipeline: str | None,
    calibration: Path | None,
    correlation: float,
    **how: Any,
) -> Any:
    from gaitprint.stages.video_search import SearchSettings
    from gaitprint.video.identity.evidence import EvidenceSettings

    steps = named_pipeline(pipeline, ())
    return SearchSettings(example, tracks, steps, calibration, EvidenceSettings(correlation), **how)


search_options = OptionGroup(
    "settings",
    _settings,
    click.option("--example", required=True, metavar="VIDEO", help="A video of the person who is looked for."),
    click.option(
        "--track",
        "tracks",
        type=click.IntRange(min=1),
        multiple=True,
        metavar="NUMBER",
        help="Which track of the example they are, where it shows several people. Repeatable.",
    ),
    click.option(
        "--top",
        cls=FieldOption,
        of=_SEARCH,
        type=Count(1, 10_000),
        show_default=True,
        metavar="COUNT",
        help="Hits that are shown.",
    ),
    click.option(
        "--images/--no-images",
        cls=FieldOption,
        of=_SEARCH,
        show_default=True,
        help="Keep a picture of each person from the footage, beside silhouettes.",
    ),
    calibration_option,
    correlation_option,
    walks_pipeline_option,
)
"""Gives a command its `settings`, a `SearchSettings`."""


@click.command(short_help="A video of a person and footage -> where they may be seen.")
@click.argument("footage", nargs=-1, required=True)
@click.option("--out", type=PLACE, required=True, metavar="FOLDER", help="Where the page and what was seen are kept.")
@search_options
@network_options
@footage_request_options
@as_json
def search(
    footage: tuple[str, ...],
    out: Path,
    settings: Any,
    network: Any,
    request_of: Any,
    as_json: bool,
) -> None:
    """Look for the person of --example in FOOTAGE, videos or folders of them, and rank everybody by distance.

    Killed, run it again: it goes on with the video it was at. Videos that were gone through are not read again, also
    for another example. A hit is no proof: the page is there to be looked at.

    \b
    Examples:
      gaitprint video search --example walker.mp4 footage/ \\
        --model gl.safetensors --out hits
      gaitprint video search --example walker.mp4 --track 2 door.mp4 hall.mp4 \\
        --model gl.safetensors --out hits --no-images

    \b
    Files in FOLDER:
      index.html    the nearest tracks to look at: when, which camera, silhouettes
      hits.json     all of them
      footage/      vectors and pictures of each video
    """
    from gaitprint.stages.video_search import search_footage as stage

    with progress_bar("searching") as bar:
        result = stage(request_of(footage), settings, out=out, **network, progress=bar.update)
    emit(result.to_dict(), as_json, lambda console: print_hits(console, result, settings.top))


def print_hits(out: Console, result: Any, top: int) -> None:
    """The nearest tracks, and where the page is."""
    from gaitprint.pages.video_hits import clock

    rows = [
        [f"{h.place}", h.video, h.camera, f"{h.track}", f"{clock(h.seconds[0])} - {clock(h.seconds[1])}",
         f"{h.windows}", f"{h.distance:.3g}", "" if h.probability is None else f"{100 * h.probability:.0f}"]
        for h in result.hits[:top]
    ]  # fmt: skip
    columns = ["place", "video", "camera", "track", "seen", "windows", "distance", "sure %"]
    use = [i for i, name in enumerate(columns) if name != "sure %" or any(row[i] for row in rows)]
    if rows:
        print_table(out, [columns[i] for i in use], [[row[i] for i in use] for row in rows])
    else:
        out.print("nobody in the footage walks well enough to be compared")
    for source, why in result.failed:
        out.print(f"left out: {why if source in why else f'{source}: {why}'}")
    if result.unchanged:
        out.print(f"{result.unchanged} videos were gone through before and have not changed")
    out.print(f"{len(result.hits)} tracks in {len(result.videos)} videos; to look at: {result.folder / 'index.html'}")
