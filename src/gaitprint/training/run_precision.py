"""The precision of a run: chosen when it begins, and kept when it goes on."""

from dataclasses import asdict
from pathlib import Path

from gaitprint.atomic_files import json_object
from gaitprint.training.manifest import NAME as MANIFEST
from gaitprint.training.precision import FLOAT32, Name, Precision, choose_precision
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import Recipe
from gaitprint.training.timing import seconds_in_either


def chosen_precision(recipe: Recipe, device: str, recorded: Name | None = None) -> Precision:
    """What the recipe is computed in on this machine; see `choose_precision`."""
    return choose_precision(recipe.training.precision, device, lambda: seconds_in_either(recipe), recorded)


def run_precision(recipe: Recipe, device: str, out: Path, world: ProcessGroup) -> Precision:
    """What the run in `out` is computed in: the first process finds out, the others follow."""
    found = chosen_precision(recipe, device, recorded_precision(out)) if world.rank == 0 else FLOAT32
    # measured on each, two processes could choose differently, and their gradients would not fit together
    return Precision(**world.broadcast(asdict(found)))


def recorded_precision(out: Path) -> Name | None:
    """What the run in `out` was begun in; None where there is no run, or it does not say."""
    begun = json_object(out / "recipe.json").get("precision")
    if begun is None:  # before runs were begun with it, their manifest said it alone
        sessions = json_object(out / MANIFEST).get("sessions")
        last = sessions[-1] if isinstance(sessions, list) and sessions else None
        begun = last.get("precision") if isinstance(last, dict) else None
    return begun if begun in ("float32", "bfloat16") else None
