"""Optimiser and schedule of a foreign configuration; what has no counterpart becomes Adam."""

from typing import Any

from gaitprint.interop.key_ledger import Account

ADAM_RATE = 1e-4
"""The learning rate of the method and of every published GaitGL, where the file has one for another solver."""
SOLVERS = {"Adam": "adam", "AdamW": "adamw", "SGD": "sgd"}
"""Our optimizers by the toolkit's names."""
_LIKE_ADAM = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax")
"""Solvers whose learning rate means what Adam's does."""


def read_optimizer(account: Account, iterations: int) -> dict[str, Any]:
    """The part of the recipe's `training` about learning rate, weight decay and schedule, for so many `iterations`.

    Raises:
        ConfigError: a value of the wrong type.
    """
    return _solver(account) | _schedule(account, iterations)


def _solver(account: Account) -> dict[str, Any]:
    solver = account.word("optimizer_cfg.solver", "SGD")
    optimizer = SOLVERS.get(solver, "adam")
    account.settle(
        "optimizer_cfg.solver", "used" if solver in SOLVERS else "changed", f"training.optimizer = {optimizer!r}"
    )
    rate = account.number("optimizer_cfg.lr", 0.1)
    if solver in SOLVERS or solver in _LIKE_ADAM:
        account.settle("optimizer_cfg.lr", "used", f"training.learning_rate = {rate}")
    else:
        text = f"training.learning_rate = {ADAM_RATE}, the method's for Adam; {rate} is one for {solver}"
        account.settle("optimizer_cfg.lr", "changed", text)
        rate = ADAM_RATE
    decay = account.number("optimizer_cfg.weight_decay", 5e-4)
    account.settle("optimizer_cfg.weight_decay", "used", f"training.weight_decay = {decay}")
    settings = {"optimizer": optimizer, "learning_rate": rate, "weight_decay": decay}
    if solver == "SGD":
        settings["momentum"] = account.number("optimizer_cfg.momentum", 0.9)
        account.settle("optimizer_cfg.momentum", "used", f"training.momentum = {settings['momentum']}")
    account.settle("optimizer_cfg.momentum", "unused", "Adam keeps its own moments, 0.9 and 0.999")
    account.settle_below("optimizer_cfg", "no setting of this optimizer here; Adam's moments are 0.9 and 0.999")
    return settings


def _schedule(account: Account, iterations: int) -> dict[str, Any]:
    name = account.word("scheduler_cfg.scheduler", "MultiStepLR")
    settings: dict[str, Any] = {}
    if name == "MultiStepLR":
        settings = {
            "milestones": account.wholes("scheduler_cfg.milestones", (20_000, 40_000, 60_000)),
            "decay": account.number("scheduler_cfg.gamma", 0.1),
        }
        account.settle("scheduler_cfg.scheduler", "used", "training.schedule = 'steps'")
        account.settle("scheduler_cfg.milestones", "used", f"training.milestones = {settings['milestones']}")
        account.settle("scheduler_cfg.gamma", "used", f"training.decay = {settings['decay']}")
    elif name == "CosineAnnealingLR":
        settings = {"schedule": "cosine"}
        account.settle("scheduler_cfg.scheduler", "used", "training.schedule = 'cosine'")
        length = account.whole("scheduler_cfg.T_max", iterations)
        end = account.number("scheduler_cfg.eta_min", 0.0)
        text = f"the cosine ends with training.iterations = {iterations}"
        account.agree("scheduler_cfg.T_max", length == iterations, text)
        account.agree("scheduler_cfg.eta_min", end == 0, "the cosine ends at a rate of 0")
    else:
        why = "no such schedule here, the learning rate stays; near: training.schedule = 'cosine' with training.warm_up"
        account.settle("scheduler_cfg.scheduler", "unused", why)
    account.settle_below("scheduler_cfg", "no setting of the schedule that was taken")
    return settings
