"""A walk that arrives frame by frame: each frame's work is done once, and the embedding so far is there at any time.

What the network has computed of a walk's last map stays only as its maximum over time, for maxima can be merged. What
waits is a bounded tail: the frames that the convolutions of each layer still see.
"""

from collections import deque
from math import gcd

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.form import check_clips_fit
from gaitprint.deploy.runner import PIECE, Runner
from gaitprint.deploy.winograd import Tiled
from gaitprint.deploy.winograd_kernels import SIDE
from gaitprint.errors import ConfigError, ShapeError

SHORT = 3
"""Frames of the longest clip that may be lengthened, see `DeployForm.lengthened`."""

Features = Float32[np.ndarray, "P D"]
Maximum = Float32[np.ndarray, "H 4 K C"]


def check_windows(window: int, stride: int) -> None:
    """Refuse windows that are none.

    Raises:
        ConfigError: with what they are.
    """
    if window < 0:
        raise ConfigError(f"a window is 0 (the whole walk) or more frames, found {window}")
    if stride < 0 or (stride and not window):
        raise ConfigError(f"a stride is frames from one window to the next, 0 or more; found {stride}, window {window}")


class Stream:
    """One walk; used from one thread at a time.

    With a window, the embedding is of the last frames only: the maximum over the moments whose frames lie in it. Inside
    of a walk a moment also sees a few frames before the window, as it does in the whole clip; a window begins where a
    block of `block` frames does, counted from the first frame, and so holds up to `block` - 1 frames more.

    With a stride, `windows` also gives every window of exactly so many frames, each a stride behind the one before.

    Args:
        runner: the network made ready.
        window: frames of it; 0: all.
        stride: frames from one window to the next; 0: only the last window counts.
    """

    def __init__(self, runner: Runner, window: int = 0, stride: int = 0) -> None:
        check_windows(window, stride)
        self._runner, self._window, self._hop = runner, window, stride
        form = runner.form
        self._stride = form.moments
        if stride and (window % self._stride or stride % self._stride):
            raise ConfigError(
                f"this network's moments are of {self._stride} frames: windows within a walk, and strides, are "
                f"multiples of {self._stride}, found {window} and {stride}; or cut windows out of the walk"
            )
        self._unit = gcd(window, stride) // self._stride if stride else SIDE
        """Moments of a block."""
        self._next = 0
        """The first frame of the next window to be given."""
        self._ready: list[tuple[int, Features]] = []
        self._first: list[np.ndarray] = []
        self._pending = runner.begun
        self._blocks: deque[tuple[int, Maximum]] = deque()
        """Settled moments' maxima, each with the number of its block; without a window one of all."""
        self._settled = 0
        self._shape = (0, 0)
        self.frames = 0
        """Frames pushed so far."""

    @property
    def block(self) -> int:
        """Frames that a window's beginning is a multiple of."""
        return self._unit * self._stride

    @property
    def start(self) -> int:
        """The first frame that the embedding so far is of; 0 without a window."""
        if not self._window:
            return 0
        moments = self.frames // self._stride
        return max(moments * self._stride - self._window, 0) // self.block * self.block

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the walk takes; bounded, however long it becomes."""
        held = [h.nbytes for h in self._pending if h is not None] + [features.nbytes for _, features in self._ready]
        return sum(held) + sum(m.nbytes for _, m in self._blocks) + sum(f.nbytes for f in self._first)

    def push(self, frames: Float32[np.ndarray, "T H W"]) -> None:
        """Take the next frames, any number, with values in [0, 1].

        Raises:
            ShapeError: they do not fit the network, or those before.
        """
        frames = np.ascontiguousarray(frames, np.float32)
        if len(frames) == 0:
            return
        self._check(frames)
        begun = self.frames > SHORT
        self.frames += len(frames)
        if not begun:
            self._first.append(frames.copy())
            if self.frames <= SHORT:
                return
            frames, self._first = np.concatenate(self._first), []
        for at in range(0, len(frames), PIECE):
            piece = frames[at : at + PIECE]
            self._pending, x = self._runner.feed(self._pending, piece, self._shape[1], last=False)
            if x is not None:
                self._settle(x)

    def embedding(self) -> Features:
        """Part features of the frames so far: those of the whole clip, if it ended here.

        The tail that waits is computed as the end of a clip, and the stream goes on as if nobody had asked: an answer
        costs as much as 20 to 40 frames.

        Raises:
            ShapeError: there is no frame yet.
        """
        if self.frames == 0:
            raise ShapeError("there is no frame yet: push at least one before you ask for an embedding")
        if self._first:
            return self._runner.clip(self._runner.form.lengthened(np.concatenate(self._first)[None])[0])
        _, tail = self._runner.feed(self._pending, None, self._shape[1], last=True)
        first = self.start // self._stride
        maxima = [maximum for number, maximum in self._blocks if number * self._unit >= first]
        if tail is not None:
            maxima.append(tail[max(first - self._settled, 0) :].max(axis=0))
        return self._runner.features(np.maximum.reduce(maxima), self._shape[1])

    def windows(self, ended: bool = False) -> list[tuple[int, Features]]:
        """First frame and part features of each whole window since the last call: its moments' maximum in the walk.

        A window is ready when no later frame alters it, 30 to 60 frames behind its end.

        Args:
            ended: the walk ends here, with it those windows whose neighbours are missing.
        """
        if ended and self._first:
            if self._hop and self._next == 0 and self.frames >= self._window:
                self._take(self.embedding())
        elif ended and self._hop and self.frames >= self._next + self._window:
            _, tail = self._runner.feed(self._pending, None, self._shape[1], last=True)
            self._take_windows(self._settled if tail is None else self._settled + len(tail), tail)
        ready, self._ready = self._ready, []
        return ready

    def settled(self) -> Features | None:
        """Part features of the moments that no later frame alters; None where there is none yet.

        They lag behind by 30 to 60 frames, by the depth of the network, and hold nothing of how a walk that ends looks
        to a convolution.
        """
        if not self._blocks:
            return None
        return self._runner.features(np.maximum.reduce([m for _, m in self._blocks]), self._shape[1])

    def _settle(self, x: Tiled) -> None:
        """Keep the maximum of moments that no later frame changes."""
        while len(x):
            number = self._settled // self._unit if self._window else 0
            moments = self._unit - self._settled % self._unit if self._window else len(x)
            maximum = x[:moments].max(axis=0)
            if self._blocks and self._blocks[-1][0] == number:
                maximum = np.maximum(self._blocks.pop()[1], maximum)
            self._blocks.append((number, maximum))
            self._settled += len(x[:moments])
            x = x[moments:]
            if self._hop:  # at once: a long piece may hold several windows, whose blocks need not all be kept
                self._take_windows(self._settled, None)
            self._forget()

    def _take_windows(self, moments: int, tail: Tiled | None) -> None:
        """Make ready what ends within so many moments; those behind the settled ones lie in the tail."""
        while self._next + self._window <= moments * self._stride:
            first, stop = self._next // self._stride, (self._next + self._window) // self._stride
            maxima = [m for number, m in self._blocks if first <= number * self._unit < stop]
            if tail is not None and stop > self._settled:
                maxima.append(tail[max(first - self._settled, 0) : stop - self._settled].max(axis=0))
            self._take(self._runner.features(np.maximum.reduce(maxima), self._shape[1]))

    def _take(self, features: Features) -> None:
        self._ready.append((self._next, features))
        self._next += self._hop

    def _forget(self) -> None:
        """Drop what neither the last window nor the next one to be given holds."""
        needed = min(self.start, self._next) if self._hop else self.start
        while self._blocks and self._blocks[0][0] * self.block < needed:
            self._blocks.popleft()

    def _check(self, frames: np.ndarray) -> None:
        check_clips_fit(frames[None], self._runner.form.height)
        shape = frames.shape[1:]
        if self.frames == 0:
            self._shape = shape
        elif shape != self._shape:
            raise ShapeError(f"this walk's frames are {self._shape} pixels, found {shape}: open a stream for each walk")
