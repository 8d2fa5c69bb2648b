"""A batch at once, a few clips at a time, or computed again: one gradient."""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gaitprint.errors import ConfigError
from gaitprint.models.base import PartNetwork
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.tensors import PartOutputs
from gaitprint.training.loop import build_network, prepare_network
from gaitprint.training.objective import Objective
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.step import check_micro_batch, loss_and_gradients

TRIPLET = (LossChoice("part-triplet"),)
BOTH = (*TRIPLET, LossChoice("part-softmax", 0.5))
GAITGL = {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16}
GAITMASK = {"channels": [2, 3, 4], "height": 16, "head": "shared-bn"}
NETWORKS = {
    **{f"gaitgl {head}": ("gaitgl", {**GAITGL, "head": head}) for head in ("plain", "shared-bn", "separate-bnneck")},
    **{
        f"gaitmask {mode}": ("gaitmask", {**GAITMASK, "mask_mode": mode})
        for mode in ("activated", "gated", "linear", "separate")
    },
}
AUTOCAST = partial(torch.autocast, "cpu", torch.bfloat16)

pytestmark = pytest.mark.usefixtures("one_thread")


def recipe(name, training=None, **settings):
    network, base = NETWORKS[name]
    losses = TRIPLET if name == "gaitgl plain" else BOTH
    choice = NetworkChoice(network, {**base, **settings})
    return Recipe("tiny", choice, Preprocessing(16, 4), losses, training or TrainingSettings(subjects=2))


def stepped(name, dtype=torch.float32, n=7, micro_batch=None, precision=nullcontext, seed=0, **training):
    """A network after one step's gradient, the loss, the figures and how many clips met the trunk, with grad or not."""
    chosen = recipe(name, TrainingSettings(subjects=2, micro_batch=micro_batch, **training))
    network = build_network(chosen, 3, 0).to(dtype)
    prepare_network(network, chosen.training)
    generator = torch.Generator().manual_seed(seed)
    clips = torch.rand(n, 1, 4, 16, 8, dtype=dtype, generator=generator)
    labels = torch.arange(n) % 3
    calls, trunk = [], network.trunk

    def spied(some, masks):
        calls.append((len(some), torch.is_grad_enabled()))
        return trunk(some, masks)

    network.trunk = spied
    masks = partial(torch.Generator().manual_seed, 9 + seed)
    objective = Objective(chosen.losses)
    loss, figures = loss_and_gradients(network, objective, clips, labels, masks, ProcessGroup(), precision, micro_batch)
    return network, loss, figures, calls


def assert_same_gradient(one, other, tolerance):
    """Each parameter's gradient to `tolerance` of the largest value in it."""
    for (name, a), b in zip(one.named_parameters(), other.parameters(), strict=True):
        largest = float(b.grad.abs().max())
        assert largest > 0, f"{name} has no gradient to compare"
        assert float((a.grad - b.grad).abs().max()) <= tolerance * largest, name


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_few_clips_at_a_time_have_the_gradient_of_the_whole_batch(name, dtype, tolerance):
    plain, loss, figures, calls = stepped(name, dtype)
    assert calls == [(7, True)]
    cached, again, same, calls = stepped(name, dtype, micro_batch=3)
    assert calls == [(3, False), (3, False), (1, False), (3, True), (3, True), (1, True)]
    assert_same_gradient(cached, plain, tolerance)
    assert again == pytest.approx(loss, rel=tolerance)
    assert same == pytest.approx(figures, rel=tolerance)


@given(st.sampled_from(sorted(NETWORKS)), st.integers(3, 8), st.integers(1, 9), st.integers(0, 99), st.booleans())
def test_whatever_the_sizes(name, n, micro_batch, seed, recompute):
    plain, loss, _, _ = stepped(name, torch.float64, n, seed=seed)
    cached, again, _, _ = stepped(name, torch.float64, n, micro_batch, seed=seed, recompute=recompute)
    assert again == pytest.approx(loss, rel=1e-10)
    assert_same_gradient(cached, plain, 1e-10)


@pytest.mark.parametrize("micro_batch", [7, 8])
def test_a_batch_that_passes_at_once_takes_the_plain_path_to_the_bit(micro_batch):
    plain, loss, _, calls = stepped("gaitmask activated")
    other, again, _, others = stepped("gaitmask activated", micro_batch=micro_batch)
    assert calls == others == [(7, True)]
    assert loss == again
    assert_same_gradient(other, plain, 0)


