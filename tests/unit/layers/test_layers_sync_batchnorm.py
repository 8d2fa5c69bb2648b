"""BatchNorm over several slices against torch's on the joined batch; threads stand for processes."""

from collections.abc import Callable
from copy import deepcopy
from threading import Barrier, Thread

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from gaitprint.layers.masked_convolution import Band, MaskedConvolution
from gaitprint.layers.sync_batchnorm import SynchronisedNorm

KINDS = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}
"""By the number of dimensions after the channels, one less where there are none."""


class Threads:
    """Runs a function in several threads, each with its part and a `gathered` among them."""

    def __init__(self, size: int) -> None:
        self.rows: list[Tensor | None] = [None] * size
        self.barrier = Barrier(size, timeout=600)

    def gathered(self, rank: int) -> Callable[[Tensor], Tensor]:
        def gather(x: Tensor) -> Tensor:
            self.rows[rank] = x
            self.barrier.wait()
            joined = torch.cat(self.rows)
            self.barrier.wait()
            return joined

        return gather

    def run(self, work: Callable[[int, Callable[[Tensor], Tensor]], None]) -> None:
        threads = [Thread(target=work, args=(r, self.gathered(r))) for r in range(len(self.rows))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def made(rest: int, channels: int, **settings: object) -> nn.Module:
    norm = KINDS[max(rest, 1)](channels, **settings).double()
    if norm.affine:
        with torch.no_grad():
            norm.weight.copy_(random(channels, seed=8))
            norm.bias.copy_(random(channels, seed=9))
    return norm


def nobody(x: Tensor) -> Tensor:
    raise AssertionError("asked")


@given(
    rows=st.lists(st.integers(1, 4), min_size=2, max_size=3),
    rest=st.lists(st.integers(1, 3), max_size=3),
    affine=st.booleans(),
    momentum=st.sampled_from([None, 0.1, 0.7]),
    seed=st.integers(0, 99),
)
def test_slices_have_outputs_gradients_and_running_statistics_of_the_whole(rows, rest, affine, momentum, seed) -> None:
    plain = made(len(rest) + 1 if rest else 0, 2, affine=affine, momentum=momentum)
    norms = [deepcopy(plain) for _ in rows]
    # far from zero: a sum of squares would cancel
    xs = [(1e4 + random(n, 2, *rest, seed=seed + i)).requires_grad_() for i, n in enumerate(rows)]
    pulls = [random(n, 2, *rest, seed=seed - i - 1) for i, n in enumerate(rows)]
    found: dict[int, list[Tensor]] = {}

    def work(rank: int, gathered: Callable[[Tensor], Tensor]) -> None:
        norm = SynchronisedNorm(norms[rank], gathered).train()
        for _ in range(2):
            z, variance = norm.with_variance(xs[rank])
        # of the variance, as of anything all processes hold, each adds its part of the gradient
        ((z * pulls[rank]).sum() + (rank + 1) * variance.sum()).backward()
        found[rank] = [z, *norm.buffers()]

    Threads(len(rows)).run(work)
    whole = torch.cat(xs).detach().requires_grad_()
    for _ in range(2):
        z = plain(whole)
    variance = whole.transpose(0, 1).flatten(1).var(dim=1, correction=0)
    parts = len(rows) * (len(rows) + 1) // 2
    ((z * torch.cat(pulls)).sum() + parts * variance.sum()).backward()
    close = {"rtol": 1e-7, "atol": 1e-7}
    torch.testing.assert_close(torch.cat([found[r][0] for r in range(len(rows))]), z, **close)
    # with few values of nearly one size the gradient is large
    torch.testing.assert_close(torch.cat([x.grad for x in xs]), whole.grad, rtol=1e-5, atol=1e-5)
    for rank in range(len(rows)):
        torch.testing.assert_close(found[rank][1:], list(plain.buffers()), **close)
    for name, parameter in plain.named_parameters():
        grads = [norm.get_parameter(name).grad for norm in norms]
        torch.testing.assert_close(sum(grads), parameter.grad, **close)


def test_gradient() -> None:
    norm = SynchronisedNorm(made(2, 3), torch.clone)
    assert torch.autograd.gradcheck(norm.with_variance, random(4, 3, 2).requires_grad_())


@pytest.mark.parametrize("mode", ["activated", "gated", "linear"])
def test_masked_convolutions_of_slices_are_those_of_the_whole(mode) -> None:
    layer = MaskedConvolution(2, 3, mode, batch_norm=True, generator=torch.Generator().manual_seed(5)).double()
    slices = [deepcopy(layer) for _ in range(2)]
    x, pull, band = random(4, 2, 3, 8, 4).cumsum(0), random(4, 3, 3, 8, 4, seed=1), Band(3, 2)
    outputs: dict[int, Tensor] = {}

    def work(rank: int, gathered: Callable[[Tensor], Tensor]) -> None:
        slices[rank].norm = SynchronisedNorm(slices[rank].norm, gathered)
        mine = slice(2 * rank, 2 * rank + 2)
        outputs[rank] = slices[rank](x[mine], band)
        (outputs[rank] * pull[mine]).sum().backward()

    Threads(2).run(work)
    whole = layer(x, band)
    (whole * pull).sum().backward()
    torch.testing.assert_close(torch.cat([outputs[0], outputs[1]]), whole)
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(sum(s.get_parameter(name).grad for s in slices), parameter.grad)
    torch.testing.assert_close(slices[1].eval()(x, band), layer.eval()(x, band))


@pytest.mark.parametrize("affine", [True, False])
def test_in_evaluation_it_is_the_plain_one_and_asks_nobody(affine) -> None:
    plain, x = made(2, 3, affine=affine), 3 + random(5, 3, 4)
    plain(x)
    norm = SynchronisedNorm(plain.eval(), nobody)
    assert not norm.training
    assert torch.equal(norm(x), plain(x))
    assert torch.equal(norm.with_variance(x)[1], plain.running_var)
    with pytest.raises(AssertionError, match="asked"):
        norm.train()(x)


def test_without_running_statistics_it_goes_by_its_own_batch_in_evaluation() -> None:
    plain, x = made(2, 3, track_running_stats=False).eval(), random(5, 3, 4)
    norm = SynchronisedNorm(plain, nobody)
    torch.testing.assert_close(norm(x), plain(x))
    SynchronisedNorm(plain.train(), torch.clone)(x)
    assert not list(norm.buffers())


def test_it_takes_over_the_very_tensors_under_their_names() -> None:
    plain = made(4, 3)
    norm = SynchronisedNorm(plain, torch.clone)
    assert dict(norm.named_parameters()) == dict(plain.named_parameters())
    assert list(norm.state_dict()) == list(plain.state_dict())
    norm(random(2, 3, 2, 2, 2))
    assert torch.equal(plain.running_mean, norm.running_mean)
    assert int(plain.num_batches_tracked) == 1
    assert deepcopy(norm).state_dict().keys() == norm.state_dict().keys()


def test_half_precision_goes_in_and_out_and_is_summed_in_full() -> None:
    norm = SynchronisedNorm(made(2, 3).float(), torch.clone)
    wide = (100 + random(64, 3, 50)).to(torch.bfloat16)
    x = wide.clone().requires_grad_()
    y, variance = norm.with_variance(x)
    assert y.dtype == torch.bfloat16
    assert variance.dtype == torch.float32
    expected = wide.double().transpose(0, 1).flatten(1).var(dim=1, correction=0)
    torch.testing.assert_close(variance.double(), expected, rtol=1e-5, atol=0)
    y.sum().backward()
    assert x.grad.dtype == torch.bfloat16
    assert x.grad.isfinite().all()
