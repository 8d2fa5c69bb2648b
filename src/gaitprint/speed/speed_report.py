"""How fast networks embed on this machine: every back end in turn, on clips of made-up frames."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from gaitprint.arguments import settle_fields
from gaitprint.config import require
from gaitprint.deploy.operations import direct_operations
from gaitprint.devices import DEVICE
from gaitprint.inference.backend_choice import TORCH, Choice, available, remember_speeds
from gaitprint.inference.broken_engines import made_or_said
from gaitprint.inference.bulk.tasks import torch_threads
from gaitprint.inference.embed_settings import THREADS
from gaitprint.inference.machine import MATRIX_OPERATIONS, PeakMemory, matrix_product
from gaitprint.inference.running import Runner, choice_for, form_of
from gaitprint.inference.timing import made_up_clip, take_turns
from gaitprint.processor import processor_name

SHORT = 3
"""Frames of a first call, which compiles and allocates: that is no part of what a clip takes of memory."""
_MATRIX, _WARM_UP = ("", 0), 3


@dataclass(frozen=True)
class SpeedSettings:
    """What is measured of every network."""

    frames: Sequence[int] = (30, 64, 100)
    """Lengths of the clips."""
    rounds: int = 10
    """How often each clip is embedded by each back end."""
    threads: int = THREADS
    """Processor threads; `model embed` with as many chooses by these figures."""

    def __post_init__(self) -> None:
        settle_fields(self)
        require(bool(self.frames) and min(self.frames) >= 1, f"a clip has 1 frame or more, found {self.frames}")
        require(len(set(self.frames)) == len(self.frames), f"lengths of clips differ, found {list(self.frames)}")
        require(self.rounds >= 1, f"there is 1 round or more, found {self.rounds}")
        require(self.threads >= 1, f"networks compute with 1 thread or more, found {self.threads}")


@dataclass(frozen=True, eq=False)
class Measured:
    """A network to be measured."""

    name: str
    """For people."""
    network: nn.Module
    """In evaluation mode."""
    frame: tuple[int, int]
    """Rows and columns of its clips."""


@dataclass(frozen=True)
class Speed:
    """One network by one back end on clips of one length, one clip at a time."""

    network: str
    backend: str
    frames: int
    """Of a clip."""
    median: float
    """Seconds a clip: half of the rounds took less."""
    percentile_95: float
    """Seconds a clip: 95 of 100 rounds took less, by linear interpolation."""
    memory: int | None
    """Bytes that the process held more at the peak than before the clip; None where the system does not say."""
    share: float | None
    """Of this machine's matrix rate, 0..1, by a direct convolution's operations: minimal filtering, which does fewer,
    may exceed 1. None where the network has no deploy form to count them by."""
    fastest: bool
    """Of the network's back ends over all lengths: what `auto` takes."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rates = {"sequences_a_second": 1 / self.median, "frames_a_second": self.frames / self.median}
        return {**asdict(self), **rates}


@dataclass(frozen=True)
class SpeedReport:
    """What was measured, and of which machine."""

    speeds: tuple[Speed, ...]
    matrix_rate: float
    """Operations a second of a large product of matrices in float32, the best of the run."""
    rounds: int
    threads: int
    processor: str = field(default_factory=processor_name)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "speeds": [speed.to_dict() for speed in self.speeds]}


def measure_speeds(
    networks: Sequence[Measured], settings: SpeedSettings, progress: Callable[[int, int, str], None]
) -> SpeedReport:
    """Measure networks one after another, the back ends of each in turn, and let `auto` choose by what was found.

    Args:
        progress: called with (percent done, 100, which network).
    """
    found: list[tuple[Measured, Choice, _Taken]] = []
    with torch_threads(settings.threads):
        product = matrix_product()
        for _ in range(_WARM_UP):
            product()
        for place, measured in enumerate(networks):

            def done(share: float, name: str = measured.name, place: int = place) -> None:
                progress(round(100 * (place + share) / len(networks)), 100, name)

            choice = choice_for(measured.network, measured.frame, DEVICE)
            found.append((measured, choice, _measure(measured, choice, product, settings, done)))
    rate = MATRIX_OPERATIONS / min(second for _, _, taken in found for second in taken.seconds[_MATRIX])
    speeds = [speed for measured, choice, taken in found for speed in _speeds(measured, choice, taken, rate)]
    return SpeedReport(tuple(speeds), rate, settings.rounds, settings.threads)


@dataclass(frozen=True)
class _Taken:
    """By back end and length."""

    seconds: dict[tuple[str, int], list[float]]
    memory: dict[tuple[str, int], int | None]


def _measure(
    measured: Measured,
    choice: Choice,
    product: Callable[[], object],
    settings: SpeedSettings,
    done: Callable[[float], None],
) -> _Taken:
    """Time one network, with products of matrices between the rounds."""
    names = available() if choice.movable else [TORCH]
    calls: dict[tuple[str, int], Callable[[], object]] = {_MATRIX: product}
    memory: dict[tuple[str, int], int | None] = {}
    for place, name in enumerate(names):
        done(0.1 * place / len(names))
        ready = partial(_ready, choice, name, measured.frame)
        run = ready() if name == TORCH else made_or_said(name, ready)
        if run is None:
            continue
        peak = PeakMemory()
        for frames in sorted(settings.frames):
            calls[name, frames] = partial(run, made_up_clip(frames, measured.frame))
            memory[name, frames] = peak.of(calls[name, frames])
    total = settings.rounds * len(calls)
    return _Taken(take_turns(calls, settings.rounds, done=lambda number: done(0.1 + 0.9 * number / total)), memory)


def _ready(choice: Choice, name: str, frame: tuple[int, int]) -> Runner:
    """A back end after its first call."""
    run = choice.open(name)
    run(made_up_clip(SHORT, frame))
    return run


def _speeds(measured: Measured, choice: Choice, taken: _Taken, rate: float) -> list[Speed]:
    """The figures of one network; `auto` is to choose by them."""
    sums: dict[str, float] = {}
    for name, frames in taken.memory:
        sums[name] = sums.get(name, 0.0) + min(taken.seconds[name, frames])
    remember_speeds(choice, sums)
    form, speeds = form_of(measured.network), []
    for (name, frames), memory in taken.memory.items():
        seconds = taken.seconds[name, frames]
        median, high = float(np.median(seconds)), float(np.percentile(seconds, 95))
        share = None if form is None else direct_operations(form, frames, measured.frame) / median / rate
        fastest = name == min(sums, key=lambda other: sums[other])
        speeds.append(Speed(measured.name, name, frames, median, high, memory, share, fastest))
    return speeds
