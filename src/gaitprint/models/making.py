"""Networks by name, of this package or another, held to what everything else expects of a network."""

from typing import Any

import torch
from torch import nn

from gaitprint.components import find_component
from gaitprint.errors import ComponentError
from gaitprint.types import PartLayout


def make_network(
    name: str, settings: dict[str, Any], classes: int | None, generator: torch.Generator, where: str = "settings"
) -> nn.Module:
    """Build the network of a name with fresh weights.

    Args:
        classes: people that a classifier tells apart; None: without one.
        where: what errors call the settings.

    Raises:
        ComponentError: no such network, or what it builds is none.
        ConfigError: settings that it does not take.
    """
    network = find_component("network", name).make(settings, where, classes=classes, generator=generator)
    if not isinstance(network, nn.Module):
        raise ComponentError(
            f"the network {name!r} builds {_article(network)}, expected a torch.nn.Module: let the second argument of "
            "its `component = Component(settings, build)` return one"
        )
    part_layout(network)
    return network


def part_layout(network: nn.Module) -> PartLayout:
    """Ask a network how its embedding splits into parts.

    Raises:
        ComponentError: the network does not say it.
    """
    layout = getattr(network, "layout", None)
    if not isinstance(layout, PartLayout):
        raise ComponentError(
            f"the network {type(network).__name__} has {_article(layout)} for a layout, expected a PartLayout: set "
            "self.layout = PartLayout(((parts, width),)) in its __init__"
        )
    return layout


def _article(thing: object) -> str:
    return "nothing" if thing is None else f"an object of the type {type(thing).__name__}"
