"""The training loss: a recipe's terms, weighted and summed, with the figures of each for the history."""

import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

from gaitprint.components import make_component
from gaitprint.errors import ConfigError
from gaitprint.losses import TRAINING_FIGURES, Loss
from gaitprint.tensors import PartOutputs
from gaitprint.training.recipe import LossChoice

USUAL_MARGIN = 0.2
"""What the alarms take for the margin where no loss has one; without a triplet loss it is never compared."""


class Objective:
    """`objective(outputs, labels)` gives the weighted sum of the losses and every loss's figures."""

    def __init__(self, losses: tuple[LossChoice, ...]) -> None:
        self._terms: list[tuple[str, float, Loss]] = [
            (choice.name, choice.weight, make_component("loss", choice.name, choice.settings, where="losses.settings"))
            for choice in losses
        ]
        margins = [loss.collapsed for _, _, loss in self._terms if loss.collapsed is not None]
        self.margin: float = margins[0] if margins else USUAL_MARGIN

    @property
    def reads(self) -> tuple[str, ...]:
        """The outputs of a network that the losses are given, each once, in the recipe's order.

        No set: processes that train together exchange them in this order, and sets of strings have another in each.
        """
        return tuple(dict.fromkeys(loss.reads for _, _, loss in self._terms))

    def __call__(self, outputs: PartOutputs, labels: Int[Tensor, " N"]) -> tuple[Float[Tensor, ""], dict[str, float]]:
        """The loss to go down, and what a progress line and the history show.

        Raises:
            ConfigError: a loss reads an output that the network has not, or has a figure of training's own.
        """
        # summed in the recipe's order: another order has other last bits, and so another run
        total = torch.zeros((), device=labels.device)
        figures: dict[str, float] = {}
        for place, (name, weight, loss) in enumerate(self._terms, start=1):
            values = loss(_read(outputs, name, loss.reads), labels)
            total = total + weight * values.loss
            for key, value in loss.figures(values).items():
                if key in TRAINING_FIGURES:
                    raise ConfigError(f"the loss {name} has a figure {key!r}, which training fills itself: rename it")
                # the same figure of another term is another column
                figures[f"{key}.{place}" if key in figures else key] = value
        return total, figures

    @torch.inference_mode()
    def check(self, network: nn.Module, clip: Float32[Tensor, "1 1 T H W"]) -> None:
        """Refuse a network that cannot take such a clip, or that lacks what a loss reads; it is left in eval mode.

        Raises:
            GaitprintError: in one line.
        """
        outputs = network.eval()(clip)
        for name, _, loss in self._terms:
            _read(outputs, name, loss.reads)


def _read(outputs: PartOutputs, name: str, output: str) -> Tensor:
    tensor = getattr(outputs, output, None)
    if tensor is None:
        raise ConfigError(
            f"the loss {name} reads the network's {output}, and this network has none: choose a head with a "
            "classifier in network.settings, or drop the loss"
        )
    if not isinstance(tensor, Tensor):
        raise ConfigError(
            f"the loss {name} reads the network's {output}, expected a tensor [N P C], found {type(tensor).__name__}: "
            "a network answers with PartOutputs of tensors"
        )
    return tensor
