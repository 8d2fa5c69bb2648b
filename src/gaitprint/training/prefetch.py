"""Batches made ready while the network computes: by threads of this process, or by worker processes."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Literal

import torch
from torch.utils.data import DataLoader, Dataset

from gaitprint.config import require
from gaitprint.training.sampler import Batch, BatchSampler

AHEAD = 3
"""Batches being made, or made and waiting."""

StartMethod = Literal["fork", "spawn", "forkserver"]


def prefetched(
    sampler: BatchSampler, start: int, end: int, workers: int = 0, start_method: StartMethod = "spawn"
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
    """
    require(workers >= 0, f"workers is a number of processes, at least 0, found {workers}")
    made = _by_processes(sampler, start, end, workers, start_method) if workers else _by_threads(sampler, start, end)
    with closing(made):
        yield from made


def _by_threads(sampler: BatchSampler, start: int, end: int) -> Generator[tuple[int, Batch]]:
    with ThreadPoolExecutor(max_workers=AHEAD) as pool:
        waiting = {i: pool.submit(sampler.batch, i) for i in range(start, min(start + AHEAD, end))}
        try:
            for iteration in range(start, end):
                batch = waiting.pop(iteration).result()
                if iteration + AHEAD < end:
                    waiting[iteration + AHEAD] = pool.submit(sampler.batch, iteration + AHEAD)
                yield iteration, batch
        finally:
            for future in waiting.values():
                future.cancel()


class _Batches(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Batch i as torch's loader wants it; tensors travel between processes in shared memory."""

    def __init__(self, sampler: BatchSampler) -> None:
        self._sampler = sampler

    def __getitem__(self, iteration: int) -> tuple[torch.Tensor, torch.Tensor]:
        batch = self._sampler.batch(iteration)
        return torch.from_numpy(batch.clips), torch.from_numpy(batch.labels)


def _by_processes(
    sampler: BatchSampler, start: int, end: int, workers: int, start_method: StartMethod
) -> Generator[tuple[int, Batch]]:
    loader = DataLoader(
        _Batches(sampler),
        batch_size=None,
        sampler=range(start, end),
        num_workers=workers,
        prefetch_factor=AHEAD,
        multiprocessing_context=start_method,
        generator=torch.Generator().manual_seed(0),  # seeds the workers' own generators, which nobody asks
    )
    for iteration, (clips, labels) in zip(range(start, end), loader, strict=True):
        yield iteration, Batch(clips.numpy(), labels.numpy())
