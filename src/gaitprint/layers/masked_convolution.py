"""The masked convolution of GaitMask: a random band of rows and its complement, convolved apart.

Eqs. 1-4 of GaitMask (Lin et al., BMVC 2021): M1 is ones with a band of L rows set to zero, M0 its complement, and
Ym = conv(X * M0) + conv(X * M1). A convolution is linear and the masks sum to one, so without something non-linear
inside each term Ym *is* conv(X), in value and in gradient: the mask would do nothing. Hence the modes.

A 3 x 3 x 3 convolution sees one row up and one down, so masking changes only the rows beside the band's two cuts:
k - 1, k, k + L - 1, k + L. On such a row conv(X) = own + other, where `other` is what arrives from across the cut;
everything follows exactly from one full convolution and `other`, which costs four convolutions of a single row.
"""

import math
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.errors import ConfigError
from gaitprint.layers.convolution import Convolution, activate, convolve
from gaitprint.layers.sync_batchnorm import SynchronisedNorm

MaskMode = Literal["activated", "gated", "linear", "separate"]


class Band(NamedTuple):
    """The masked rows: first row k and number of rows L."""

    start: int
    rows: int


class MaskedConvolution(Convolution):
    """Modes activated, gated and linear: one weight for both masks. Without a band: s(conv(X)).

    With BatchNorm, its statistics are those of conv(X) (activated, linear) or of the gated sum; in the mode activated
    its shift goes to the term that owns the row, so that away from the cuts training and test agree.
    """

    def __init__(
        self, channels_in: int, channels_out: int, mode: MaskMode, *, batch_norm: bool, generator: torch.Generator
    ) -> None:
        super().__init__(channels_in, channels_out, batch_norm=batch_norm, generator=generator)
        self.mode = mode

    def forward(self, x: Float[Tensor, "N C T H W"], band: Band | None = None) -> Float[Tensor, "N D T H W"]:
        """The activated masked branch [N, D, T, H, W]."""
        y = convolve(x, self.weight)
        rows, other = ([], y[:, :, :, :0]) if band is None else across_cuts(x, self.weight, band)
        if not rows or self.mode == "linear":
            return activate(self.norm(y))
        index = torch.tensor(rows, device=y.device)
        if self.mode == "gated":
            # own = conv(X) - other, on the rows beside the cuts
            return activate(self.norm(y.index_add(3, index, other, alpha=-1)))
        z, scale = _normalise(self.norm, y)
        other = other * scale
        # s(own) + s(other): the norm's shift is in z, and so in the first term alone
        cut = activate(z.index_select(3, index) - other) + activate(other)
        return activate(z).index_copy(3, index, cut.to(z.dtype))


class SeparateMaskedConvolution(nn.Module):
    """Mode separate: a weight for each mask, s(conv_a(X * M0)) + s(conv_b(X * M1)).

    At test s(conv_a(X)) + s(conv_b(X)): both terms are full there, so the sum is about twice that of training.
    """

    def __init__(self, channels_in: int, channels_out: int, *, batch_norm: bool, generator: torch.Generator) -> None:
        super().__init__()
        self.inside = Convolution(channels_in, channels_out, batch_norm=batch_norm, generator=generator)
        self.outside = Convolution(channels_in, channels_out, batch_norm=batch_norm, generator=generator)

    def forward(self, x: Float[Tensor, "N C T H W"], band: Band | None = None) -> Float[Tensor, "N D T H W"]:
        """The activated masked branch [N, D, T, H, W]."""
        inside = outside = x
        if band is not None:
            mask = band_mask(band, x)
            inside, outside = x * mask, x * (1 - mask)
        result: Tensor = self.inside(inside) + self.outside(outside)
        return result


def draw_band(height: int, ratio: float, generator: torch.Generator | None) -> Band:
    """A band of L = max(1, floor(ratio * height)) rows whose start is uniform in {0 .. height - L}.

    Raises:
        ConfigError: no generator was given.
    """
    if generator is None:
        raise ConfigError("gaitmask draws masks in training: call it with generator=torch.Generator(), or use .eval()")
    # the small term keeps products such as 0.29 * 100 from losing a row to rounding
    rows = max(1, math.floor(ratio * height + 1e-9))
    start = torch.randint(height - rows + 1, (1,), generator=generator, device=generator.device)
    return Band(int(start), rows)


def band_mask(band: Band, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "1 1 1 H 1"]:
    """M0 of the paper: one on the band's rows, zero elsewhere."""
    mask = x.new_zeros(1, 1, 1, x.shape[3], 1)
    mask[:, :, :, band.start : band.start + band.rows] = 1
    return mask


def across_cuts(
    x: Float[Tensor, "N C T H W"], weight: Float[Tensor, "D C 3 3 3"], band: Band
) -> tuple[list[int], Float[Tensor, "N D T R W"]]:
    """The rows beside the band's cuts, ascending, and what reaches each of them from the other side of a cut."""
    parts: dict[int, Tensor] = {}
    # a cut on the border of the map is none: nothing arrives from beyond it
    for below in (band.start, band.start + band.rows):
        if not 0 < below < x.shape[3]:
            continue
        # kernel row 2 looks one row down, kernel row 0 one row up
        for row, source, tap in ((below - 1, below, 2), (below, below - 1, 0)):
            arrives = F.conv2d(x[:, :, :, source], weight[:, :, :, tap], padding=1)
            # of a band of one row both cuts touch that row; nothing is added in place, autograd keeps the first term
            parts[row] = parts[row] + arrives if row in parts else arrives
    rows = sorted(parts)
    if not rows:
        return [], x.new_zeros(x.shape[0], weight.shape[0], x.shape[2], 0, x.shape[4])
    return rows, torch.stack([parts[row] for row in rows], dim=3)


def _normalise(norm: nn.Module, y: Float[Tensor, "N D T H W"]) -> tuple[Float[Tensor, "N D T H W"], Tensor]:
    """What the norm makes of y, and the factor of each channel in that: [D, 1, 1, 1], or 1 without a norm."""
    if isinstance(norm, SynchronisedNorm):
        z, variance = norm.with_variance(y)
    elif isinstance(norm, nn.BatchNorm3d):
        running = norm.running_var
        if norm.training or running is None:  # without running figures a norm takes the batch's at test too
            wide = y if y.dtype == torch.float64 else y.float()
            variance = wide.var(dim=(0, 2, 3, 4), correction=0)
        else:
            variance = running
        z = norm(y)
    else:
        return norm(y), y.new_ones(1)
    return z, (norm.weight * torch.rsqrt(variance + norm.eps)).view(-1, 1, 1, 1).to(y.dtype)
