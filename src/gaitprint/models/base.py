"""A network in two stages: a trunk turns each clip into pooled parts, and a head sees all clips of a batch.

What the package can do with such a network beyond training and embedding, it asks the network.
"""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gaitprint.deploy.form import DeployForm
from gaitprint.layers.part_pooling import PartHead
from gaitprint.models.part_rows import PartRows
from gaitprint.tensors import PartOutputs


class PartNetwork(nn.Module):
    """`network(clips) == network.head(network.trunk(clips))`.

    Training in parts of a batch leans on that: see `gaitprint.training.step`. Explaining a distance leans on `pooling`,
    which ends the trunk, on `head` and on `part_rows`.
    """

    pooling: nn.Module
    """The trunk's last layer: the maximum over time, then a pooling of rows; a generalised mean can be explained."""
    head: PartHead

    recompute: bool = False
    """Keep only what lies between the layers and compute the rest again for the gradient (activation checkpointing)."""

    def forward(self, clips: Float[Tensor, "N 1 T H W"], generator: torch.Generator | None = None) -> PartOutputs:
        """Part features of clips with values in [0, 1]; what is drawn in training is drawn from `generator`.

        Raises:
            ShapeError: the clips do not fit the settings' height.
            ConfigError: something is drawn, in training mode, and there is no generator.
        """
        outputs: PartOutputs = self.head(self.trunk(clips, generator))
        return outputs

    @abstractmethod
    def trunk(
        self, clips: Float[Tensor, "N 1 T H W"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "N P C"]:
        """All up to the pooled parts."""

    def part_rows(self, rows: int) -> PartRows | None:  # noqa: ARG002 - a network that can say has a use for it
        """Which rows each part is about, for clips of so many rows; None: nobody can say."""
        return None

    def deploy_form(self) -> DeployForm | None:
        """The network as embedding needs it, for the fast back ends; None: there is none, and it runs as it is.

        Raises:
            ComponentError: a batch norm keeps no running figures.
        """
        return None

    @property
    def mixes_clips(self) -> bool:
        """Whether a clip's pooled parts depend in training on the others of its batch: with BatchNorm they do."""
        batch_norm = torch.nn.modules.batchnorm._BatchNorm
        # the head sees the whole batch anyway: only the trunk runs on parts of it
        children = (child for name, child in self.named_children() if name != "head")
        return any(isinstance(module, batch_norm) for child in children for module in child.modules())

    def _layer(self, layer: nn.Module, *inputs: object) -> Tensor:
        """One layer of the trunk. Layers draw nothing, so computed again they give the same."""
        if self.recompute and torch.is_grad_enabled():
            result: Tensor = checkpoint(layer, *inputs, use_reentrant=False, preserve_rng_state=False)
        else:
            result = layer(*inputs)
        return result
