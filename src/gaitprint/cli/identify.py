"""Commands that turn walks into vectors: embed, and demo, which does everything at once."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli._common import (
    as_json,
    device_option,
    emit,
    print_table,
    quality_option,
    seed_option,
    set_threads,
    split_option,
    subjects_option,
    threads_option,
)
from gaitprint.cli._kinds import PLACE
from gaitprint.cli._options import fusion_option
from gaitprint.cli._progress import progress_bar
from gaitprint.cli.ablate import print_ablation


@click.command(short_help="A store and networks -> one vector a sequence.")
@click.argument("store", type=PLACE)
@click.option(
    "--model",
    "models",
    type=PLACE,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Model file of `train` or `convert`. Given again, the networks' vectors are concatenated.",
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
      gaitprint embed store --model runs/gl/model.safetensors \\
        --out gl.safetensors
      gaitprint embed store --model runs/gl/model.safetensors \\
        --model runs/gm/model.safetensors --out both.safetensors
      gaitprint embed store --model runs/gl/model.safetensors \\
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


@click.command(short_help="Everything at once, on synthetic walkers.")
@click.argument("out", type=PLACE, default=Path("demo"))
@click.option(
    "--subjects",
    "people",
    default=0,
    metavar="COUNT",
    help="Synthetic walkers, at least 16; half of them train.  [default: 40]",
)
@click.option(
    "--iterations",
    default=0,
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="Training iterations of each network; 0 takes the recipe's.  [default: 0]",
)
@seed_option
@threads_option
@as_json
def demo(out: Path, people: int, iterations: int, seed: int, threads: int | None, as_json: bool) -> None:
    """From nothing to a report, on synthetic walkers: generate, train both networks, embed, measure.

    Everything goes into the folder OUT (demo, where none is given). Killed, run it again: it goes on where it was.
    Synthetic walkers are not people: the figures show that everything runs, not how well it recognises anybody.

    \b
    Examples:
      gaitprint demo
      gaitprint demo try --subjects 16 --iterations 50

    \b
    Files in OUT:
      report/report.html  the page to look at, beside it its figures as
                          JSON and CSV
      views.html          both networks together, view by view
      walkers/            the store of silhouettes
      gaitgl/, gaitmask/  the two trained networks
      gaitgl.safetensors, gaitmask.safetensors
                          their vectors
    """
    from gaitprint.stages.demo import demo as stage

    set_threads(threads)
    with progress_bar("demo") as bar:
        result = stage(out, subjects=people, iterations=iterations, seed=seed, progress=bar.update, say=bar.say)

    def text(console: Console) -> None:
        console.print("Synthetic walkers, not people. Rank-1 % of each network by condition:")
        rows = [[name, *(f"{v:.1f}" for v in figures.values())] for name, figures in result.conditions.items()]
        print_table(console, ["network", *next(iter(result.conditions.values()))], rows)
        console.print()
        print_ablation(console, result.ablation, result.report)
        console.print(f"view by view: {result.views}")

    emit(result.to_dict(), as_json, text)


COMMANDS = (embed, demo)
