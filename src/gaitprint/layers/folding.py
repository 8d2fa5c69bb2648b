"""From trained layers to those of the deploy form: batch norms become part of weights and biases."""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from gaitprint.deploy.form import Branch, Branches, DeployForm, Layer, Residual, Triples
from gaitprint.deploy.form import Convolution as DeployConvolution
from gaitprint.errors import ComponentError
from gaitprint.layers.clips import ShortClip
from gaitprint.layers.convolution import Convolution, StripConvolution
from gaitprint.layers.masked_convolution import SeparateMaskedConvolution
from gaitprint.layers.part_pooling import POWER_RANGE, GeneralisedMean, MeanAndMax, PartHead
from gaitprint.layers.residual import NormedConvolution, ResidualBlock


def fold_branches(layer: Tensor | nn.Module) -> tuple[Branch, ...]:
    """A convolution as branches that are added: its weight, norm and strips; a masked one without its masks."""
    if isinstance(layer, SeparateMaskedConvolution):
        return fold_branches(layer.inside) + fold_branches(layer.outside)
    if not isinstance(layer, Convolution):
        raise ComponentError(f"no deploy form of a {type(layer).__name__}: expected a Convolution of gaitprint.layers")
    weight, bias = _folded(layer)
    return (Branch(weight, bias, layer.strips if isinstance(layer, StripConvolution) else 1),)


def fold_pairs(layers: Iterable[nn.Module], second: str) -> tuple[Branches, ...]:
    """Layers of two convolutions of one input, `whole` and one of this name, added or, where it says so, stacked."""
    pairs = [(fold_branches(layer.whole), fold_branches(getattr(layer, second)), layer.stack) for layer in layers]
    return tuple(Branches((one, two) if stack else ((*one, *two),)) for one, two, stack in pairs)


def fold_triples(layer: Convolution) -> Triples:
    """A temporal aggregation."""
    weight, bias = _folded(layer)
    return Triples(weight[:, :, :, 0, 0], bias)


def fold_normed(layer: NormedConvolution, slope: float = 0.0, add_input: bool = False) -> DeployConvolution:
    """A convolution with its norm, and, where it is added to what it was given, that as part of its middle tap."""
    scale, shift = _scale_and_shift(layer.norm)
    weight = layer.weight.double() * scale.view(-1, 1, 1, 1, 1)
    if add_input:
        middle = [k // 2 for k in weight.shape[2:]]
        weight[:, :, middle[0], middle[1], middle[2]] += torch.eye(len(weight), dtype=weight.dtype)
    return DeployConvolution(_array(weight), _array(shift), layer.stride, slope)


def fold_block(block: ResidualBlock) -> Residual:
    """A residual block."""
    body = [fold_normed(block.first)]
    if block.temporal is not None:
        body.append(fold_normed(block.temporal, add_input=True))
    body.append(fold_normed(block.second, slope=1.0))
    return Residual(tuple(body), None if block.shortcut is None else fold_normed(block.shortcut, slope=1.0))


def deploy_form(
    layers: tuple[Layer, ...], pooling: GeneralisedMean | MeanAndMax, head: PartHead, height: int, short_clip: ShortClip
) -> DeployForm:
    """Layers, and what follows them in a `PartNetwork`."""
    weight: Tensor = head.linear.weight
    bias: Tensor | None = None
    if head.kind == "shared-bn" and head.norm is not None:
        scale, bias = _scale_and_shift(head.norm)
        weight = weight * scale
    return DeployForm(
        layers,
        height,
        pooling.parts,
        float(pooling.power.detach().clamp(*POWER_RANGE)) if isinstance(pooling, GeneralisedMean) else 1.0,
        _array(weight),
        None if bias is None else _array(bias),
        lengthen_three=short_clip == "authors",
        bands=pooling.bands if isinstance(pooling, MeanAndMax) else (),
    )


def _folded(layer: Convolution) -> tuple[Float32[np.ndarray, "D C *K"], Float32[np.ndarray, " D"] | None]:
    if isinstance(layer.norm, nn.Identity):
        return _array(layer.weight), None
    scale, shift = _scale_and_shift(layer.norm)
    return _array(layer.weight * scale.view(-1, 1, 1, 1, 1)), _array(shift)


def _scale_and_shift(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """What a batch norm does in evaluation, y = scale x + shift, in float64."""
    if not isinstance(norm, nn.modules.batchnorm._BatchNorm) or norm.running_mean is None or norm.running_var is None:
        raise ComponentError(f"no deploy form of a {type(norm).__name__} that keeps no running figures")
    scale = torch.rsqrt(norm.running_var.double() + norm.eps) * norm.weight.double()
    return scale, norm.bias.double() - norm.running_mean.double() * scale


def _array(x: Tensor) -> np.ndarray:
    return np.ascontiguousarray(x.detach().to("cpu", torch.float32).numpy()).copy()
