"""Residual blocks against their formulas, tap by tap, and where their weights come from."""

import pytest
import torch
from torch import Tensor

from gaitprint.layers.residual import NormedConvolution, ResidualBlock

KINDS = ("2d", "p3d", "3d")


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def with_norms(module: torch.nn.Module) -> torch.nn.Module:
    """In evaluation and double precision, with norms that have seen something."""
    generator = seeded()
    for norm in module.modules():
        if isinstance(norm, torch.nn.BatchNorm3d):
            norm.running_mean.normal_(0, 0.3, generator=generator)
            norm.running_var.uniform_(0.5, 2, generator=generator)
            norm.weight.data.uniform_(0.5, 2, generator=generator)
            norm.bias.data.normal_(0, 0.3, generator=generator)
    return module.eval().double()


def slow(layer: NormedConvolution, x: Tensor) -> Tensor:
    """One output after another: the sum over taps of weight times pixel, then the norm's straight line."""
    d, _, *kernel = layer.weight.shape
    n, _, t, h, w = x.shape
    s = layer.stride
    y = torch.zeros(n, d, t, -(-h // s), -(-w // s), dtype=x.dtype)
    for place in torch.cartesian_prod(*(torch.arange(length) for length in y.shape[2:])).tolist():
        for tap in torch.cartesian_prod(*(torch.arange(length) for length in kernel)).tolist():
            f, r, c = (
                p * (s if i else 1) + k - kernel[i] // 2 for i, (p, k) in enumerate(zip(place, tap, strict=True))
            )
            if 0 <= f < t and 0 <= r < h and 0 <= c < w:
                y[:, :, place[0], place[1], place[2]] += x[:, :, f, r, c] @ layer.weight[:, :, tap[0], tap[1], tap[2]].T
    norm, axes = layer.norm, (1, -1, 1, 1, 1)
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return scale.view(axes) * y + (norm.bias - scale * norm.running_mean).view(axes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("widths", "stride"), [((2, 3), 2), ((2, 2), 1), ((2, 3), 1)])
@torch.no_grad()
def test_a_block_is_its_formula(kind, widths, stride) -> None:
    block = with_norms(ResidualBlock(kind, *widths, stride, seeded()))
    x = torch.randn(2, widths[0], 3, 4, 5, generator=seeded()).double()
    y = slow(block.first, x).clamp(min=0)
    if kind == "p3d":
        y = (y + slow(block.temporal, y)).clamp(min=0)
    y = slow(block.second, y) + (x if block.shortcut is None else slow(block.shortcut, x))
    torch.testing.assert_close(block(x), y.clamp(min=0))
    assert (block.shortcut is None) == (stride == 1 and widths[0] == widths[1])
    assert (block.temporal is None) == (kind != "p3d")


@pytest.mark.parametrize("kernel", [(1, 3, 3), (3, 1, 1), (3, 3, 3), (1, 1, 1)])
def test_weights_come_from_the_generator_alone_and_are_xavier_uniform(kernel) -> None:
    one, other = (NormedConvolution(40, 60, kernel, 1, seeded()) for _ in range(2))
    assert torch.equal(one.weight, other.weight)
    bound = (6 / ((40 + 60) * torch.tensor(kernel).prod())).sqrt()
    assert 0.99 * bound < one.weight.abs().max() <= bound


@pytest.mark.parametrize("kind", ["p3d", "3d"])
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_clips_in_half_precision_are_those_in_full(kind, frames) -> None:
    block = ResidualBlock(kind, 8, 8, 1, seeded()).eval()
    x = torch.randn(2, 8, frames, 6, 5, generator=seeded())
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        half = block(x).float()
    # bfloat16 keeps 8 bits: each of three convolutions rounds to 1/256 of the largest value
    torch.testing.assert_close(half, block(x), rtol=0, atol=4 / 256 * float(x.abs().max()))
