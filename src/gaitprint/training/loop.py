"""The loop: batches in, weights moved, figures out; resumable at every checkpoint."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from gaitprint.components import find_component
from gaitprint.errors import ArtefactError
from gaitprint.training.alarms import Alarms
from gaitprint.training.checkpoint import RunState, newest_checkpoint, restore, save_checkpoint
from gaitprint.training.history import cut_history
from gaitprint.training.objective import Objective
from gaitprint.training.optimizers import new_optimizer
from gaitprint.training.prefetch import StartMethod, prefetched
from gaitprint.training.recipe import Recipe, TrainingSettings
from gaitprint.training.sampler import Batch, BatchSampler
from gaitprint.training.schedule import learning_rate, resets_at


@dataclass(frozen=True)
class Step:
    """One iteration's figures, for progress lines, the history file and the alarms."""

    iteration: int
    iterations: int
    figures: dict[str, float]
    seconds_left: float
    messages: tuple[str, ...] = ()


def build_network(recipe: Recipe, classes: int, seed: int) -> nn.Module:
    """The recipe's network with fresh weights from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    component = find_component("network", recipe.network.name)
    network = component.make(recipe.network.settings, "network.settings", classes=classes, generator=generator)
    assert isinstance(network, nn.Module)
    return network


def train_network(
    network: nn.Module,
    sampler: BatchSampler,
    recipe: Recipe,
    run: Path,
    fingerprint: str,
    device: str = "cpu",
    report: Callable[[Step], None] = lambda step: None,
    stop_after: int | None = None,
    workers: int = 0,
    start_method: StartMethod = "spawn",
) -> nn.Module:
    """Train `network` in place to the end of the recipe, going on from the newest sound checkpoint under `run`.

    Args:
        fingerprint: of recipe, data and seed; checkpoints of another run are refused.
        report: called after every iteration.
        stop_after: leave after this many finished iterations, checkpoint written (for tests and time budgets).
        workers, start_method: see `prefetched`.

    Raises:
        ArtefactError: the folder holds another run's checkpoints, or the loss is no longer finite.
    """
    settings = recipe.training
    objective = Objective(recipe.losses)
    network.to(device)
    for parameter in network.parameters():
        if parameter.ndim == 5:  # channels last: a quarter faster on a CPU, equal to rounding
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
    network.train()
    optimizer, start, complaints = _resume(network, settings, run, fingerprint)
    end = settings.iterations if stop_after is None else min(stop_after, settings.iterations)
    alarms = Alarms(objective.margin, len(sampler.subjects), settings.subjects)
    masks = torch.Generator()
    mixed = settings.precision == "bfloat16" and torch.device(device).type == "cuda"
    clock = time.monotonic()
    cut_history(run / "history.jsonl", start)
    with (run / "history.jsonl").open("a", encoding="utf-8") as history:
        for iteration, batch in prefetched(sampler, start, end, workers, start_method):
            if resets_at(settings, iteration):
                optimizer = new_optimizer(network, settings, iteration)
            rate = learning_rate(settings, iteration)
            for group in optimizer.param_groups:
                group["lr"] = rate
            masks.manual_seed((sampler.seed << 32) + iteration)
            figures = {**_step(network, optimizer, objective, batch, masks, mixed, iteration), "learning_rate": rate}
            done = iteration + 1
            history.write(json.dumps({"iteration": done, **figures}) + "\n")
            left = (time.monotonic() - clock) / (done - start) * (settings.iterations - done)
            report(Step(done, settings.iterations, figures, left, (*complaints, *alarms.see(figures))))
            complaints = ()
            if done == end or done % settings.checkpoint_every == 0:
                history.flush()
                save_checkpoint(run / "checkpoints", RunState(done, fingerprint), network, optimizer)
    return network


def _resume(
    network: nn.Module, settings: TrainingSettings, run: Path, fingerprint: str
) -> tuple[torch.optim.Optimizer, int, tuple[str, ...]]:
    """The optimizer, the iterations done, and a line for each damaged checkpoint; fills the network's weights."""
    found, complaints = newest_checkpoint(run / "checkpoints")
    if found is None:
        return new_optimizer(network, settings, 0), 0, complaints
    if found.state.run != fingerprint:
        raise ArtefactError(f"{run} holds a run under another recipe, data set or seed: choose a new folder")
    optimizer = new_optimizer(network, settings, found.state.iteration)
    restore(found, network, optimizer)
    return optimizer, found.state.iteration, complaints


def _step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    objective: Objective,
    batch: Batch,
    masks: torch.Generator,
    mixed: bool,
    iteration: int,
) -> dict[str, float]:
    """Move the weights once; the figures are those before the move."""
    device = next(network.parameters()).device
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cuda", torch.bfloat16, mixed):
        outputs = network(torch.from_numpy(batch.clips).to(device), masks)
    total, figures = objective(outputs, torch.from_numpy(batch.labels).to(device))
    loss = float(total.detach())
    if not math.isfinite(loss):
        raise ArtefactError(
            f"the loss is {loss} at iteration {iteration + 1}: train in a new folder, training.learning_rate lowered"
        )
    total.backward()
    optimizer.step()
    return {"loss": loss, **figures}
