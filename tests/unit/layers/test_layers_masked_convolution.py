"""The masked convolution against eqs. 1-4 written out."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError
from gaitprint.layers.convolution import activate, convolve
from gaitprint.layers.masked_convolution import (
    Band,
    MaskedConvolution,
    SeparateMaskedConvolution,
    across_cuts,
    band_mask,
    draw_band,
)

MODES = ["activated", "gated", "linear"]
bands = st.integers(1, 7).flatmap(
    lambda h: st.integers(1, h).flatmap(lambda rows: st.tuples(st.just(h), st.integers(0, h - rows), st.just(rows)))
)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def layer(mode: str, batch_norm: bool = False) -> MaskedConvolution:
    made = MaskedConvolution(2, 3, mode, batch_norm=batch_norm, generator=torch.Generator().manual_seed(5)).double()
    if batch_norm:
        with torch.no_grad():
            made.norm.weight.copy_(torch.tensor([0.5, -1.5, 2.0]))
            made.norm.bias.copy_(torch.tensor([0.3, -0.2, 0.1]))
    return made


def literal(mode: str, weight: torch.Tensor, x: torch.Tensor, band: Band) -> torch.Tensor:
    """Two full convolutions of masked maps, as the paper writes it."""
    m0 = torch.zeros(x.shape[3], dtype=x.dtype)
    m0[band.start : band.start + band.rows] = 1
    m0 = m0[:, None]
    m1 = 1 - m0
    y0, y1 = convolve(x * m0, weight), convolve(x * m1, weight)
    if mode == "activated":
        return activate(y0) + activate(y1)
    if mode == "gated":
        return activate(m0 * y0 + m1 * y1)
    return activate(y0 + y1)


@pytest.mark.parametrize("mode", MODES)
@given(shape=bands, n=st.integers(1, 2), t=st.integers(1, 3), w=st.integers(1, 3), seed=st.integers(0, 99))
def test_each_mode_is_its_literal_definition_in_value_and_gradient(mode, shape, n, t, w, seed) -> None:
    height, start, rows = shape
    made, band = layer(mode), Band(start, rows)
    x = random(n, 2, t, height, w, seed=seed).requires_grad_()
    pull = random(n, 3, t, height, w, seed=seed + 1)
    fast, slow = made(x, band), literal(mode, made.weight, x, band)
    torch.testing.assert_close(fast, slow, rtol=1e-9, atol=1e-9)
    found = torch.autograd.grad((fast * pull).sum(), (x, made.weight))
    expected = torch.autograd.grad((slow * pull).sum(), (x, made.weight))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_float32_agrees_to_a_millionth() -> None:
    made = layer("activated").float()
    x = random(2, 2, 4, 16, 8).float()
    torch.testing.assert_close(
        made(x, Band(3, 5)), literal("activated", made.weight, x, Band(3, 5)), rtol=1e-6, atol=1e-6
    )


def test_the_linear_mask_is_no_mask_in_value_and_gradient() -> None:
    made = layer("linear")
    x = random(2, 2, 3, 8, 4).requires_grad_()
    pull = random(2, 3, 3, 8, 4, seed=1)
    masked, plain = literal("linear", made.weight, x, Band(2, 3)), activate(convolve(x, made.weight))
    torch.testing.assert_close(masked, plain)
    found = torch.autograd.grad((masked * pull).sum(), (x, made.weight))
    torch.testing.assert_close(found, torch.autograd.grad((plain * pull).sum(), (x, made.weight)))
    assert torch.equal(made(x, Band(2, 3)), made(x))


@pytest.mark.parametrize("mode", ["activated", "gated"])
@pytest.mark.parametrize(
    ("start", "rows", "expected"),
    [(3, 2, [2, 3, 4, 5]), (3, 3, [2, 3, 5, 6]), (0, 3, [2, 3]), (5, 3, [4, 5]), (4, 1, [3, 4, 5]), (0, 8, [])],
)
def test_a_mask_changes_the_rows_beside_its_cuts_and_no_other(mode, start, rows, expected) -> None:
    made = layer(mode)
    x = random(2, 2, 3, 8, 4)
    difference = (made(x, Band(start, rows)) - made(x)).abs().amax(dim=(0, 1, 2, 4))
    assert torch.nonzero(difference > 0).flatten().tolist() == expected


def test_separate_weights_work_on_their_own_side_of_the_cuts() -> None:
    made = SeparateMaskedConvolution(2, 3, batch_norm=False, generator=torch.Generator().manual_seed(5)).double()
    x, band = random(2, 2, 3, 9, 4), Band(3, 4)
    m0 = band_mask(band, x)
    slow = activate(convolve(x * m0, made.inside.weight)) + activate(convolve(x * (1 - m0), made.outside.weight))
    y = made(x, band)
    torch.testing.assert_close(y, slow)
    torch.testing.assert_close(y[:, :, :, 4:6], activate(convolve(x, made.inside.weight))[:, :, :, 4:6])
    torch.testing.assert_close(y[:, :, :, [0, 1, 8]], activate(convolve(x, made.outside.weight))[:, :, :, [0, 1, 8]])
    whole = activate(convolve(x, made.inside.weight)) + activate(convolve(x, made.outside.weight))
    torch.testing.assert_close(made(x), whole)


def test_separate_with_equal_weights_is_activated() -> None:
    made = SeparateMaskedConvolution(2, 3, batch_norm=False, generator=torch.Generator().manual_seed(5)).double()
    made.outside.load_state_dict(made.inside.state_dict())
    x, band = random(1, 2, 2, 7, 3), Band(2, 3)
    torch.testing.assert_close(made(x, band), literal("activated", made.inside.weight, x, band))


def literal_with_norm(mode: str, made: MaskedConvolution, x: torch.Tensor, band: Band) -> torch.Tensor:
    """As the class says: one scale and shift; in the mode activated the shift belongs to the row's own term."""
    m0 = band_mask(band, x)
    y0, y1 = convolve(x * m0, made.weight), convolve(x * (1 - m0), made.weight)
    y = m0 * y0 + (1 - m0) * y1 if mode == "gated" else y0 + y1
    mean, variance = y.mean((0, 2, 3, 4)), y.var((0, 2, 3, 4), correction=0)
    a = (made.norm.weight / (variance + made.norm.eps).sqrt()).view(-1, 1, 1, 1)
    b = made.norm.bias.view(-1, 1, 1, 1) - a * mean.view(-1, 1, 1, 1)
    if mode == "activated":
        return activate(a * y0 + b * m0) + activate(a * y1 + b * (1 - m0))
    return activate(a * y + b)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("statistics", ["of training", "kept by nobody"])
