"""Deploy forms the slow, obvious way, and a small one with everything in it."""

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from torch.nn import functional as F

from gaitprint.deploy.form import EPS, SLOPE, Branch, Branches, Convolution, DeployForm, MaxPool, Residual, Triples


def run_form(form: DeployForm, clips: np.ndarray) -> Float64[np.ndarray, "N P D"]:
    """The part features of clips [N, T, H, W], by direct convolutions in double precision."""
    x = _double(form.lengthened(clips))[:, None]
    for layer in form.layers:
        if isinstance(layer, Branches):
            groups = [sum(_convolved(x, branch) for branch in group) for group in layer.groups]
            x = torch.cat([group for group in groups if isinstance(group, Tensor)], dim=3)
        elif isinstance(layer, Triples):
            weight = _double(layer.weight)[:, :, :, None, None]
            x = F.leaky_relu(F.conv3d(x, weight, _bias(layer.bias), stride=(3, 1, 1)), SLOPE)
        elif isinstance(layer, Convolution):
            x = _filtered(x, layer)
        elif isinstance(layer, Residual):
            x = _block(x, layer)
        else:
            x = F.max_pool3d(x, (1, 2, 2))
    pooled = _pooled(form, x)
    features = torch.einsum("ncp,pcd->npd", pooled, _double(form.head))
    bias = _bias(form.head_bias)
    result: np.ndarray = (features if bias is None else features + bias).numpy()
    return result


def _filtered(x: Tensor, layer: Convolution) -> Tensor:
    padding = [k // 2 for k in layer.weight.shape[2:]]
    y = F.conv3d(x, _double(layer.weight), _bias(layer.bias), (1, layer.stride, layer.stride), padding)
    return F.leaky_relu(y, layer.slope)


def _block(x: Tensor, layer: Residual) -> Tensor:
    y = x
    for convolution in layer.body:
        y = _filtered(y, convolution)
    return F.relu(y + (x if layer.shortcut is None else _filtered(x, layer.shortcut)))


def _pooled(form: DeployForm, x: Tensor) -> Tensor:
    if form.bands:
        split = [x.amax(dim=2).unflatten(2, (count, -1)).flatten(3) for count in form.bands]
        return torch.cat([band.mean(dim=3) + band.amax(dim=3) for band in split], dim=2)
    bands = x.amax(dim=2).clamp(min=EPS).unflatten(2, (form.parts, -1)).flatten(3)
    largest = bands.amax(dim=3, keepdim=True)
    pooled: Tensor = (bands / largest).pow(form.power).mean(dim=3).pow(1 / form.power) * largest[..., 0]
    return pooled


def small_residual_form(seed: int) -> DeployForm:
    """Random weights: kernels over frames and not, strides of 1 and 2, shortcuts of both kinds, pyramids of bands."""
    rng = np.random.default_rng(seed)

    def filters(d: int, c: int, kernel: tuple[int, int, int], stride: int = 1, slope: float = 0.0) -> Convolution:
        weight = rng.normal(size=(d, c, *kernel), scale=(c * np.prod(kernel)) ** -0.5).astype(np.float32)
        return Convolution(weight, rng.normal(size=d).astype(np.float32) if seed % 2 else None, stride, slope)

    frame, time, both = (1, 3, 3), (3, 1, 1), (3, 3, 3)
    pseudo = filters(9, 3, frame, 2), filters(9, 9, time), filters(9, 9, frame, slope=1.0)
    layers = (
        filters(3, 1, (1, 5, 5)),
        Residual((filters(3, 3, frame), filters(3, 3, frame, slope=1.0))),
        Residual(pseudo, filters(9, 3, (1, 1, 1), 2, 1.0)),
        Residual((filters(8, 9, both, 2), filters(8, 8, both, slope=1.0)), filters(8, 9, (1, 1, 1), 2, 1.0)),
        filters(40, 8, frame, slope=0.01),
    )
    head = rng.normal(size=(7, 40, 7)).astype(np.float32)
    return DeployForm(layers, 16, 7, 1.0, head, bands=(4, 2, 1))


def small_form(seed: int, biased: bool) -> DeployForm:
    """Random weights: two stems, triples, strips of 8, 2 and 1 rows, three branches in a group, stacked groups."""
    rng = np.random.default_rng(seed)

    def array(*shape: int) -> np.ndarray:
        return rng.normal(size=shape, scale=(np.prod(shape[1:]) or 1) ** -0.5).astype(np.float32)

    def bias(d: int) -> np.ndarray | None:
        return rng.normal(size=d).astype(np.float32) if biased else None

    def branch(c: int, d: int, strips: int = 1) -> Branch:
        return Branch(array(d, c, 3, 3, 3), bias(d), strips)

    layers = (
        Branches(((branch(1, 3),),)),
        Branches(((branch(3, 3),),)),
        Triples(array(4, 3, 3), bias(4)),
        Branches(((branch(4, 5), branch(4, 5, 2)),)),
        MaxPool(),
        Branches(((branch(5, 6), branch(5, 6, 4), branch(5, 6)),)),
        Branches(((branch(6, 4),), (branch(6, 4, 8),))),
    )
    return DeployForm(layers, 16, 16, 6.5, array(16, 4, 7), bias(7), lengthen_three=biased)


def _convolved(x: Tensor, branch: Branch) -> Tensor:
    weight, bias = _double(branch.weight), _bias(branch.bias)
    strips = [F.conv3d(strip, weight, bias, padding=1) for strip in x.chunk(branch.strips, dim=3)]
    return F.leaky_relu(torch.cat(strips, dim=3), SLOPE)


def _bias(bias: np.ndarray | None) -> Tensor | None:
    return None if bias is None else _double(bias)


def _double(x: np.ndarray) -> Tensor:
    return torch.from_numpy(x.astype(np.float64))
