"""Every optimizer against its update written out, element by element, in NumPy."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gaitprint.training.optimizers import new_optimizer
from gaitprint.training.recipe import TrainingSettings

Update = Callable[[float, float], float]
"""The next weight, of the weight and its gradient."""


def adam(rate: float, decay: float, apart: bool = False) -> Update:
    """Kingma and Ba, algorithm 1; `apart`: the decay of Loshchilov and Hutter, algorithm 2."""
    first, second, steps = 0.0, 0.0, 0

    def update(weight: float, gradient: float) -> float:
        nonlocal first, second, steps
        if apart:
            weight = weight - rate * decay * weight
        else:
            gradient = gradient + decay * weight
        steps += 1
        first = 0.9 * first + (1 - 0.9) * gradient
        second = 0.999 * second + (1 - 0.999) * gradient**2
        return weight - rate * (first / (1 - 0.9**steps)) / (np.sqrt(second / (1 - 0.999**steps)) + 1e-8)

    return update


def sgd(rate: float, decay: float, momentum: float) -> Update:
    velocity = 0.0

    def update(weight: float, gradient: float) -> float:
        nonlocal velocity
        velocity = momentum * velocity + gradient + decay * weight
        return weight - rate * velocity

    return update


def written_out(settings: TrainingSettings) -> Update:
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "sgd":
        return sgd(rate, decay, settings.momentum)
    return adam(rate, decay, settings.optimizer == "adamw")


def a_model() -> nn.Module:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).double()
    draw = np.random.default_rng(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.from_numpy(draw.normal(size=tuple(parameter.shape))))
    return model


def flat(model: nn.Module) -> list[float]:
    return torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()


def gradients(model: nn.Module, steps: int) -> Iterator[list[float]]:
    """Sets gradients of chance, small ones among them, where Adam's 1e-8 counts."""
    draw = np.random.default_rng(6)
    for _ in range(steps):
        for parameter in model.parameters():
            size = 10.0 ** draw.integers(-9, 2, tuple(parameter.shape))
            parameter.grad = torch.from_numpy(np.atleast_1d(size * draw.normal(size=tuple(parameter.shape))))
        yield torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).tolist()


@given(
    st.sampled_from(["adam", "adamw", "sgd"]),
    st.sampled_from([0.0, 5e-4, 0.5]),
    st.sampled_from([0.0, 0.5, 0.9]),
    st.sampled_from([1e-4, 0.1]),
)
def test_every_optimizer_moves_as_its_paper_says(name, decay, momentum, rate):
    settings = TrainingSettings(optimizer=name, weight_decay=decay, momentum=momentum, learning_rate=rate)
    model = a_model()
    optimizer = new_optimizer(model, settings, 0)
    expected = flat(model)
    updates = [written_out(settings) for _ in expected]
    for gradient in gradients(model, 6):
        optimizer.step()
        expected = [update(w, g) for update, w, g in zip(updates, expected, gradient, strict=True)]
        np.testing.assert_allclose(flat(model), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("decay", [0.0, 0.25])
def test_adams_penalty_passes_the_moments_and_adamws_does_not(decay):
    """With a gradient of zero, Adam moves by the whole rate wherever there is a penalty; AdamW shrinks the weights."""
    moved = {}
    for name in ("adam", "adamw"):
        model = a_model()
        before = np.array(flat(model))
        optimizer = new_optimizer(model, TrainingSettings(optimizer=name, learning_rate=0.01, weight_decay=decay), 0)
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
        moved[name] = np.array(flat(model)) - before
        expected = {"adam": -0.01 * np.sign(before), "adamw": -0.01 * decay * before}[name] * (decay > 0)
        np.testing.assert_allclose(moved[name], expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_a_new_optimizer_has_no_memory_all_parameters_and_the_schedules_rate(name):
    settings = TrainingSettings(optimizer=name, learning_rate=0.4, milestones=(2, 3), weight_decay=0.125, momentum=0.7)
    model = a_model()
    optimizer = new_optimizer(model, settings, 3)
    (group,) = optimizer.param_groups
    assert not optimizer.state
    assert [id(p) for p in group["params"]] == [id(p) for p in model.parameters()]
    assert (group["lr"], group["weight_decay"]) == (pytest.approx(0.004), 0.125)
    assert (group.get("momentum"), group.get("nesterov")) == ((0.7, False) if name == "sgd" else (None, None))
