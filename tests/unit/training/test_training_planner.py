"""What a plan says against arithmetic by hand, and its memory against what a step really holds."""

import weakref
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gaitprint.errors import ConfigError
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.training import planner
from gaitprint.training.loop import build_network, prepare_network
from gaitprint.training.objective import Objective
from gaitprint.training.optimizers import new_optimizer
from gaitprint.training.planner import Plan, iterations_within, plan
from gaitprint.training.precision import FLOAT32, Precision
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.step import loss_and_gradients

NETWORKS = {
    "gaitgl": {"form": "casia-b", "channels": [4, 8, 12], "strips": 4, "height": 32},
    "gaitmask": {"channels": [4, 8, 12], "head": "shared-bn", "height": 32},
}
BOTH = (LossChoice("part-triplet"), LossChoice("part-softmax"))
MADE = Plan(1000, 4_000_000, 20_000_000, 3_000_000, 500_000, 0.25, 1200, "2 x 2 clips of 4 frames")
TERMS = 64_000_000
"""Room for the triplet terms of a large batch, which a small one does not fill."""

pytestmark = pytest.mark.usefixtures("one_thread")


def recipe(name="gaitgl", settings=None, **training):
    chosen = TrainingSettings(**{"subjects": 4, "sequences": 4, "frames": 12, **training})
    network = NetworkChoice(name, {**NETWORKS[name], **(settings or {})})
    return Recipe("tiny", network, Preprocessing(64, 10, 2), BOTH, chosen)


def test_sums_and_words(monkeypatch):
    assert MADE.memory == 27_500_000
    assert MADE.seconds == 300
    words = "about 0.028 GB, 250 ms a step, 5 min in all (1200 steps of 2 x 2 clips of 4 frames, 1 thread)"
    assert MADE.describe() == words
    half = replace(MADE, precision=Precision("bfloat16", "twice as fast here"))
    assert half.describe() == f"{words}; in bfloat16: twice as fast here"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    assert MADE.describe() == words.replace("1 thread", "6 threads")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0123, "12.3 ms"),
        (1.0, "1 s"),
        (89.4, "89.4 s"),
        (90.0, "1.5 min"),
        (5399.0, "90 min"),
        (5400.0, "1.5 h"),
        (172_000.0, "47.8 h"),
        (172_800.0, "2 days"),
        (1e6, "11.6 days"),
    ],
)
def test_durations_in_words(seconds, words):
    assert f", {words} in all (1 steps" in replace(MADE, seconds_per_step=seconds, iterations=1).describe()


@given(st.floats(1e-3, 1e5), st.floats(1e-4, 1e3))
def test_as_many_steps_as_fit_and_at_least_one(minutes, seconds):
    steps = iterations_within(minutes, replace(MADE, seconds_per_step=seconds))
    assert steps >= 1
    more = steps + 1 if steps < 100 else steps + 10
    assert more * seconds > 60 * minutes * (1 - 1e-9)
    assert steps == 1 or steps * seconds <= 60 * minutes * (1 + 1e-9)
    assert steps < 100 or steps % 10 == 0


def test_examples_of_steps_that_fit():
    fitting = [iterations_within(m, replace(MADE, seconds_per_step=2.0)) for m in (0.001, 1.0, 3.3, 3.4, 3.7, 60.0)]
    assert fitting == [1, 30, 99, 100, 110, 1800]


