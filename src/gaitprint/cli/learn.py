"""Commands about networks: train, convert, networks."""

from pathlib import Path

import click
from rich.console import Console

from gaitprint.cli._common import (
    as_json,
    device_option,
    emit,
    seed_option,
    set_threads,
    split_option,
    subjects_option,
    table,
    threads_option,
)
from gaitprint.cli._progress import progress_bar


@click.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--recipe", default="gaitgl-small", show_default=True, help="A shipped recipe or a .toml of your own.")
@click.option("--set", "overrides", multiple=True, help="Change a setting: training.iterations=200. Repeatable.")
@click.option("--init", type=click.Path(path_type=Path), help="Model file to start from (fine-tuning).")
@split_option
@subjects_option
@device_option
@seed_option
@threads_option
@as_json
def train(
    store: Path,
    run: Path,
    recipe: str,
    overrides: tuple[str, ...],
    init: Path | None,
    split: str | None,
    subjects: tuple[str, ...] | None,
    device: str,
    seed: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Train a network on the training subjects of STORE; everything goes into the folder RUN.

    Killed, run the same command again: it goes on from the last checkpoint. At the end RUN holds
    `model.safetensors` (for `gaitprint embed`), `training.png` and `run.json`.
    """
    from gaitprint.stages.train import train as stage
    from gaitprint.training.loop import Step

    set_threads(threads)
    with progress_bar("training") as bar:

        def show(step: Step) -> None:
            f = step.figures
            note = f"loss {f['loss']:.3f}"
            if "active_share" in f:
                note += f"  non-zero triplets {f['active_share']:.0%}"
            if "accuracy" in f:
                note += f"  accuracy {f['accuracy']:.0%}"
            bar.update(step.iteration, step.iterations, f"{note}  {step.seconds_left / 60:.1f} min left")
            for message in step.messages:
                bar.say(message)

        report = stage(
            store,
            run,
            recipe=recipe,
            overrides=overrides,
            init=init,
            split=split,
            subjects=subjects,
            device=device,
            seed=seed,
            report=show,
        )

    def text(out: Console) -> None:
        figures = "  ".join(f"{k} {v:.4g}" for k, v in report.final.items())
        out.print(f"{report.model}: {report.recipe}, {report.iterations} iterations on {report.subjects} subjects")
        out.print(f"last 50 iterations: {figures}")

    emit(report.to_dict(), as_json, text)


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--keep-classifier", is_flag=True, help="Keep the classifier (for going on with training).")
@click.option("--licence", default="unknown", show_default=True, help="Of the weights; goes into the card.")
@as_json
def convert(weights: Path, out: Path, keep_classifier: bool, licence: str, as_json: bool) -> None:
    """Turn weights of the field's reference toolkit (.pt) or of GaitGL's authors (.ptm) into a model file OUT.

    The form of the network is read off the tensors; one tensor that finds no place is an error.
    """
    from gaitprint.stages.convert import convert as stage

    card = stage(weights, out, keep_classifier=keep_classifier, licence=licence)
    emit(card, as_json, lambda console: console.print(f"{out}: {card['title']}", markup=False))


@click.command()
@as_json
def networks(as_json: bool) -> None:
    """List the networks with their settings, and the shipped training recipes."""
    from gaitprint.stages.networks import list_networks, list_recipes

    nets, recipes = list_networks(), list_recipes()

    def text(out: Console) -> None:
        for n in nets:
            rows = [[s["name"], str(s["default"]), str(s["help"])] for s in n["settings"]]
            out.print(
                table(f"{n['name']}: {n['parameters']:,} parameters as published", ["setting", "default", ""], rows)
            )
            out.print()
        out.print(table("Recipes", ["name", "what it is"], [[r["name"], r["title"]] for r in recipes]))

    emit({"networks": nets, "recipes": recipes}, as_json, text)


COMMANDS = (train, convert, networks)
