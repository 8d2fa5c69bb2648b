"""A run that is given minutes instead of iterations."""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import read_json
from gaitprint.config import require
from gaitprint.errors import ArtefactError
from gaitprint.training.planner import Plan, iterations_within
from gaitprint.training.recipe import Recipe


def within_minutes(recipe: Recipe, minutes: float | None, out: Path, measured: Callable[[], Plan]) -> Recipe:
    """The recipe with as many iterations as fit, or as were found to fit when the run in `out` started.

    Raises:
        ConfigError: minutes not above 0, or without end.
        ArtefactError: the folder's recipe.json is damaged.
    """
    if minutes is None:
        return recipe
    require(0 < minutes < inf, f"minutes are a number above 0, found {minutes}")
    begun = out / "recipe.json"
    if begun.is_file():
        return with_iterations(recipe, _recorded_iterations(read_json(begun, "the run's recipe")))
    return with_iterations(recipe, iterations_within(minutes, measured()))


def _recorded_iterations(facts: Any) -> int:
    """The iterations that a run's `recipe.json` names.

    Raises:
        ArtefactError: it names none.
    """
    try:
        return int(facts["recipe"]["training"]["iterations"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ArtefactError("the run's recipe.json names no iterations: train in a new folder") from None


def with_iterations(recipe: Recipe, iterations: int) -> Recipe:
    """The recipe, so long."""
    return replace(recipe, training=replace(recipe.training, iterations=iterations))
