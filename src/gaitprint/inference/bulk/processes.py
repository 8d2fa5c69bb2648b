"""Units computed by several processes of this machine."""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from itertools import islice

import torch

from gaitprint.inference.bulk.tasks import Result, UnitTask, opened
from gaitprint.processes import deaf_children, leave_with_parent, worker_pool

AHEAD = 2
"""Units handed to each process: one that it computes and one that waits, so that it is never idle."""


def in_processes(tasks: Iterator[UnitTask], devices: Sequence[str], threads: int) -> Generator[Result]:
    """Compute units, in the order in which they are ready.

    Args:
        tasks: read from as there is room.
        devices: one process for each entry.
        threads: of each process.

    Raises:
        DataError: a process was killed. GaitprintError: what a unit raises.
    """
    waiting: dict[Future[Result], str] = {}
    with ExitStack() as stack:
        pools = {
            device: stack.enter_context(worker_pool(count, _begin, threads))
            for device, count in Counter(devices).items()
        }

        def hand_out(device: str, count: int) -> None:
            for task in islice(tasks, count):
                with deaf_children():
                    waiting[pools[device].submit(_compute, task, device)] = device

        for device in [*devices] * AHEAD:
            hand_out(device, 1)
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                hand_out(waiting.pop(future), 1)
                yield future.result()


def _begin(threads: int) -> None:
    leave_with_parent()
    torch.set_num_threads(threads)


def _compute(task: UnitTask, device: str) -> Result:
    return task.compute(opened(task.opening, device))
