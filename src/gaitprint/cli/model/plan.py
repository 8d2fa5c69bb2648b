"""`gaitprint model plan`."""

from dataclasses import asdict

import click
from rich.console import Console

from gaitprint.cli.common import as_json, device_option, emit, set_threads, threads_option
from gaitprint.cli.completion import offer, recipes


@click.command(short_help="What a recipe takes: memory and time.")
@click.argument("recipe", shell_complete=offer(recipes, files=True))
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the recipe, such as training.micro_batch=32. Repeatable.",
)
@click.option("--people", default=74, show_default=True, type=click.IntRange(min=2), help="Training subjects.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(min=1), help="That share a batch.")
@device_option
@threads_option
@as_json
def plan(
    recipe: str,
    overrides: tuple[str, ...],
    people: int,
    processes: int,
    device: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Say what training by RECIPE will take on this machine: four clips are measured and scaled to the batch.

    \b
    Examples:
      gaitprint model plan gaitgl-journal-casia-b
      gaitprint model plan gaitgl-journal-casia-b --set training.micro_batch=32
    """
    from gaitprint.stages.plan import plan_run

    set_threads(threads)
    made = plan_run(recipe, overrides=overrides, subjects=people, device=device, ranks=processes)

    def text(out: Console) -> None:
        out.print(made.describe())
        parts = (("weights, gradients, optimizer", made.weights), ("kept for the gradient", made.activations),
                 ("clips", made.batch), ("distances and triplets", made.losses))  # fmt: skip
        for name, size in parts:
            out.print(f"  {name}: {size / 1e9:.2g} GB")

    emit(asdict(made) | {"memory": made.memory, "seconds": made.seconds}, as_json, text)
