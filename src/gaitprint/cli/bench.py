"""`gaitprint bench`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table
from gaitprint.cli.kinds import PLACE, THREADS, Count
from gaitprint.cli.lists import split_names
from gaitprint.cli.option_groups import FieldOption
from gaitprint.cli.progress import progress_bar

_SPEED = "gaitprint.experiments.speed:SpeedSettings"
"""Whose fields are the defaults."""


def _lengths(text: str) -> tuple[int, ...]:
    words = split_names(text, "--frames")
    for word in words:
        if not word.isdecimal():
            raise click.UsageError(f"--frames is a list of lengths such as 30,64,100, found {word!r}")
    return tuple(int(word) for word in words)


@click.command(short_help="How fast networks embed on this machine.")
@click.option(
    "--model",
    "models",
    type=PLACE,
    multiple=True,
    metavar="FILE",
    help="Model file to measure. Repeatable.  [default: the networks of four shipped recipes]",
)
@click.option(
    "--frames",
    cls=FieldOption,
    of=_SPEED,
    text=lambda lengths: ",".join(map(str, lengths)),
    show_default=True,
    callback=lambda _c, _p, v: _lengths(v),
    metavar="LIST",
    help="Lengths of the clips of made-up frames.",
)
@click.option(
    "--rounds",
    cls=FieldOption,
    of=_SPEED,
    show_default=True,
    type=Count(1, 100_000),
    metavar="COUNT",
    help="How often each clip is embedded by each back end, all in turn.",
)
@click.option(
    "--threads",
    cls=FieldOption,
    of=_SPEED,
    show_default=True,
    type=THREADS,
    metavar="COUNT",
    help="Processor threads; `model embed --threads` of as many takes what is fastest here.",
)
@click.option("--out", type=PLACE, metavar="DIR", help="Folder for the figure, bench.png, and the values, bench.json.")
@as_json
def bench(
    models: tuple[Path, ...], frames: tuple[int, ...], rounds: int, threads: int, out: Path | None, as_json: bool
) -> None:
    """Measure how fast networks embed on this machine: each by every back end, one clip at a time, all in turn.

    What is found is remembered: `model embed --backend auto` takes the back end that was fastest over all lengths.
    The share is that of this machine's rate of matrix products, counted by the operations of direct convolutions;
    minimal filtering (winograd) does fewer and may exceed 100 %.

    \b
    Examples:
      gaitprint bench
      gaitprint bench --model runs/gl/model.safetensors --out bench
      gaitprint bench --frames 30,100 --rounds 30 --threads 2 --json
    """
    from gaitprint.experiments.speed import SpeedSettings
    from gaitprint.stages.bench import bench as stage

    with progress_bar("measuring") as bar:
        report = stage(models, SpeedSettings(frames, rounds, threads), out=out, progress=bar.update)
    emit(report.to_dict(), as_json, lambda console: _print_speeds(console, report, out))


def _print_speeds(console: Console, report: Any, out: Path | None) -> None:
    threads = f"{report.threads} thread{'' if report.threads == 1 else 's'}"
    console.print(f"{report.processor}, {threads}: {report.matrix_rate / 1e9:.0f} GFLOP/s in matrix products")
    speeds = ["frames", "median ms", "95 % ms", "sequences/s", "frames/s"]
    rows = [
        [
            s.network,
            f"{s.backend} *" if s.fastest else s.backend,
            str(s.frames),
            f"{1000 * s.median:.1f}",
            f"{1000 * s.percentile_95:.1f}",
            f"{1 / s.median:.2f}",
            f"{s.frames / s.median:.0f}",
            "" if s.memory is None else f"{s.memory / 1e6:.0f}",
            "" if s.share is None else f"{100 * s.share:.0f}",
        ]
        for s in report.speeds
    ]
    print_table(console, ["network", "back end", *speeds, "memory MB", "share %"], rows)
    console.print("* the fastest over all lengths: what --backend auto takes from now on, with as many threads")
    if out is not None:
        console.print(f"{out}: bench.png, bench.json")
