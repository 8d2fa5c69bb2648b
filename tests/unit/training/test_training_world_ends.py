"""What processes that train together must agree on, and what must be gone once they part."""

import weakref
from multiprocessing.util import Finalize

import pytest
import torch
import world_ranks
from torch import distributed, nn

from gaitprint.errors import ConfigError
from gaitprint.training._launch import read_launch
from gaitprint.training.objective import Objective
from gaitprint.training.recipe import LossChoice

TRIPLET, SOFTMAX = LossChoice("part-triplet"), LossChoice("part-softmax")


@pytest.mark.parametrize(
    ("losses", "reads"),
    [
        ((TRIPLET, SOFTMAX), ("metric_features", "logits")),
        ((SOFTMAX, TRIPLET), ("logits", "metric_features")),
        ((SOFTMAX, TRIPLET, TRIPLET), ("logits", "metric_features")),
    ],
)
def test_outputs_are_exchanged_in_the_order_of_the_recipe(losses, reads):
    """Of a set each process had its own order: one sent logits where another waited for embeddings."""
    assert Objective(losses).reads == reads


def one_step(world, folder):
    """With an optimizer, whose import is what held on to the group."""
    network = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 2)).sum().backward()
    world.sum_gradients(network.parameters())
    optimizer.step()
    group = weakref.ref(distributed.group.WORLD)
    assert group() is not None
    said = folder / f"after {world.rank}"
    Finalize(None, lambda: said.write_text("gone" if group() is None else "kept"), exitpriority=0)


def test_the_group_and_its_threads_are_gone_before_the_process_ends(tmp_path):
    """A thread of gloo that outlived them aborted the process now and then: terminate called without an exception."""
    assert world_ranks.started(2, tmp_path, one_step) == [0, 0]
    assert [(tmp_path / f"after {rank}").read_text() for rank in range(2)] == ["gone", "gone"]


@pytest.mark.parametrize(("on_this_machine", "restarts"), [("2", 3), ("1", 0), (None, 0)])
def test_restarts_count_where_one_torchrun_counts_them(on_this_machine, restarts, monkeypatch):
    """Its store outlives them, with addresses of processes that are gone; of several torchruns each counts its own."""
    launch = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in {**launch, "TORCHELASTIC_RESTART_COUNT": "3"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    if on_this_machine is not None:
        monkeypatch.setenv("LOCAL_WORLD_SIZE", on_this_machine)
    assert read_launch().restarts == restarts
    if restarts:
        monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT")
        assert read_launch().restarts == 0
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "many")
        with pytest.raises(ConfigError, match="TORCHELASTIC_RESTART_COUNT is a whole number, found 'many'"):
            read_launch()
