"""The learning rate against tables and a slow reading of the settings."""

from dataclasses import replace
from math import cos, pi

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gaitprint.training.optimizers import new_optimizer
from gaitprint.training.recipe import Reset, TrainingSettings, load_recipe, recipe_names
from gaitprint.training.schedule import learning_rate, resets_at

RATES = {
    "gaitgl-oumvlp": [(0, 1e-4), (149_999, 1e-4), (150_000, 1e-5), (249_999, 1e-5)],
    "gaitgl-casia-b": [(0, 1e-4), (9_999, 1e-4), (10_000, 1e-5), (14_999, 1e-5)],
    "gaitgl-journal-casia-b": [(0, 1e-4), (69_999, 1e-4), (70_000, 1e-5), (79_999, 1e-5)],
    "gaitgl-journal-oumvlp": [(0, 1e-4), (149_999, 1e-4), (150_000, 1e-5), (199_999, 1e-5), (200_000, 1e-6)],
    "deepgait-gait3d": [(0, 0.1), (19_999, 0.1), (20_000, 0.01), (40_000, 1e-3), (50_000, 1e-4), (59_999, 1e-4)],
    "gaitset-casia-b": [(0, 0.1), (9_999, 0.1), (10_000, 0.01), (20_000, 1e-3), (30_000, 1e-4), (39_999, 1e-4)],
    "gaitset-grew": [(0, 1e-4), (149_999, 1e-4), (150_000, 1e-5), (249_999, 1e-5)],
    "deepgait-grew": [(0, 0.1), (79_999, 0.1), (80_000, 0.01), (120_000, 1e-3), (150_000, 1e-4), (179_999, 1e-4)],
}
SAME = {
    "gaitgl-casia-e": "gaitgl-casia-b", "gaitmask-casia-b": "gaitgl-casia-b", "gaitmask-casia-e": "gaitgl-casia-b",
    "gaitmask-oumvlp": "gaitgl-oumvlp", "gaitgl-bnneck-oumvlp": "gaitgl-journal-oumvlp",
    "deepgait-casia-b": "deepgait-gait3d", "gaitbase-casia-b": "deepgait-gait3d", "gaitbase-gait3d": "deepgait-gait3d",
    "gaitbase-grew": "deepgait-grew",
}  # fmt: skip


@pytest.mark.parametrize("name", recipe_names())
def test_rates_of_every_recipe(name):
    training = load_recipe(name).training
    top, middle = training.learning_rate, (training.iterations + training.warm_up) / 2
    ours = (
        [(0, top / training.warm_up), (training.warm_up - 1, top), (training.warm_up, top), (middle, top / 2)]
        if (training.schedule == "cosine")
        else []
    )
    assert bool(ours) == name.endswith(
        ("-small", "-demo", "-tune", "quick", "quick-mask", "default", "-faults", "-first")
    )
    for iteration, rate in ours or RATES[SAME.get(name, name)]:
        assert learning_rate(training, int(iteration)) == pytest.approx(rate, rel=1e-2 if ours else 1e-12), iteration
    if ours:
        assert 0 < learning_rate(training, training.iterations - 1) < 1e-3 * top


@given(
    st.integers(1, 40),
    st.lists(st.integers(0, 40), max_size=3),
    st.integers(0, 12),
    st.sampled_from(["steps", "cosine"]),
)
def test_rates_against_a_slow_reading(iterations, milestones, warm_up, schedule):
    settings = TrainingSettings(
        iterations=iterations, milestones=tuple(milestones), warm_up=warm_up, schedule=schedule, learning_rate=0.5
    )
    for done in range(iterations):
        rate = 0.5
        for milestone in milestones:
            if milestone <= done:
                rate = rate * 0.1
        if schedule == "cosine" and done > warm_up:
            rate = rate * (1 + cos(pi * (done - warm_up) / (iterations - warm_up))) / 2
        if done < warm_up:
            rate = rate * (done + 1) / warm_up
        assert learning_rate(settings, done) == pytest.approx(rate)
        assert learning_rate(settings, done) > 0


def test_a_reset_is_an_adam_without_memory_and_a_milestone_is_not():
    settings = TrainingSettings(resets=(Reset(2, 1e-5), Reset(4, 1e-6)), milestones=(3,), weight_decay=0.25)
    assert [resets_at(settings, i) for i in range(6)] == [False, False, True, False, True, False]
    rates = [learning_rate(settings, i) for i in range(6)]
    assert rates == pytest.approx([1e-4, 1e-4, 1e-5, 1e-6, 1e-7, 1e-7])
    layer = nn.Linear(2, 1)
    optimizer = new_optimizer(layer, settings, 4)
    assert type(optimizer) is torch.optim.Adam
    assert not optimizer.state
    (group,) = optimizer.param_groups
    assert group["params"] == list(layer.parameters())
    assert (group["lr"], group["weight_decay"]) == (pytest.approx(1e-7), 0.25)
    assert (group["betas"], group["eps"], group["amsgrad"]) == ((0.9, 0.999), 1e-8, False)
    assert not resets_at(replace(settings, resets=()), 2)
