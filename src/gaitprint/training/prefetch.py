"""Batches made ready by threads while the network computes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from gaitprint.training.sampler import Batch, BatchSampler

AHEAD = 3
"""Batches being made, or made and waiting."""


def prefetched(sampler: BatchSampler, start: int, end: int) -> Iterator[tuple[int, Batch]]:
    """Batches start..end-1 in order; what is in them does not depend on the threads."""
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
