"""`gaitprint model plan`: what a recipe will take on this machine."""

from collections.abc import Sequence

from gaitprint.devices import DEVICE, check_device
from gaitprint.training.planner import Plan, plan
from gaitprint.training.recipe import load_recipe
from gaitprint.training.room import check_start
from gaitprint.training.run_precision import chosen_precision


def plan_run(
    recipe: str, *, overrides: Sequence[str] = (), subjects: int = 74, device: str = DEVICE, ranks: int = 1
) -> Plan:
    """Memory and time of a recipe, measured on four made-up clips; nothing is written but, once, how fast bfloat16 is.

    Args:
        recipe: a shipped recipe or the path of one of your own.
        overrides: `training.micro_batch=32` and the like.
        subjects: training subjects, which decide the size of a classifier.
        device: `cpu`, `cuda`, `cuda:1`.
        ranks: processes that share a batch.

    Raises:
        GaitprintError: in one line.
    """
    check_device(device)
    chosen = load_recipe(recipe, tuple(overrides))
    check_start(chosen, subjects, device, ranks)
    return plan(chosen, subjects, device, ranks, chosen_precision(chosen, device))
