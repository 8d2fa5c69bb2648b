"""`gaitprint model train`."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gaitprint.cli.common import (
    SEED,
    as_json,
    device_option,
    emit,
    first_process,
    selection_options,
    set_threads,
    threads_option,
)
from gaitprint.cli.completion import offer, recipes
from gaitprint.cli.kinds import PLACE, PROCESSES
from gaitprint.cli.option_groups import FieldOption, OptionGroup
from gaitprint.cli.progress import progress_bar

_REQUEST = "gaitprint.training.request:TrainingRequest"


def _request(**asked: Any) -> Any:
    from gaitprint.training.request import TrainingRequest

    return TrainingRequest(**asked)


def _resources(device: str, workers: int) -> Any:
    from gaitprint.training.resources import TrainingResources

    return TrainingResources(device, workers)


request_options = OptionGroup(
    "request",
    _request,
    click.option(
        "--recipe",
        cls=FieldOption,
        of=_REQUEST,
        shell_complete=offer(recipes, files=True),
        show_default=True,
        metavar="NAME",
        help="A shipped recipe, see `gaitprint model list`, or a .toml of your own.",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change a setting of the recipe, such as training.iterations=200. Repeatable.",
    ),
    click.option("--init", type=PLACE, metavar="FILE", help="Model file to start from, for fine-tuning."),
    selection_options,
    click.option("--seed", cls=FieldOption, of=_REQUEST, **SEED),
    click.option(
        "--minutes",
        type=click.FloatRange(min=0, min_open=True),
        help="Train for about so long instead of the recipe's iterations; how many fit is measured at the start.",
    ),
)
resources_options = OptionGroup(
    "resources",
    _resources,
    device_option,
    click.option(
        "--workers",
        cls=FieldOption,
        of="gaitprint.training.resources:TrainingResources",
        show_default=True,
        type=PROCESSES,
        metavar="COUNT",
        help="Processes that make batches; 0 makes them in threads of this one. Changes no byte of the result.",
    ),
)


@click.command(short_help="A store -> a trained network.")
@click.argument("store", type=PLACE)
@click.argument("run", type=PLACE)
@click.option(
    "--also",
    multiple=True,
    type=PLACE,
    metavar="STORE",
    help="A further store to learn from at the same time; its people are others than those of STORE. Repeatable.",
)
@request_options
@resources_options
@threads_option
@as_json
def train(
    store: Path,
    run: Path,
    also: tuple[Path, ...],
    request: Any,
    resources: Any,
    threads: int | None,
    as_json: bool,
) -> None:
    """Train a network on the training subjects of STORE; everything goes into the folder RUN.

    Where STORE is the word `synthetic`, what the recipe learns from is drawn first, into RUN/store.

    Killed, run the same command again: it goes on from the last checkpoint. Under torchrun all processes train the one
    network together, on CPUs or on one GPU each.

    \b
    Examples:
      gaitprint model train store runs/gl
      gaitprint model train store runs/gm --recipe gaitmask-small
      gaitprint model train synthetic runs/default --recipe default
      gaitprint model train store runs/try --threads 1 \\
        --set training.iterations=200
      gaitprint model train store runs/fine --init runs/gl/model.safetensors \\
        --set training.learning_rate=0.0001
      torchrun --nproc-per-node 2 -m gaitprint model train store runs/gl

    \b
    Files in RUN:
      model.safetensors  the network, for `gaitprint model embed`
      training.png       loss and accuracy over the iterations
      best.safetensors   with subjects held out: the weights that did best on them
      run.json           what was trained on, and the last figures
      history.jsonl      the figures of every iteration; tensorboard/ the same
      manifest.json      what made the run: code, data, seed, threads, device
      recipe.json, checkpoints/  every setting, and where a killed run goes on
    """
    from gaitprint.stages.train import train as stage
    from gaitprint.training.run_logger import Step

    set_threads(threads)
    with progress_bar("training", shown=first_process()) as bar:

        def show(step: Step) -> None:
            bar.update(step.iteration, step.iterations, _figures(step.figures))
            for message in step.messages:
                bar.say(message)

        report = stage(
            (store, *also),
            run,
            request,
            resources=resources,
            report=show,
            planned=lambda made: bar.say(made.describe()),
            drawing=lambda done, total, key: bar.update(done, total, f"drawing {key}"),
        )
    if not first_process():
        return

    def text(out: Console) -> None:
        out.print(f"{report.model}: {report.recipe}, {report.iterations} iterations on {report.subjects} subjects")
        out.print(f"means of the last {min(report.iterations, 50)} iterations: {_figures(report.final)}")

    emit(report.to_dict(), as_json, text)


def _figures(figures: dict[str, float]) -> str:
    """Loss, and the shares by which one sees whether a network still learns."""
    parts = [f"loss {figures['loss']:.3f}"] if "loss" in figures else ["step skipped"]
    for key, words in (("accuracy", "accuracy"), ("active_share", "non-zero triplets")):
        if key in figures:
            parts.append(f"{words} {100 * figures[key]:.0f} %")
    if "validation_rank1" in figures:
        parts.append(f"held-out rank-1 {figures['validation_rank1']:.1f} %")
    if "clips_per_second" in figures:
        parts.append(f"{figures['clips_per_second']:.0f} clips/s")
    return "  ".join(parts)
