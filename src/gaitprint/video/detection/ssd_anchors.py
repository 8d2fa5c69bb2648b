"""The boxes that a single-shot detector starts from, and what its offsets make of them.

Source: Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016, in the form of the TensorFlow Object Detection API:
anchors, and offsets divided by 10 and 5.
"""

import numpy as np
from jaxtyping import Float, Float64

GRIDS = (19, 10, 5, 3, 2, 1)
"""Rows (and columns) of the six maps that look at an image of 300 x 300."""
_SMALLEST, _LARGEST = 0.2, 0.95
_RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)
"""Width over height."""
_LOWEST = ((0.1, 1.0), (0.2, 2.0), (0.2, 0.5))
"""Scale and ratio of the boxes of the finest map."""


def ssd_anchors() -> Float64[np.ndarray, "A 4"]:
    """All anchors: row and column of the centre, height and width, in sides of the image; map by map, row by row."""
    scales = [*np.linspace(_SMALLEST, _LARGEST, len(GRIDS)), 1.0]
    maps = []
    for level, cells in enumerate(GRIDS):
        between = float(np.sqrt(scales[level] * scales[level + 1]))
        kinds = _LOWEST if level == 0 else (*((scales[level], ratio) for ratio in _RATIOS), (between, 1.0))
        sides = np.array([(scale / np.sqrt(ratio), scale * np.sqrt(ratio)) for scale, ratio in kinds])
        row, column = np.indices((cells, cells)).reshape(2, -1, 1)
        centres = np.stack([row + 0.5, column + 0.5], axis=2) / cells
        shape = (cells * cells, len(sides), 2)
        maps.append(np.concatenate([np.broadcast_to(centres, shape), np.broadcast_to(sides, shape)], axis=2))
    return np.concatenate([boxes.reshape(-1, 4) for boxes in maps])


def decode_offsets(
    offsets: Float[np.ndarray, "A 4"], anchors: Float64[np.ndarray, "A 4"]
) -> Float64[np.ndarray, "A 4"]:
    """Boxes as left, top, right, bottom in sides of the image, of offsets in row, column, height and width."""
    centres = offsets[:, :2] / 10 * anchors[:, 2:] + anchors[:, :2]
    # a box of more than e^5 anchors is none; the bound keeps its sides finite
    halves = np.exp(np.clip(offsets[:, 2:].astype(np.float64) / 5, -5, 5)) * anchors[:, 2:] / 2
    return np.concatenate([centres - halves, centres + halves], axis=1)[:, [1, 0, 3, 2]]
