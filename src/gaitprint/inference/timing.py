"""Calls that are timed in turn, on clips of made-up frames: what else goes on in a machine meets all of them alike."""

from collections.abc import Callable, Hashable, Mapping
from time import perf_counter
from typing import TypeVar

import numpy as np
from jaxtyping import Float32

Name = TypeVar("Name", bound=Hashable)


def made_up_clip(frames: int, frame: tuple[int, int]) -> Float32[np.ndarray, "1 T H W"]:
    """One clip of black and white noise, the same at every call.

    Args:
        frames: T.
        frame: rows and columns.
    """
    rng = np.random.default_rng(frames)
    clip: Float32[np.ndarray, "1 T H W"] = (rng.random((1, frames, *frame)) > 0.5).astype(np.float32)
    return clip


def take_turns(
    calls: Mapping[Name, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = perf_counter,
    done: Callable[[int], None] = lambda calls: None,
) -> dict[Name, list[float]]:
    """Seconds of every call in every round, each above 0; what a first call does besides is the caller's to do before.

    Args:
        clock: answers seconds.
        done: called with the number of calls so far.
    """
    taken: dict[Name, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for place, (name, call) in enumerate(calls.items(), start=1):
            start = clock()
            call()
            taken[name].append(max(clock() - start, 1e-9))
            done(number * len(calls) + place)
    return taken
