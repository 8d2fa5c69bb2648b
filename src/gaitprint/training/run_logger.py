"""What one sees of a run: the history file, TensorBoard's curves, progress and alarms."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gaitprint.training.alarms import Alarms
from gaitprint.training.history import cut_history, read_history
from gaitprint.training.recipe import TrainingSettings
from gaitprint.training.tensorboard import CurvesWriter, curves_writer

TIMED = ("clips_per_second", "data_wait")
"""Figures that tell of the machine and differ from run to run: no part of a model file."""


@dataclass(frozen=True)
class Step:
    """One iteration's figures, for progress lines, the history file and the alarms."""

    iteration: int
    iterations: int
    figures: dict[str, float]
    seconds_left: float
    messages: tuple[str, ...] = ()


class RunLogger:
    """Takes in every iteration's figures and adds how long it took.

    Args:
        run: the run's folder.
        settings: of the recipe.
        report: called after every iteration; None makes a watcher that does nothing, as in all processes but the first.
        alarms: what they say is reported.
    """

    def __init__(
        self, run: Path, settings: TrainingSettings, report: Callable[[Step], None] | None, alarms: Alarms
    ) -> None:
        self._run, self._settings, self._report, self._alarms = run, settings, report, alarms
        self._messages: list[str] = []
        self._history: IO[str] | None = None
        self._curves: CurvesWriter | None = None
        self._start, self._begun = 0, time.monotonic()
        self._before, self._wait = self._begun, 0.0

    def go_on(self, start: int) -> None:
        """Forget what was written after `start` iterations, which a kill or a roll-back took back."""
        self._start, self._begun = start, time.monotonic()
        self._before = self._begun
        if self._report is None:
            return
        self.close()
        path = self._run / "history.jsonl"
        cut_history(path, start)
        self._curves = curves_writer(self._run / "tensorboard", start, read_history(path))
        self._history = path.open("a", encoding="utf-8")

    def waited(self) -> None:
        """A batch has arrived."""
        self._wait = time.monotonic() - self._before

    def say(self, message: str) -> None:
        """A line for the next report."""
        self._messages.append(message)

    def see(self, done: int, figures: dict[str, float]) -> None:
        """Write and report the figures of an iteration."""
        if self._report is None or self._history is None or self._curves is None:
            return
        now = time.monotonic()
        clips = self._settings.subjects * self._settings.sequences
        timed = dict(zip(TIMED, (clips / max(now - self._before, 1e-9), self._wait), strict=True))
        self._before = now
        self._history.write(json.dumps({"iteration": done, **figures, **timed}, allow_nan=False) + "\n")
        self._curves.add(done, figures | timed)
        # over this session: earlier ones may have run elsewhere
        left = (now - self._begun) / (done - self._start) * (self._settings.iterations - done)
        messages = (*self._messages, *self._alarms.see(figures))
        self._messages.clear()
        self._report(Step(done, self._settings.iterations, figures | timed, left, messages))

    def flush(self) -> None:
        """Put the history on disk before a checkpoint that stands for it."""
        if self._history is not None:
            self._history.flush()

    def close(self) -> None:
        """Close the files."""
        if self._history is not None:
            self._history.close()
            self._history = None
        if self._curves is not None:
            self._curves.close()
            self._curves = None
