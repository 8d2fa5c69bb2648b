"""Optimiser and schedule of a foreign configuration. Here it is always Adam; three schedules have a counterpart."""

from typing import Any

from gaitprint.interop.key_ledger import Account

ADAM_RATE = 1e-4
"""The learning rate of the method and of every published GaitGL, where the file has one for another solver."""
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
    is_adam = solver == "Adam"
    account.settle("optimizer_cfg.solver", "used" if is_adam else "changed", "Adam, the only optimizer here")
    rate = account.number("optimizer_cfg.lr", 0.1)
    # a rate of SGD, such as 0.1, would blow Adam up: there it is the size of a step
    settings = {"learning_rate": rate if solver in _LIKE_ADAM else ADAM_RATE}
    if solver in _LIKE_ADAM:
        account.settle("optimizer_cfg.lr", "used", f"training.learning_rate = {rate}")
    else:
        account.settle(
            "optimizer_cfg.lr",
            "changed",
            f"training.learning_rate = {ADAM_RATE}, the method's for Adam; {rate} is one for {solver}",
        )
    decay = account.number("optimizer_cfg.weight_decay", 5e-4)
    if solver == "AdamW":
        why = "AdamW shrinks the weights themselves, Adam here adds the penalty's gradient: set training.weight_decay"
        account.settle("optimizer_cfg.weight_decay", "unused", why)
    else:
        account.settle("optimizer_cfg.weight_decay", "used", f"training.weight_decay = {decay}")
        settings["weight_decay"] = decay
    account.settle("optimizer_cfg.momentum", "unused", "Adam keeps its own moments, 0.9 and 0.999")
    account.settle_below("optimizer_cfg", "no setting of Adam here: it keeps the moments 0.9 and 0.999 and eps 1e-8")
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
