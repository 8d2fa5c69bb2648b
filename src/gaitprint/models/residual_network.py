"""What residual gait networks share: a stem, four stages of blocks, mean and maximum of strips, BN-neck."""

from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.config import require
from gaitprint.deploy.form import DeployForm
from gaitprint.layers.clips import check_clips
from gaitprint.layers.convolution import as_channels_last
from gaitprint.layers.folding import deploy_form, fold_block, fold_normed
from gaitprint.layers.part_pooling import MeanAndMax, PartHead
from gaitprint.layers.residual import BlockKind, NormedConvolution, ResidualBlock
from gaitprint.models.base import PartNetwork
from gaitprint.types import PartLayout

Four = tuple[int, int, int, int]
"""A number of each stage."""


@dataclass(frozen=True)
class ResidualPlan:
    """The shape of a residual network, as its settings have it.

    Raises:
        ConfigError: numbers that are no network's.
    """

    name: str
    kind: BlockKind
    channels: Four
    blocks: Four
    strides: Four
    parts: int
    embedding: int

    def __post_init__(self) -> None:
        for what, numbers in (("channels", self.channels), ("blocks", self.blocks)):
            require(min(numbers) >= 1, f"{self.name}'s {what} are at least 1, found {numbers}")
        require(set(self.strides) <= {1, 2}, f"{self.name}'s strides are 1 or 2, found {self.strides}")
        for what, number in (("parts", self.parts), ("embedding", self.embedding)):
            require(number >= 1, f"{self.name}'s {what} is at least 1, found {number}")

    @property
    def height(self) -> int:
        """Rows of a frame, or a multiple: at least one row of the last map for every part."""
        return self.parts * prod(self.strides)


class ResidualNetwork(PartNetwork):
    """The network of a plan; blocks of the first stage are of single frames, whatever the kind.

    Args:
        settings: the component's own, kept for those who ask.
    """

    pooling: MeanAndMax

    def __init__(self, settings: Any, plan: ResidualPlan, classes: int | None, generator: torch.Generator) -> None:
        super().__init__()
        self.settings, self.height = settings, plan.height
        before = plan.channels[0]
        self.stem = NormedConvolution(1, before, (1, 3, 3), 1, generator)
        self.blocks = nn.ModuleList()
        for stage, (width, count) in enumerate(zip(plan.channels, plan.blocks, strict=True)):
            for index in range(count):
                kind, stride = (plan.kind if stage else "2d"), (1 if index else plan.strides[stage])
                self.blocks.append(ResidualBlock(kind, before, width, stride, generator))
                before = width
        self.pooling = MeanAndMax((plan.parts,))
        self.head = PartHead("separate-bnneck", plan.parts, before, classes, generator, plan.embedding)
        self.classes = classes
        self.layout = PartLayout(((plan.parts, plan.embedding),))

    def trunk(
        self,
        clips: Float[Tensor, "N 1 T H W"],
        generator: torch.Generator | None = None,  # noqa: ARG002 - nothing is drawn
    ) -> Float[Tensor, "N P C"]:
        """All up to the pooled parts; nothing is drawn, `generator` is there for the contract."""
        check_clips(clips, self.height)
        x = clips
        first = self.blocks[0]
        # as in GaitGL: the weights say in which layout the trainer put the network
        if isinstance(first, ResidualBlock) and first.second.weight.is_contiguous(memory_format=torch.channels_last_3d):
            x = as_channels_last(x)
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = self._layer(block, x)
        pooled: Tensor = self.pooling(x)
        return pooled

    @torch.no_grad()
    def deploy_form(self) -> DeployForm:
        """See `PartNetwork`."""
        blocks = [fold_block(block) for block in self.blocks if isinstance(block, ResidualBlock)]
        return deploy_form((fold_normed(self.stem), *blocks), self.pooling, self.head, self.height, "opengait")
