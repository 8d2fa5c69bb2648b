"""`gaitprint video annotate`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.option_groups import FieldOption
from gaitprint.cli.people_options import network_options, people_options
from gaitprint.cli.progress import progress_bar
from gaitprint.cli.video.identify import print_identities
from gaitprint.cli.video_options import window_request_options


@click.command(short_help="A video and known walks -> the video with names.")
@click.argument("video")
@click.argument("out", type=PLACE)
@people_options
@network_options
@click.option(
    "--picture",
    cls=FieldOption,
    of="gaitprint.video.annotation:AnnotationSettings",
    type=click.Choice(["video", "blurred", "outlines"]),
    show_default=True,
    help="What is below the names: the video; its people made unrecognisable; or their outlines and nothing of it.",
)
@window_request_options
@as_json
def annotate(
    video: str,
    out: Path,
    picture: Any,
    people: Any,
    network: Any,
    request_of: Any,
    as_json: bool,
) -> None:
    """Write VIDEO with a box and a name for everybody into OUT, a .mp4, .mkv or .mov.

    Green is somebody known, orange unknown, grey not seen long enough. A name is what could be told at that moment; it
    may change as more is seen of a track. Sound is left out.

    \b
    Examples:
      gaitprint video annotate lobby.mp4 named.mp4 \\
        --gallery staff.safetensors --model gl.safetensors
      gaitprint video annotate lobby.mp4 outlines.mp4 --picture outlines \\
        --gallery staff.safetensors --model gl.safetensors
    """
    from gaitprint.stages.video_annotate import annotate_video as stage
    from gaitprint.video.annotation import AnnotationSettings

    with progress_bar("annotating") as bar:
        result = stage(
            request_of([video]), people, out=out, drawing=AnnotationSettings(picture), progress=bar.update, **network
        )

    def text(console: Console) -> None:
        print_identities(console, result)
        console.print(f"{out}: {result.videos[0].trace['frames']} frames")

    emit({"video": str(out), **result.to_dict()}, as_json, text)
