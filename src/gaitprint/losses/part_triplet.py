"""The separate triplet loss: every part compares its own features, over all triplets of the batch or the hardest.

Source: Hermans, Beyer, Leibe, "In Defense of the Triplet Loss", 2017, part by part; batch-all as gait networks use it.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from gaitprint.components import Component, Example
from gaitprint.config import LARGEST, require
from gaitprint.errors import ShapeError

CHUNK = 16_000_000
"""Triplet terms held at once, 64 MB in float32; parts are taken in groups that fit."""


class TripletValues(NamedTuple):
    """The loss and what tells whether it learns; a loss that stays at the margin means that features collapsed."""

    loss: Float[Tensor, ""]
    """Mean over parts, to be minimised."""
    per_part: Float[Tensor, " P"]
    """The loss of each part, with gradient."""
    active: Int[Tensor, " P"]
    """Terms above zero (of batch-hard: anchors)."""
    mean_distance: Float[Tensor, " P"]
    """Mean of all N x N distances."""
    positive_distance: Float[Tensor, ""]
    """Mean over parts and pairs of different clips of one subject; 0 where there is none."""
    negative_distance: Float[Tensor, ""]
    """Mean over parts and pairs of two subjects; 0 where there is none."""
    total: int
    """Terms of a part, active or not."""


@dataclass(frozen=True)
class PartTripletSettings:
    """Settings of the triplet loss."""

    margin: float = 0.2
    """By how much a negative must be farther away than a positive, in units of distance."""
    mining: Literal["all", "hard"] = "all"
    """all: mean of the non-zero terms of every triplet. hard: the farthest positive and nearest negative."""

    def __post_init__(self) -> None:
        require(0 <= self.margin <= LARGEST, f"the triplet margin is at least 0, at most 1e6, found {self.margin}")


class PartTriplet(nn.Module):
    """`loss(features [N P C], labels [N]) -> TripletValues`."""

    reads = "metric_features"
    """The output of a network that this loss is given."""

    def __init__(self, settings: PartTripletSettings) -> None:
        super().__init__()
        self.settings = settings

    @property
    def collapsed(self) -> float:
        """Positives and negatives are as far away as each other: the margin is left."""
        return self.settings.margin

    def forward(self, features: Float[Tensor, "N P C"], labels: Int[Tensor, " N"]) -> TripletValues:
        mine = batch_all_triplet if self.settings.mining == "all" else batch_hard_triplet
        return mine(features, labels, self.settings.margin)

    def figures(self, values: TripletValues) -> dict[str, float]:
        """What a progress line shows: the loss and the share of non-zero triplets."""
        terms = values.total * len(values.active)
        share = float(values.active.sum()) / terms if terms else 0.0
        return {
            "triplet": float(values.loss.detach()),
            "active_share": share,
            "mean_distance": float(values.mean_distance.mean()),
            "positive_distance": float(values.positive_distance),
            "negative_distance": float(values.negative_distance),
        }


def batch_all_triplet(
    features: Float[Tensor, "N P C"], labels: Int[Tensor, " N"], margin: float = 0.2
) -> TripletValues:
    """relu(margin + d_ap - d_an) over every anchor, positive (the anchor included) and negative, part by part.

    A part's loss is the sum over the number of non-zero terms, 0 if there is none; distances are Euclidean, not
    squared, in float32 (float64 if the features are). Memory stays near 64 MB beyond the [P, N, N] distances: the
    terms are linear in the distances where they are active, so their gradient is a matrix of counts.

    Raises:
        ShapeError: labels and features differ in number.
    """
    distances = part_distances(features, labels)
    same = labels[:, None] == labels[None, :]
    with torch.no_grad():
        sums, active, counts = _active_triplets(distances, same, margin)
    share = active.clamp(min=1).to(distances.dtype)
    # the value comes from the terms themselves, the gradient from the counts: their sum would cancel badly
    # 0 in value, `counts` in gradient
    slope = (counts * distances).sum(dim=(1, 2))
    per_part = (sums + slope - slope.detach()) / share
    total = int((same.sum(dim=1) * (~same).sum(dim=1)).sum())
    return TripletValues(per_part.mean(), per_part, active, *_mean_distances(distances, same), total)


def batch_hard_triplet(
    features: Float[Tensor, "N P C"], labels: Int[Tensor, " N"], margin: float = 0.2
) -> TripletValues:
    """Mean over anchors of relu(margin + farthest positive - nearest negative), part by part.

    Anchors without a negative are left out; a batch of one subject has the loss 0. Of equal distances the first counts.

    Raises:
        ShapeError: labels and features differ in number.
    """
    distances = part_distances(features, labels)
    same = labels[:, None] == labels[None, :]
    anchors = (~same).any(dim=1)
    # the anchor itself is a positive at distance 0, so there always is one
    farthest = distances.masked_fill(~same, -torch.inf).max(dim=2).values[:, anchors]
    nearest = distances.masked_fill(same, torch.inf).min(dim=2).values[:, anchors]
    terms = torch.relu(margin + farthest - nearest)
    total = int(anchors.sum())
    per_part = terms.sum(dim=1) / max(total, 1)
    return TripletValues(per_part.mean(), per_part, (terms > 0).sum(dim=1), *_mean_distances(distances, same), total)


def part_distances(features: Float[Tensor, "N P C"], labels: Int[Tensor, " N"]) -> Float[Tensor, "P N N"]:
    """Euclidean distances from differences, never from the expansion x2 + y2 - 2xy: a row is 0 away from itself.

    Computed in float32 even under mixed precision; the gradient at distance 0 is 0.

    Raises:
        ShapeError: labels and features differ in number.
    """
    if features.ndim != 3 or labels.shape != features.shape[:1] or not len(features):
        shapes = f"{list(features.shape)} and {list(labels.shape)}"
        raise ShapeError(f"a triplet loss needs features [N, P, C] and labels [N] with N >= 1, found {shapes}")
    with torch.autocast(features.device.type, enabled=False):
        x = features if features.dtype == torch.float64 else features.float()
        x = x.transpose(0, 1).contiguous()
        # the expansion cancels: of features that are nearly equal it gives distances of pure rounding, whose gradient
        # is huge
        return torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")


@torch.no_grad()
def _mean_distances(
    distances: Float[Tensor, "P N N"], same: Bool[Tensor, "N N"]
) -> tuple[Float[Tensor, " P"], Float[Tensor, ""], Float[Tensor, ""]]:
    """Of all pairs, part by part; of positive pairs without a clip and itself, and of negative ones."""
    mean = distances.mean(dim=0)
    others = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
    positive, negative = (
        (mean * pairs).sum() / pairs.sum().clamp(min=1) for pairs in (others.to(mean.dtype), (~same).to(mean.dtype))
    )
    return distances.mean(dim=(1, 2)), positive, negative


def _active_triplets(
    distances: Float[Tensor, "P N N"], same: Bool[Tensor, "N N"], margin: float
) -> tuple[Float[Tensor, " P"], Int[Tensor, " P"], Float[Tensor, "P N N"]]:
    """Per part: the sum of the terms, the number above zero, and how often each distance is added (or subtracted)."""
    n = len(same)
    most = int(same.sum(dim=1).max())
    # positives first in each row; where a row has fewer than `most`, the rest is marked invalid
    valid, positives = same.to(torch.int8).topk(most, dim=1)
    usable = valid.bool()[:, :, None] & ~same[:, None, :]
    sums, active, counts = [], [], []
    for d in torch.split(distances, max(1, CHUNK // (n * n * most))):
        gathered = d.gather(2, positives.expand(len(d), n, most))
        terms = (margin + gathered)[..., None] - d[:, :, None, :]
        terms = torch.where(usable, terms, 0).clamp_(min=0)
        above = terms > 0
        sums.append(terms.sum(dim=(1, 2, 3)))
        active.append(above.sum(dim=(1, 2, 3)))
        # each distance d_an is subtracted once for every active positive, each d_ap added for every active negative
        count = -above.sum(dim=2).to(d.dtype)
        counts.append(count.scatter_add(2, positives.expand(len(d), n, most), above.sum(dim=3).to(d.dtype)))
    return torch.cat(sums), torch.cat(active), torch.cat(counts)


component = Component(PartTripletSettings, PartTriplet, (Example(), Example({"mining": "hard"})))
