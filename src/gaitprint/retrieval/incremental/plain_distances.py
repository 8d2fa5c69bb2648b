"""Plain distances of one probe to a kept gallery."""

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.incremental.gallery_delta import GalleryDelta

_ROWS = 512
"""Rows in double precision at once: few enough to stay in a core's cache."""


def plain_distances(
    metric: Metric, kept: Float32[np.ndarray, "G D"], change: GalleryDelta
) -> Float32[np.ndarray, " G"]:
    """Of the probe to all items of a kept gallery as they are now."""
    probe = change.probe[None]
    result = np.empty(len(kept), np.float32)
    for start in range(0, len(kept), _ROWS):
        result[start : start + _ROWS] = metric.block(probe, kept[start : start + _ROWS])[0]
    if len(change.rows):
        result[change.rows] = metric.block(probe, change.vectors)[0]
    return result