def test_gradients_are_added_to_what_is_there():
    once = stepped("gaitgl shared-bn", torch.float64, micro_batch=2)[0]
    chosen = recipe("gaitgl shared-bn")
    network = build_network(chosen, 3, 0).double().train()
    for p in network.parameters():
        p.grad = torch.ones_like(p)
    clips = torch.rand(7, 1, 4, 16, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    objective = Objective(chosen.losses)
    loss_and_gradients(network, objective, clips, torch.arange(7) % 3, torch.Generator, ProcessGroup(), nullcontext, 2)
    for a, b in zip(network.parameters(), once.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad + 1, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["gaitgl shared-bn", "gaitgl separate-bnneck"])
def test_running_statistics_of_the_head_see_the_whole_batch_once(name):
    plain, cached = stepped(name)[0], stepped(name, micro_batch=2)[0]
    buffers = dict(cached.named_buffers())
    assert int(buffers["head.norm.num_batches_tracked"]) == 1
    assert float(buffers["head.norm.running_var"].sub(1).abs().max()) > 0
    for key, value in plain.named_buffers():
        assert torch.allclose(buffers[key], value, rtol=1e-6, atol=1e-7), key


@pytest.mark.parametrize("micro_batch", [None, 3])
@pytest.mark.parametrize("precision", [nullcontext, AUTOCAST])
@pytest.mark.parametrize("name", NETWORKS)
def test_computing_again_changes_no_bit(name, precision, micro_batch):
    plain, loss, figures, _ = stepped(name, micro_batch=micro_batch, precision=precision)
    again = stepped(name, micro_batch=micro_batch, precision=precision, recompute=True)
    assert again[1:3] == (loss, figures)
    assert_same_gradient(again[0], plain, 0)


def test_computing_again_keeps_less():
    kept, ran = {}, {}
    for recompute in (False, True):
        chosen = recipe("gaitgl shared-bn", TrainingSettings(subjects=2, recompute=recompute))
        network = build_network(chosen, 3, 0)
        prepare_network(network, chosen.training)
        clips = torch.rand(4, 1, 6, 16, 8, generator=torch.Generator().manual_seed(0))
        sizes, runs = {}, []

        def note(tensor, sizes=sizes):
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
            pooled = network.trunk(clips)
        for layer in network.stem:  # a hook after the layer would not be reached: it stops where it has what it needs
            layer.register_forward_pre_hook(lambda *_, runs=runs: runs.append(1))
        pooled.sum().backward()
        kept[recompute], ran[recompute] = sum(sizes.values()), len(runs)
    assert kept[True] < kept[False] / 2
    assert ran == {False: 0, True: 1}


def test_in_bfloat16_the_gradient_stays_near_and_the_loss_is_float32():
    plain = stepped("gaitgl shared-bn", precision=AUTOCAST)
    cached = stepped("gaitgl shared-bn", precision=AUTOCAST, micro_batch=3)
    exact = stepped("gaitgl shared-bn")
    assert_same_gradient(cached[0], plain[0], 0.05)
    assert any(
        not torch.equal(a.grad, b.grad) for a, b in zip(plain[0].parameters(), exact[0].parameters(), strict=True)
    )
    for network in (plain[0], cached[0]):
        assert {p.grad.dtype for p in network.parameters()} == {torch.float32}


class Whole(nn.Module):
    """A network in one piece."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)


@pytest.mark.parametrize(("setting", "value"), [("micro_batch", 3), ("recompute", True)])
def test_networks_that_cannot_be_taken_apart_are_refused_in_one_line(setting, value):
    training = TrainingSettings(subjects=2, **{setting: value})
    for name in ("gaitgl shared-bn", "gaitmask gated"):
        network = build_network(recipe(name, trunk_norm="batch"), 3, 0)
        assert network.mixes_clips
        with pytest.raises(ConfigError) as error:
            prepare_network(network, training)
        assert "\n" not in str(error.value)
        assert f"training.{setting}" in str(error.value)
        assert "BatchNorm" in str(error.value)
        assert f"trunk_norm='none' or leave training.{setting} out" in str(error.value)
        assert not network.recompute
        prepare_network(network, replace(training, micro_batch=None, recompute=False))
    with pytest.raises(ConfigError, match=rf"training\.{setting} needs a network with a trunk and a head"):
        prepare_network(Whole(), training)


def test_a_step_by_itself_refuses_as_well():
    clips, labels = torch.rand(4, 1, 4, 16, 8, generator=torch.Generator()), torch.arange(4) % 2
    batch_norm = build_network(recipe("gaitgl shared-bn", trunk_norm="batch"), 3, 0)
    for network, message in ((batch_norm, "BatchNorm"), (Whole(), "needs a network with a trunk")):
        with pytest.raises(ConfigError, match=message):
            loss_and_gradients(network, Objective(BOTH), clips, labels, torch.Generator, ProcessGroup(), nullcontext, 2)
    for name in NETWORKS:  # a head's BatchNorm sees the whole batch and is no obstacle
        check_micro_batch(build_network(recipe(name), 3, 0))


class Detached(PartNetwork):
    """A trunk, and a head that lets no gradient through to it."""

    mixes_clips = False

    def __init__(self, trunk="own"):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        if trunk != "own":
            self.trunk = trunk

    def trunk(self, clips, generator):
        return clips.flatten(1).reshape(len(clips), 1, -1)[:, :, :4] * self.weight

    def head(self, pooled):
        features = pooled.detach() * self.weight
        return PartOutputs(features, features, None)


def test_parts_of_another_package_that_do_not_fit_are_refused_in_one_line():
    clips, labels = torch.rand(4, 1, 4, 16, 8, generator=torch.Generator()), torch.arange(4) % 2
    given = clips, labels, torch.Generator, ProcessGroup(), nullcontext, 2
    with pytest.raises(ConfigError, match="found none: the head must not detach its input") as error:
        loss_and_gradients(Detached(), Objective(TRIPLET), *given)
    assert "\n" not in str(error.value)
    with pytest.raises(ConfigError, match="needs a network with a trunk and a head"):
        loss_and_gradients(Detached(trunk=3), Objective(TRIPLET), *given)
    outputs = PartOutputs(clips, clips, None)
    for found, kind in (([1.0], "list"), (2, "int")):
        with pytest.raises(ConfigError, match=rf"part-triplet reads .*expected a tensor \[N P C\], found {kind}"):
            Objective(TRIPLET)(outputs._replace(metric_features=found), labels)
