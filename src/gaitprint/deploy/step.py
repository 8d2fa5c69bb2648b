"""One step of a deploy form: what it computes of a piece, and what it keeps for the next one."""

from abc import ABC, abstractmethod
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.winograd import TiledOutput

Map = Float32[np.ndarray, "..."]
"""Frames of a step's input: pixels of a clip, or a `Tiled` map."""


@runtime_checkable
class Holding(Protocol):
    """What a step keeps between two pieces."""

    @property
    def nbytes(self) -> int:
        """Bytes of it."""
        ...


class Held(NamedTuple):
    """Frames of a step's input that are kept."""

    frames: Map
    before: int
    """1 where the first of them lies before the next output, 0 where that is the clip's first."""

    @property
    def nbytes(self) -> int:
        """Bytes of them."""
        return int(self.frames.nbytes)


class Step(ABC):
    """One step; it holds no frames itself."""

    halo: int
    """Frames that an output sees on either side, beyond those below it."""
    unit: int
    """Frames that are worked on together."""
    whole: bool = False
    """Whether a last unit that is not full gives nothing."""

    @abstractmethod
    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:
        """Outputs of `ready` frames, those from `before` on; those behind them may be seen."""

    def width(self, width: int) -> int:
        """Columns of its output."""
        return width

    def advance(
        self, held: Holding | None, piece: Map | None, last: bool, width: int
    ) -> tuple[Holding | None, TiledOutput | None]:
        """What to hold from now on, and the outputs that can be computed, None where there are none."""
        kept = held if isinstance(held, Held) else None
        frames, before = (piece, 0) if kept is None else kept
        if frames is None:
            return None, None
        if kept is not None and piece is not None:
            frames = np.concatenate([kept.frames, piece])
        ready = len(frames) - before - (0 if last else self.halo)
        if self.whole or not last:
            ready -= ready % self.unit
        out = self.compute(frames, before, ready, width) if ready > 0 else None
        if last:
            return None, out
        done = before + max(ready, 0)
        # a copy: a view would keep the whole piece in memory
        rest = Held(frames[max(done - self.halo, 0) :].copy(), min(done, self.halo))
        return rest, out
