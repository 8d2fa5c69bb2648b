"""A deploy form on this machine's cores: pieces of a clip in, its last map and its part features out."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.blas import one_blas_thread
from gaitprint.deploy.form import DeployForm, pool_bands
from gaitprint.deploy.step import Holding
from gaitprint.deploy.steps import make_steps
from gaitprint.deploy.winograd import TiledOutput, pixels

Pending = tuple[Holding | None, ...]
"""What each step holds; never written to, so that it can be carried on in two ways."""
PIECE = 96
"""Frames of a clip that are worked on at once, at most: with their maps grows the memory, and they leave the caches."""


class Runner:
    """One form made ready; it may be used from one thread at a time.

    Args:
        form: the network.
        threads: cores to use, at least 1.
    """

    def __init__(self, form: DeployForm, threads: int) -> None:
        self.form = form
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._own = local()
        self._steps = make_steps(form, self._run, threads)

    @property
    def begun(self) -> Pending:
        """What is held before the first frame: nothing."""
        return (None,) * len(self._steps)

    def feed(
        self, pending: Pending, piece: Float32[np.ndarray, "T H W"] | None, width: int, last: bool
    ) -> tuple[Pending, TiledOutput | None]:
        """Take the next frames of a clip.

        Args:
            pending: what is held.
            piece: the frames, None: no more.
            width: their columns.
            last: whether the clip ends with them.

        Returns:
            What is held from now on, and the frames of the last map that can be computed, None where there are none.
        """
        held, x = list(pending), piece
        # products of tiles are small: threads share them out, not the library within each
        with one_blas_thread():
            for index, step in enumerate(self._steps):
                if x is None and not last:
                    break
                held[index], x = step.advance(held[index], x, last, width)
                width = step.width(width)
        return tuple(held), x

    def features(self, maximum: Float32[np.ndarray, "H 4 K C"], width: int) -> Float32[np.ndarray, "P D"]:
        """Part features from the maximum of the last map over time, of clips of `width` columns."""
        for step in self._steps:
            width = step.width(width)
        rows, _, _, channels = maximum.shape
        whole = pixels(maximum[None]).reshape(rows, -1, channels)[:, :width]
        pooled = pool_bands(self.form, whole)
        y: np.ndarray = np.matmul(pooled[:, None], self.form.head)[:, 0]
        return y if self.form.head_bias is None else y + self.form.head_bias

    def clip(self, clip: Float32[np.ndarray, "T H W"]) -> Float32[np.ndarray, "P D"]:
        """Part features of a whole clip, lengthened where it is short."""
        pending, maxima, width = self.begun, [], clip.shape[2]
        for start in range(0, len(clip), PIECE):
            piece = clip[start : start + PIECE]
            pending, x = self.feed(pending, piece, width, last=start + PIECE >= len(clip))
            if x is not None:
                maxima.append(x.max(axis=0))
        return self.features(np.maximum.reduce(maxima), width)

    def clips(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        """Part features of clips of one length: a thread each as far as they go round, all threads for the rest.

        Threads that share a clip wait for each other at every layer; the bytes are the same.
        """
        some = len(clips) - len(clips) % self._threads if self._pool is not None else 0
        # also around all clips: the first thread that ends would give the others' libraries their threads back
        with one_blas_thread():
            parts = [] if self._pool is None else list(self._pool.map(self._alone, clips[:some]))
            return np.stack([*parts, *(self.clip(clip) for clip in clips[some:])])

    def _alone(self, clip: Float32[np.ndarray, "T H W"]) -> Float32[np.ndarray, "P D"]:
        self._own.clip = True  # of this thread: what it runs, it runs by itself
        try:
            return self.clip(clip)
        finally:
            self._own.clip = False

    def _run(self, work: Callable[[Any], None], things: Iterable[Any]) -> None:
        if self._pool is None or getattr(self._own, "clip", False):
            for thing in things:
                work(thing)
        else:
            # `list` waits, and brings what a task raised
            list(self._pool.map(work, things))
