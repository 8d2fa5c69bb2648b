"""Where a distance comes from: the parts of the body, and the moments of both walks.

Every channel of a part is a generalised mean over the places of its band, and every place has its value from the one
moment that won the maximum over time. A generalised mean is homogeneous: a = sum of x da/dx over places, in which
place w has the share x_w^g / sum x^g. So every channel is, exactly, a sum over the moments of its walk. The head is one
linear map a part, so with difference d = e - e' of two embeddings, channel c adds k_c = (a_c - a'_c) (M d)_c to |d|^2,
and moments t and t' of the two walks add k_c times their shares in that channel. All of it adds up to the distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from gaitprint.deploy.form import EPS
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.inference.engine import Embedder
from gaitprint.inference.running import torch_runner
from gaitprint.layers.part_pooling import POWER_RANGE, GeneralisedMean, PartHead, generalised_mean
from gaitprint.models.base import PartNetwork
from gaitprint.retrieval.distances.contributions import PartSum
from gaitprint.silhouettes.clips import to_clip
from gaitprint.types import Frames


@dataclass(frozen=True, eq=False)
class Observed:
    """What one network made of one walk, with the moments it came from. Features are scale (pooled M + shift)."""

    pooled: Float64[np.ndarray, "P C"]
    shares: Float64[np.ndarray, "P C S"]
    """Of each channel the share that each of S moments has in it; they add up to 1."""
    matrix: Float64[np.ndarray, "P C D"]
    """M: the head's linear map of each part, its BatchNorm (if it has one for all parts) included."""
    shift: Float64[np.ndarray, " D"]
    scale: float = 1.0

    @property
    def features(self) -> Float64[np.ndarray, "P D"]:
        """The embedding, part by part."""
        return np.asarray(self.scale * (np.einsum("pc,pcd->pd", self.pooled, self.matrix) + self.shift))

    def at_unit_length(self) -> "Observed":
        """The same with the whole embedding at length 1, as fusion in the form `unit` takes it."""
        length = float(np.linalg.norm(self.features))
        return replace(self, scale=self.scale / length) if length > 0 else self


@dataclass(frozen=True, eq=False)
class Explanation:
    """Two walks' distance in pieces: `parts` adds up to `total`, `moments` and `timeless` to `parts`."""

    part_sum: PartSum
    parts: Float64[np.ndarray, " P"]
    """What each part adds, over all networks in their order: never negative."""
    moments: Float64[np.ndarray, "P S R"]
    """What each part adds by moment s of the one walk and moment r of the other; negative where it brings them nearer
    than the part's other channels do."""
    timeless: Float64[np.ndarray, " P"]
    """What comes from no moment: 0, but where networks with a shift are taken at unit length."""

    @property
    def total(self) -> float:
        """The sum: the distance, or its square."""
        return float(self.parts.sum())

    @property
    def distance(self) -> float:
        """The distance as the scorer gives it."""
        return self.part_sum.distance(self.total)


def observe(embedder: Embedder, frames: Frames) -> Observed:
    """What a network makes of one whole walk, and when.

    Raises:
        ConfigError: the network does not end in a maximum over time, a generalised mean and a head of ours.
        ShapeError: frames of another size.
    """
    network = explainable(embedder.network)
    pooling = cast(GeneralisedMean, network.pooling)
    caught: list[Tensor] = []
    handle = pooling.register_forward_pre_hook(lambda _module, inputs: caught.append(inputs[0]))
    try:
        # the network as it is: its layers cannot be seen in another back end, whose vectors are the same within 1e-6
        torch_runner(network, embedder.device)(to_clip(frames, embedder.preprocessing)[None])
    finally:
        handle.remove()
    with torch.inference_mode():
        pooled, shares = moment_shares(caught[0], pooling.power.detach(), pooling.parts)
        matrix, shift = _linear(network.head)
    return Observed(pooled[0].cpu().numpy(), shares[0].cpu().numpy(), matrix.cpu().numpy(), shift.cpu().numpy())


