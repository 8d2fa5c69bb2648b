"""How strongly a walker's direction changes: from the way of the box through the image, or from the mirror image."""

import math

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int

from gaitprint.types import Frames

LEGS = 4
"""A way is looked at as this many straight legs."""
MIN_BOXES = 10
"""Fewer boxes make no way: two for each of the points between legs."""
MIN_WAY = 0.5
"""In body heights: a shorter way is standing, and has no direction."""
MIN_ASYMMETRY = 0.01
"""A mean silhouette whose odd part has less than this share of its energy looks neither left nor right."""

_DEPTH = 4.0
"""Body heights from the camera to a walker of median height: people of a quarter of the image at a common lens. It
decides how much coming nearer counts beside moving aside; a straight way is straight whatever it is."""


def turn_of_way(boxes: Int[np.ndarray, "T 4"], usable: Bool[np.ndarray, " T"]) -> float:
    """1 - (distance from start to end) / (length of the way), on the ground; NaN where it cannot be known.

    0 is straight ahead, 0.29 a right angle halfway, 1 there and back. It is the complement of the straightness index
    of E. Batschelet, Circular Statistics in Biology (1981). A body looks as high as it is near, so that (x / height,
    1 / height) is its place on the ground up to an affine map, and straight ways stay straight.

    Args:
        boxes: x, y, width, height of the body in pixels, in order of time.
        usable: which of the boxes hold the whole body.
    """
    x, _, width, height = boxes[usable].astype(np.float64).T
    if len(x) < MIN_BOXES:
        return math.nan
    centre = x + width / 2
    aside = (centre - (centre.min() + centre.max()) / 2) / height
    # the height on the image falls as 1 / distance
    ahead = _DEPTH * np.median(height) / height
    # means of a stretch take off the sway of single steps
    stretches = np.array_split(np.stack([aside, ahead], axis=1), LEGS + 1)
    points = np.array([stretch.mean(axis=0) for stretch in stretches])
    way = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    if way < MIN_WAY:
        return math.nan
    return max(0.0, 1.0 - float(np.linalg.norm(points[-1] - points[0])) / way)


def turn_of_likeness(frames: Frames, period: float) -> float:
    """How much the last half looks like the mirror image of the first, 0..1; NaN where it cannot be known.

    With a and b the odd parts of both halves' mean silhouettes: -<a, b> / max(|a|^2, |b|^2), and 0 where that is
    negative. Turning round is seen; turning from the side to the front is not. Halves shorter than a stride show the
    sway of single steps and tell nothing.
    """
    half = len(frames) // 2
    if not half >= period:
        return math.nan
    first, last = _mean(frames[:half]), _mean(frames[-half:])
    a, b = first - first[:, ::-1], last - last[:, ::-1]
    # half of `first - mirrored` is the odd part, so squares are four times too large
    larger = max(float((a * a).sum()), float((b * b).sum())) / 4
    if larger <= MIN_ASYMMETRY * float((first * first + last * last).sum()) / 2:
        return math.nan
    return min(1.0, max(0.0, -float((a * b).sum()) / (4 * larger)))


def _mean(frames: Frames) -> Float64[np.ndarray, "H W"]:
    flat = np.ascontiguousarray(frames).reshape(len(frames), -1)
    # Sums of bytes are exact, in whatever order.
    total = cv2.reduce(flat, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    return np.asarray(total.reshape(frames.shape[1:]) / len(frames))
