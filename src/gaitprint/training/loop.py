"""The loop: batches in, weights moved, figures out; resumable at every checkpoint."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.storage import write_text
from gaitprint.tensors import PartOutputs
from gaitprint.training.alarms import Alarms
from gaitprint.training.checkpoint import RunState, newest_checkpoint, read_checkpoint, restore, save_checkpoint
from gaitprint.training.recipe import Recipe
from gaitprint.training.sampler import Batch, BatchSampler
from gaitprint.training.schedule import learning_rate, new_optimizer, resets_at

PREFETCH = 3
"""Batches made ready while the network computes."""


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
) -> nn.Module:
    """Train `network` in place to the end of the recipe, going on from the newest sound checkpoint under `run`.

    Args:
        fingerprint: of recipe, data and seed; checkpoints of another run are refused.
        report: called after every iteration.
        stop_after: leave after this many finished iterations, checkpoint written (for tests and time budgets).

    Raises:
        ArtefactError: the folder holds another run's checkpoints, or the loss is no longer finite.
    """
    settings = recipe.training
    losses = [(c.weight, find_component("loss", c.name).make(c.settings, f"losses.{c.name}")) for c in recipe.losses]
    network.to(device)
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    network.train()
    optimizer = new_optimizer(network, settings, 0)
    start = 0
    path, complaints = newest_checkpoint(run / "checkpoints")
    if path is not None:
        state, tensors = read_checkpoint(path)
        if state.run != fingerprint:
            raise ArtefactError(f"{run} holds a run under another recipe, data set or seed: choose a new folder")
        optimizer = new_optimizer(network, settings, state.iteration)
        restore(tensors, network, optimizer)
        start = state.iteration
    _cut_history(run / "history.jsonl", start)
    margin = next((loss.settings.margin for _, loss in losses if hasattr(loss.settings, "margin")), 0.2)
    alarms = Alarms(margin, len(sampler.subjects))
    masks = torch.Generator()
    mixed = settings.precision == "bfloat16" and torch.device(device).type == "cuda"
    clock, shown = time.monotonic(), start
    with (run / "history.jsonl").open("a", encoding="utf-8") as history:
        for iteration, batch in _prefetched(sampler, start, settings.iterations):
            if resets_at(settings, iteration):
                optimizer = new_optimizer(network, settings, iteration)
            rate = learning_rate(settings, iteration)
            for group in optimizer.param_groups:
                group["lr"] = rate
            masks.manual_seed((sampler.seed << 32) + iteration)
            optimizer.zero_grad(set_to_none=True)
            clips = torch.from_numpy(batch.clips).to(device)
            labels = torch.from_numpy(batch.labels).to(device)
            with torch.autocast("cuda", torch.bfloat16, mixed):
                outputs = network(clips, masks)
            total, figures = _losses(losses, outputs, labels)
            total.backward()
            if not torch.isfinite(total):
                raise ArtefactError(
                    f"the loss is {float(total.detach())} at iteration {iteration}: lower training.learning_rate and start "
                    f"again from the last checkpoint in {run}"
                )
            optimizer.step()
            done = iteration + 1
            figures = {"loss": float(total.detach()), **figures, "learning_rate": rate}
            history.write(json.dumps({"iteration": done, **figures}) + "\n")
            left = (time.monotonic() - clock) / (done - shown) * (settings.iterations - done)
            messages = (*complaints, *alarms.see(figures))
            complaints = ()
            report(Step(done, settings.iterations, figures, left, messages))
            last = done in (settings.iterations, stop_after)
            if last or done % settings.checkpoint_every == 0:
                history.flush()
                save_checkpoint(run / "checkpoints", RunState(done, fingerprint), network, optimizer)
            if last:
                break
    return network


def _losses(losses: list[tuple[float, Any]], outputs: PartOutputs, labels: Tensor) -> tuple[Tensor, dict[str, float]]:
    total = torch.zeros((), device=labels.device)
    figures: dict[str, float] = {}
    for weight, loss in losses:
        reads = getattr(outputs, loss.reads)
        if reads is None:
            raise ConfigError(
                f"the loss {type(loss).__name__} reads the network's {loss.reads}, and this network has none: "
                "choose a head with a classifier, or drop the loss"
            )
        values = loss(reads, labels)
        total = total + weight * values.loss
        figures.update(loss.figures(values))
    return total, figures


def _prefetched(sampler: BatchSampler, start: int, end: int) -> Iterator[tuple[int, Batch]]:
    """Batches start..end-1 in order, the next few being made by a thread meanwhile."""
    with ThreadPoolExecutor(max_workers=PREFETCH) as pool:
        waiting = {i: pool.submit(sampler.batch, i) for i in range(start, min(start + PREFETCH, end))}
        try:
            for iteration in range(start, end):
                batch = waiting.pop(iteration).result()
                if iteration + PREFETCH < end:
                    waiting[iteration + PREFETCH] = pool.submit(sampler.batch, iteration + PREFETCH)
                yield iteration, batch
        finally:
            for future in waiting.values():
                future.cancel()


def _cut_history(path: Path, iteration: int) -> None:
    """Drop lines of iterations that a kill took back, so that each stands there once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            break
        if row["iteration"] <= iteration:
            kept.append(line + "\n")
    write_text(path, "".join(kept))
