"""Where a run of training computes, and who makes its batches: nothing of it decides what is learnt."""

from dataclasses import dataclass
from typing import Literal

from gaitprint.config import require
from gaitprint.devices import DEVICE

StartMethod = Literal["fork", "spawn", "forkserver"]


@dataclass(frozen=True)
class TrainingResources:
    """What a run may use of a machine."""

    device: str = DEVICE
    """Where the network lies: `cpu`, `cuda`, `cuda:1`."""
    workers: int = 0
    """Processes that make batches; 0 makes them in threads of this one. Changes no byte of the result."""
    start_method: StartMethod = "spawn"
    """How those processes start."""

    def __post_init__(self) -> None:
        require(self.workers >= 0, f"workers is a number of processes, at least 0, found {self.workers}")