def test_with_batch_norm_value_and_gradient_follow_the_stated_rule(mode, statistics) -> None:
    made, band = layer(mode, batch_norm=True), Band(2, 3)
    if statistics == "kept by nobody":  # such a norm takes the batch's at test too
        made.norm.running_mean = made.norm.running_var = None
        made.norm.eval()
    x = random(2, 2, 3, 8, 4).requires_grad_()
    pull = random(2, 3, 3, 8, 4, seed=1)
    inputs = (x, made.weight, made.norm.weight, made.norm.bias)
    fast, slow = made(x, band), literal_with_norm(mode, made, x, band)
    torch.testing.assert_close(fast, slow)
    found = torch.autograd.grad((fast * pull).sum(), inputs)
    torch.testing.assert_close(found, torch.autograd.grad((slow * pull).sum(), inputs))


def test_with_frozen_batch_norm_statistics_are_those_that_were_learnt() -> None:
    made, band, x = layer("activated", batch_norm=True), Band(2, 3), random(2, 2, 3, 8, 4)
    made(x)
    made.norm.eval()
    y = convolve(x, made.weight)
    rows, other = across_cuts(x, made.weight, band)
    a = (made.norm.weight / (made.norm.running_var + made.norm.eps).sqrt()).view(-1, 1, 1, 1)
    z = made.norm(y)[:, :, :, rows]
    torch.testing.assert_close(made(x, band)[:, :, :, rows], activate(z - a * other) + activate(a * other))


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_random_shapes(seed) -> None:
    n, t, height, w = torch.randint(1, 4, (4,), generator=torch.Generator().manual_seed(seed)).tolist()
    height += 1
    band = draw_band(height, 0.4, torch.Generator().manual_seed(seed))
    x = random(n, 2, t, height, w, seed=seed).requires_grad_()
    for mode in MODES:
        made = layer(mode)
        assert torch.autograd.gradcheck(lambda a, made=made: made(a, band), (x,), fast_mode=True)
    separate = SeparateMaskedConvolution(2, 1, batch_norm=False, generator=torch.Generator().manual_seed(5)).double()
    assert torch.autograd.gradcheck(lambda a: separate(a, band), (x,), fast_mode=True)


@given(st.integers(1, 64), st.floats(0.01, 0.99), st.integers(0, 1000))
def test_bands_lie_inside_the_map_and_have_the_stated_height(height, drop, seed) -> None:
    band = draw_band(height, drop, torch.Generator().manual_seed(seed))
    assert band.rows == max(1, int(drop * height + 1e-9))
    assert 0 <= band.start <= height - band.rows


def test_starts_are_uniform_and_reach_both_ends() -> None:
    generator = torch.Generator().manual_seed(0)
    starts = [draw_band(10, 0.2, generator).start for _ in range(4500)]
    counts = torch.bincount(torch.tensor(starts))
    assert len(counts) == 9
    assert (counts - 500).abs().max() < 100


def test_a_product_that_rounds_down_does_not_lose_a_row() -> None:
    assert draw_band(100, 0.29, torch.Generator()).rows == 29


def test_the_mask_is_one_inside_the_band() -> None:
    x = random(1, 1, 1, 5, 2)
    assert band_mask(Band(1, 2), x).flatten().tolist() == [0, 1, 1, 0, 0]


def test_drawing_needs_a_generator() -> None:
    with pytest.raises(ConfigError, match=r"gaitmask draws masks in training: .*generator"):
        draw_band(8, 0.2, None)
