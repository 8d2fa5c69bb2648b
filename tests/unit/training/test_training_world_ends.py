"""What processes that train together must agree on, and what must be gone once they part."""

import weakref
from multiprocessing.util import Finalize

import pytest
import torch
import world_ranks
from torch import distributed, nn

from gaitprint.training.objective import Objective
from gaitprint.training.recipe import LossChoice

TRIPLET, SOFTMAX = LossChoice("part-triplet"), LossChoice("part-softmax")


@pytest.mark.parametrize(
    ("losses", "reads"),
    [
        ((TRIPLET, SOFTMAX), ("triplet", "logits")),
        ((SOFTMAX, TRIPLET), ("logits", "triplet")),
        ((SOFTMAX, TRIPLET, TRIPLET), ("logits", "triplet")),
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
