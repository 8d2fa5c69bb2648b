"""`gaitprint demo`."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli.common import as_json, emit, print_table, seed_option, set_threads, threads_option
from gaitprint.cli.eval.ablate import print_ablation
from gaitprint.cli.kinds import PLACE
from gaitprint.cli.progress import progress_bar


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