def explainable(network: nn.Module) -> PartNetwork:
    """The network, where it has what an explanation is read off.

    Raises:
        ConfigError: it has not.
    """
    kinds = {"pooling": GeneralisedMean, "head": PartHead}
    if not isinstance(network, PartNetwork):
        raise ConfigError(f"explaining needs a network that is a PartNetwork, found {type(network).__module__}")
    children = dict(network.named_children())
    for name, kind in kinds.items():
        if not isinstance(children.get(name), kind):
            raise ConfigError(
                f"explaining needs a network whose {name} is a {kind.__name__}, found {type(network).__module__}"
            )
    return network


def moment_shares(
    x: Float[Tensor, "N C T H W"], power: Float[Tensor, "1"], parts: int
) -> tuple[Float64[Tensor, "N P C"], Float64[Tensor, "N P C T"]]:
    """The pooled parts, and what share each moment has in each channel; equal winners of the maximum share alike."""
    n, c, moments = x.shape[:3]
    power = power.double()
    bands = x.double().reshape(n, c, moments, parts, -1)
    pooled, shares = x.new_empty(n, parts, c, dtype=torch.float64), x.new_empty(n, parts, c, moments).double()
    for p in range(parts):
        band = bands[:, :, :, p]
        top = band.amax(dim=2)
        pooled[:, p] = generalised_mean(top[:, :, None], power, 1)[:, 0]
        weight = top.clamp(min=EPS)
        # divided by the largest first, as in `generalised_mean`: the shares stay the same, and nothing overflows
        weight = (weight / weight.amax(dim=2, keepdim=True)).pow(power.clamp(*POWER_RANGE))
        won = (band == top[:, :, None]).double()
        # places that several moments win are shared out evenly between them
        won *= (weight / weight.sum(dim=2, keepdim=True) / won.sum(dim=2))[:, :, None]
        shares[:, p] = won.sum(dim=3)
    return pooled, shares


def explain(a: Sequence[Observed], b: Sequence[Observed], part_sum: PartSum) -> Explanation:
    """The distance of two walks in pieces; one `Observed` a network, in the same order.

    Raises:
        ShapeError: the two were not observed by the same networks.
    """
    if len(a) != len(b) or any(x.matrix.shape != y.matrix.shape for x, y in zip(a, b, strict=False)):
        raise ShapeError("two walks are explained by the same networks in the same order, found different ones")
    pieces = [_pieces(x, y) for x, y in zip(a, b, strict=True)]
    squares, moments, timeless = (np.concatenate(column) for column in zip(*pieces, strict=True))
    factors = part_sum.factors(squares)
    parts = part_sum.contributions(squares)
    return Explanation(part_sum, parts, moments * factors[:, None, None], timeless * factors)


def _pieces(
    a: Observed, b: Observed
) -> tuple[Float64[np.ndarray, " P"], Float64[np.ndarray, "P S R"], Float64[np.ndarray, " P"]]:
    """Squares of the parts, what pairs of moments add to them, and what neither does."""
    difference = a.features - b.features
    # the k_c of above
    channel = (a.scale * a.pooled - b.scale * b.pooled) * np.einsum("pcd,pd->pc", a.matrix, difference)
    moments = np.matmul((channel[:, :, None] * a.shares).transpose(0, 2, 1), b.shares)
    return np.square(difference).sum(axis=1), moments, (a.scale - b.scale) * (difference @ a.shift)


def _linear(head: PartHead) -> tuple[Float64[Tensor, "P C D"], Float64[Tensor, " D"]]:
    """The head up to the embedding as one matrix a part and a shift."""
    weight = head.linear.weight.detach().double()
    norm = head.norm
    if norm is None or head.kind != "shared-bn":
        return weight, weight.new_zeros(weight.shape[2])
    mean, variance = (norm.get_buffer(name).double() for name in ("running_mean", "running_var"))
    scale = norm.weight.detach().double() * torch.rsqrt(variance + norm.eps)
    # BatchNorm in evaluation is y = scale x + (bias - mean scale), a part of the linear map
    return weight * scale, norm.bias.detach().double() - mean * scale
