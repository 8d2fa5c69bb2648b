"""GaitMask: the network of table 2, its masks in training and test."""

from collections.abc import Callable

import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.networks.gaitmask import GaitMask
from gaitprint.types import PartLayout

MODES = ["activated", "gated", "linear", "separate"]


def built(classes: int | None = None, **settings: object) -> GaitMask:
    made = find_component("network", "gaitmask").make(
        settings, classes=classes, generator=torch.Generator().manual_seed(0)
    )
    assert isinstance(made, GaitMask)
    return made


def small(**settings: object) -> GaitMask:
    return built(**{"channels": [2, 3, 4], "height": 16, **settings})


def draw(network: GaitMask, x: torch.Tensor, seed: int) -> torch.Tensor:
    return network(x, torch.Generator().manual_seed(seed)).embedding


def test_table_2_has_the_stated_number_of_parameters_and_is_the_default() -> None:
    network = built()
    assert sum(p.numel() for p in network.parameters()) == 4_259_681
    assert network.layout == PartLayout(((64, 128),))
    assert network.settings.mask_mode == "activated"
    assert network.settings.band_ratio == 0.2


@pytest.mark.parametrize("mode", MODES)
def test_masks_are_drawn_in_training_and_only_the_linear_ones_do_nothing(mode) -> None:
    network, x = small(mask_mode=mode).train(), torch.rand(2, 1, 6, 16, 8)
    first = draw(network, x, 0)
    assert torch.equal(first, draw(network, x, 0))
    assert torch.equal(first, draw(network, x, 1)) == (mode == "linear")
    if mode == "linear":
        assert torch.equal(first, network.eval()(x).embedding)


@pytest.mark.parametrize("mode", MODES)
def test_no_mask_is_drawn_at_test(mode) -> None:
    network, x = small(mask_mode=mode).eval(), torch.rand(2, 1, 6, 16, 8)
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    with_generator = network(x, generator).embedding
    assert torch.equal(generator.get_state(), before)
    assert torch.equal(with_generator, network(x).embedding)


def test_every_layer_draws_its_own_band() -> None:
    network, x = small().train(), torch.rand(1, 1, 3, 16, 8)
    generator, other = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    network(x, generator)
    for height in (16, 8, 8, 8, 8):
        rows = max(1, int(0.2 * height))
        torch.randint(height - rows + 1, (1,), generator=other)
    assert torch.equal(generator.get_state(), other.get_state())


def test_training_without_a_generator_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"draws masks in training"):
        small().train()(torch.rand(1, 1, 3, 16, 8))


def test_the_last_layer_stacks_on_height_and_the_others_sum() -> None:
    network, x = small().eval(), torch.rand(1, 4, 2, 8, 4)
    assert [layer.stack for layer in network.after_pool] == [False, False, False, True]
    second, last = network.after_pool[1], network.after_pool[3]
    torch.testing.assert_close(second(x, None), second.whole(x) + second.masked(x, None))
    torch.testing.assert_close(last(x, None), torch.cat([last.whole(x), last.masked(x, None)], dim=3))


def test_a_classifier_head_can_be_had_for_small_networks() -> None:
    network = built(5, channels=[2, 3, 4], height=16, head="shared-bn", trunk_norm="batch").train()
    outputs = network(torch.rand(3, 1, 6, 16, 8), torch.Generator())
    assert outputs.logits.shape == (3, 16, 5)
    assert network.classes == 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"band_ratio": 0.0}, r"band_ratio is above 0 and below 1, found 0.0"),
        ({"band_ratio": 1.0}, r"band_ratio is above 0 and below 1, found 1.0"),
        ({"height": 15}, r"height is even"),
        ({"height": 0}, r"height is even"),
        ({"channels": [0, 1, 1]}, r"channels are at least 1"),
        ({"channels": [1, 1]}, r"channels is a list of 3 values"),
        ({"gem_power": 200.0}, r"gem_power is from 1 to 100"),
        ({"mask_mode": "none"}, r"mask_mode is one of 'activated', 'gated', 'linear', 'separate'"),
    ],
)
def test_wrong_settings_are_refused(settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        built(**settings)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_gradient_of_the_whole_network(mode: str, norm: str, check: Callable[..., None]) -> None:
    check(built(height=4, channels=[1, 2, 2], mask_mode=mode, trunk_norm=norm, gem_power=3.0, band_ratio=0.4), 3)
