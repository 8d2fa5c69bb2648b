"""Matrices as `gaitprint.deploy.lanes` multiplies them: stored panel by panel, at addresses that caches like."""

import numpy as np
from jaxtyping import Float32

from gaitprint.deploy.form import Branch, Convolution, Triples
from gaitprint.deploy.lanes import WIDTH

LINE = 64
"""Bytes of a line of a cache."""


def aligned(*shape: int) -> Float32[np.ndarray, "..."]:
    """Zeros that begin where a line of the cache begins, so that no vector lies in two."""
    size = 4 * int(np.prod(shape))
    room = np.empty(size + LINE, np.uint8)  # not `zeros`: numpy asks for huge pages for what it leaves empty
    room.fill(0)
    start = -room.ctypes.data % LINE
    x: np.ndarray = room[start : start + size].view(np.float32).reshape(shape)
    return x


def panels(matrices: Float32[np.ndarray, "... R D"]) -> Float32[np.ndarray, "... J R w"]:
    """Matrices, each panel by panel.

    >>> panels(np.ones((2, 5, WIDTH + 1), np.float32)).shape == (2, 2, 5, WIDTH)
    True
    """
    *before, rows, columns = matrices.shape
    count = -(-columns // WIDTH)
    wide = np.zeros((*before, rows, count * WIDTH), np.float32)
    wide[..., :columns] = matrices
    made = aligned(*before, count, rows, WIDTH)
    made[:] = np.moveaxis(wide.reshape(*before, rows, count, WIDTH), -2, -3)
    return made


def padded_bias(layer: Branch | Convolution | Triples) -> Float32[np.ndarray, " B"]:
    """A layer's bias, filled up to whole panels; zeros where it has none."""
    outputs = len(layer.weight)
    bias = aligned(-(-outputs // WIDTH) * WIDTH)
    if layer.bias is not None:
        bias[:outputs] = layer.bias
    return bias
