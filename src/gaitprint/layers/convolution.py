"""The convolutions of both networks: 3-D, bias-free, Xavier-uniform; whole, by strips, and aggregating over time."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from gaitprint.deploy.form import SLOPE

_LAYOUTS = (torch.contiguous_format, torch.channels_last_3d)


class Convolution(nn.Module):
    """A bias-free 3-D convolution, and the norm that follows it (none in the published networks).

    The norm is a separate step, so that callers may work between the two.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        batch_norm: bool,
        generator: torch.Generator,
        kernel: tuple[int, int, int] = (3, 3, 3),
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in, *kernel))
        nn.init.xavier_uniform_(self.weight, generator=generator)
        self.norm: nn.Module = nn.BatchNorm3d(channels_out) if batch_norm else nn.Identity()

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N D T H W"]:
        """Convolve with zero padding, normalise, activate."""
        return activate(self.norm(convolve(x, self.weight)))


class StripConvolution(Convolution):
    """The local branch of GLConv: one weight for equal horizontal strips, each padded with zeros by itself."""

    def __init__(
        self, channels_in: int, channels_out: int, strips: int, *, batch_norm: bool, generator: torch.Generator
    ) -> None:
        super().__init__(channels_in, channels_out, batch_norm=batch_norm, generator=generator)
        self.strips = strips

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N D T H W"]:
        """Convolve strip by strip, put the strips back together on height, normalise, activate."""
        return activate(self.norm(strip_convolve(x, self.weight, self.strips)))


class TemporalAggregation(Convolution):
    """LTA: every three frames become one, floor((T - 3) / 3) + 1 in all."""

    def __init__(self, channels: int, *, batch_norm: bool, generator: torch.Generator) -> None:
        super().__init__(channels, channels, batch_norm=batch_norm, generator=generator, kernel=(3, 1, 1))

    def forward(self, x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N C L H W"]:
        """Convolve over time with stride three and no padding, normalise, activate."""
        return activate(self.norm(convolve_triples(x, self.weight)))


def activate(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """LeakyReLU of slope 0.01.

    What comes after may send its gradient back laid out in another way (slices of rows, the pool); with two layouts
    the gradient of this function alone would cost a sixth of a training step.
    """
    y = F.leaky_relu(x, SLOPE)
    if y.requires_grad and y.ndim == 5:
        last = y.is_contiguous(memory_format=torch.channels_last_3d)
        y.register_hook(partial(_laid_out, layout=_LAYOUTS[last]))
    return y


def _laid_out(gradient: Tensor | None, layout: torch.memory_format) -> Tensor | None:
    # autograd may say "no gradient" where torch's signature promises one
    return None if gradient is None else gradient.contiguous(memory_format=layout)


def convolve(x: Float[Tensor, "N C T H W"], weight: Float[Tensor, "D C 3 3 3"]) -> Float[Tensor, "N D T H W"]:
    """A 3 x 3 x 3 convolution that keeps the size."""
    frames = x.shape[2]
    if frames <= 2 and is_half_on_cpu(x):
        # oneDNN in bfloat16 returns memory that nobody has written where it pads so few frames itself: of one frame the
        # result (with AMX), of two the gradient of the weight (without)
        if frames == 1:
            return F.conv2d(x[:, :, 0], weight[:, :, 1], padding=1)[:, :, None]
        return F.conv3d(F.pad(x, (0, 0, 0, 0, 1, 1)), weight, padding=(0, 1, 1))
    return F.conv3d(x, weight, padding=1)


def convolve_triples(x: Float[Tensor, "N C T H W"], weight: Float[Tensor, "D C 3 1 1"]) -> Float[Tensor, "N D L H W"]:
    """A 3 x 1 x 1 convolution of stride three: one frame of every three."""
    if x.shape[2] > 3 and x.shape[2] % 3 and is_half_on_cpu(x):
        # with AMX, oneDNN leaves the gradient of the frames that are left over unwritten
        x = x[:, :, : x.shape[2] // 3 * 3]
    # frames that are left over at the end are seen by nobody, as in the published networks
    return F.conv3d(x, weight, stride=(3, 1, 1))


def is_half_on_cpu(x: Float[Tensor, "*shape"]) -> bool:
    """Whether a convolution of this would be computed in half precision by a processor."""
    return x.device.type == "cpu" and torch.is_autocast_enabled("cpu")


def strip_convolve(
    x: Float[Tensor, "N C T H W"], weight: Float[Tensor, "D C 3 3 3"], strips: int
) -> Float[Tensor, "N D T H W"]:
    """Convolve each of `strips` equal strips of rows by itself, all in one batched convolution.

    Strip by strip the maps are too low for the fast kernels of a CPU: one batch is twice as fast and equal to 1e-8.
    H must be a multiple of `strips`; the settings see to it. Laid out channels-last, the faster form in training.
    """
    n, c, t, h, w = x.shape
    rows = h // strips
    # seen channels-last a strip of a frame is one stretch of memory, which the copy moves whole
    batch = x.permute(0, 2, 3, 4, 1).reshape(n, t, strips, rows, w, c).transpose(1, 2)
    y = convolve(batch.reshape(n * strips, t, rows, w, c).permute(0, 4, 1, 2, 3), weight)
    split = y.permute(0, 2, 3, 4, 1).reshape(n, strips, t, rows, w, -1).transpose(1, 2)
    return split.reshape(n, t, h, w, -1).permute(0, 4, 1, 2, 3)


def as_channels_last(x: Float[Tensor, "N 1 T H W"]) -> Float[Tensor, "N 1 T H W"]:
    """View clips with the strides of channels-last; values and memory stay.

    With one channel both layouts are true, torch takes the plain one, and the stem's result, the largest map of all,
    would be laid out anew three times a step.
    """
    n, _, t, h, w = x.shape
    return x.reshape(n, t, h, w, 1).permute(0, 4, 1, 2, 3)


def max_pool_2x2(x: Float[Tensor, "N C T H W"]) -> Float[Tensor, "N C T H2 W2"]:
    """The maximum of every 2 x 2 pixels of a frame.

    Per frame in two dimensions: the 3-D form has no deterministic gradient on CUDA.
    """
    n, c, t, h, w = x.shape
    pooled = F.max_pool2d(x.transpose(1, 2).reshape(n * t, c, h, w), 2)
    return pooled.reshape(n, t, c, h // 2, w // 2).transpose(1, 2)
