"""`gaitprint video extract`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.progress import progress_bar
from gaitprint.cli.video_options import parts_options, tracklet_options


@click.command(short_help="Videos -> silhouettes of everybody who walks through them.")
@click.argument("videos", nargs=-1, required=True)
@click.argument("out", type=PLACE)
@parts_options
@tracklet_options
@click.option("--camera", default="", metavar="NAME", help="Name of the camera, kept as the view.")
@click.option("--subject", default="", metavar="NAME", help="Who walks in all of these videos, where it is one person.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="COUNT",
    help="How long to go on in each video; cameras and streams have no end.  [default: to the end]",
)
@as_json
def extract(
    videos: tuple[str, ...],
    out: Path,
    parts: Any,
    tracklets: Any,
    camera: str,
    subject: str,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Find, follow and cut out everybody in VIDEOS and write their silhouettes into the folder OUT.

    A video is a file, a folder of images or of videos, `camera:0`, or an address such as rtsp://host/path. By
    default the camera must not move: people are what differs from the empty scene. With --detector ssd --segmenter pose
    networks find and cut them out (package gaitprint-video-models).

    Nothing of the video itself is kept. Killed, run it again: it goes on with the video it was at; videos that are done
    and have not changed are not read again.

    \b
    Examples:
      gaitprint video extract lobby.mp4 lobby
      gaitprint data prepare lobby/manifest.csv store
      gaitprint video extract footage/ out --min-height 80 --set reader.fps=15
      gaitprint video extract camera:0 out --seconds 60
      gaitprint video extract rtsp://10.0.0.7/door out --camera door \\
        --seconds 3600

    \b
    Files in OUT:
      manifest.csv   a row a kept stretch: track, times, camera, what was dropped
      silhouettes/   their images, a folder each
      index.html     all stretches to look at, kept or not, and why
      trace.json     the same in numbers, and how long each step took
      videos/        what is known of each video
    """
    from gaitprint.stages.extract import extract as stage

    with progress_bar("extracting") as bar:
        report = stage(
            videos,
            out,
            parts,
            tracklets,
            camera=camera,
            subject=subject,
            seconds=float("inf") if seconds is None else seconds,
            progress=bar.update,
        )

    emit(report.to_dict(), as_json, lambda out: print_extraction(out, report))
    report.check_most_kept()


def print_extraction(out: Console, report: Any) -> None:
    """What was kept of each video, and what stands against it."""
    rows = [
        [v.name, f"{v.trace.get('frames', 0)}", f"{len(v.tracklets)}", f"{len(v.kept)}",
         f"{sum(t.frames for t in v.kept)}"]
        for v in report.videos
    ]  # fmt: skip
    if rows:
        print_table(out, ["video", "frames", "stretches", "kept", "silhouettes"], rows)
    for video in report.videos:
        for note in (*video.trace.get("notes", ()), *([video.trace["ended"]] if video.trace.get("ended") else [])):
            out.print(f"note: {video.name}: {note}")
    for source, why in report.failed:
        out.print(f"left out: {why if source in why else f'{source}: {why}'}")
    if report.unchanged:
        out.print(f"{report.unchanged} videos were done before and have not changed")
    out.print(f"{report.folder}: {report.kept} stretches kept; why others were not: {report.folder}/index.html")
