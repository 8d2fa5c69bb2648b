"""An optimizer restored by the names of its parameters takes the very steps of one that was never stopped."""

import pytest
import torch
from torch import nn

from gaitprint.errors import ArtefactError
from gaitprint.training.checkpoint import Checkpoint, CheckpointHeader, read_checkpoint, save_checkpoint
from gaitprint.training.state_tensors import model_tensors, optimizer_tensors, restore

OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, 0.1, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, 0.1),
    "amsgrad": lambda p: torch.optim.Adam(p, 0.1, amsgrad=True),
    "momentum": lambda p: torch.optim.SGD(p, 1e-3, momentum=0.9),
    "sgd": lambda p: torch.optim.SGD(p, 1e-3),
}


class Walker(nn.Module):
    """A convolution in a layout of its own, a parameter without dimensions, some unused, and some of two names."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.trunk = nn.Conv3d(1, 3, 3).to(memory_format=torch.channels_last_3d)
        self.norm = nn.BatchNorm3d(3)
        self.scale = nn.Parameter(torch.rand(()))
        self.unused = nn.Linear(2, 2)
        self.again = self.norm

    def forward(self, x):
        return self.scale * self.again(self.trunk(x))


def a_step(model, optimizer, seed):
    optimizer.zero_grad()
    generator = torch.Generator().manual_seed(seed)
    model(torch.rand(4, 1, 4, 4, 4, generator=generator)).pow(3).sum().backward()
    optimizer.step()


def everything(model, optimizer):
    return model_tensors(model) | optimizer_tensors(model, optimizer)


def same(one, other):
    assert all(torch.isfinite(a).all() for a in one.values())
    return one.keys() == other.keys() and all(
        torch.equal(a, other[k]) and a.dtype == other[k].dtype and a.stride() == other[k].stride()
        for k, a in one.items()
    )


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_goes_on_to_the_same_bits(name, steps, tmp_path):
    model = Walker(0)
    optimizer = OPTIMIZERS[name](model.parameters())
    for i in range(steps):
        a_step(model, optimizer, i)
    path = save_checkpoint(tmp_path, CheckpointHeader(steps, "me"), everything(model, optimizer))
    other = Walker(1)
    fresh = OPTIMIZERS[name](other.parameters())
    restore(read_checkpoint(path), other, fresh)
    assert same(everything(model, optimizer), everything(other, fresh))
    for i in (8, 9):
        a_step(model, optimizer, i)
        a_step(other, fresh, i)
    assert same(everything(model, optimizer), everything(other, fresh))


def test_names_and_not_places_decide(tmp_path):
    """Saved by an optimizer of two groups, restored into one that lists the parameters the other way round."""
    model = Walker(0)
    first, *rest = model.parameters()
    optimizer = torch.optim.Adam([{"params": rest, "lr": 0.1}, {"params": [first]}], 0.1)
    a_step(model, optimizer, 0)
    other = Walker(1)
    turned = torch.optim.Adam(list(other.parameters())[::-1], 0.1)
    restore(
        read_checkpoint(save_checkpoint(tmp_path, CheckpointHeader(1, "me"), everything(model, optimizer))),
        other,
        turned,
    )
    assert same(everything(model, optimizer), everything(other, turned))
    a_step(model, optimizer, 1)
    a_step(other, turned, 1)
    assert same(everything(model, optimizer), everything(other, turned))


def test_a_momentum_not_yet_there_is_left_out():
    model = Walker(0)
    optimizer = OPTIMIZERS["momentum"](model.parameters())
    optimizer.state[model.scale]["momentum_buffer"] = None
    assert optimizer_tensors(model, optimizer) == {}


def test_the_learning_rate_is_the_recipes_and_not_the_checkpoints():
    model = Walker(0)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    a_step(model, optimizer, 0)
    other = torch.optim.Adam(model.parameters(), 0.02)
    restore(Checkpoint(CheckpointHeader(1, "me"), everything(model, optimizer)), model, other)
    assert [group["lr"] for group in other.param_groups] == [0.02]


def test_what_belongs_to_others_is_passed_by():
    model = Walker(0)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    extra = {"average.model.scale": torch.ones(()), "average.updates": torch.tensor(3)}
    restore(Checkpoint(CheckpointHeader(1, "me"), everything(model, optimizer) | extra), model, optimizer)
    assert optimizer_tensors(model, optimizer) == {}


def test_a_moment_of_a_parameter_that_the_optimizer_leaves_alone_is_refused():
    model = Walker(0)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    a_step(model, optimizer, 0)
    fewer = torch.optim.Adam([model.scale], 0.1)
    with pytest.raises(ArtefactError, match=r"checkpoint 1 is not of this network .*: train in a new folder"):
        restore(Checkpoint(CheckpointHeader(1, "me"), everything(model, optimizer)), model, fewer)


def test_an_optimizer_of_another_network_is_our_defect():
    other = Walker(1)
    stranger = torch.optim.Adam(other.parameters(), 0.1)
    a_step(other, stranger, 0)
    with pytest.raises(ArtefactError, match="moves a tensor that is no parameter of the network"):
        optimizer_tensors(Walker(0), stranger)
