"""GaitBase: a plain residual network of single frames, the baseline of the field's reference toolkit.

Source: Fan et al., "OpenGait: Revisiting Gait Recognition Toward Better Practicality", CVPR 2023.
"""

from dataclasses import dataclass

import torch

from gaitprint.components import Component, Example
from gaitprint.models.residual_network import Four, ResidualNetwork, ResidualPlan


@dataclass(frozen=True)
class GaitBaseSettings:
    """The ResNet-9 of the paper."""

    channels: Four = (64, 128, 256, 512)
    """Widths of the four stages."""
    blocks: Four = (1, 1, 1, 1)
    """Blocks of each stage."""
    strides: Four = (1, 2, 2, 1)
    """By how much the first block of each stage shrinks rows and columns."""
    parts: int = 16
    """Strips of the last map; frames have parts x all strides rows (64), or a multiple."""
    embedding: int = 256
    """Channels a part of the embedding."""

    def __post_init__(self) -> None:
        _plan(self)


def _plan(settings: GaitBaseSettings) -> ResidualPlan:
    s = settings
    return ResidualPlan("gaitbase", "2d", s.channels, s.blocks, s.strides, s.parts, s.embedding)


class GaitBase(ResidualNetwork):
    """The network; `layout` says how the embedding splits into parts."""

    def __init__(self, settings: GaitBaseSettings, classes: int | None, generator: torch.Generator) -> None:
        super().__init__(settings, _plan(settings), classes, generator)


component = Component(
    GaitBaseSettings,
    GaitBase,
    (
        Example({"channels": [4, 6, 8, 10], "embedding": 5}),
        Example({"channels": [3, 4, 5, 6], "strides": [1, 2, 1, 1], "parts": 8, "embedding": 4}, (16, 12)),
    ),
)
