"""GaitSet: a walk as a set of frames, with a global branch that sees the maximum over them; the cheap network.

Source: Chao, He, Zhang, Feng, "GaitSet: Regarding Gait as a Set for Cross-View Gait Recognition", AAAI 2019, with the
maximum as set pooling and the horizontal pyramid as the field's reference toolkit has them.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.layers.clips import check_clips
from gaitprint.layers.convolution import activate, as_channels_last, max_pool_2x2
from gaitprint.layers.part_pooling import MeanAndMax, PartHead
from gaitprint.models.base import PartNetwork
from gaitprint.types import PartLayout

SHRUNK = 4
"""Rows of a frame for one of the last map."""


@dataclass(frozen=True)
class GaitSetSettings:
    """The network for CASIA-B; 64, 128, 256 is the one for OUMVLP and GREW."""

    channels: tuple[int, int, int] = (32, 64, 128)
    """Widths of the three pairs of convolutions."""
    bands: tuple[int, ...] = (16, 8, 4, 2, 1)
    """The pyramid: so many bands of rows at each scale, of the frames' branch and of the global one."""
    embedding: int = 256
    """Channels a part of the embedding."""

    def __post_init__(self) -> None:
        require(min(self.channels) >= 1, f"gaitset's channels are at least 1, found {self.channels}")
        require(
            bool(self.bands) and min(self.bands) >= 1 and all(max(self.bands) % b == 0 for b in self.bands),
            f"gaitset's bands are at least 1 and divide the largest of them, found {self.bands}",
        )
        require(self.embedding >= 1, f"gaitset's embedding is at least 1, found {self.embedding}")


class FrameConvolution(nn.Module):
    """A bias-free convolution of single frames, Xavier-uniform, and LeakyReLU."""

    def __init__(self, channels_in: int, channels_out: int, side: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in, 1, side, side))
        nn.init.xavier_uniform_(self.weight, generator=generator)

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N D T H W"]:
        """Convolve with zero padding, activate."""
        side = self.weight.shape[3] // 2
        return activate(F.conv3d(x, self.weight, padding=(0, side, side)))


class GaitSet(PartNetwork):
    """The network; `layout` says how the embedding splits into parts, the frames' branch first."""

    pooling: MeanAndMax

    def __init__(self, settings: GaitSetSettings, classes: int | None, generator: torch.Generator) -> None:  # noqa: ARG002 - it has no classifier
        super().__init__()
        self.settings, self.classes = settings, None
        self.height = SHRUNK * max(settings.bands)
        a, b, c = settings.channels

        def pair(channels_in: int, channels_out: int, side: int = 3) -> nn.Sequential:
            first = FrameConvolution(channels_in, channels_out, side, generator)
            return nn.Sequential(first, FrameConvolution(channels_out, channels_out, 3, generator))

        self.frames = nn.ModuleList([pair(1, a, 5), pair(a, b), pair(b, c)])
        self.whole = nn.ModuleList([pair(a, b), pair(b, c)])
        self.pooling = MeanAndMax(settings.bands)
        parts = 2 * self.pooling.parts
        self.head = PartHead("plain", parts, c, None, generator, settings.embedding)
        self.layout = PartLayout(((parts, settings.embedding),))

    def trunk(
        self,
        clips: Float[Tensor, "N 1 T H W"],
        generator: torch.Generator | None = None,  # noqa: ARG002 - nothing is drawn
    ) -> Float[Tensor, "N P C"]:
        """All up to the pooled parts; nothing is drawn, `generator` is there for the contract."""
        check_clips(clips, self.height)
        first, second, third = self.frames
        # as in GaitGL: the weights say in which layout the trainer put the network
        channels_last = next(second.parameters()).is_contiguous(memory_format=torch.channels_last_3d)
        x = as_channels_last(clips) if channels_last else clips
        x = max_pool_2x2(self._layer(first, x))
        # the global branch: what all frames have most of, one map a clip
        whole = max_pool_2x2(self._layer(self.whole[0], _set(x)))
        x = max_pool_2x2(self._layer(second, x))
        whole = self._layer(self.whole[1], whole + _set(x))
        x = self._layer(third, x)
        whole = whole + _set(x)
        return torch.cat([self.pooling(x), self.pooling(whole)], dim=1)


def _set(x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N C 1 H W"]:
    """Set pooling: the maximum over the frames."""
    return x.amax(dim=2, keepdim=True)


component = Component(
    GaitSetSettings,
    GaitSet,
    (
        Example({"channels": [4, 6, 8], "embedding": 5}),
        Example({"channels": [3, 4, 5], "bands": [8, 2, 1], "embedding": 4}, (32, 22)),
    ),
)
