"""How much memory and how many cores a comparison may take, and whom it tells how far it is."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from gaitprint.config import require

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Work:
    """What comparing may use. Nothing here changes a figure."""

    memory: int = 2 << 30
    """Bytes for what is held at once beside the vectors and the answer; blocks are cut to it."""
    threads: int = 0
    """Processor threads; 0: all cores that this process may use."""
    progress: Progress = _silent
    """Told after every block."""

    def __post_init__(self) -> None:
        least = 64 << 20
        require(self.memory >= least, f"a comparison needs 64 MiB at least, found {self.memory / (1 << 20):.3g} MiB")
        require(self.threads >= 0, f"threads are 0 (all cores) or more, found {self.threads}")

    @property
    def cores(self) -> int:
        """Threads in numbers."""
        return self.threads or _cores()

    def rows(self, bytes_a_row: float, at_most: int = 1024) -> int:
        """Rows of a block of which every thread holds one, each row taking so many bytes."""
        return int(max(1, min(at_most, self.memory / self.cores / max(bytes_a_row, 1.0))))
