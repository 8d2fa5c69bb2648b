"""How much boxes have in common; boxes are left, top, right, bottom, see `gaitprint.video.people.Box`."""

import numpy as np
from jaxtyping import Float64, Shaped

from gaitprint.video.people import Box


def iou(one: Shaped[np.ndarray, "N 4"], other: Shaped[np.ndarray, "M 4"]) -> Float64[np.ndarray, "N M"]:
    """Common area over the area of both together, of each pair of boxes."""
    common = common_areas(one, other)
    return np.asarray(common / (areas(one)[:, None] + areas(other)[None, :] - common))


def share_inside(inner: Shaped[np.ndarray, "N 4"], outer: Shaped[np.ndarray, "M 4"]) -> Float64[np.ndarray, "N M"]:
    """The share of each inner box's area that lies in each outer box."""
    return np.asarray(common_areas(inner, outer) / areas(inner)[:, None])


def union_box(boxes: Shaped[np.ndarray, "N 4"]) -> Box:
    """The smallest box around all of them; N is at least 1."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)]).astype(np.float32)


def areas(boxes: Shaped[np.ndarray, "N 4"]) -> Float64[np.ndarray, " N"]:
    """Pixels within each box."""
    sides = boxes[:, 2:].astype(np.float64) - boxes[:, :2]
    return np.asarray(sides[:, 0] * sides[:, 1])


def common_areas(one: Shaped[np.ndarray, "N 4"], other: Shaped[np.ndarray, "M 4"]) -> Float64[np.ndarray, "N M"]:
    """Pixels that each pair of boxes has in common."""
    first, second = one.astype(np.float64)[:, None], other.astype(np.float64)[None, :]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    return np.asarray(np.prod(np.maximum(sides, 0.0), axis=2))
