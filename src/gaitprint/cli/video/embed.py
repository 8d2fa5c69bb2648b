"""`gaitprint video embed`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.people_options import network_options
from gaitprint.cli.progress import progress_bar
from gaitprint.cli.video_options import stretch_request_options


@click.command(short_help="Videos and a network -> one vector a stretch of everybody's track.")
@click.argument("videos", nargs=-1, required=True)
@click.argument("out", type=PLACE)
@network_options
@stretch_request_options
@as_json
def embed(
    videos: tuple[str, ...],
    out: Path,
    network: Any,
    request_of: Any,
    as_json: bool,
) -> None:
    """Turn everybody who walks through VIDEOS into vectors and write them to OUT, an embeddings file.

    The vectors are those that `video extract`, `data prepare` and `model embed` make one after another, without the
    silhouettes being kept. The key says video and track, the view is the camera. Nobody is named but by --subject,
    which makes a gallery of videos of known people for `video identify`.

    Killed, run it again: it goes on with the video it was at, from OUT.partial, which lies beside OUT until that is
    written.

    \b
    Examples:
      gaitprint video embed lobby.mp4 lobby.safetensors
      gaitprint video embed footage/ all.safetensors --model gl.safetensors \\
        --max-frames 60 --camera door
      gaitprint video embed anna.mp4 anna.safetensors --model gl.safetensors \\
        --subject anna
    """
    from gaitprint.stages.video_embed import embed_videos as stage

    with progress_bar("embedding") as bar:
        report = stage(request_of(videos), out=out, **network, progress=bar.update)

    def text(console: Console) -> None:
        rows = [
            [name, f"{trace['frames']}", f"{trace['tracks']}",
             f"{sum(r.condition == name for r in report.embeddings.records)}",
             ", ".join(f"{count} {reason}" for reason, count in report.left_out[name].items())]
            for name, trace in report.traces.items()
        ]  # fmt: skip
        print_table(console, ["video", "frames", "tracks", "vectors", "left out"], rows)
        for name, trace in report.traces.items():
            for note in (*trace["notes"], *([trace["ended"]] if trace["ended"] else [])):
                console.print(f"note: {name}: {note}")
        console.print(f"{out}: {len(report.embeddings)} vectors of {report.embeddings.layout.width} floats")

    emit({"embeddings": str(out), **report.to_dict()}, as_json, text)
