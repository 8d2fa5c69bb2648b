"""A recipe's step timed in float32 and in bfloat16, in turn, on two clips: a second or two, once a machine."""

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from time import process_time
from typing import Any

import torch

from gaitprint.config import settings_to_dict
from gaitprint.processor import instructions, processor_name
from gaitprint.remembered import remembered
from gaitprint.training.loop import build_network, prepare_network
from gaitprint.training.objective import Objective
from gaitprint.training.precision import Precision, Seconds
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import Recipe
from gaitprint.training.step import loss_and_gradients

_FRAMES = 12
"""At most: a longer clip takes longer, and the precisions compare alike."""
_ROUNDS = 3
_CLEAR = 3.0
"""A first step so many times as long as the other decides; what a first step does besides is less."""


def seconds_in_either(recipe: Recipe) -> Seconds:
    """Seconds of a step on this processor, measured once and then remembered."""
    values = remembered("precision", facts_of(recipe), lambda: asdict(measure(recipe)))
    return Seconds(values["float32"], values["bfloat16"])


def facts_of(recipe: Recipe) -> dict[str, Any]:
    """All that the two times hang on: processor, versions, threads, and the recipe's kind of convolution."""
    plain = settings_to_dict(recipe)
    return {
        "device": processor_name(),
        "instructions": instructions(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "limit": os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "network": plain["network"],
        "preprocessing": plain["preprocessing"],
        "frames": min(recipe.training.frames, _FRAMES),
        "recompute": recipe.training.recompute,
    }


def measure(recipe: Recipe, clock: Callable[[], float] = process_time) -> Seconds:
    """Time forward and backward passes of two made-up clips, in turn, the least of each counting.

    Args:
        clock: seconds; of the processor, so that other work on the machine is left out.
    """
    settings, shape = recipe.training, recipe.preprocessing
    network = build_network(recipe, 2, 0)
    prepare_network(network, settings)
    frames = min(settings.frames, _FRAMES)
    generator = torch.Generator().manual_seed(0)
    clips = torch.rand(2, 1, frames, shape.height, shape.width, generator=generator).round()
    objective, labels = Objective(recipe.losses), torch.arange(2)

    def once(precision: Precision) -> float:
        network.zero_grad()
        start = clock()
        within = partial(precision.within, "cpu")
        loss_and_gradients(network, objective, clips, labels, torch.Generator, ProcessGroup(), within)
        return clock() - start

    full, half = Precision("float32"), Precision("bfloat16")
    first = Seconds(once(full), once(half))
    if first.bfloat16 > _CLEAR * first.float32:
        return _positive(first)
    # in turn, so that a machine that slows down slows both
    rounds = [Seconds(once(full), once(half)) for _ in range(_ROUNDS)]
    return _positive(Seconds(min(r.float32 for r in rounds), min(r.bfloat16 for r in rounds)))


def _positive(seconds: Seconds) -> Seconds:
    """Keep times above 0, however coarse the clock is."""
    return Seconds(max(seconds.float32, 1e-9), max(seconds.bfloat16, 1e-9))
