"""One unit of work as it travels to whoever computes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from gaitprint.errors import DataError
from gaitprint.inference.clip_averaging import ClipAveraging
from gaitprint.inference.embed_plan import ClipBatch
from gaitprint.inference.engine import Embedder
from gaitprint.inference.numerics import FLOAT32

Result = tuple[int, Float32[np.ndarray, "_N _D"]]
"""Number and vectors of a unit."""


@dataclass(frozen=True)
class ModelOpening:
    """How a model file becomes an `Embedder`, in this process or in another."""

    path: Path
    averaging: ClipAveraging
    backend: str
    """What computes; see `EmbedSettings`."""
    opener: Callable[[Path, str, ClipAveraging, str, int, str], Embedder]
    """Called with path, device, averaging, back end, how many frames will come and precision; a function that other
    processes find by its name."""
    precision: str = FLOAT32
    """What it computes in."""

    def open(self, device: str, frames: int = 0) -> Embedder:
        """Read the file, for as many threads as torch uses; see `opener` for errors."""
        return self.opener(self.path, device, self.averaging, self.backend, frames, self.precision)


@dataclass(frozen=True)
class UnitTask:
    """The pixels of a unit, and the network that makes vectors of them."""

    number: int
    """Among all units of all networks."""
    opening: ModelOpening
    source: str
    """Of the network where the work was begun: another process may find another file."""
    batch: ClipBatch

    def compute(self, embedder: Embedder) -> Result:
        """Make the vectors.

        Raises:
            DataError: the network is not the one that was meant.
        """
        if embedder.source != self.source:
            raise DataError(f"{self.opening.path} was changed while it was in use: start again")
        return self.number, embedder.batch(self.batch)


@lru_cache(maxsize=1)
def opened(opening: ModelOpening, device: str) -> Embedder:
    """The network that a worker computes with; units come network by network, so the last one is enough."""
    return opening.open(device)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Compute with so many threads for the length of a block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
