"""How much arithmetic a form is, by the usual count: that of direct convolutions."""

import numpy as np

from gaitprint.deploy.form import Branches, Convolution, DeployForm, Residual, Triples


def direct_operations(form: DeployForm, frames: int, frame: tuple[int, int]) -> float:
    """Additions and multiplications of a form's convolutions on one clip; minimal filtering does fewer.

    Args:
        frames: T of the clip.
        frame: its rows and columns.
    """
    height, width = frame
    frames = form.lengthened(np.zeros((1, frames, height, width), np.float32)).shape[1]
    total = 0.0
    for layer in form.layers:
        if isinstance(layer, Convolution | Residual):
            done, height, width = _residual_operations(layer, frames, height, width)
            total += done
        elif isinstance(layer, Branches):
            total += sum(2.0 * branch.weight.size * frames * height * width for branch in layer.branches)
            height *= len(layer.groups)
        elif isinstance(layer, Triples):
            frames //= 3
            total += 2.0 * layer.weight.size * frames * height * width
        else:
            height, width = height // 2, width // 2
    return total


def _residual_operations(layer: Convolution | Residual, frames: int, height: int, width: int) -> tuple[float, int, int]:
    """Of a convolution, or a block of some; and the rows and columns of its map."""
    body = (layer,) if isinstance(layer, Convolution) else layer.body
    total = 0.0
    for convolution in body:
        height, width = -(-height // convolution.stride), -(-width // convolution.stride)
        total += 2.0 * convolution.weight.size * frames * height * width
    if isinstance(layer, Residual) and layer.shortcut is not None:
        total += 2.0 * layer.shortcut.weight.size * frames * height * width
    return total, height, width
