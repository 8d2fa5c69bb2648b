"""Memory for batches, used again once nobody holds it: fresh memory costs more than filling it."""

import weakref
from collections import deque
from math import prod

import numpy as np
from jaxtyping import Float32


class Buffers:
    """Hands out float32 arrays. When an array and all views and tensors of it are gone, its memory is handed out again.

    Safe in threads; in another process it starts empty.
    """

    def __init__(self) -> None:
        self._free: deque[bytearray] = deque()

    def __reduce__(self) -> tuple[type["Buffers"], tuple[()]]:
        return Buffers, ()

    def take(self, shape: tuple[int, ...]) -> Float32[np.ndarray, "..."]:
        """An array of any content."""
        size = prod(shape) * np.dtype(np.float32).itemsize
        memory = self._kept(size)
        # Views of it refer to this very array, for its memory is no array's: it lives as long as any of them.
        fresh = np.ndarray(prod(shape), np.float32, memory)
        # at the end of the process nobody takes memory again
        weakref.finalize(fresh, self._free.append, memory).atexit = False
        return fresh.reshape(shape)

    def _kept(self, size: int) -> bytearray:
        try:
            memory = self._free.popleft()
        except IndexError:
            return bytearray(size)
        # Batches of a run have one size; of another run's, nothing is kept.
        return memory if len(memory) == size else bytearray(size)
