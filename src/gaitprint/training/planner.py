"""What a run will take, before it starts: measured on four clips and scaled to the batch."""

import time
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gaitprint.devices import DEVICE, card_memory
from gaitprint.memory import check_room
from gaitprint.training.loop import build_network, prepare_network
from gaitprint.training.objective import Objective
from gaitprint.training.precision import FLOAT32, Precision
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import Recipe
from gaitprint.training.room import BATCHES, WAY_OUT, check_start, weights_bytes
from gaitprint.training.sampler import clips_of_rank
from gaitprint.training.step import Within, loss_and_gradients

_SUBJECTS, _SEQUENCES = 2, 2
_CLIPS = _SUBJECTS * _SEQUENCES
_LONGEST = 60
"""Frames of the clips that are measured; of longer ones, so many, for all grows with them."""
_HEADROOM = 1.15
"""On what is kept for the gradient: the gradients that pass by while it is computed."""


@dataclass(frozen=True)
class Plan:
    """Memory and time of a training step, of one process, and of the whole run."""

    parameters: int
    """Numbers in the network."""
    weights: int
    """Bytes of weights, gradients, the optimizer's memory and a moving average."""
    activations: int
    """Bytes kept for the gradient at once."""
    batch: int
    """Bytes of clips and of what is made ahead."""
    losses: int
    """Bytes of distances and triplet terms."""
    seconds_per_step: float
    """Of computing, on this machine as busy as it is now."""
    iterations: int
    """Steps of the run."""
    shape: str
    """The batch in words."""
    precision: Precision = FLOAT32
    """What is computed in, and why."""

    @property
    def memory(self) -> int:
        """Bytes at the peak, besides Python and torch themselves (some 0.4 GB)."""
        return self.weights + self.activations + self.batch + self.losses

    @property
    def seconds(self) -> float:
        """Seconds of the whole run."""
        return self.seconds_per_step * self.iterations

    def describe(self) -> str:
        """One line for people."""
        return (
            f"about {self.memory / 1e9:.2g} GB, {_duration(self.seconds_per_step)} a step, "
            f"{_duration(self.seconds)} in all ({self.iterations} steps of {self.shape}, "
            f"{torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''})"
            + (f"; {self.precision.describe()}" if self.precision.why else "")
        )


def plan(
    recipe: Recipe, classes: int, device: str = DEVICE, ranks: int = 1, precision: Precision | None = None
) -> Plan:
    """Measure four made-up clips of the recipe's shape and scale to a process's part of the batch.

    Convolutions grow with the number of clips, and they are nearly all of it. On a GPU, where four clips do not fill
    the card, the time is an upper bound.

    Args:
        classes: training subjects.
        ranks: processes that share a batch.
        precision: what is computed in, float32 where None; see `choose_precision`.

    Raises:
        ConfigError: the processes cannot share it, or the network cannot do what the recipe asks.
        RoomError: its weights or batches alone do not fit into memory.
    """
    settings, shape, precision = recipe.training, recipe.preprocessing, precision or FLOAT32
    clips_here = clips_of_rank(settings, ranks)
    check_start(recipe, max(classes, _SUBJECTS), device, ranks)
    network = build_network(recipe, max(classes, _SUBJECTS), 0)
    prepare_network(network, settings, device)
    generator = torch.Generator().manual_seed(0)
    frames = min(settings.frames, _LONGEST)
    longer = settings.frames / frames
    # rounded to 0 and 1: silhouettes are, and zeros can make a network faster
    clips = torch.rand(_CLIPS, 1, frames, shape.height, shape.width, generator=generator).round().to(device)
    seconds, saved_bytes = _measured(network, recipe, clips, partial(precision.within, device))
    count = settings.subjects * settings.sequences
    at_once = min(clips_here, settings.micro_batch or clips_here)
    # two passes cost a forward pass more, a third of a step
    passes = 4 / 3 if at_once < clips_here else 1.0
    size = sum(p.numel() * p.element_size() for p in network.parameters())
    parts = shape.height
    batch = clips_here * int(clips[0].nbytes * longer)
    return Plan(
        parameters=sum(p.numel() for p in network.parameters()),
        weights=weights_bytes(size, settings),
        activations=int(_HEADROOM * saved_bytes * longer / _CLIPS * at_once),
        batch=batch * BATCHES,
        # of P N x N float32 matrices some six live at a time; the triplet terms have a budget of their own, see
        # `CHUNK`
        losses=6 * 4 * parts * count * count + 64_000_000,
        seconds_per_step=seconds * longer / _CLIPS * clips_here * passes,
        iterations=settings.iterations,
        shape=f"{settings.subjects} x {settings.sequences} clips of {settings.frames} frames",
        precision=precision,
    )


def plan_within_memory(recipe: Recipe, classes: int, device: str, ranks: int, precision: Precision) -> Plan:
    """Plan a run as `plan` does, and refuse it where it will not fit into the memory there is.

    Raises:
        ConfigError: as `plan`.
        RoomError: as it says.
    """
    made = plan(recipe, classes, device, ranks, precision)
    check_room(made.memory, f"a step of {made.shape}", WAY_OUT, card_memory(device))
    return made


def iterations_within(minutes: float, made: Plan) -> int:
    """Steps that fit, at least one; above 100 a round number."""
    steps = max(1, int(60 * minutes / made.seconds_per_step))
    return steps if steps < 100 else steps // 10 * 10


def _measured(network: nn.Module, recipe: Recipe, clips: Tensor, within: Within) -> tuple[float, int]:
    """Seconds of a step on these clips, and bytes kept for its gradient besides the weights."""
    objective = Objective(recipe.losses)
    labels = torch.arange(_SUBJECTS, device=clips.device).repeat_interleave(_SEQUENCES)

    def step() -> float:
        network.zero_grad()
        return loss_and_gradients(network, objective, clips, labels, torch.Generator, ProcessGroup(), within)[0]

    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            # by storage: views of one tensor that are saved more than once take its memory once
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    # the first step also warms up: kernels are chosen and memory is taken, so only the second one is timed
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step()
    start = time.perf_counter()
    step()
    return time.perf_counter() - start, sum(saved.values())


def _duration(seconds: float) -> str:
    for limit, unit, size in ((1, "ms", 0.001), (90, "s", 1), (5400, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 86_400:.3g} days"
