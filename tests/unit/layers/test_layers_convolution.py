"""Convolutions against plain loops."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.layers.convolution import (
    Convolution,
    StripConvolution,
    TemporalAggregation,
    activate,
    as_channels_last,
    convolve,
    max_pool_2x2,
    strip_convolve,
)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_convolve(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Every output value by itself; outside of the map there are zeros."""
    n, _, t, h, w = x.shape
    y = x.new_zeros(n, len(weight), t, h, w)
    places = [
        (i, d, k, r, s)
        for i in range(n)
        for d in range(len(weight))
        for k in range(t)
        for r in range(h)
        for s in range(w)
    ]
    for i, d, k, r, s in places:
        for dk, dr, ds in [(a, b, e) for a in (-1, 0, 1) for b in (-1, 0, 1) for e in (-1, 0, 1)]:
            if 0 <= k + dk < t and 0 <= r + dr < h and 0 <= s + ds < w:
                y[i, d, k, r, s] += (x[i, :, k + dk, r + dr, s + ds] * weight[d, :, dk + 1, dr + 1, ds + 1]).sum()
    return y


def test_convolution_is_the_sum_over_neighbours() -> None:
    x, weight = random(1, 2, 2, 3, 3), random(2, 2, 3, 3, 3, seed=1)
    torch.testing.assert_close(convolve(x, weight), slow_convolve(x, weight))


def test_strips_are_convolved_as_if_nothing_else_existed() -> None:
    x, weight = random(1, 2, 2, 6, 2), random(2, 2, 3, 3, 3, seed=1)
    slow = torch.cat([slow_convolve(part, weight) for part in x.split(2, dim=3)], dim=3)
    torch.testing.assert_close(strip_convolve(x, weight, 3), slow)


@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(0, 99)
)
def test_strip_convolution_equals_one_convolution_per_strip(n, t, strips, rows, w, seed) -> None:
    x, weight = random(n, 2, t, strips * rows, w, seed=seed), random(3, 2, 3, 3, 3, seed=seed + 1)
    slow = torch.cat([convolve(part, weight) for part in x.split(rows, dim=3)], dim=3)
    torch.testing.assert_close(strip_convolve(x, weight, strips), slow)


def test_one_strip_is_the_whole_map() -> None:
    x, weight = random(1, 2, 3, 4, 4), random(3, 2, 3, 3, 3, seed=1)
    torch.testing.assert_close(strip_convolve(x, weight, 1), convolve(x, weight))


@pytest.mark.parametrize(("frames", "expected"), [(3, 1), (4, 1), (5, 1), (6, 2), (30, 10), (31, 10)])
def test_aggregation_takes_every_three_frames(frames, expected) -> None:
    layer = TemporalAggregation(2, batch_norm=False, generator=torch.Generator().manual_seed(0)).double()
    x = random(1, 2, frames, 3, 2)
    y = layer(x)
    assert y.shape == (1, 2, expected, 3, 2)
    for i in range(expected):
        three = x[:, :, 3 * i : 3 * i + 3]
        slow = activate(torch.einsum("ncthw,dct->ndhw", three, layer.weight[..., 0, 0]))
        torch.testing.assert_close(y[:, :, i], slow)


def test_halving_takes_the_maximum_of_four_pixels() -> None:
    x = random(2, 3, 4, 6, 8)
    slow = torch.stack([x[..., a::2, b::2] for a in (0, 1) for b in (0, 1)]).amax(0)
    torch.testing.assert_close(max_pool_2x2(x), slow)


def test_halving_an_odd_width_leaves_the_last_column_out() -> None:
    x = random(1, 1, 1, 2, 5)
    torch.testing.assert_close(max_pool_2x2(x), max_pool_2x2(x[..., :4]))


def test_activation_has_the_published_slope() -> None:
    torch.testing.assert_close(activate(torch.tensor([-1.0, 0.0, 2.0])), torch.tensor([-0.01, 0.0, 2.0]))


def test_weights_come_from_the_generator_alone_and_are_xavier_uniform() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = Convolution(4, 8, batch_norm=True, generator=torch.Generator().manual_seed(3))
    assert torch.equal(torch.random.get_rng_state(), before)
    again = Convolution(4, 8, batch_norm=True, generator=torch.Generator().manual_seed(3))
    assert torch.equal(first.weight, again.weight)
    bound = (6 / (27 * (4 + 8))) ** 0.5
    assert 0.97 * bound < first.weight.abs().max() <= bound


def test_batch_norm_stands_between_convolution_and_activation() -> None:
    layer = StripConvolution(2, 3, 2, batch_norm=True, generator=torch.Generator().manual_seed(0)).double()
    x = random(2, 2, 3, 4, 4)
    y = strip_convolve(x, layer.weight, 2)
    mean, variance = y.mean((0, 2, 3, 4), keepdim=True), y.var((0, 2, 3, 4), keepdim=True, correction=0)
    torch.testing.assert_close(layer(x), activate((y - mean) / (variance + 1e-5).sqrt()))


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_random_shapes(seed) -> None:
    sizes = torch.randint(1, 4, (6,), generator=torch.Generator().manual_seed(seed)).tolist()
    n, c, t, rows, w, strips = sizes
    x, weight = random(n, c, t, strips * rows, w, seed=seed), random(2, c, 3, 3, 3, seed=seed + 1)
    x, weight = x.requires_grad_(), weight.requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: strip_convolve(a, b, strips), (x, weight), fast_mode=True)
    assert torch.autograd.gradcheck(convolve, (x, weight), fast_mode=True)
    big = random(n, c, t, 2 * rows, 2 * w, seed=seed).requires_grad_()
    assert torch.autograd.gradcheck(max_pool_2x2, (big,))
    layer = TemporalAggregation(c, batch_norm=False, generator=torch.Generator().manual_seed(seed)).double()
    long = random(n, c, t + 2, rows, w, seed=seed).requires_grad_()
    assert torch.autograd.gradcheck(layer, (long,))


def test_saying_channels_last_moves_nothing_and_settles_the_layout_of_the_stem() -> None:
    x, weight = random(2, 1, 3, 4, 5), random(3, 1, 3, 3, 3, seed=1)
    said = as_channels_last(x)
    assert said.data_ptr() == x.data_ptr()
    torch.testing.assert_close(said, x, rtol=0, atol=0)
    y = convolve(said.float(), weight.float())
    assert y.is_contiguous(memory_format=torch.channels_last_3d)
    torch.testing.assert_close(y, convolve(x.float(), weight.float()))
