"""BatchNorm over the joined batch of several processes, each of which holds a slice of it.

torch's own SyncBatchNorm runs on GPUs alone. This one knows nothing of processes: it is handed the function that lays
the rows of all of them one below the other, and whatever it adds up, it adds up from such rows, in their order.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

Gather = Callable[[Tensor], Tensor]
"""A tensor [1, K] of each process -> [processes, K], the same in all of them."""


class SynchronisedNorm(_BatchNorm):
    """A BatchNorm1d, 2d or 3d whose batch is that of all processes; parameters and buffers are those of `norm`.

    In evaluation it is the plain one and asks nobody. In training every process must call it equally often.

    Args:
        norm: whose tensors it takes over: the very same, so an optimizer of them stays good.
        gathered: see `Gather`.
    """

    def __init__(self, norm: _BatchNorm, gathered: Gather) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        self.weight, self.bias = norm.weight, norm.bias
        self.running_mean, self.running_var = norm.running_mean, norm.running_var
        self.num_batches_tracked = norm.num_batches_tracked
        self.gathered = gathered
        self.train(norm.training)

    def forward(self, x: Float[Tensor, "N C *rest"]) -> Float[Tensor, "N C *rest"]:
        """Normalise each channel."""
        return self.with_variance(x)[0]

    def with_variance(self, x: Float[Tensor, "N C *rest"]) -> tuple[Float[Tensor, "N C *rest"], Float[Tensor, " C"]]:
        """The normalised x, and the variance that each channel was divided by (with gradient where it is of x)."""
        if not self.training and self.running_mean is not None and self.running_var is not None:
            plain = F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
            return plain, self.running_var
        # without running statistics the plain one, too, goes by the batch in evaluation: by its own
        gathered = self.gathered if self.training else torch.clone
        normalised, variance, mean, count = _Normalise.apply(x, self.weight, self.bias, self.eps, gathered)  # type: ignore[no-untyped-call]
        if self.training:
            self._follow(mean, variance.detach(), count)
        return normalised, variance

    @torch.no_grad()
    def _follow(self, mean: Float[Tensor, " C"], variance: Float[Tensor, " C"], count: Float[Tensor, ""]) -> None:
        """Move the running statistics as torch does: by `momentum`, or to the mean of all batches if it is None."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        # torch divides by n and keeps running figures of n - 1
        unbiased = variance * (count / (count - 1)).to(variance.dtype)
        self.running_mean.mul_(1 - share).add_(share * mean)
        self.running_var.mul_(1 - share).add_(share * unbiased)

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002 - torch's name
        """Any number of dimensions."""


class _Normalise(torch.autograd.Function):
    """x -> (normalised x, variance, mean, values per channel) of the joined batch; the first two have gradients.

    With y the standardised x, n the values per channel, s the weight over the standard deviation, g and v the gradients
    that arrive at output and variance: dx = s (g - sum(g) / n - y sum(g y) / n) + sum(v) 2 (x - mean) / n. The sums are
    over all processes, for each of them moves the statistics of all; those for weight and bias are a process's own,
    as of any other parameter.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, gathered: Gather
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        wide = _wide(x)
        mean, variance, count = _moments(wide, gathered)
        normalised = F.batch_norm(x, mean, variance, weight, bias, eps=eps)
        ctx.save_for_backward(x, weight, mean, torch.rsqrt(variance + eps), count)
        ctx.gathered, ctx.shifts = gathered, bias is not None
        ctx.mark_non_differentiable(mean, count)
        return normalised, variance, mean, count

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, inverse, count = ctx.saved_tensors
        grad, at_variance = _wide(grads[0]), grads[1].double()
        channels = (-1, *[1] * (x.ndim - 2))
        over = [d for d in range(x.ndim) if d != 1]
        centred = _wide(x) - mean.view(channels)
        sums, products = grad.sum(over), (grad * centred).sum(over)
        # one exchange for all three: every one of them waits for the slowest process
        sums_here = torch.cat([sums.double(), products.double(), at_variance])
        total, product, variance = (ctx.gathered(sums_here[None]).sum(dim=0) / count).chunk(3)
        scale = inverse if weight is None else inverse * weight
        # what depends on x - mean: the gradient of the variance, and the term with y of the formula above
        along = (2 * variance - scale * inverse.square() * product).to(grad.dtype)
        dx = centred.mul_(along.view(channels)).sub_((scale * total).to(grad.dtype).view(channels))
        dx = dx.addcmul_(grad, scale.to(grad.dtype).view(channels)).to(x.dtype)
        # of this process's rows alone: gradients of parameters are added up over processes later, with all others
        to_weight = None if weight is None else (products * inverse).to(weight.dtype)
        to_bias = sums.to(mean.dtype) if ctx.shifts else None
        return dx, to_weight, to_bias, None, None


def _moments(
    x: Float[Tensor, "N C *rest"], gathered: Gather
) -> tuple[Float[Tensor, " C"], Float[Tensor, " C"], Float[Tensor, ""]]:
    """Mean and variance (uncorrected) of every channel of the joined batch, and its number of values in float64.

    From the processes' own means and variances, never from a sum of squares (which cancels), in one exchange.
    """
    # variances are joined by Chan's formula: those within the processes, and those of their means around the joint
    # mean
    mean, variance = torch.batch_norm_update_stats(x, None, None, 0.0)
    count = x.new_full((1,), x.numel() // x.shape[1], dtype=torch.float64)
    # in float64, and rows in the order of processes: every process gets the same bits
    rows = gathered(torch.cat([count, mean.double(), variance.double()])[None])
    counts, means, variances = rows[:, :1], *rows[:, 1:].chunk(2, dim=1)
    n = counts.sum()
    joined = (counts * means).sum(dim=0) / n
    spread = (counts * (variances + (means - joined).square())).sum(dim=0) / n
    return joined.to(x.dtype), spread.to(x.dtype), n


def _wide(x: Tensor) -> Tensor:
    """Convert to float32 at least."""
    return x if x.dtype == torch.float64 else x.float()
