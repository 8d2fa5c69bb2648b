"""The moving average of weights against a slow loop, its state, and what it leaves behind in a network."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.training.averaging import MovingAverage


def a_model(channels: int = 4) -> nn.Module:
    model = nn.Sequential(nn.Conv3d(2, channels, 3), nn.BatchNorm3d(channels), nn.Linear(3, 2))
    model[0].weight.data = model[0].weight.data.contiguous(memory_format=torch.channels_last_3d)
    change(model, 0)
    return model


@torch.no_grad()
def change(model: nn.Module, seed: int) -> None:
    """Weights and buffers of chance."""
    draw = np.random.default_rng(seed)
    for tensor in model.state_dict().values():
        values = draw.normal(size=tuple(tensor.shape)) if tensor.is_floating_point() else draw.integers(0, 99)
        tensor.copy_(torch.as_tensor(values))


def bits(tensors: dict[str, Tensor]) -> dict[str, bytes]:
    return {k: v.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() for k, v in tensors.items()}


def run(average: MovingAverage, model: nn.Module, start: int, stop: int) -> None:
    for seed in range(start, stop):
        change(model, seed)
        average.update(model)


@given(st.sampled_from([0.0, 0.05, 0.3, 0.9, 0.999]), st.integers(0, 12))
def test_averages_against_a_slow_loop(decay, updates):
    model = a_model()
    average = MovingAverage(model, decay)
    slow = {k: v.double().numpy().copy() for k, v in model.state_dict().items()}
    for n in range(updates):
        run(average, model, 100 + n, 101 + n)
        d = min(decay, (1 + n) / (10 + n))
        for key, value in model.state_dict().items():
            slow[key] = d * slow[key] + (1 - d) * value.double().numpy() if value.is_floating_point() else value.numpy()
    tensors = average.tensors()
    assert int(tensors.pop("updates")) == updates
    assert tensors.keys() == {f"model.{k}" for k in slow}
    for key, expected in slow.items():
        np.testing.assert_allclose(tensors[f"model.{key}"].numpy(), expected, rtol=1e-5, atol=1e-6)


def test_counts_are_the_latest_and_not_averaged():
    model = a_model()
    average = MovingAverage(model, 0.9)
    run(average, model, 1, 4)
    counted = average.tensors()["model.1.num_batches_tracked"]
    assert counted.dtype == torch.int64
    assert counted == model[1].num_batches_tracked


def test_weights_that_stay_are_their_own_average_to_the_bit():
    model = a_model()
    average = MovingAverage(model, 0.97)
    before = bits(model.state_dict())
    for _ in range(40):
        average.update(model)
    with average.applied(model):
        assert bits(model.state_dict()) == before


@pytest.mark.parametrize("stopped", [0, 1, 5])
def test_a_stopped_average_goes_on_to_the_same_bits(stopped):
    model = a_model()
    straight = MovingAverage(model, 0.9)
    run(straight, model, 1, 9)
    again = a_model()
    before = MovingAverage(again, 0.9)
    run(before, again, 1, 1 + stopped)
    # as a checkpoint gives them back: contiguous, of no one's memory
    kept = {k: v.detach().contiguous().clone() for k, v in before.tensors().items()}
    other = a_model()
    change(other, 77)
    after = MovingAverage(other, 0.9)
    after.load(kept)
    run(after, other, 1 + stopped, 9)
    assert bits(after.tensors()) == bits(straight.tensors())


def test_what_was_loaded_from_stays_as_it_was():
    model = a_model()
    average = MovingAverage(model, 0.9)
    kept = {k: v.clone() for k, v in average.tensors().items()}
    before = bits(kept)
    average.load(kept)
    run(average, model, 1, 3)
    assert bits(kept) == before


def test_an_average_does_not_follow_a_network_by_itself():
    model = a_model()
    average = MovingAverage(model, 0.9)
    before = bits(average.tensors())
    change(model, 3)
    assert bits(average.tensors()) == before


def test_a_network_has_averaged_weights_for_a_while():
    model = a_model()
    average = MovingAverage(model, 0.5)
    run(average, model, 1, 4)
    tensors, own = average.tensors(), bits(model.state_dict())
    layout = model[0].weight.stride()
    parameters = {k: (p, p.data_ptr()) for k, p in model.named_parameters()}
    with average.applied(model):
        inside = bits(model.state_dict())
        assert inside == bits({k.removeprefix("model."): v for k, v in tensors.items() if k != "updates"})
        assert inside != own
        assert all(parameters[k] == (p, p.data_ptr()) for k, p in model.named_parameters())
    assert bits(model.state_dict()) == own
    assert model[0].weight.stride() == layout
    assert bits(average.tensors()) == bits(tensors)


def step(model: nn.Module) -> None:
    """What no one should do in there: train."""
    model.train()(torch.randn(2, 2, 3, 3, 5, generator=torch.Generator().manual_seed(0))).sum().backward()
    torch.optim.SGD(model.parameters(), 0.1).step()


def fail(model: nn.Module) -> None:
    raise KeyboardInterrupt


def odd(model: nn.Module) -> None:
    raise ArtefactError("validation failed")


@pytest.mark.parametrize("trouble", [step, fail, odd])
def test_a_network_has_its_own_weights_again_whatever_happened(trouble: Callable[[nn.Module], None]):
    model = a_model()
    average = MovingAverage(model, 0.5)
    run(average, model, 1, 4)
    with torch.no_grad():  # bits that no comparison of numbers tells apart
        model[2].weight.view(torch.int32)[0, 0] = 0x7FC01234
        model[2].weight[0, 1] = -0.0
    own, averaged = bits(model.state_dict()), bits(average.tensors())
    try:
        with average.applied(model):
            trouble(model)
    except (KeyboardInterrupt, ArtefactError):
        assert trouble is not step
    assert bits(model.state_dict()) == own
    assert bits(average.tensors()) == averaged


def test_a_broken_application_leaves_the_network_alone():
    """An average of another network fails half-way through filling; what was filled is taken back."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(3, 3))
    average = MovingAverage(nn.Sequential(nn.Linear(2, 2), nn.Linear(4, 4)), 0.5)
    own = bits(model.state_dict())
    with pytest.raises(RuntimeError), average.applied(model):
        pass
    assert bits(model.state_dict()) == own


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (lambda t: t.pop("updates"), "updates"),
        (lambda t: t.pop("model.2.bias"), "model.2.bias"),
        (lambda t: t.update({"model.3.bias": torch.zeros(2)}), "model.3.bias"),
        (lambda t: t.update({"model.2.bias": torch.zeros(3)}), "model.2.bias"),
        (lambda t: t.update({"model.2.bias": torch.zeros(2).double()}), "model.2.bias"),
        (lambda t: t.update({"updates": torch.tensor(1.0)}), "updates"),
    ],
)
def test_an_average_of_another_network_is_refused(spoil, key):
    average = MovingAverage(a_model(), 0.9)
    before = bits(average.tensors())
    tensors = {k: v + 1 for k, v in average.tensors().items()}
    spoil(tensors)
    message = rf"^the checkpoint's moving average is not of this network \('{key}' differs\): train in a new folder$"
    with pytest.raises(ArtefactError, match=message):
        average.load(tensors)
    assert bits(average.tensors()) == before


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_out_of_range_is_refused(decay):
    with pytest.raises(ConfigError, match=f"the decay of a moving average is from 0 to below 1, found {decay}"):
        MovingAverage(nn.Linear(1, 1), decay)
