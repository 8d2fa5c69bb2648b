"""`gaitprint video identify`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.options import report_option
from gaitprint.cli.people_options import network_options, people_options
from gaitprint.cli.progress import progress_bar
from gaitprint.cli.video_options import window_request_options


@click.command(short_help="Videos and known walks -> who is on which track.")
@click.argument("videos", nargs=-1, required=True)
@people_options
@network_options
@window_request_options
@report_option
@as_json
def identify(
    videos: tuple[str, ...],
    people: Any,
    network: Any,
    request_of: Any,
    report: Path | None,
    as_json: bool,
) -> None:
    """Say who walks through VIDEOS: each track is somebody of --gallery, or unknown.

    A track's windows are compared with every known walk; the mean distance decides. People who were seen at the same
    moment are never one person. Unknown is whoever is further away than --threshold, or than the distance that at most
    --fpir of strangers come below. Nothing is written but the page of --report, which shows silhouettes.

    \b
    Examples:
      gaitprint video identify lobby.mp4 --gallery staff.safetensors \\
        --model gl.safetensors
      gaitprint video identify footage/ --gallery staff.safetensors \\
        --model gl.safetensors --fpir 1% --strangers others.safetensors \\
        --report who.html
      gaitprint video identify camera:0 --gallery staff.safetensors \\
        --model gl.safetensors --seconds 60 --json
    """
    from gaitprint.stages.video_identify import identify_people as stage

    with progress_bar("identifying") as bar:
        result = stage(request_of(videos), people, **network, report=report, progress=bar.update)

    def text(console: Console) -> None:
        print_identities(console, result)
        if report is not None:
            console.print(f"report: {report}")

    emit(result.to_dict(), as_json, text)


def print_identities(out: Console, result: Any) -> None:
    """Every track with its answer, and what the answers rest on."""
    from gaitprint.pages.video_identities import reasons, runner_up

    rows = []
    for video in result.videos:
        for track in video.tracks:
            a = track.identity
            rows.append(
                [video.name, f"{a.track}", a.name, f"{a.seconds[0]:.1f} - {a.seconds[1]:.1f}", f"{a.windows}",
                 "" if a.distance is None else f"{a.distance:.3g}", runner_up(track),
                 "" if a.probability is None else f"{100 * a.probability:.0f}", reasons(track)]
            )  # fmt: skip
    columns = ["video", "track", "answer", "seen, s", "windows", "distance", "next", "sure %", "why"]
    use = [i for i, name in enumerate(columns) if name != "sure %" or any(row[i] for row in rows)]
    if rows:
        print_table(out, [columns[i] for i in use], [[row[i] for i in use] for row in rows])
    else:
        out.print("nobody was seen")
    out.print(f"{result.known} people known by {result.walks} walks; {result.acceptance.text()}; {result.distance}")
    for video in result.videos:
        for note in (*video.trace["notes"], *([video.trace["ended"]] if video.trace["ended"] else [])):
            out.print(f"note: {video.name}: {note}")
    for source, why in result.failed:
        out.print(f"left out: {why if source in why else f'{source}: {why}'}")
    for warning in result.warnings:
        out.print(f"note: {warning}")
