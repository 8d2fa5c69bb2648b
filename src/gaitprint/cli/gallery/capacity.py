"""`gaitprint gallery capacity`."""

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option
from gaitprint.cli.kinds import Count


@click.command(short_help="What a gallery takes: bytes, time.")
@click.option("--people", required=True, type=Count(1, 10**12), help="People enrolled.")
@click.option("--templates", default=1, show_default=True, type=Count(1, 10**6), help="Templates of each.")
@click.option("--width", default=2048, show_default=True, type=Count(1, 1_000_000), help="Floats of an embedding.")
@click.option(
    "--parts",
    default=16,
    show_default=True,
    type=click.IntRange(min=1),
    help="Parts of an embedding; they matter to int8-part and pq.",
)
@click.option(
    "--codec",
    "codecs",
    multiple=True,
    metavar="NAME",
    help="float32, fp16, int8, int8-part, pq-8, pca-128, pca-128-int8 and alike. Repeatable.  [default: a selection]",
)
@click.option(
    "--probes", default=1, show_default=True, type=Count(1, 10_000), help="Probes that are searched together."
)
@seed_option
@as_json
def capacity(
    people: int,
    templates: int,
    width: int,
    parts: int,
    codecs: tuple[str, ...],
    probes: int,
    seed: int,
    as_json: bool,
) -> None:
    """Say what a gallery takes on this machine: bytes on disk and in memory, milliseconds to search it.

    Bytes are counted, time is measured on few made-up templates and continued. Every template is compared with every
    probe; the threads are those of OMP_NUM_THREADS. Nothing is written.

    \b
    Examples:
      gaitprint gallery capacity --people 100000
      gaitprint gallery capacity --people 1000000 --width 256 \\
        --codec int8 --codec pq-1
    """
    from gaitprint.stages.capacity import capacity as stage

    result = stage(people, templates=templates, width=width, parts=parts, codecs=codecs, probes=probes, seed=seed)

    def text(out: Console) -> None:
        rows = [
            [c.name, f"{c.template_bytes}", _size(c.disk), _size(c.memory), f"{c.milliseconds:.3g}",
             f"{c.gigabytes_a_second:.2g}"]
            for c in result.codecs
        ]  # fmt: skip
        print_table(out, ["codec", "bytes", "on disk", "in memory", "ms a probe", "GB/s"], rows)
        out.print(f"{result.demand.count} templates of {width} floats; bytes counted, time measured and continued")

    emit(result.to_dict(), as_json, text)


def _size(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"
