"""Batches made ready while the network computes: by threads of this process, or by worker processes."""

import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import active_children

import torch
from torch.utils.data import DataLoader, Dataset

from gaitprint.errors import DataError, GaitprintError, LeftError
from gaitprint.processes import deaf_children, end_children, leave_with_parent
from gaitprint.training.resources import TrainingResources
from gaitprint.training.sampler import Batch, BatchSampler

AHEAD = 3
"""Batches being made, or made and waiting."""


def prefetched(
    sampler: BatchSampler, start: int, end: int, resources: TrainingResources = TrainingResources()
) -> Iterator[tuple[int, Batch]]:
    """Batches start..end-1 in order; what is in them depends neither on threads nor on processes.

    Args:
        sampler: makes batch i from (seed, i).
        start: the first iteration.
        end: behind the last one.
        workers: processes; 0 makes batches in threads of this process, which is enough while reading and NumPy let go
            of the interpreter. All of them share the memory of one store.
        start_method: how processes start. `fork` is not safe once torch has computed in this process.

    Raises:
        ConfigError: a negative number of workers.
        DataError: a worker process was killed.
    """
    by_threads = resources.workers == 0
    made = _by_threads(sampler, start, end) if by_threads else _by_processes(sampler, start, end, resources)
    with closing(made):
        yield from made


def _by_threads(sampler: BatchSampler, start: int, end: int) -> Generator[tuple[int, Batch]]:
    with ThreadPoolExecutor(max_workers=AHEAD) as pool:
        waiting = {i: pool.submit(sampler.batch, i) for i in range(start, min(start + AHEAD, end))}
        try:
            for iteration in range(start, end):
                batch = waiting.pop(iteration).result()
                # handed in before this one is used: AHEAD batches are under way while the network computes
                if iteration + AHEAD < end:
                    waiting[iteration + AHEAD] = pool.submit(sampler.batch, iteration + AHEAD)
                yield iteration, batch
        finally:
            for future in waiting.values():
                future.cancel()


Made = list[torch.Tensor] | GaitprintError
"""Clips and labels; or why there are none, for torch would wrap an error in the worker's traceback."""


class _Batches(Dataset[Made]):
    """Batch i as torch's loader wants it; tensors travel between processes in shared memory."""

    def __init__(self, sampler: BatchSampler) -> None:
        self._sampler = sampler

    def __getitem__(self, iteration: int) -> Made:
        try:
            batch = self._sampler.batch(iteration)
        except GaitprintError as error:
            return error
        return [torch.from_numpy(batch.clips), torch.from_numpy(batch.labels)]


def _by_processes(
    sampler: BatchSampler, start: int, end: int, resources: TrainingResources
) -> Generator[tuple[int, Batch]]:
    loader = DataLoader(
        _Batches(sampler),
        batch_size=None,
        sampler=range(start, end),
        num_workers=resources.workers,
        # of each worker
        prefetch_factor=AHEAD,
        multiprocessing_context=resources.start_method,
        worker_init_fn=_begin_worker,
        generator=torch.Generator().manual_seed(0),  # seeds the workers' own generators, which nobody asks
    )
    # children from before: whoever leaves ends only those that were begun here
    others = active_children()
    arriving: Iterator[Made] = iter(())
    try:
        with _signal_handler_kept(), deaf_children():
            arriving = iter(loader)
        for iteration in range(start, end):
            made = _next(arriving)
            if isinstance(made, GaitprintError):
                raise made
            clips, labels = made
            yield iteration, Batch(clips.numpy(), labels.numpy())
    except LeftError:
        end_children(others)  # torch would wait for those that are still beginning
        raise
    finally:
        del arriving  # with it the processes end, even where an error holds on to this frame


def _begin_worker(_: int) -> None:
    leave_with_parent()


def _next(arriving: Iterator[Made]) -> Made:
    """What comes next; of a process that was killed one hears here, at the latest after torch's five seconds.

    Raises:
        DataError: one was.
    """
    try:
        return next(arriving)
    except (EOFError, ConnectionError, FileNotFoundError):  # of asking a killed process for the memory it shared
        pass
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
    raise DataError("a worker process was killed, perhaps for memory: run again with fewer workers") from None


@contextmanager
def _signal_handler_kept() -> Iterator[None]:
    """Keep torch from installing its own, which raises in the main thread, wherever that is, when a worker dies."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGCHLD"):
        yield
        return
    before = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, before or signal.SIG_DFL)
