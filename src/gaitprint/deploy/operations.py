"""How much arithmetic a form is, by the usual count: that of direct convolutions."""

import numpy as np

from gaitprint.deploy.form import Branches, DeployForm, Triples


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
        if isinstance(layer, Branches):
            total += sum(2.0 * branch.weight.size * frames * height * width for branch in layer.branches)
            height *= len(layer.groups)
        elif isinstance(layer, Triples):
            frames //= 3
            total += 2.0 * layer.weight.size * frames * height * width
        else:
            height, width = height // 2, width // 2
    return total
