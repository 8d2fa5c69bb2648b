"""3 x 3 x 3 convolutions with half the multiplications: minimal filtering along time, planes in two dimensions.

A convolution at its arithmetic peak gets faster only by multiplying less. Along time the input's frames are mixed once
into `points` (for both branches of a GLConv: strips cut height, not time), each point is a two-dimensional
convolution, and a second mixing makes frames of the results: 14 planes instead of 28 for 10 frames. Frames lie
outermost but for the clip, so both mixings are small matrix products over long rows, and strips are no copy.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from gaitprint.layers.winograd import LARGEST, Filter, minimal_filter

_BUDGET = 5_300_000
"""Values of one branch's points at a time (21 MB): below it the allocator hands the same warm memory out again."""


def winograd_is_faster(x: Float[Tensor, "N C T H W"]) -> bool:
    """Whether `temporal_convolve` is the faster way: float32 on a CPU outside of autocast, and from four frames on."""
    plain = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    frames = x.shape[2]
    # directly, an output frame takes three planes and the two at the ends take two: a third must be saved, for the
    # mixings cost as well
    return plain and 3 * _plan(frames).planes <= 2 * (3 * frames - 2)


def temporal_convolve(
    x: Float[Tensor, "N C T H W"], weights: Sequence[Float[Tensor, "D C 3 3 3"]], strips: Sequence[int]
) -> tuple[Float[Tensor, "N D T H W"], ...]:
    """Convolve x with each weight, in that many strips of rows padded each by itself; H is a multiple of them all.

    Equal to the direct convolution within 1e-5 of the largest value in float32. Differentiable once.
    """
    outputs: tuple[Tensor, ...] = _TemporalConvolution.apply(x, tuple(strips), *weights)  # type: ignore[no-untyped-call]
    return outputs


