"""Residual blocks of single frames (2d), of frames with a convolution over time between (p3d), and of 3-D convolutions.

Source: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; Qiu, Yao, Mei, "Learning Spatio-Temporal
Representation with Pseudo-3D Residual Networks", ICCV 2017; as Fan et al., "Exploring Deep Models for Practical Gait
Recognition", 2023, put them together.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.layers.convolution import is_half_on_cpu

BlockKind = Literal["2d", "p3d", "3d"]
"""2d: 1 x 3 x 3 convolutions. p3d: a residual 3 x 1 x 1 convolution over time between the two. 3d: 3 x 3 x 3."""


class NormedConvolution(nn.Module):
    """A bias-free convolution with zero padding, Xavier-uniform, and its BatchNorm; `stride` is of rows and columns."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: tuple[int, int, int], stride: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in, *kernel))
        nn.init.xavier_uniform_(self.weight, generator=generator)
        self.norm = nn.BatchNorm3d(channels_out)

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N D T H2 W2"]:
        """Convolve and normalise; nothing is activated."""
        time, *sides = (k // 2 for k in self.weight.shape[2:])
        if time and x.shape[2] <= 2 and is_half_on_cpu(x):  # see `gaitprint.layers.convolution.convolve`
            x, time = F.pad(x, (0, 0, 0, 0, time, time)), 0
        y = F.conv3d(x, self.weight, stride=(1, self.stride, self.stride), padding=(time, *sides))
        normal: Tensor = self.norm(y)
        return normal


class ResidualBlock(nn.Module):
    """relu(second(temporal(first(x))) + shortcut(x)); the shortcut is x itself where the shape stays."""

    def __init__(
        self, kind: BlockKind, channels_in: int, channels_out: int, stride: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        kernel = (3 if kind == "3d" else 1, 3, 3)
        self.first = NormedConvolution(channels_in, channels_out, kernel, stride, generator)
        self.temporal: NormedConvolution | None = None
        if kind == "p3d":
            self.temporal = NormedConvolution(channels_out, channels_out, (3, 1, 1), 1, generator)
        self.second = NormedConvolution(channels_out, channels_out, kernel, 1, generator)
        self.shortcut: NormedConvolution | None = None
        if stride > 1 or channels_in != channels_out:
            self.shortcut = NormedConvolution(channels_in, channels_out, (1, 1, 1), stride, generator)

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N D T H2 W2"]:
        """One block."""
        y = F.relu(self.first(x))
        if self.temporal is not None:
            y = F.relu(y + self.temporal(y))
        return F.relu(self.second(y) + (x if self.shortcut is None else self.shortcut(x)))
