"""What a network owes training and retrieval, whoever wrote it."""

from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from gaitprint.tensors import PartOutputs
from gaitprint.types import PartLayout


@runtime_checkable
class Network(Protocol):
    """A `torch.nn.Module` that turns clips into part features; `gaitprint.testing.check_network` tries all of it."""

    settings: Any
    """Its settings, with no `None` left in them: they build the same network again."""
    classes: int | None
    """Subjects that its classifier tells apart; `None` without a classifier."""
    layout: PartLayout
    """One block: parts and channels of its embedding."""

    def __call__(self, clips: Float[Tensor, "N 1 T H W"], generator: torch.Generator | None = None) -> PartOutputs:
        """Part features of clips of any length with values in [0, 1]; clips stay as they are.

        What is drawn in training is drawn from `generator`; in evaluation nothing is.
        """
        ...
