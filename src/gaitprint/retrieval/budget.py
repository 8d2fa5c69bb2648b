"""How much memory and how many cores a comparison may take, and whom it tells how far it is."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gaitprint.blas import one_blas_thread
from gaitprint.config import require
from gaitprint.cores import usable_cores
from gaitprint.errors import DataError

Task = TypeVar("Task")
Done = TypeVar("Done")

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what


def _unsaid(message: str) -> None:
    del message


@dataclass(frozen=True)
class ComputeBudget:
    """What comparing may use. Nothing here changes a figure."""

    memory: int = 2 << 30
    """Bytes for what is held at once beside the vectors and the answer; blocks are cut to it, and whole arrays that are
    larger lie in temporary files."""
    threads: int = 0
    """Processor threads; 0: all cores that this process may use."""
    progress: Progress = _silent
    """Told after every block."""
    say: Callable[[str], None] = _unsaid
    """Told what a search that may miss somebody has reached, in a line."""

    def __post_init__(self) -> None:
        least = 64 << 20
        require(self.memory >= least, f"a comparison needs 64 MiB at least, found {self.memory / (1 << 20):.3g} MiB")
        require(self.threads >= 0, f"threads are 0 (all cores) or more, found {self.threads}")

    @cached_property
    def cores(self) -> int:
        """Threads in numbers; asked of the system once, which takes longer than a small block does."""
        return self.threads or usable_cores()

    def quiet(self) -> "ComputeBudget":
        """The same without progress: for a part of something whose own progress is told."""
        return replace(self, progress=_silent)

    def rows(self, bytes_a_row: float, at_most: int = 1024) -> int:
        """Rows of a block of which every thread holds one, each row taking so many bytes."""
        return int(max(1, min(at_most, self.memory / self.cores / max(bytes_a_row, 1.0))))

    def each(self, one: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        """`one` of every task, in order, on all cores with one BLAS thread each; a single task has all of them."""
        if len(tasks) == 1:
            yield one(tasks[0])
            return
        # a BLAS built with OpenMP keeps the number for each thread, so the workers have to be told as well
        with one_blas_thread(), ThreadPoolExecutor(self.cores, initializer=one_blas_thread) as pool:
            yield from pool.map(one, tasks)

    def array(self, rows: int, width: int) -> NDArray[np.float32]:
        """An array [rows, width] to be filled; one larger than the memory lies in a file that goes with it.

        The file is in the system's folder for such (the variable TMPDIR), and has its room before it is used.

        Raises:
            DataError: the folder has no room.
        """
        size = 4 * rows * width
        if size <= self.memory:
            return np.empty((rows, width), np.float32)
        # the map keeps the file alive after it is closed; without a name it goes with the array
        with tempfile.TemporaryFile() as file:
            try:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)
            except OSError as error:
                raise DataError(
                    f"{size / (1 << 30):.3g} GiB of vectors do not fit into {tempfile.gettempdir()} "
                    f"({error.strerror}): name a folder with room in TMPDIR, or allow more memory"
                ) from error
            return np.asarray(np.memmap(file, np.float32, "w+", shape=(rows, width)))
