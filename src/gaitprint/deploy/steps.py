"""The layers of a deploy form as steps that take a clip in pieces, however it is cut; a whole clip is one piece.

A step computes what its input allows and holds the frames that later outputs still see. Pieces are cut into tiles in
the same phase as the whole clip, so each output comes from the same sums.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.direct import Stem, TripleProducts, max_pool
from gaitprint.deploy.form import Branches, DeployForm, MaxPool, Triples
from gaitprint.deploy.winograd import TiledOutput, WinogradBranches, clear_margin, tiled
from gaitprint.deploy.winograd_kernels import SIDE

Run = Callable[[Callable[[Any], None], Iterable[Any]], None]
"""Does a piece of work for each of several things, in any order."""
Map = Float32[np.ndarray, "..."]
"""Frames of a step's input: pixels of a clip, or a `Tiled` map."""


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
        self, held: Held | None, piece: Map | None, last: bool, width: int
    ) -> tuple[Held | None, TiledOutput | None]:
        """What to hold from now on, and the outputs that can be computed, None where there are none."""
        frames, before = (piece, 0) if held is None else held
        if frames is None:
            return None, None
        if held is not None and piece is not None:
            frames = np.concatenate([held.frames, piece])
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


class _Stem(Step):
    halo, unit = 1, 1

    def __init__(self, stem: Stem, run: Run) -> None:
        self._stem, self._run = stem, run

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:
        padded, stem = Stem.padded(frames, before), self._stem
        out = tiled(ready, frames.shape[1], width, stem.channels)
        self._run(lambda t: stem.frame(padded, t, width, out[t : t + 1]), range(ready))
        return out


class _StemTriples(Step):
    """The stem and the triples behind it, moment by moment, for the stem's map is the largest of all."""

    halo, unit, whole = 1, 3, True

    def __init__(self, stem: Stem, triples: TripleProducts, run: Run) -> None:
        self._stem, self._triples, self._run = stem, triples, run

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:
        padded, stem, triples = Stem.padded(frames, before), self._stem, self._triples
        out = tiled(ready // 3, frames.shape[1], width, triples.channels)

        def moment(index: int) -> None:
            triples.frame_of_stem(stem, padded, 3 * index, width, out[index : index + 1])

        self._run(moment, range(ready // 3))
        return out


class _Triples(Step):
    halo, unit, whole = 0, 3, True

    def __init__(self, triples: TripleProducts, run: Run) -> None:
        self._triples, self._run = triples, run

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:  # noqa: ARG002
        out = tiled(ready // 3, frames.shape[1], width, self._triples.channels)
        self._run(lambda t: self._triples.frame(frames[3 * t : 3 * t + 3], width, out[t : t + 1]), range(len(out)))
        return out


class _Branches(Step):
    halo, unit = 1, SIDE

    def __init__(self, branches: WinogradBranches, run: Run, threads: int) -> None:
        self._branches, self._run, self._threads = branches, run, threads

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:
        branches = self._branches
        out = tiled(ready, branches.groups * frames.shape[1], width, branches.channels_out)
        for tasks in branches.tasks(frames, out, before, self._threads):
            self._run(lambda task: task.run(), tasks)
        clear_margin(out, width)
        return out


class _MaxPool(Step):
    halo, unit = 0, 1

    def __init__(self, run: Run) -> None:
        self._run = run

    def compute(self, frames: Map, before: int, ready: int, width: int) -> TiledOutput:  # noqa: ARG002
        out = tiled(ready, frames.shape[1] // 2, width // 2, frames.shape[4])
        self._run(lambda t: max_pool(frames[t : t + 1], width, out[t : t + 1]), range(ready))
        return out

    def width(self, width: int) -> int:
        return width // 2


def make_steps(form: DeployForm, run: Run, threads: int) -> list[Step]:
    """Make a form's layers ready.

    Raises:
        TypeError: it does not begin with one convolution of one channel.
    """
    first, *layers = form.layers
    if not isinstance(first, Branches) or [b.weight.shape[1] for b in first.branches] != [1]:
        raise TypeError("a deploy form begins with one convolution of one channel")
    stem, steps = Stem(first.branches[0]), list[Step]()
    if layers and isinstance(layers[0], Triples):
        steps.append(_StemTriples(stem, TripleProducts(layers[0]), run))
        del layers[0]
    else:
        steps.append(_Stem(stem, run))
    for layer in layers:
        if isinstance(layer, Triples):
            steps.append(_Triples(TripleProducts(layer), run))
        elif isinstance(layer, MaxPool):
            steps.append(_MaxPool(run))
        else:
            steps.append(_Branches(WinogradBranches(layer), run, threads))
    return steps
