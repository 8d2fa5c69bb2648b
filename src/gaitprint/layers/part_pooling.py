"""From a map to parts: maximum over time, generalised mean over rows, one linear map per part, and the heads."""

from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gaitprint.deploy.form import EPS
from gaitprint.tensors import PartOutputs

POWER_RANGE = (1.0, 100.0)
"""The learnable power is kept between the plain mean and all but the maximum."""

HeadKind = Literal["plain", "shared-bn", "separate-bnneck"]
"""plain: embedding = linear map, no classifier. shared-bn: one BatchNorm for all parts, embedding after it.
separate-bnneck: embedding before a BatchNorm of its own for every part, which only the classifier sees."""


class GeneralisedMean(nn.Module):
    """GeM pooling of horizontal parts with one learnable power for all.

    Source: GaitGL (Lin et al., ICCV 2021), spatial feature mapping; initial power 6.5.
    """

    def __init__(self, parts: int, power: float) -> None:
        super().__init__()
        self.parts = parts
        self.power = nn.Parameter(torch.tensor([power]))

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N P C"]:
        """Maximum over time, then the generalised mean of each of P equal bands of rows."""
        return generalised_mean(x.amax(dim=2), self.power, self.parts)


class MeanAndMax(nn.Module):
    """Horizontal pooling: the mean plus the maximum of bands of rows, of every number of bands one after another.

    Source: Fu et al., "Horizontal Pyramid Matching for Person Re-identification", AAAI 2019.
    """

    def __init__(self, bands: tuple[int, ...]) -> None:
        super().__init__()
        self.bands = bands
        self.parts = sum(bands)

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N P C"]:
        """Maximum over time, then the mean plus the maximum of each band."""
        frame = x.amax(dim=2)
        # means are of many values: in full precision even under autocast
        wide = frame if frame.dtype == torch.float64 else frame.float()
        split = [wide.reshape(*wide.shape[:2], count, -1) for count in self.bands]
        return torch.cat([band.mean(dim=3) + band.amax(dim=3) for band in split], dim=2).transpose(1, 2)


class PartLinear(nn.Module):
    """One bias-free matrix per part, [P, in, out] (separate fully connected layers)."""

    def __init__(self, parts: int, channels_in: int, channels_out: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(parts, channels_in, channels_out))
        nn.init.xavier_uniform_(self.weight, generator=generator)

    def forward(self, x: Float[Tensor, "N P C"]) -> Float[Tensor, "N P D"]:
        return part_product(x, self.weight)


class PartHead(nn.Module):
    """The linear map per part and, by its kind, BatchNorm and classifier. See `HeadKind`."""

    def __init__(
        self,
        kind: HeadKind,
        parts: int,
        channels: int,
        classes: int | None,
        generator: torch.Generator,
        outputs: int | None = None,
    ) -> None:
        super().__init__()
        self.kind = kind
        # as many channels as there are, as GaitGL has, unless a network says how many
        self.linear = PartLinear(parts, channels, outputs or channels, generator)
        channels = outputs or channels
        self.norm: nn.BatchNorm1d | None = None
        self.classifier: PartLinear | None = None
        if kind == "shared-bn":
            self.norm = nn.BatchNorm1d(channels)
        if kind == "separate-bnneck" and classes is not None:
            self.norm = nn.BatchNorm1d(parts * channels)
        if kind != "plain" and classes is not None:
            self.classifier = PartLinear(parts, channels, classes, generator)

    def forward(self, pooled: Float[Tensor, "N P C"]) -> PartOutputs:
        """Features, embedding and logits; in full precision even under autocast, for distances are taken of them."""
        with torch.autocast(pooled.device.type, enabled=False):
            return self._outputs(pooled)

    def _outputs(self, pooled: Float[Tensor, "N P C"]) -> PartOutputs:
        features = self.linear(pooled)
        if self.norm is None:
            return PartOutputs(features, features, None)
        if self.kind == "shared-bn":
            # parts are rows of one batch: one mean and variance a channel for all of them
            normal = self.norm(features.reshape(-1, features.shape[2])).view_as(features)
            return PartOutputs(normal, normal, self.classifier(normal) if self.classifier else None)
        # parts are channels: each has statistics of its own
        normal = self.norm(features.flatten(1)).view_as(features)
        classifier = cast(PartLinear, self.classifier)
        # cosines: the neck's classifier sees directions only
        logits = part_product(nn.functional.normalize(normal, dim=2), nn.functional.normalize(classifier.weight, dim=1))
        return PartOutputs(features, features, logits)


def part_product(x: Float[Tensor, "N P C"], weight: Float[Tensor, "P C D"]) -> Float[Tensor, "N P D"]:
    """Each part's rows times that part's matrix."""
    # one batched product, parts first: [P, N, C] x [P, C, D]
    return torch.bmm(x.transpose(0, 1), weight).transpose(0, 1)


def generalised_mean(x: Float[Tensor, "N C H W"], power: Float[Tensor, "1"], parts: int) -> Float[Tensor, "N P C"]:
    """mean(clamp(x, 1e-6) ** g) ** (1 / g) over each of `parts` equal bands of rows.

    The plain formula leaves the range of float32 on an empty part when g grows (its gradient is -inf at 7.5). Each
    band is therefore divided by its maximum first; the result does not depend on that number, so neither does the
    gradient, and it needs none itself.
    """
    wide = x if x.dtype == torch.float64 else x.float()
    # rows of a band lie one behind another, so a band is one stretch of values
    bands = wide.reshape(*x.shape[:2], parts, -1).clamp(min=EPS)
    largest = bands.detach().amax(dim=3, keepdim=True)
    g = power.to(wide.dtype).clamp(*POWER_RANGE)
    means = (bands / largest).pow(g).mean(dim=3).pow(1 / g)
    return (means * largest[..., 0]).transpose(1, 2)
