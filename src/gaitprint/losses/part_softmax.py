"""Cross-entropy of a classifier per part."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.components import Component, Example
from gaitprint.config import LARGEST, require
from gaitprint.errors import ShapeError


class SoftmaxValues(NamedTuple):
    """The loss, and the share of parts that name the right subject."""

    loss: Float[Tensor, ""]
    accuracy: Float[Tensor, ""]


@dataclass(frozen=True)
class PartSoftmaxSettings:
    """Settings of the softmax loss."""

    scale: float = 1.0
    """Logits are multiplied by this; 16 is usual where they are cosines."""
    label_smoothing: float = 0.0
    """The share of certainty spread evenly over all classes; 0.1 on OUMVLP."""

    def __post_init__(self) -> None:
        require(0 < self.scale <= LARGEST, f"the softmax scale is above 0, at most 1e6, found {self.scale}")
        require(0 <= self.label_smoothing < 1, f"label smoothing is from 0 to below 1, found {self.label_smoothing}")


class PartSoftmax(nn.Module):
    """`loss(logits [N P classes], labels [N]) -> SoftmaxValues`."""

    reads = "logits"
    """The output of a network that this loss is given."""

    collapsed = None
    """Its accuracy says more than its value."""

    def __init__(self, settings: PartSoftmaxSettings) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, logits: Float[Tensor, "N P classes"], labels: Int[Tensor, " N"]) -> SoftmaxValues:
        return part_cross_entropy(logits, labels, self.settings.scale, self.settings.label_smoothing)

    def figures(self, values: SoftmaxValues) -> dict[str, float]:
        """What a progress line shows: the loss and the share of parts that are right."""
        return {"softmax": float(values.loss.detach()), "accuracy": float(values.accuracy)}


def part_cross_entropy(
    logits: Float[Tensor, "N P classes"], labels: Int[Tensor, " N"], scale: float = 1.0, label_smoothing: float = 0.0
) -> SoftmaxValues:
    """Cross-entropy, mean over samples and parts; in float32 even under mixed precision. Labels are 0..classes-1.

    Raises:
        ShapeError: labels and logits differ in number, or a label is no class.
    """
    if logits.ndim != 3 or labels.shape != logits.shape[:1] or not len(logits):
        shapes = f"{list(logits.shape)} and {list(labels.shape)}"
        raise ShapeError(f"a softmax loss needs logits [N, P, classes] and labels [N] with N >= 1, found {shapes}")
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= logits.shape[2]:
        raise ShapeError(
            f"labels are from 0 to {logits.shape[2] - 1} for {logits.shape[2]} classes, found {lowest} to {highest}"
        )
    with torch.autocast(logits.device.type, enabled=False):
        wide = logits if logits.dtype == torch.float64 else logits.float()
        scaled = wide.flatten(0, 1) * scale
        # rows are sample by sample, and part by part within a sample
        repeated = labels.long().repeat_interleave(logits.shape[1])
        loss = F.cross_entropy(scaled, repeated, label_smoothing=label_smoothing)
    with torch.no_grad():
        accuracy = (scaled.argmax(dim=1) == repeated).to(wide.dtype).mean()
    return SoftmaxValues(loss, accuracy)


component = Component(PartSoftmaxSettings, PartSoftmax, (Example(), Example({"scale": 16.0, "label_smoothing": 0.1})))
