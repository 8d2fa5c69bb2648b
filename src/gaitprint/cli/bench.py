"""`gaitprint bench`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option, selection_options
from gaitprint.cli.completion import offer, protocols
from gaitprint.cli.kinds import PLACE, THREADS, Count
from gaitprint.cli.lists import split_names
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.options import interval_text
from gaitprint.cli.progress import progress_bar

_SPEED, _RANKS = "gaitprint.speed.speed_report:SpeedSettings", "gaitprint.stages.bench_ranks:RankSpeedSettings"
"""Whose fields are the defaults."""


def _lengths(text: str) -> tuple[int, ...]:
    words = split_names(text, "--frames")
    for word in words:
        if not word.isdecimal():
            raise click.UsageError(f"--frames is a list of lengths such as 30,64,100, found {word!r}")
    return tuple(int(word) for word in words)


_OF_SPEED, _OF_RANKS = ("frames", "rounds"), ("protocol", "sequences", "seed", "split", "subjects", "quality")
"""Options without a store, and with one."""


def _speed(frames: tuple[int, ...], rounds: int, threads: int, int8: bool) -> Any:
    from gaitprint.speed.speed_report import SpeedSettings

    return SpeedSettings(frames, rounds, threads, int8)


def _ranks(store: Path | None, protocol: str | None, sequences: int, seed: int, selection: Any) -> Any:
    """The store and how it is measured; None without one."""
    from gaitprint.stages.bench_ranks import RankSpeedSettings

    context = click.get_current_context()
    for name in _OF_RANKS if store is None else _OF_SPEED:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            way_out = "give --store as well" if store is None else "leave it or --store out"
            raise click.UsageError(f"--{name} decides nothing here: {way_out}")
    return None if store is None else (store, RankSpeedSettings(protocol, sequences, seed, selection))


_speed_options = OptionGroup(
    "speed",
    _speed,
    click.option(
        "--frames",
        cls=FieldOption,
        of=_SPEED,
        text=lambda lengths: ",".join(map(str, lengths)),
        show_default=True,
        callback=lambda _c, _p, v: _lengths(v),
        metavar="LIST",
        help="Lengths of the clips of made-up frames.",
    ),
    click.option(
        "--rounds",
        cls=FieldOption,
        of=_SPEED,
        show_default=True,
        type=Count(1, 100_000),
        metavar="COUNT",
        help="How often each clip is embedded by each back end, all in turn.",
    ),
    click.option(
        "--threads",
        cls=FieldOption,
        of=_SPEED,
        show_default=True,
        type=THREADS,
        metavar="COUNT",
        help="Processor threads; `model embed --threads` of as many takes what is fastest here.",
    ),
    click.option("--int8", is_flag=True, help="Measure 8 bits as well, and say whether the ranks of walkers stay."),
)
_rank_options = OptionGroup(
    "ranks",
    _ranks,
    click.option(
        "--store", type=PLACE, metavar="STORE", help="Measure rank-1 over milliseconds on its test part instead."
    ),
    click.option(
        "--protocol",
        shell_complete=offer(protocols, files=True),
        metavar="NAME",
        help="Who is probe and who gallery.  [default: the usual one of the store's data set]",
    ),
    click.option(
        "--sequences",
        cls=FieldOption,
        of=_RANKS,
        field="most",
        show_default=True,
        type=click.IntRange(min=1),
        metavar="COUNT",
        help="At most so many; whole subjects are drawn where the store has more.",
    ),
    seed_option,
    selection_options,
)


@click.command(short_help="How fast networks embed on this machine.")
@click.option(
    "--model",
    "models",
    type=PLACE,
    multiple=True,
    metavar="FILE",
    help="Model file to measure. Repeatable.  [default: the networks of four shipped recipes]",
)
@_speed_options
@_rank_options
@click.option("--out", type=PLACE, metavar="DIR", help="Folder for the figure, bench.png, and the values, bench.json.")
@as_json
def bench(models: tuple[Path, ...], speed: Any, ranks: Any, out: Path | None, as_json: bool) -> None:
    """Measure how fast networks embed on this machine: each by every back end, one clip at a time, all in turn.

    What is found is remembered: `model embed --backend auto` takes the back end that was fastest over all lengths.
    The share is that of this machine's rate of matrix products, counted by the operations of direct convolutions;
    minimal filtering (winograd) does fewer and may exceed 100 %.

    With --store, each model embeds its test part by every back end: rank-1 over milliseconds a sequence.
    With --int8, engines that have 8 bits get rows of their own, whether or not an export would be refused.

    \b
    Examples:
      gaitprint bench
      gaitprint bench --model runs/gl/model.safetensors --out bench
      gaitprint bench --frames 30,100 --rounds 30 --threads 2 --json
      gaitprint bench --int8
      gaitprint bench --store store --model runs/gl/model.safetensors \\
        --model runs/gm/model.safetensors --out ranks
    """
    if ranks is not None:
        from gaitprint.stages.bench_ranks import bench_ranks

        store, settings = ranks
        with progress_bar("measuring") as bar:
            found = bench_ranks(
                store, models, replace(settings, threads=speed.threads, int8=speed.int8), out=out, progress=bar.update
            )
        emit(found.to_dict(), as_json, lambda console: _print_ranks(console, found, out))
        return
    from gaitprint.stages.bench import bench as stage

    with progress_bar("measuring") as bar:
        report = stage(models, speed, out=out, progress=bar.update)
    emit(report.to_dict(), as_json, lambda console: _print_speeds(console, report, out))


def _print_speeds(console: Console, report: Any, out: Path | None) -> None:
    threads = f"{report.threads} thread{'' if report.threads == 1 else 's'}"
    console.print(f"{report.processor}, {threads}: {report.matrix_rate / 1e9:.0f} GFLOP/s in matrix products")
    speeds = ["frames", "median ms", "95 % ms", "sequences/s", "frames/s"]
    rows = [
        [
            s.network,
            f"{s.way} *" if s.fastest else s.way,
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
    _print_gates(console, report.speeds)
    console.print("* the fastest over all lengths: what --backend auto takes from now on, with as many threads")
    _print_place(console, out)


def _print_ranks(console: Console, report: Any, out: Path | None) -> None:
    from gaitprint.stages.bench_ranks import rank_title

    console.print(rank_title(report))
    rows = [
        [p.network, p.way, f"{p.rank1:.1f}", interval_text(p.interval), f"{p.milliseconds:.1f}"] for p in report.points
    ]
    print_table(console, ["network", "back end", "rank-1 %", "95 % interval", "ms a sequence"], rows)
    _print_gates(console, report.points)
    for warning in report.warnings:
        console.print(f"note: {warning}")
    _print_place(console, out)


def _print_gates(console: Console, computed: Any) -> None:
    """A line for each network and engine in 8 bits."""
    for line in dict.fromkeys(
        f"{c.network}, {c.backend} {c.precision}: rank gate {c.gate}" for c in computed if c.gate
    ):
        console.print(line)


def _print_place(console: Console, out: Path | None) -> None:
    if out is not None:
        console.print(f"{out}: bench.png, bench.json")
