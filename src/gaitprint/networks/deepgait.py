"""DeepGaitV2: a deep residual network whose blocks see neighbouring frames, for cameras outside of laboratories.

Source: Fan, Hou, Huang, Yu, "Exploring Deep Models for Practical Gait Recognition", 2023 (arXiv 2303.03301), with
blocks of single frames (2d), pseudo-3D ones (p3d) and 3-D ones (3d).
"""

from dataclasses import dataclass

import torch

from gaitprint.components import Component, Example
from gaitprint.layers.residual import BlockKind
from gaitprint.models.residual_network import Four, ResidualNetwork, ResidualPlan


@dataclass(frozen=True)
class DeepGaitSettings:
    """The network for large data sets; 1, 1, 1, 1 blocks of 32 to 256 channels are the slim one."""

    kind: BlockKind = "p3d"
    """2d, p3d or 3d."""
    channels: Four = (64, 128, 256, 512)
    """Widths of the four stages; the embedding has as many channels a part as the third."""
    blocks: Four = (1, 4, 4, 1)
    """Blocks of each stage (CASIA-B and OUMVLP: 1, 1, 1, 1)."""
    strides: Four = (1, 2, 2, 1)
    """By how much the first block of each stage shrinks rows and columns."""
    parts: int = 16
    """Strips of the last map; frames have parts x all strides rows (64), or a multiple."""

    def __post_init__(self) -> None:
        _plan(self)


def _plan(settings: DeepGaitSettings) -> ResidualPlan:
    s = settings
    return ResidualPlan("deepgait", s.kind, s.channels, s.blocks, s.strides, s.parts, s.channels[2])


class DeepGait(ResidualNetwork):
    """The network; `layout` says how the embedding splits into parts."""

    def __init__(self, settings: DeepGaitSettings, classes: int | None, generator: torch.Generator) -> None:
        super().__init__(settings, _plan(settings), classes, generator)


component = Component(
    DeepGaitSettings,
    DeepGait,
    (
        Example({"channels": [4, 6, 8, 10], "blocks": [1, 2, 1, 1]}),
        Example({"kind": "3d", "channels": [3, 4, 5, 6], "blocks": [1, 1, 1, 1], "parts": 8}, (32, 22)),
    ),
)
