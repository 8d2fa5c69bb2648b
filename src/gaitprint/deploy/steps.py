"""The layers of a deploy form as steps that take a clip in pieces, however it is cut; a whole clip is one piece.

A step computes what its input allows and holds the frames that later outputs still see. Pieces are cut into tiles in
the same phase as the whole clip, so each output comes from the same sums.
"""

from gaitprint.deploy.direct import Stem, TripleProducts, max_pool
from gaitprint.deploy.form import Branches, Convolution, DeployForm, Layer, MaxPool, Residual, Triples
from gaitprint.deploy.frame_convolution import Run
from gaitprint.deploy.residual_steps import ConvolutionStep, ResidualStep, TileStep
from gaitprint.deploy.step import Map, Step
from gaitprint.deploy.winograd import TiledOutput, WinogradBranches, clear_margin, tiled
from gaitprint.deploy.winograd_kernels import SIDE


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
    if isinstance(first, Convolution):
        return [TileStep(), *(_residual_step(layer, run) for layer in form.layers)]
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
        elif not isinstance(layer, Branches):
            raise TypeError(f"a form that begins with Branches goes on without a {type(layer).__name__}")
        else:
            steps.append(_Branches(WinogradBranches(layer), run, threads))
    return steps


def _residual_step(layer: Layer, run: Run) -> Step:
    if isinstance(layer, Residual):
        return ResidualStep(layer, run)
    if isinstance(layer, Convolution):
        return ConvolutionStep(layer, run)
    raise TypeError(f"a form that begins with a Convolution goes on with such, found {type(layer).__name__}")
