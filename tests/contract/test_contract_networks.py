"""What every network promises, whoever wrote it."""

import pytest
import torch

from gaitprint.components import component_names, find_component
from gaitprint.tensors import PartOutputs
from gaitprint.types import PartLayout

NAMES = component_names("network")


@pytest.fixture(scope="module", params=NAMES)
def network(request: pytest.FixtureRequest) -> torch.nn.Module:
    """With its default settings but for narrower channels, where it has them."""
    component = find_component("network", request.param)
    widths = getattr(component.settings(), "channels", None) or (32, 64, 128, 256)
    values = {"channels": [4 * (i + 1) for i in range(len(widths))]}
    return component.make(values, classes=5, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module", params=NAMES)
def journal(request: pytest.FixtureRequest) -> torch.nn.Module:
    """With a classifier."""
    component = find_component("network", request.param)
    widths = getattr(component.settings(), "channels", None) or (32, 64, 128, 256)
    values = {"channels": [4 * (i + 1) for i in range(len(widths))], "head": "shared-bn"}
    return component.make(values, classes=5, generator=torch.Generator().manual_seed(0))


def clips(n: int, frames: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 1, frames, 64, 44, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 7])
def test_every_length_gives_the_declared_parts(network, frames) -> None:
    network.eval()
    outputs = network(clips(2, frames))
    assert isinstance(outputs, PartOutputs)
    assert isinstance(network.layout, PartLayout)
    ((parts, channels),) = network.layout.blocks
    assert outputs.embedding.shape == (2, parts, channels)
    assert outputs.triplet.shape[:2] == (2, parts)
    assert torch.isfinite(outputs.embedding).all()


@pytest.mark.parametrize("frames", [1, 3, 8])
def test_a_sequence_embeds_alike_alone_and_in_a_batch(network, frames) -> None:
    network.eval()
    batch = clips(3, frames)
    together = network(batch).embedding
    for i in range(3):
        alone = network(batch[i : i + 1]).embedding[0]
        torch.testing.assert_close(alone, together[i], rtol=1e-6, atol=1e-6 * float(together.detach().abs().max()))


def test_an_empty_clip_embeds_to_finite_values_and_gradients(network) -> None:
    network.train()
    network.zero_grad()
    outputs = network(torch.zeros(2, 1, 6, 64, 44), torch.Generator().manual_seed(0))
    outputs.triplet.sum().backward()
    assert torch.isfinite(outputs.embedding).all()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("training", [False, True])
def test_the_input_is_not_changed(network, training) -> None:
    network.train(training)
    for frames in (1, 3, 5):
        x = clips(2, frames)
        before = x.clone()
        network(x, torch.Generator().manual_seed(0))
        assert torch.equal(x, before)


def test_the_gradient_reaches_every_parameter(journal) -> None:
    journal.train()
    journal.zero_grad()
    outputs = journal(clips(4, 6), torch.Generator().manual_seed(0))
    assert outputs.logits.shape == (4, journal.layout.parts, 5)
    loss = outputs.triplet.square().mean() + torch.nn.functional.cross_entropy(
        outputs.logits.flatten(0, 1), torch.arange(4).repeat_interleave(outputs.logits.shape[1])
    )
    loss.backward()
    dead = [name for name, p in journal.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert dead == []


def test_the_same_generators_give_the_same_weights_and_the_same_training_forward() -> None:
    for name in NAMES:
        component = find_component("network", name)
        torch.manual_seed(0)
        before = torch.random.get_rng_state()
        first, second = (component.make({}, classes=3, generator=torch.Generator().manual_seed(9)) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
        answers = [n.train()(clips(1, 3), torch.Generator().manual_seed(4)).triplet for n in (first, second)]
        assert torch.equal(*answers)
        assert torch.equal(torch.random.get_rng_state(), before), f"{name} draws from the global generator"


def test_settings_are_complete_and_rebuild_the_network(network) -> None:
    from gaitprint.config import settings_to_dict

    values = settings_to_dict(network.settings)
    assert None not in values.values()
    name = type(network).__module__.rpartition(".")[2]
    again = find_component("network", name).make(values, classes=network.classes, generator=torch.Generator())
    again.load_state_dict(network.state_dict())
    network.eval()
    assert torch.equal(again.eval()(clips(1, 4)).embedding, network(clips(1, 4)).embedding)


def test_channels_last_weights_change_rounding_only(network) -> None:
    from copy import deepcopy

    network.eval()
    other = deepcopy(network).to(memory_format=torch.channels_last_3d)
    x = clips(2, 6)
    torch.testing.assert_close(other(x).embedding, network(x).embedding, rtol=1e-5, atol=1e-6)
