"""Every network here keeps what a network promises, and some things that are ours alone."""

from dataclasses import fields

import pytest
import torch

from gaitprint.components import component_names, find_component
from gaitprint.testing import check_network

NAMES = component_names("network")


@pytest.mark.parametrize("name", NAMES)
def test_a_network_keeps_what_it_promises(name: str) -> None:
    check_network(name, tolerance=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_tried_with_a_classifier_and_without(name: str) -> None:
    component = find_component("network", name)
    made = [component.make(dict(e.settings), classes=5, generator=torch.Generator()) for e in component.examples]
    # a choice of heads, one of which has none; where there is no choice, always or never
    choice = "head" in {f.name for f in fields(component.settings)}
    assert {network.classes for network in made} in ([{None, 5}] if choice else [{5}, {None}])


@pytest.mark.parametrize("name", NAMES)
def test_as_published_the_process_wide_generator_is_left_alone(name: str) -> None:
    component = find_component("network", name)
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    first, second = (component.make({}, classes=3, generator=torch.Generator().manual_seed(9)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    clip = torch.rand(2, 1, 2, 64, 44, generator=torch.Generator().manual_seed(0))
    answers = [n.train()(clip, torch.Generator().manual_seed(4)).metric_features for n in (first, second)]
    assert torch.equal(*answers)
    assert torch.equal(torch.random.get_rng_state(), before), f"{name} draws from the global generator"
