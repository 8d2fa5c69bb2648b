"""Steps of residual networks, see `gaitprint.deploy.steps`."""

from typing import NamedTuple

import numpy as np

from gaitprint.deploy.form import Convolution, Residual
from gaitprint.deploy.frame_convolution import FrameConvolution, Run, tiled_clip
from gaitprint.deploy.step import Holding, Map, Step
from gaitprint.deploy.winograd import TiledOutput, clear_margin, tiled


class TileStep(Step):
    """Frames of a clip as a map of one channel."""

    halo, unit = 0, 1

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:  # noqa: ARG002
        return tiled_clip(frames[:ready])


class ConvolutionStep(Step):
    """One convolution."""

    unit = 1

    def __init__(self, layer: Convolution, run: Run) -> None:
        self._convolution, self._run = FrameConvolution(layer), run
        self.halo = self._convolution.around

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:
        stride = self._convolution.stride
        out = tiled(ready, -(-frames.shape[1] // stride), self.width(width), self._convolution.channels)
        self._convolution.compute(frames, before, out, self._run)
        clear_margin(out, self.width(width))
        return out

    def width(self, width: int) -> int:
        return -(-width // self._convolution.stride)


class HeldBlock(NamedTuple):
    """What a block keeps: what its convolutions do, and the frames that wait for their outputs."""

    body: tuple[Holding | None, ...]
    waiting: Map

    @property
    def nbytes(self) -> int:
        """Bytes of them."""
        return int(self.waiting.nbytes) + sum(held.nbytes for held in self.body if held is not None)


class ResidualStep(Step):
    """A block: its shortcut waits until its body has come as far."""

    halo, unit = 0, 1

    def __init__(self, layer: Residual, run: Run) -> None:
        self._body = [ConvolutionStep(convolution, run) for convolution in layer.body]
        self._shortcut = None if layer.shortcut is None else ConvolutionStep(layer.shortcut, run)
        self._run = run

    def width(self, width: int) -> int:
        for step in self._body:
            width = step.width(width)
        return width

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:
        raise NotImplementedError("a block is advanced, not computed at once")

    def advance(
        self, held: Holding | None, piece: Map | None, last: bool, width: int
    ) -> tuple[Holding | None, TiledOutput | None]:
        block = held if isinstance(held, HeldBlock) else None
        body: list[Holding | None] = [None] * len(self._body) if block is None else list(block.body)
        y, columns = piece, width
        for index, step in enumerate(self._body):
            if y is None and not last:
                break
            body[index], y = step.advance(body[index], y, last, columns)
            columns = step.width(columns)
        waiting = piece if block is None else block.waiting
        if block is not None and piece is not None:
            waiting = np.concatenate([block.waiting, piece])
        if waiting is None:
            return None, None
        count = 0 if y is None else len(y)
        if y is not None:
            # outputs come in the order of their frames, so the first that wait are those of y
            seen = waiting[:count]
            added = seen if self._shortcut is None else self._shortcut.compute(seen, 0, count, width)
            self._run(lambda t: _add_activated(y[t], added[t]), range(count))
        # a copy: a view would keep the whole piece in memory
        return (None if last else HeldBlock(tuple(body), waiting[count:].copy())), y


def _add_activated(y: np.ndarray, x: np.ndarray) -> None:
    # in place: y is the body's own, and nobody else holds it
    np.add(y, x, out=y)
    np.maximum(y, 0, out=y)
