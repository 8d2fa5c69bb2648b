"""The loop: batches in, weights moved, figures out; resumable at every checkpoint, alone or with other processes."""

import math
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import nn

from gaitprint.devices import DEVICE
from gaitprint.errors import ArtefactError, RunInterruptedError
from gaitprint.models.making import make_network
from gaitprint.training.alarms import Alarms
from gaitprint.training.graceful_shutdown import ShutdownRequest, graceful_shutdown
from gaitprint.training.objective import Objective
from gaitprint.training.optimizers import new_optimizer
from gaitprint.training.precision import FLOAT32, Precision
from gaitprint.training.prefetch import prefetched
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import Recipe, TrainingSettings
from gaitprint.training.resources import TrainingResources
from gaitprint.training.run_logger import RunLogger, Step
from gaitprint.training.running import TrainerState
from gaitprint.training.sampler import Batch, BatchSampler
from gaitprint.training.schedule import learning_rate, resets_at
from gaitprint.training.step import check_passes, loss_and_gradients


@dataclass(frozen=True)
class Execution:
    """How a run is carried out. But for the precision nothing here changes what it computes, save the order of sums."""

    resources: TrainingResources = TrainingResources()
    """Where the network lies, and who makes batches."""
    precision: Precision = FLOAT32
    """What convolutions are computed in; see `choose_precision`."""
    world: ProcessGroup = field(default_factory=ProcessGroup)
    """The processes that train together."""
    stop_after: int | None = None
    """Leave after so many finished iterations, checkpoint written (for tests and time budgets)."""
    report: Callable[[Step], None] = lambda step: None
    """Called after every iteration, in the first process."""
    validate: Callable[[nn.Module], dict[str, float]] | None = None
    """Figures of the subjects held out, among them validation_rank1, from a network in evaluation mode."""
    begun: Callable[[int], None] = lambda iteration: None
    """Called once with the iterations done so far, in the first process."""


def build_network(recipe: Recipe, classes: int, seed: int) -> nn.Module:
    """The recipe's network with fresh weights from `seed`."""
    generator = torch.Generator().manual_seed(seed)
    return make_network(recipe.network.name, recipe.network.settings, classes, generator, "network.settings")


def train_network(
    network: nn.Module,
    sampler: BatchSampler,
    recipe: Recipe,
    run: Path,
    fingerprint: str,
    how: Execution | None = None,
) -> nn.Module:
    """Train `network` in place to the end of the recipe, going on from the newest sound checkpoint under `run`.

    A step whose loss or gradient is not finite is skipped; see `NonfinitePolicy` for what follows.

    Args:
        fingerprint: of recipe, data and seed; checkpoints of another run are refused.
        how: see `Execution`; None: alone, on the CPU.

    Raises:
        ArtefactError: the folder holds another run's checkpoints, or loss or gradient stay not finite.
        RunInterruptedError: SIGTERM or Ctrl-C; a checkpoint has been written.
    """
    how = how or Execution()
    settings = recipe.training
    prepare_network(network, settings, how.resources.device)
    how.world.synchronised(network)
    state = TrainerState(network, settings, run, fingerprint, how.world)
    start, complaints = state.go_on()
    objective = Objective(recipe.losses)
    end = settings.iterations if how.stop_after is None else min(how.stop_after, settings.iterations)
    if how.world.rank == 0:
        how.begun(start)
    with ExitStack() as stack:
        shutdown = stack.enter_context(graceful_shutdown())
        alarms = Alarms(objective.margin, len(sampler.subjects), settings.subjects)
        watcher = RunLogger(run, settings, how.report if how.world.rank == 0 else None, alarms)
        stack.callback(watcher.close)
        for complaint in complaints:
            watcher.say(complaint)
        while start < end:
            watcher.go_on(start)
            start = _iterate(state, objective, sampler, how, watcher, shutdown, start, end)
    state.finish()
    return network


def prepare_network(network: nn.Module, settings: TrainingSettings, device: str = DEVICE) -> None:
    """Lay the network out as it is fastest and put it into training mode, in place.

    Raises:
        ConfigError: the recipe wants of the network what it cannot do.
    """
    network.to(device)
    for parameter in network.parameters():
        if parameter.ndim == 5:  # channels last: a quarter faster on a CPU, equal to rounding
            # `data` is replaced in place: the parameter stays the object that optimizer and wrappers know
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
    check_passes(network, settings)
    if settings.recompute:
        network.recompute = True  # type: ignore[assignment]
    network.train()


