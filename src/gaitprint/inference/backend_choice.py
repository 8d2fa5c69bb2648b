"""Which back end a job gets where nobody names one: the fastest on this machine, measured once and remembered."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

import numpy as np

from gaitprint.components import component_names, find_component
from gaitprint.config import require
from gaitprint.errors import did_you_mean
from gaitprint.inference.broken_engines import made_or_said
from gaitprint.inference.timing import made_up_clip, take_turns
from gaitprint.processor import instructions, processor_name
from gaitprint.remembered import recall, remember

AUTO, TORCH = "auto", "torch"
WORTH_MEASURING = 5000
"""Frames of a job: a minute or so of a large network; measuring takes seconds."""
FRAMES, ROUNDS = 30, 3

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """The back ends that could run one network."""

    movable: bool
    """Whether any but torch can."""
    facts: dict[str, Any]
    """What their speed hangs on, but for this machine."""
    frame: tuple[int, int]
    """Rows and columns."""
    open: Callable[[str], Callable[[np.ndarray], np.ndarray]]
    """Makes one ready to run."""


def check_backend(name: str) -> None:
    """Refuse a name that is none of a back end.

    Raises:
        ConfigError: with those that are.
    """
    names = [AUTO, TORCH, *component_names("backend")]
    require(name in names or "." in name, f"no back end is called {name!r}: {did_you_mean(name, names)}")


def rank_backends(choice: Choice, frames: int) -> list[str]:
    """Back ends by the speed that was ever measured here, the fastest first, torch among them, whatever breaks.

    A job of many frames measures, a small one takes torch where nothing is known.

    Args:
        frames: that are to be embedded.
    """
    if not choice.movable:
        return [TORCH]
    names = available()
    facts = {**choice.facts, **_machine(names)}
    seconds = recall("backends", facts)
    if seconds is None:
        if frames < WORTH_MEASURING:
            return [TORCH]
        seconds = _measure(choice, names)
        remember_speeds(choice, seconds)
    _LOG.info("seconds, as measured here: %s", seconds)
    return sorted(seconds, key=lambda name: seconds[name])


def remember_speeds(choice: Choice, seconds: dict[str, float]) -> None:
    """Let `rank_backends` rank by these seconds from now on.

    Args:
        choice: what was measured.
        seconds: of every available back end for the same clips; nothing is kept where one is missing, for it may be
            mended tomorrow.
    """
    names = available()
    if choice.movable and set(seconds) == set(names):
        remember("backends", {**choice.facts, **_machine(names)}, seconds)


def available() -> list[str]:
    """Back ends whose libraries are installed and can be loaded, torch first."""
    names = component_names("backend")
    return [TORCH, *(n for n in names if made_or_said(n, partial(find_component, "backend", n)) is not None)]


def _measure(choice: Choice, names: list[str]) -> dict[str, float]:
    """Seconds of the clock for one clip, in turn, the least of each counting."""
    clip = made_up_clip(FRAMES, choice.frame)

    def ready(name: str) -> Callable[[], object]:
        call = partial(choice.open(name), clip)
        call()  # what a first call does besides
        return call

    # torch is what remains, so that its errors are the job's
    made = {name: ready(name) if name == TORCH else made_or_said(name, partial(ready, name)) for name in names}
    calls = {name: call for name, call in made.items() if call is not None}
    return {name: min(taken) for name, taken in take_turns(calls, ROUNDS, perf_counter).items()}


def _machine(names: list[str]) -> dict[str, Any]:
    return {
        "processor": processor_name(),
        "instructions": instructions(),
        "backends": names,
        "versions": {name: _version(name) for name in ("gaitprint", "numba", "numpy", *names)},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
