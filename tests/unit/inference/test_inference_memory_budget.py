"""How many frames are embedded together follows from a budget in bytes, by the network."""

import tracemalloc

import numpy as np
import pytest
import torch

from gaitprint.components import find_component
from gaitprint.deploy import footprint
from gaitprint.deploy.form import Branch, Branches, DeployForm, MaxPool, Triples
from gaitprint.inference import memory_budget
from gaitprint.inference.machine import PeakMemory
from gaitprint.inference.memory_budget import bytes_a_frame, usual_memory
from gaitprint.inference.running import open_runner
from gaitprint.memory import VARIABLE

FRAME = (32, 22)
FORMS = {
    "gaitgl": {"form": "casia-b", "channels": [16, 32, 64], "strips": 4, "height": 32},
    "gaitmask": {"channels": [16, 32, 64], "height": 32},
}


def network(name):
    made = find_component("network", name).make(FORMS[name], classes=None, generator=torch.Generator().manual_seed(1))
    return made.eval()


def test_the_largest_layer_counts():
    """Counted by hand: values a frame of each layer's input, branches and sum."""

    def weight(outputs, inputs):
        return np.zeros((outputs, inputs, 3, 3, 3), np.float32)

    branches = Branches(((Branch(weight(8, 4)), Branch(weight(8, 4))), (Branch(weight(8, 4)),)))
    layers = (
        Branches(((Branch(weight(4, 1)),),)),
        Triples(np.zeros((4, 4, 3), np.float32)),
        branches,
        MaxPool(),
    )
    form = DeployForm(layers, 16, 16, 6.5, np.zeros((16, 8, 8), np.float32))
    pixels = 16 * 10
    stem = pixels * (1 + 2 * 4)
    triples = pixels * (4 + 2 * 4 / 3)
    last = pixels * (4 + (3 + 2) * 8) / 3
    pool = pixels * (2 * 8 + 2 * 8 / 4) / 3
    assert footprint.bytes_a_frame(form, (16, 10)) == pytest.approx(8 * max(stem, triples, last, pool))


@pytest.mark.parametrize("name", sorted(FORMS))
def test_it_is_about_what_computing_takes(name):
    """Loosely: at most three times as much, for arrays of numpy and for what the process holds of torch's."""
    made = network(name)
    estimate = bytes_a_frame(made, FRAME, "cpu")
    clips = np.ones((8, 30, *FRAME), np.float32)
    winograd, plain = (open_runner(made, backend, "cpu") for backend in ("winograd", "torch"))
    winograd(clips[:1, :3])
    tracemalloc.start()
    try:
        winograd(clips[:1])
        measured = tracemalloc.get_traced_memory()[1] / 30
    finally:
        tracemalloc.stop()
    # what the session keeps from its first call is used again and not seen: how much that is differs by machine
    assert estimate / 10 < measured < 3 * estimate, "one clip of the back end winograd"
    plain(clips[:1, :3])
    held = PeakMemory().of(lambda: plain(clips))
    if held is not None:
        # what was free in the process and is used again is not seen: no lower bound
        assert held / (8 * 30) < 3 * estimate, "torch, all clips together"


def test_a_network_without_a_form_is_tried():
    class Plain(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Conv3d(1, 4, 1)

        def forward(self, clips):
            made = self.layer(clips)
            return type("Outputs", (), {"embedding": made.mean(dim=2).flatten(2)})

    assert bytes_a_frame(Plain(), (16, 10), "cpu") == 2 * 4 * 160 * (1 + 4)


def test_the_usual_budget_is_that_of_the_machine(monkeypatch):
    monkeypatch.setattr(memory_budget, "usable_cores", lambda: 4)
    for size, wanted in ((1 << 50, 128 << 20), (1000 << 20, 32 << 20), (1, 16 << 20), (None, 128 << 20)):
        monkeypatch.setattr(memory_budget, "whole_memory", lambda size=size: size)
        assert usual_memory("cpu") == wanted
    monkeypatch.undo()
    monkeypatch.setattr(memory_budget, "usable_cores", lambda: 1)
    monkeypatch.setenv(VARIABLE, "300MiB")
    assert usual_memory("cpu") == 64 << 20
