"""Convolutions by minimal filtering along time against the direct ones."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.checkpoint import checkpoint

from gaitprint.layers import winograd_time as _temporal
from gaitprint.layers.convolution import convolve, strip_convolve
from gaitprint.layers.winograd_time import temporal_convolve, winograd_is_faster
from gaitprint.networks.gaitgl import GLConv


def random(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None)
@given(st.integers(1, 3), st.integers(1, 13), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4))
def test_results_are_those_of_the_direct_convolutions(n: int, t: int, strips: int, rows: int, w: int) -> None:
    x, weights = random(n, 2, t, strips * rows, w), [random(3, 2, 3, 3, 3, seed=k) for k in (1, 2)]
    whole, local = temporal_convolve(x, weights, (1, strips))
    torch.testing.assert_close(whole, convolve(x, weights[0]))
    torch.testing.assert_close(local, strip_convolve(x, weights[1], strips))


@pytest.mark.parametrize("t", [4, 6, 10])
def test_gradients_are_those_of_finite_differences(t: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_temporal, "_BUDGET", 1)  # one clip at a time
    whole = t == 4  # every number of the Jacobian, for which there are fewer of them
    x = random(*((2, 2, t, 4, 2) if whole else (3, 2, t, 4, 3))).requires_grad_()
    weights = [random(2, 2, 3, 3, 3, seed=k).requires_grad_() for k in (1, 2)]
    assert torch.autograd.gradcheck(lambda a, *b: temporal_convolve(a, b, (1, 2)), (x, *weights), fast_mode=not whole)


def test_clips_one_by_one_give_what_pairs_and_a_last_one_give(monkeypatch: pytest.MonkeyPatch) -> None:
    def both() -> list[torch.Tensor]:
        x, weight = random(9, 2, 10, 4, 3).requires_grad_(), random(2, 2, 3, 3, 3, seed=1).requires_grad_()
        (y,) = temporal_convolve(x, [weight], [2])
        return [y, *torch.autograd.grad(y.square().sum(), (x, weight))]

    pairs = both()
    monkeypatch.setattr(_temporal, "_BUDGET", 14 * 4 * 3 * 2)
    for first, second in zip(pairs, both(), strict=True):
        torch.testing.assert_close(first, second)


@pytest.mark.parametrize("t", [4, 5, 10, 11])
def test_float32_is_within_a_hundred_thousandth_of_the_largest_value(t: int) -> None:
    x, weight = random(1, 64, t, 8, 6), random(32, 64, 3, 3, 3, seed=1)
    exact = convolve(x, weight)
    (y,) = temporal_convolve(x.float(), [weight.float()], [1])
    assert y.dtype == torch.float32
    assert (y.double() - exact).abs().max() < 1e-5 * exact.abs().max()
    assert (y.double() - exact).norm() < 5e-6 * exact.norm()


def test_it_pays_in_float32_from_four_frames_on() -> None:
    assert [winograd_is_faster(random(1, 1, t, 2, 2).float()) for t in (1, 2, 3, 4, 5, 10, 33)] == [False] * 3 + [
        True
    ] * 4
    assert not winograd_is_faster(random(1, 1, 10, 2, 2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not winograd_is_faster(random(1, 1, 10, 2, 2).float())


@pytest.mark.parametrize("stack", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_layer_in_training_gives_what_its_branches_give(stack: bool, batch_norm: bool) -> None:
    layer = GLConv(3, 4, 2, stack, batch_norm, torch.Generator().manual_seed(0))
    x = random(2, 3, 5, 4, 6, dtype=torch.float32)
    whole, local = layer.whole(x), layer.local(x)
    branches = torch.cat([whole, local], dim=3) if stack else whole + local
    torch.testing.assert_close(layer(x), branches, rtol=1e-5, atol=1e-5)
    assert not torch.equal(layer(x), branches), "the layer took the direct way"


def test_a_layer_computed_again_for_the_gradient_has_the_same_gradient() -> None:
    layer = GLConv(2, 3, 2, False, False, torch.Generator().manual_seed(0))
    x = random(2, 2, 5, 4, 3, dtype=torch.float32).requires_grad_()
    again = checkpoint(layer, x, use_reentrant=False)
    kept, computed = (torch.autograd.grad(y.square().sum(), x)[0] for y in (layer(x), again))
    torch.testing.assert_close(computed, kept, rtol=0, atol=0)
