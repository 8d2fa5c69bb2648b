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
from gaitprint.exported.card import Precision
from gaitprint.exported.opening import ENGINES
from gaitprint.exported.ranks import RankAgreement, rank_agreement, vectors_of
from gaitprint.exported.trial import Trial
from gaitprint.inference.backend_choice import TORCH, Choice, available, remember_speeds
from gaitprint.inference.broken_engines import made_or_said
from gaitprint.inference.bulk.tasks import torch_threads
from gaitprint.inference.embed_settings import THREADS
from gaitprint.inference.machine import MATRIX_OPERATIONS, PeakMemory, matrix_product
from gaitprint.inference.running import Runner, choice_for, form_of
from gaitprint.inference.timing import made_up_clip, take_turns
from gaitprint.processor import processor_name
from gaitprint.speed.eight_bits import FULL, REDUCED, Computed, eight_bit_opener

SHORT = 3
"""Frames of a first call, which compiles and allocates: that is no part of what a clip takes of memory."""
_Way = tuple[str, Precision]
"""A back end and what it computes in."""
_MATRIX, _WARM_UP = (("", FULL), 0), 3
_OPENING, _TIMING, _RANKING = 0.1, 0.5, 0.4
"""Shares of a network's progress; without 8 bits timing has the last one as well."""


@dataclass(frozen=True)
class SpeedSettings:
    """What is measured of every network."""

    frames: Sequence[int] = (30, 64, 100)
    """Lengths of the clips."""
    rounds: int = 10
    """How often each clip is embedded by each back end."""
    threads: int = THREADS
    """Processor threads; `model embed` with as many chooses by these figures."""
    int8: bool = False
    """Whether networks are measured in 8 bits, too, where a `Measured.trial` and the engines are there."""

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
    trial: Callable[[], Trial] | None = None
    """Makes what 8 bits are calibrated and their ranks compared on; ranks are not compared where it has no `clips`."""


@dataclass(frozen=True)
class Speed(Computed):
    """One network by one back end on clips of one length, one clip at a time."""

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
    """Of the network's back ends in full precision over all lengths: what `auto` takes."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rates = {"sequences_a_second": 1 / self.median, "frames_a_second": self.frames / self.median}
        return {**super().to_dict(), **rates}


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
    """By back end, precision and length."""

    seconds: dict[tuple[_Way, int], list[float]]
    memory: dict[tuple[_Way, int], int | None]
    ranks: dict[_Way, RankAgreement]
    """Of those in 8 bits."""


def _measure(
    measured: Measured,
    choice: Choice,
    product: Callable[[], object],
    settings: SpeedSettings,
    done: Callable[[float], None],
) -> _Taken:
    """Time one network, with products of matrices between the rounds."""
    trial = measured.trial() if settings.int8 and choice.movable and measured.trial is not None else None
    openers = _openers(measured, choice, trial)
    runs: dict[_Way, Runner] = {}
    calls: dict[tuple[_Way, int], Callable[[], object]] = {_MATRIX: product}
    memory: dict[tuple[_Way, int], int | None] = {}
    for place, (way, ready) in enumerate(openers.items()):
        done(_OPENING * place / len(openers))
        run = ready() if way == (TORCH, FULL) else made_or_said(way[0], ready)
        if run is None:
            continue
        runs[way], peak = run, PeakMemory()
        for frames in sorted(settings.frames):
            calls[way, frames] = partial(run, made_up_clip(frames, measured.frame))
            memory[way, frames] = peak.of(calls[way, frames])
    share = (_TIMING if trial is not None and trial.clips else _TIMING + _RANKING) / (settings.rounds * len(calls))
    # ranks last: an engine that has embedded many walks holds memory that a first clip would have been charged for
    seconds = take_turns(calls, settings.rounds, done=lambda number: done(_OPENING + share * number))
    return _Taken(seconds, memory, {} if trial is None else _ranks(runs, trial, done))


def _openers(measured: Measured, choice: Choice, trial: Trial | None) -> dict[_Way, Callable[[], Runner]]:
    """What makes each back end, and each engine of 8 bits, ready: after its first call."""

    def ready(opened: Callable[[str], Runner], name: str) -> Runner:
        run = opened(name)
        run(made_up_clip(SHORT, measured.frame))
        return run

    names = available() if choice.movable else [TORCH]
    openers: dict[_Way, Callable[[], Runner]] = {(name, FULL): partial(ready, choice.open, name) for name in names}
    form = form_of(measured.network)
    if trial is not None and form is not None:
        reduced = eight_bit_opener(form, trial.calibration)
        openers |= {(engine, REDUCED): partial(ready, reduced, engine) for engine in ENGINES if engine in names}
    return openers


def _ranks(runs: dict[_Way, Runner], trial: Trial, done: Callable[[float], None]) -> dict[_Way, RankAgreement]:
    """How well those in 8 bits agree with the network as it is; nothing where nobody is to be ranked."""
    reduced = [way for way in runs if way[1] == REDUCED]
    if not trial.clips:
        return {}
    step, reached = _RANKING / ((1 + len(reduced)) * len(trial.clips)), 1 - _RANKING

    def tick() -> None:
        nonlocal reached
        reached += step
        done(min(1.0, reached))

    exact = vectors_of(runs[TORCH, FULL], trial, tick)
    return {way: rank_agreement(exact, vectors_of(runs[way], trial, tick), trial.records) for way in reduced}


def _speeds(measured: Measured, choice: Choice, taken: _Taken, rate: float) -> list[Speed]:
    """The figures of one network; `auto` is to choose by those of full precision."""
    # what auto takes computes vectors that meet those of any other back end: none of 8 bits
    sums: dict[str, float] = {}
    for (name, precision), frames in taken.memory:
        if precision == FULL:
            sums[name] = sums.get(name, 0.0) + min(taken.seconds[(name, precision), frames])
    remember_speeds(choice, sums)
    fastest = min(sums, key=lambda name: sums[name]), FULL
    form, speeds = form_of(measured.network), []
    for (way, frames), memory in taken.memory.items():
        seconds = taken.seconds[way, frames]
        median, high = float(np.median(seconds)), float(np.percentile(seconds, 95))
        share = None if form is None else direct_operations(form, frames, measured.frame) / median / rate
        figures = (frames, median, high, memory, share, way == fastest)
        speeds.append(Speed(measured.name, way[0], *figures, precision=way[1], ranks=taken.ranks.get(way)))
    return speeds
