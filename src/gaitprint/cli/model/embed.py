"""`gaitprint model embed`."""

from pathlib import Path

import click

from gaitprint.cli.common import (
    as_json,
    device_option,
    emit,
    quality_option,
    set_threads,
    split_option,
    subjects_option,
    threads_option,
)
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.options import fusion_option
from gaitprint.cli.progress import progress_bar


@click.command(short_help="A store and networks -> one vector a sequence.")
@click.argument("store", type=PLACE)
@click.option(
    "--model",
    "models",
    type=PLACE,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Model file of `model train` or `model convert`. Given again, the networks' vectors are concatenated.",
)
@click.option(
    "--out",
    type=PLACE,
    required=True,
    metavar="FILE",
    help="Embeddings file to write, such as gl.safetensors.",
)
@fusion_option
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Which side of the split is embedded.",
)
@click.option("--flip", is_flag=True, help="Average with the vector of the mirror image.")
@click.option(
    "--windows",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="Average over so many windows, spread evenly over the sequence; 0 takes all frames at once.",
)
@click.option(
    "--window-frames",
    type=click.IntRange(min=1),
    metavar="FRAMES",
    help="Frames of a window of --windows; a sequence that has no more is taken whole.  [default: 30]",
)
@split_option
@subjects_option
@quality_option
@device_option
@threads_option
@as_json
def embed(
    store: Path,
    models: tuple[Path, ...],
    out: Path,
    fusion: str,
    part: str,
    flip: bool,
    windows: int,
    window_frames: int | None,
    split: str | None,
    subjects: tuple[str, ...] | None,
    quality: str,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Turn every sequence of STORE into one vector and write them to --out.

    The file also holds who, how and from where each sequence was seen, and which networks made the vectors. Vectors of
    other networks, or of other --flip and --windows, are not compared with these.

    \b
    Examples:
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --out gl.safetensors
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --model runs/gm/model.safetensors --out both.safetensors
      gaitprint model embed store --model runs/gl/model.safetensors \\
        --part all --flip --windows 4 --out answer.safetensors
    """
    from gaitprint.inference.clip_averaging import ClipAveraging
    from gaitprint.stages.embed import embed as stage

    if window_frames is not None and not windows:
        raise click.UsageError(
            f"--window-frames {window_frames} is the length of windows: give their number, --windows"
        )
    set_threads(threads)
    with progress_bar("embedding") as bar:
        made = stage(
            store,
            models,
            out,
            fusion=fusion,
            part=part,
            split=split,
            subjects=subjects,
            quality=quality,
            device=device,
            averaging=ClipAveraging(flip, windows, window_frames or 30),
            progress=bar.update,
            say=bar.say,
        )
    facts = {
        "embeddings": str(out),
        "sequences": len(made),
        "subjects": len({r.subject for r in made.records} - {None}),
        "width": made.layout.width,
        "source": made.source,
    }
    emit(facts, as_json, lambda c: c.print(f"{out}: {len(made)} vectors of {made.layout.width} floats"))
