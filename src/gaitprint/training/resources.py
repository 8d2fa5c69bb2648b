"""Where a run of training computes, and who makes its batches: nothing of it decides what is learnt."""

from dataclasses import dataclass
from typing import Literal

from gaitprint.config import require
from gaitprint.cores import WORKERS
from gaitprint.devices import DEVICE, check_device

StartMethod = Literal["fork", "spawn", "forkserver"]


@dataclass(frozen=True)
class TrainingResources:
    """What a run may use of this machine.

    Raises:
        ConfigError: a device that is not there, or a negative number of workers.
    """

    device: str = DEVICE
    """Where the network lies: `cpu`, `cuda`, `cuda:1`."""
    workers: int = WORKERS
    """Processes that make batches; 0 makes them in threads of this one. Changes no byte of the result."""
    start_method: StartMethod = "spawn"
    """How those processes start."""

    def __post_init__(self) -> None:
        if self.device != DEVICE:  # which is always there, and torch need not be asked
            check_device(self.device)
        require(self.workers >= 0, f"workers is a number of processes, at least 0, found {self.workers}")