def _iterate(
    state: TrainerState,
    objective: Objective,
    sampler: BatchSampler,
    how: Execution,
    watcher: RunLogger,
    shutdown: ShutdownRequest,
    start: int,
    end: int,
) -> int:
    """Iterate from `start` to `end`, or to a roll-back; the iterations done afterwards."""
    settings, world = state.settings, how.world
    step = _Stepper(state, objective, how, sampler.seed)
    done, leave = start, False
    for iteration, batch in shutdown.awaited(
        # other processes wait for this one's part of a step
        prefetched(sampler, start, end, how.resources),
        at_once=world.alone,
    ):
        watcher.waited()
        # a reset replaces the optimizer, its moments with it; the rate alone would be a milestone
        if resets_at(settings, iteration):
            state.optimizer = new_optimizer(state.network, settings, iteration)
        figures, finite = step(iteration, batch)
        done = iteration + 1
        verdict = state.guard.see(finite)
        if verdict == "stop":
            raise ArtefactError(
                f"loss or gradient is not finite at iteration {done}, again and again after {state.guard.patience}: "
                f"train in a new folder, training.learning_rate lowered; {state.checkpoints} holds sound weights"
            )
        if verdict == "roll-back":
            watcher.say(f"iteration {done}: not finite once more, back to the newest checkpoint")
            guard = state.guard
            start, complaints = state.go_on()
            state.guard = guard  # it alone remembers that this happened
            for complaint in complaints:
                watcher.say(complaint)
            return start
        if verdict == "skip":
            watcher.say(f"iteration {done}: loss or gradient is not finite, the step is skipped")
            figures = {"skipped": 1.0, "learning_rate": figures["learning_rate"]}
        if how.validate is not None and (done % settings.validate_every == 0 or done == settings.iterations):
            figures |= _validated(state, how, done)
        watcher.see(done, figures)
        # all processes leave after the same step, or those that stay would wait for an exchange for ever
        leave = world.any(shutdown.asked)
        if leave and done < settings.iterations:
            break
        # amid skipped steps none is written, for it would be the one to roll back to
        if done == end or (finite and done % settings.checkpoint_every == 0):
            watcher.flush()
            state.save(done)
    if leave or done < end:
        _leave(state, watcher, shutdown, world, done)
    return end


def _leave(state: TrainerState, watcher: RunLogger, shutdown: ShutdownRequest, world: ProcessGroup, done: int) -> None:
    """Write a checkpoint and raise RunInterruptedError; nothing where the run is at its end."""
    if done == state.settings.iterations:
        return
    watcher.flush()
    state.save(done)
    world.barrier()  # torchrun ends the others as soon as one has left, and the first may still be writing
    raise RunInterruptedError(
        f"asked to leave ({shutdown.signal or 'another process was'}) after iteration {done}, checkpoint written: run "
        "the same command again, it goes on",
        shutdown.signal or "SIGTERM",
    )


def _validated(state: TrainerState, how: Execution, done: int) -> dict[str, float]:
    """Figures of the subjects held out; the first process computes them, with the averaged weights if there are."""
    if how.world.rank != 0 or how.validate is None:
        return {}
    network = state.network
    with state.average.applied(network) if state.average is not None else nullcontext():
        network.eval()
        figures = how.validate(network)
        state.keep_best(done, figures["validation_rank1"])
    network.train()
    return figures


class _Stepper:
    """One optimizer step: a batch in, figures out and whether all of it was finite. If not, nothing has moved."""

    def __init__(self, state: TrainerState, objective: Objective, how: Execution, seed: int) -> None:
        self._state, self._objective, self._how, self._seed = state, objective, how, seed
        self._masks = torch.Generator()
        self._within = partial(how.precision.within, how.resources.device)

    def __call__(self, iteration: int, batch: Batch) -> tuple[dict[str, float], bool]:
        state, settings, device = self._state, self._state.settings, self._how.resources.device
        network, optimizer = state.network, state.optimizer
        rate = learning_rate(settings, iteration)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        # before the forward pass, in which BatchNorm moves its statistics
        before = [buffer.clone() for buffer in network.buffers()]
        clips, labels = torch.from_numpy(batch.clips).to(device), torch.from_numpy(batch.labels).to(device)
        # iterations have the lower 32 bits, so no two pairs of seed and iteration share masks
        masks = partial(self._masks.manual_seed, (self._seed << 32) + iteration)
        loss, figures = loss_and_gradients(
            network, self._objective, clips, labels, masks, self._how.world, self._within, settings.micro_batch
        )
        self._how.world.sum_gradients(network.parameters())
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        norm = float(torch.nn.utils.get_total_norm(gradients))
        figures = {"loss": loss, **figures, "gradient_norm": norm, "learning_rate": rate}
        # decided together: a process that steps alone would have other weights from then on
        finite = not self._how.world.any(not (math.isfinite(loss) and math.isfinite(norm)))
        if finite:
            optimizer.step()
            if state.average is not None:
                state.average.update(network)
        else:  # the running statistics of BatchNorm have seen the batch
            for buffer, value in zip(network.buffers(), before, strict=True):
                buffer.copy_(value)
        return figures, finite