class _Plan(NamedTuple):
    """T frames in `tiles` of `outputs` frames; the last may be cut short."""

    frames: int
    outputs: int

    @property
    def points(self) -> int:
        return self.outputs + 2

    @property
    def tiles(self) -> int:
        return -(-self.frames // self.outputs)

    @property
    def planes(self) -> int:
        return self.points * self.tiles

    def reads(self) -> Iterator[tuple[int, slice, slice]]:
        """For each tile: the frames it reads, and which columns of the input's matrix those are."""
        for k in range(self.tiles):
            # three taps look one frame back and one ahead; beyond the clip lie zeros, whose columns are left out
            first = k * self.outputs - 1
            low, high = max(0, first), min(self.frames, first + self.points)
            yield k, slice(low, high), slice(low - first, high - first)

    def writes(self) -> Iterator[tuple[int, slice, slice]]:
        """For each tile: the frames it gives, and which rows of the results' matrix those are."""
        for k in range(self.tiles):
            low, high = k * self.outputs, min(self.frames, (k + 1) * self.outputs)
            yield k, slice(low, high), slice(0, high - low)


def _plan(frames: int) -> _Plan:
    """The tiles with the fewest planes, and of those the smallest, which round the least."""
    # `min` keeps the first of equals, and sizes ascend
    return min((_Plan(frames, outputs) for outputs in range(1, LARGEST + 1)), key=lambda plan: plan.planes)


def _to_points(frames: Tensor, matrix: Tensor, tiles: Iterator[tuple[int, slice, slice]], plan: _Plan) -> Tensor:
    """[n, T, K] by the columns of [P, .] to [P, tiles, n, K]."""
    n, _, k = frames.shape
    points = frames.new_empty(plan.points, plan.tiles, n, k)
    for tile, there, here in tiles:
        for i in range(n):
            # clip by clip, straight to its place: a batched product would lay clips outermost and be copied
            torch.mm(matrix[:, here], frames[i, there], out=points[:, tile, i])
    return points


def _to_frames(points: Tensor, matrix: Tensor, tiles: Iterator[tuple[int, slice, slice]], frames: Tensor) -> None:
    """[P, tiles, n, K] by the rows of [., P], added to [n, T, K]: tiles may overlap."""
    for tile, there, here in tiles:
        for i in range(len(frames)):
            frames[i, there].addmm_(matrix[here], points[:, tile, i])


def _images(planes: Tensor, height: int, width: int, strips: int) -> Tensor:
    """[tiles, n, H W C] as a batch of strips, channels-last, without a copy."""
    return planes.view(-1, height // strips, width, planes.shape[-1] // (height * width)).permute(0, 3, 1, 2)


def _tap_points(weight: Tensor, taps: Tensor) -> list[Tensor]:
    """The two-dimensional weight [D, C, 3, 3] of each point."""
    return [(weight * tap.view(1, 1, 3, 1, 1)).sum(dim=2).contiguous(memory_format=torch.channels_last) for tap in taps]


def _cast(of: Filter, like: Tensor) -> Filter:
    return Filter(*(matrix.to(like) for matrix in of))


class _TemporalConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strips: tuple[int, ...], *weights: Tensor) -> tuple[Tensor, ...]:
        n, _, t, h, w = x.shape
        plan = _plan(t)
        matrices = _cast(minimal_filter(plan.outputs), x)
        channels = [weight.shape[0] for weight in weights]
        taps = [_tap_points(weight, matrices.taps) for weight in weights]
        layout = torch.channels_last_3d
        # zeros, for `_to_frames` adds
        outputs = [torch.empty(n, d, t, h, w, dtype=x.dtype, memory_format=layout).zero_() for d in channels]
        results = [y.permute(0, 2, 3, 4, 1).view(n, t, -1) for y in outputs]
        frames = x.permute(0, 2, 3, 4, 1).reshape(n, t, -1)
        # at most a quarter of the clips at once: what passes by stays small beside what is kept
        ctx.some = max(1, min(n // 4, _BUDGET // (plan.planes * h * w * max(channels))))
        for start in range(0, n, ctx.some):
            clips = slice(start, start + ctx.some)
            points = _to_points(frames[clips], matrices.inputs, plan.reads(), plan)
            for tap, count, result in zip(taps, strips, results, strict=True):
                products = x.new_empty(*points.shape[:3], result.shape[-1])
                for planes, weight, product in zip(points, tap, products, strict=True):
                    y = F.conv2d(_images(planes, h, w, count), weight, padding=1)
                    _images(product, h, w, count).copy_(y)
                _to_frames(products, matrices.results, plan.writes(), result[clips])
        ctx.save_for_backward(x, *weights)  # not the points: they are half as large again, and quick to make
        ctx.plan, ctx.strips = plan, strips
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        plan, strips = ctx.plan, ctx.strips
        x, *weights = ctx.saved_tensors  # once: under checkpointing they can be asked for a single time
        n, c, t, h, w = x.shape
        matrices = _cast(minimal_filter(plan.outputs), x)
        taps = [_tap_points(weight, matrices.taps) for weight in weights]
        for_taps = [torch.zeros(plan.points, *tap[0].shape, dtype=tap[0].dtype) for tap in taps]
        for_x = x.new_zeros(n, t, h * w * c)
        x_frames = x.permute(0, 2, 3, 4, 1).reshape(n, t, -1)
        for start in range(0, n, ctx.some):
            clips = slice(start, start + ctx.some)
            points = _to_points(x_frames[clips], matrices.inputs, plan.reads(), plan)
            for_points = torch.zeros_like(points)
            for gradient, count, tap, for_tap in zip(gradients, strips, taps, for_taps, strict=True):
                frames = gradient[clips].permute(0, 2, 3, 4, 1).reshape(points.shape[2], t, -1)
                # the gradient of a mixing is its transpose, so what was written is read and what was read is written
                for_products = _to_points(frames, matrices.results.t(), plan.writes(), plan)
                for i, weight in enumerate(tap):
                    # of image and weight: these convolutions have no bias
                    for_image, for_weight, _ = torch.ops.aten.convolution_backward(
                        _images(for_products[i], h, w, count), _images(points[i], h, w, count), weight,
                        None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False],
                    )  # fmt: skip
                    _images(for_points[i], h, w, count).add_(for_image)
                    for_tap[i] += for_weight
            _to_frames(for_points, matrices.inputs.t(), plan.reads(), for_x[clips])
        # a point's weight is a sum of the three taps' weights, see `_tap_points`: each gets its gradient by that factor
        for_weights = (torch.einsum("pk,pdcij->dckij", matrices.taps, for_tap) for for_tap in for_taps)
        return for_x.view(n, t, h, w, c).permute(0, 4, 1, 2, 3), None, *for_weights
