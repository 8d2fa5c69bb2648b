"""Which precision a run computes in: by what was measured here, said in words, and never by the clock of a test."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.training import timing
from gaitprint.training.precision import FLOAT32, Precision, Seconds, choose_precision
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.timing import facts_of, measure, seconds_in_either

NETWORK = NetworkChoice("gaitgl", {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16})
RECIPE = Recipe(
    "tiny",
    NETWORK,
    Preprocessing(16, 4),
    (LossChoice("part-triplet"), LossChoice("part-softmax")),
    TrainingSettings(precision="bfloat16", frames=4),
)


def never() -> Seconds:
    raise AssertionError("nothing is to be measured")


def processor(monkeypatch, can=True):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: can)


def card(monkeypatch, can):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: can or including_emulation)


def test_what_a_library_can_do_is_not_what_is_fast(monkeypatch):
    """A processor with AVX-512 and no bfloat16: torch says that it is supported, and emulates it."""
    processor(monkeypatch)
    found = choose_precision("bfloat16", "cpu", lambda: Seconds(1.0, 2.34))
    assert found == Precision("float32", "bfloat16 takes 2.3 times as long here")
    assert found.describe() == "in float32: bfloat16 takes 2.3 times as long here"
    found = choose_precision("bfloat16", "cpu", lambda: Seconds(2.0, 1.0))
    assert found.describe() == "in bfloat16: 2 times as fast here as float32"


@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_it_is_never_the_slower_one(full, half):
    with pytest.MonkeyPatch.context() as patch:
        processor(patch)
        found = choose_precision("bfloat16", "cpu", lambda: Seconds(full, half))
    assert (found.name == "bfloat16") == (half * 1.1 < full)
    assert found.why


def test_nothing_is_measured_where_there_is_nothing_to_choose(monkeypatch):
    processor(monkeypatch, can=False)
    for device in ("cpu", "cuda:1"):
        assert choose_precision("float32", device, never, "bfloat16") == FLOAT32
        assert choose_precision("bfloat16-always", device, never, "float32").name == "bfloat16"
    assert choose_precision("bfloat16", "cpu", never) == Precision("float32", "this processor has no bfloat16")
    for can, name in ((True, "bfloat16"), (False, "float32")):
        card(monkeypatch, can)
        assert choose_precision("bfloat16", "cuda", never).name == name, "a card that emulates it does not have it"


@pytest.mark.parametrize("begun", ["float32", "bfloat16"])
def test_a_run_stays_in_what_it_was_begun_in(begun, monkeypatch):
    processor(monkeypatch, can=False)
    assert choose_precision("bfloat16", "cpu", never, begun) == Precision(begun, "as the run was begun")


class Clock:
    """Seconds that pass with every step: `full` for one in float32, `half` for one in bfloat16."""

    def __init__(self, monkeypatch, full, half):
        self.now, self.steps = 0.0, []

        def step(network, objective, clips, labels, masks, world, within):
            with within():
                mixed = torch.is_autocast_enabled("cpu")
            self.steps.append("half" if mixed else "full")
            self.now += half if mixed else full
            return 0.0, {}

        monkeypatch.setattr(timing, "loss_and_gradients", step)

    def __call__(self):
        return self.now


@pytest.mark.parametrize(("full", "half", "rounds"), [(1.0, 0.5, 4), (1.0, 2.0, 4), (1.0, 3.5, 1), (0.0, 0.0, 4)])
def test_both_are_timed_in_turn_and_no_longer_than_it_takes(full, half, rounds, monkeypatch):
    clock = Clock(monkeypatch, full, half)
    found = measure(RECIPE, clock)
    assert found == Seconds(max(full, 1e-9), max(half, 1e-9))
    assert clock.steps == ["full", "half"] * rounds


def test_a_real_step_can_be_timed_and_is_timed_once(monkeypatch, tmp_path):
    monkeypatch.setenv("GAITPRINT_CACHE", str(tmp_path))
    found = seconds_in_either(RECIPE)
    assert min(found.float32, found.bfloat16) > 0
    monkeypatch.setattr(timing, "measure", lambda _: never())
    assert seconds_in_either(RECIPE) == found
    again = replace(RECIPE, title="another", training=replace(RECIPE.training, iterations=3))
    assert seconds_in_either(again) == found


def test_what_the_times_hang_on_asks_for_others(monkeypatch):
    usual = facts_of(RECIPE)
    longer = replace(RECIPE, training=replace(RECIPE.training, frames=12))
    assert facts_of(longer) != usual
    assert facts_of(replace(longer, training=replace(longer.training, frames=30))) == facts_of(longer)
    assert facts_of(replace(RECIPE, training=replace(RECIPE.training, iterations=3))) == usual
    wider = replace(NETWORK, settings={**NETWORK.settings, "channels": [4, 4, 4]})
    assert facts_of(replace(RECIPE, network=wider)) != usual
    threads = torch.get_num_threads()
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads + 1)
    assert facts_of(RECIPE) != usual
    monkeypatch.undo()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "ANOTHER")
    assert facts_of(RECIPE) != usual
