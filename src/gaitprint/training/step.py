"""Loss and gradient of one batch: at once, or clip by clip in a fraction of the memory with the same triplets.

Gradient caching (Gao et al., "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", 2021): a first
pass computes the pooled parts of all clips without keeping anything, the head and the loss see the whole batch, and a
second pass takes their gradient through the trunk, a few clips at a time. It costs one more forward pass. The head with
its BatchNorm is in the middle, on the whole batch; a trunk with BatchNorm mixes clips and cannot be taken apart.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.models.base import PartNetwork
from gaitprint.tensors import PartOutputs
from gaitprint.training.objective import Objective
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import TrainingSettings

Masks = Callable[[], torch.Generator]
"""A generator at the start of the iteration's numbers: every pass of a batch draws the same masks."""
Within = Callable[[], AbstractContextManager[object]]
"""What the network computes within: autocast, or nothing."""


def loss_and_gradients(
    network: nn.Module,
    objective: Objective,
    clips: Float[Tensor, "N 1 T H W"],
    labels: Int[Tensor, " N"],
    masks: Masks,
    world: ProcessGroup,
    within: Within,
    micro_batch: int | None = None,
) -> tuple[float, dict[str, float]]:
    """Add the gradient of the loss over all processes' clips to this process's parameters; see `ProcessGroup`.

    Args:
        clips, labels: this process's part of the batch.
        micro_batch: clips that pass the trunk at once; None: all, in one pass.

    Returns:
        The loss and the figures, before the step, of the whole batch and so the same in all processes.

    Raises:
        ConfigError: `micro_batch`, and a network whose trunk cannot be taken apart.
    """
    if micro_batch is None or micro_batch >= len(clips):
        with within():
            outputs = network(clips, masks())
        return _backward(objective, outputs, labels, world)
    trunk, head = check_micro_batch(network)
    with torch.no_grad(), within():
        pooled = torch.cat([trunk(some, masks()) for some in clips.split(micro_batch)])
    # a leaf: the loss goes back as far as the pooled parts and stops there
    pooled.requires_grad_()
    with within():
        outputs = head(pooled)
    result = _backward(objective, outputs, labels, world)
    if pooled.grad is None:
        raise ConfigError(
            "training.micro_batch needs a head with a gradient towards what the trunk made, found none: the head must "
            "not detach its input; mend the network or leave training.micro_batch out"
        )
    for some, gradient in _pairs(clips, pooled.grad, micro_batch):
        with within():
            # the same masks as in the first pass, or this would be the gradient of another function
            again = trunk(some, masks())
        again.backward(gradient)
    return result


def check_passes(network: nn.Module, settings: TrainingSettings) -> None:
    """Refuse a network that cannot be taken through a batch as `micro_batch` and `recompute` ask.

    Raises:
        ConfigError: with the way out.
    """
    if settings.micro_batch is not None:
        check_micro_batch(network)
    if settings.recompute:
        check_micro_batch(network, "recompute")  # a trunk with BatchNorm would count each batch twice


def check_micro_batch(
    network: nn.Module, setting: str = "micro_batch"
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Refuse a network whose clips cannot pass one after another, or its layers twice, as `setting` asks.

    Returns:
        Its trunk and its head.

    Raises:
        ConfigError: with the way out.
    """
    if not isinstance(network, PartNetwork) or not callable(network.trunk) or not callable(network.head):
        raise ConfigError(f"training.{setting} needs a network with a trunk and a head: see PartNetwork")
    does = "takes clips one after another" if setting == "micro_batch" else "computes layers twice"
    require(
        not network.mixes_clips,
        f"training.{setting} {does} and this network's trunk has BatchNorm over all clips of a batch: "
        f"set network.settings.trunk_norm='none' or leave training.{setting} out",
    )
    return network.trunk, network.head


def _backward(
    objective: Objective, outputs: PartOutputs, labels: Int[Tensor, " N"], world: ProcessGroup
) -> tuple[float, dict[str, float]]:
    everywhere = outputs
    if not world.alone:
        read = {name: getattr(outputs, name) for name in objective.reads}
        # outputs that no loss reads are not exchanged
        everywhere = outputs._replace(**{k: world.all_gather(v) for k, v in read.items() if v is not None})
    total, figures = objective(everywhere, world.all_gather(labels))
    total.backward()
    return float(total.detach()), figures


def _pairs(clips: Tensor, gradients: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(clips.split(size), gradients.split(size), strict=True)
