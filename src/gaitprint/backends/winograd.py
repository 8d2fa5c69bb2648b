"""This package's own arithmetic in float32: 3-D minimal filtering, compiled by numba, without torch or a compiler.

Equal to the direct convolutions within 1e-4 of the largest value; see docs/decisions/winograd.md.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.backends import Session
from gaitprint.blas import one_blas_thread
from gaitprint.components import Component
from gaitprint.deploy.direct import Stem, TripleProducts, max_pool
from gaitprint.deploy.form import DeployForm, Layer, MaxPool, Triples, generalised_mean
from gaitprint.deploy.winograd import Tiled, TiledOutput, WinogradBranches, clear_margin, pixels, tiled


@dataclass(frozen=True)
class WinogradSettings:
    """There are none."""


class Winograd:
    """The back end."""

    def __init__(self, settings: WinogradSettings) -> None:
        self.settings = settings

    def open(self, form: DeployForm, threads: int) -> Session:
        """See `gaitprint.backends.Backend`."""
        return _Session(form, threads)


_Ready = Stem | WinogradBranches | TripleProducts | MaxPool


class _Session:
    def __init__(self, form: DeployForm, threads: int) -> None:
        self.form = form
        first, *rest = (_ready(layer) for layer in form.layers)
        if not isinstance(first, Stem):
            raise TypeError("a deploy form begins with one convolution of one channel")
        self._stem, self._layers = first, rest
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __call__(self, clips: Float32[np.ndarray, "N T H W"]) -> Float32[np.ndarray, "N P D"]:
        clips = self.form.lengthened(np.ascontiguousarray(clips, np.float32))
        # products of tiles are small: threads share them out, not the library within each
        with one_blas_thread():
            return np.stack([self._one(clip) for clip in clips])

    def _one(self, clip: Float32[np.ndarray, "T H W"]) -> Float32[np.ndarray, "P D"]:
        width = clip.shape[2]
        x, layers = self._begin(clip)
        for layer in layers:
            if isinstance(layer, WinogradBranches):
                x = self._branches(layer, x, width)
            elif isinstance(layer, TripleProducts):
                x = self._triples(layer, x, width)
            else:
                x, width = max_pool(x, width), width // 2
        maximum = pixels(x.max(axis=0)[None])[0]
        rows, _, _, channels = maximum.shape
        pooled = generalised_mean(maximum.reshape(rows, -1, channels)[:, :width], self.form.parts, self.form.power)
        y: np.ndarray = np.matmul(pooled[:, None], self.form.head)[:, 0]
        return y if self.form.head_bias is None else y + self.form.head_bias

    def _begin(self, clip: Float32[np.ndarray, "F H W"]) -> tuple[Tiled, list[_Ready]]:
        """The stem; with the triples behind it, frame by frame, for its map is the largest of all."""
        frames, height, width = clip.shape
        padded, stem = Stem.padded(clip), self._stem
        after = self._layers[0]
        if not isinstance(after, TripleProducts):
            out = tiled(frames, height, width, stem.channels)
            self._run(lambda t: stem.frame(padded, t, width, out[t : t + 1]), range(frames))
            return out, self._layers
        out = tiled(frames // 3, height, width, after.channels)

        def moment(index: int) -> None:
            triple = tiled(3, height, width, stem.channels)
            for t in range(3):
                stem.frame(padded, 3 * index + t, width, triple[t : t + 1])
            after.frame(triple, width, out[index : index + 1])

        self._run(moment, range(frames // 3))
        return out, self._layers[1:]

    def _triples(self, layer: TripleProducts, x: Tiled, width: int) -> TiledOutput:
        out = tiled(len(x) // 3, x.shape[1], width, layer.channels)
        self._run(lambda t: layer.frame(x[3 * t : 3 * t + 3], width, out[t : t + 1]), range(len(out)))
        return out

    def _branches(self, layer: WinogradBranches, x: Tiled, width: int) -> TiledOutput:
        out = tiled(len(x), layer.groups * x.shape[1], width, layer.channels_out)
        for tasks in layer.tasks(x, out):
            self._run(lambda task: task.run(), tasks)
        clear_margin(out, width)
        return out

    def _run(self, work: Callable[[Any], None], tasks: Iterable[Any]) -> None:
        if self._pool is None:
            for task in tasks:
                work(task)
        else:
            # `list` waits, and brings what a task raised
            list(self._pool.map(work, tasks))


def _ready(layer: Layer) -> _Ready:
    if isinstance(layer, Triples):
        return TripleProducts(layer)
    if isinstance(layer, MaxPool):
        return layer
    one = len(layer.branches) == 1 and layer.branches[0].weight.shape[1] == 1
    return Stem(layer.branches[0]) if one else WinogradBranches(layer)


component = Component(WinogradSettings, Winograd)