@pytest.mark.parametrize(
    ("training", "ranks", "at_once", "seconds"),
    [
        ({}, 1, 64, 32.0),
        ({}, 2, 32, 16.0),
        ({}, 8, 8, 4.0),
        ({"micro_batch": 4}, 1, 4, 32 * 4 / 3),
        ({"micro_batch": 4}, 4, 4, 8 * 4 / 3),
        ({"micro_batch": 64}, 1, 64, 32.0),
        ({"micro_batch": 999}, 2, 32, 16.0),
        ({"sequences": 4}, 1, 32, 16.0),
    ],
)
def test_four_clips_are_scaled_to_the_part_of_a_process(training, ranks, at_once, seconds, monkeypatch):
    """Four clips that take two seconds and keep 4000 bytes."""
    monkeypatch.setattr(planner, "_measured", lambda *_: (2.0, 4000))
    chosen = recipe(**{"subjects": 8, "sequences": 8, "iterations": 70, **training})
    made, count = plan(chosen, 10, ranks=ranks), 8 * chosen.training.sequences
    assert made.seconds_per_step == pytest.approx(seconds)
    assert made.activations == int(1.15 * 1000 * at_once)
    assert made.batch == 4 * (count // ranks) * (4 * 12 * 32 * 22)  # in work and three made ahead
    assert made.losses == 6 * 4 * 32 * count**2 + TERMS  # each process measures all pairs
    assert made.iterations == 70
    assert made.shape == f"8 x {chosen.training.sequences} clips of 12 frames"


@pytest.mark.parametrize(("optimizer", "copies"), [("adam", 4), ("adamw", 4), ("sgd", 3)])
@pytest.mark.parametrize("average", [0.0, 0.9])
def test_weights_gradients_and_what_the_optimizer_remembers(optimizer, copies, average, monkeypatch):
    monkeypatch.setattr(planner, "_measured", lambda *_: (1.0, 4))
    chosen = recipe(optimizer=optimizer, average=average)
    for classes in (1, 2, 50):
        made = plan(chosen, classes)
        network = build_network(chosen, max(classes, 2), 0)
        assert made.parameters == sum(p.numel() for p in network.parameters())
        assert made.weights == 4 * made.parameters * (copies + (average > 0))
    loss = sum(p.square().sum() for p in network.parameters())
    loss.backward()
    stepper = new_optimizer(network, chosen.training, 0)
    stepper.step()
    remembered = sum(v.numel() for state in stepper.state.values() for v in state.values() if v.ndim)
    assert remembered == (copies - 2) * made.parameters


@pytest.mark.parametrize("ranks", [3, 8, 0])
def test_processes_that_cannot_share_a_batch_are_refused(ranks):
    message = rf"^{ranks} processes share a batch by whole subjects, training\.subjects is 4: choose a multiple of"
    with pytest.raises(ConfigError, match=message):
        plan(recipe(), 10, ranks=ranks)


def test_a_network_that_cannot_do_what_is_asked_is_refused():
    with pytest.raises(ConfigError, match="BatchNorm over all clips of a batch"):
        plan(recipe(settings={"trunk_norm": "batch"}, micro_batch=2), 10)


def test_a_plan_draws_nothing_and_says_the_same_memory_again():
    state = torch.get_rng_state()
    one, other = plan(recipe(), 10), plan(recipe(), 10)
    assert torch.equal(torch.get_rng_state(), state)
    assert replace(one, seconds_per_step=1.0) == replace(other, seconds_per_step=1.0)
    assert one.seconds_per_step > 0


class Held(TorchDispatchMode):
    """Bytes of all tensors that are alive, and the most at any time."""

    def __init__(self):
        super().__init__()
        self.alive, self.now, self.most = {}, 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, made)):
            if isinstance(leaf, torch.Tensor) and leaf.untyped_storage().nbytes():
                self.note(leaf.untyped_storage())
        return made

    def note(self, storage):
        place = storage.data_ptr()
        if place not in self.alive:
            self.alive[place] = storage.nbytes()
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self.forget, place)

    def forget(self, place):
        self.now -= self.alive.pop(place)


def test_what_is_held_is_counted():
    with Held() as held:
        kept = torch.zeros(1000)
        for _ in range(3):
            kept = kept + 1  # two at a time
        part = kept[:10]  # of the same memory
        assert held.now == 4000
        assert held.most == 8000
        del kept
        assert held.now == 4000
        del part
    assert held.now == 0


def held_by_a_step(chosen, precision=FLOAT32):
    """The most bytes that two steps hold at once: weights, gradients, the optimizer's memory and all on the way."""
    settings, shape = chosen.training, chosen.preprocessing
    network = build_network(chosen, 10, 0)
    prepare_network(network, settings)
    optimizer, objective = new_optimizer(network, settings, 0), Objective(chosen.losses)
    labels = torch.arange(settings.subjects).repeat_interleave(settings.sequences)
    clips = torch.rand(len(labels), 1, settings.frames, shape.height, shape.width, generator=torch.Generator()).round()
    within = partial(precision.within, "cpu")
    with Held() as held:
        for _ in range(2):
            optimizer.zero_grad()
            loss_and_gradients(
                network, objective, clips, labels, torch.Generator, ProcessGroup(), within, settings.micro_batch
            )
            optimizer.step()
    return held.most


def assert_foreseen(made, held):
    ahead = made.batch * 3 // 4  # made by other threads, not held by a step
    assert 0.85 * held <= made.memory - TERMS - ahead <= 1.4 * held


@pytest.mark.parametrize(
    "training",
    [{}, {"recompute": True}, {"micro_batch": 4}, {"optimizer": "sgd", "frames": 6}],
    ids=lambda training: " ".join(training) or "plain",
)
@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_step_holds_what_the_plan_says(name, training):
    chosen = recipe(name, **training)
    assert_foreseen(plan(chosen, 10), held_by_a_step(chosen))


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_step_in_bfloat16_holds_what_the_plan_says(name):
    half, chosen = Precision("bfloat16"), recipe(name)
    made = plan(chosen, 10, precision=half)
    assert made.activations < 0.7 * plan(chosen, 10).activations
    assert_foreseen(made, held_by_a_step(chosen, half))


def test_with_batch_norm_in_the_trunk_as_well():
    chosen = recipe(settings={"trunk_norm": "batch"})
    assert_foreseen(plan(chosen, 10), held_by_a_step(chosen))
