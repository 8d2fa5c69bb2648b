"""A part sees the rows of its field and no others; its band lies in the middle of them."""

import numpy as np
import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.explanation.pair_explanation import part_rows
from gaitprint.layers.part_pooling import GeneralisedMean, PartHead
from gaitprint.models.base import PartNetwork

NETWORKS = {
    "casia-b": ("gaitgl", {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 32}),
    "competition": ("gaitgl", {"form": "competition", "channels": [2, 3, 4, 4], "height": 48}),
    "oumvlp": ("gaitgl", {"form": "oumvlp", "channels": [2, 3, 4, 4], "strips": 3, "height": 48}),
    "gaitmask": ("gaitmask", {"channels": [2, 3, 4], "height": 48}),
    "separate": ("gaitmask", {"channels": [2, 3, 4], "height": 48, "mask_mode": "separate"}),
}


def made(name):
    network, settings = NETWORKS[name]
    values = {**settings, "head": "plain"}
    build = find_component("network", network)
    return build.make(values, classes=None, generator=torch.Generator().manual_seed(3)).double().eval()


@torch.no_grad()
def before_pooling(network, clip):
    """The map that the parts are pooled from [P, ...]: the mean itself would lose what is negative."""
    caught = []
    handle = network.pooling.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0][0]))
    network.trunk(clip)
    handle.remove()
    return caught[0].permute(2, 0, 1, 3).reshape(network.settings.height, -1)


def changed(network, clip, before, rows):
    """Which parts change, from what they were before, where noise replaces some rows of all frames."""
    other = clip.clone()
    other[:, :, :, rows] = torch.rand(other[:, :, :, rows].shape, generator=torch.Generator().manual_seed(9)).double()
    return (before != before_pooling(network, other)).any(dim=1).numpy()


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_part_changes_with_the_rows_of_its_field_only(name, factor):
    network = made(name)
    height = factor * network.settings.height
    found = part_rows(network, height)
    clip = torch.rand(1, 1, 3, height, 10, generator=torch.Generator().manual_seed(1)).double()
    before = before_pooling(network, clip)
    seen = np.array([changed(network, clip, before, [row]) for row in range(height)])
    inside = np.array([[a <= row < b for a, b in found.field] for row in range(height)])
    assert not seen[~inside].any(), "rows outside of the field change nothing"
    first, last = found.field[:, 0], found.field[:, 1] - 1
    parts = np.arange(len(first))
    assert seen[first, parts].mean() > 0.9, "the field is not wider than it must be"
    assert seen[last, parts].mean() > 0.9
    assert all(seen[(a + b) // 2, p] for p, (a, b) in enumerate(found.band))


@pytest.mark.parametrize("name", NETWORKS)
def test_both_halves_go_from_head_to_foot(name):
    network = made(name)
    found = part_rows(network, network.settings.height)
    half = network.settings.height // 2
    assert found.band[:half].tolist() == found.band[half:].tolist() == [[2 * i, 2 * i + 2] for i in range(half)]
    assert found.branch[:half] == ("whole",) * half
    assert set(found.branch[half:]) == {"masked" if NETWORKS[name][0] == "gaitmask" else "strips"}
    assert (found.field[:, 0] <= found.band[:, 0]).all()
    assert (found.field[:, 1] >= found.band[:, 1]).all()


def test_the_published_networks_by_hand():
    # competition: five layers of strips or whole after the first convolution, four of them at half resolution
    found = part_rows(made("competition"), 48)
    assert found.field[12].tolist() == [24 - 2 * 4 - 2, 26 + 2 * 4 + 2]
    # row 11 of 24 is the last of its strip: the last layer looks no row further down
    assert found.field[24 + 11].tolist() == [22 - 2 * 4 - 2, 24 + 2 * 3 + 2]
    assert found.frames_seen == 3 * 11 + 2


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_a_moment_changes_with_the_frames_it_sees_only(name):
    network = made(name)
    found = part_rows(network, network.settings.height)
    caught = []
    network.pooling.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0][0]))
    clip = torch.rand(1, 1, 45, network.settings.height, 4, generator=torch.Generator().manual_seed(1)).double()
    network(clip)
    moment = 7
    first = 3 * (moment - found.moments_around) - found.frames_around
    for frame in range(45):
        other = clip.clone()
        other[:, :, frame] = 1 - other[:, :, frame]
        network(other)
        differs = bool((caught[-1][:, moment] != caught[0][:, moment]).any())
        assert differs == (first <= frame < first + found.frames_seen), frame


class OfOnesOwn(PartNetwork):
    """Says no more than it must."""

    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)


def test_a_network_of_ones_own_is_asked_and_named():
    with pytest.raises(ConfigError, match=r"needs a network that is a PartNetwork, found torch\.nn"):
        part_rows(torch.nn.Linear(2, 2), 16)
    pooling, head = GeneralisedMean(4, 6.5), PartHead("plain", 4, 3, None, torch.Generator())
    for layers, lacking in (({}, "pooling is a GeneralisedMean"), ({"pooling": pooling}, "head is a PartHead")):
        with pytest.raises(ConfigError, match=f"needs a network whose {lacking}, found test_explanation_part_rows"):
            part_rows(OfOnesOwn(**layers), 16)
    with pytest.raises(ConfigError, match="test_explanation_part_rows does not say it: give the network a method"):
        part_rows(OfOnesOwn(pooling=pooling, head=head), 16)
