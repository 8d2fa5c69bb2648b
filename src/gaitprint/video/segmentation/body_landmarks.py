"""Landmarks of one body, and what they say: where the next crop should be, and whether head and feet are seen.

Source: Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", CVPR workshops 2020: 33 points of the
body, then one between the hips and one on the circle around the whole body, which steer the crop of the next frame.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from gaitprint.video.segmentation.crops import Crop

_NOSE, _FEET, _HIPS, _CIRCLE = 0, ((27, 29, 31), (28, 30, 32)), 33, 34
_COUNT, _NUMBERS = 39, 5


@dataclass(frozen=True, eq=False)
class BodyLandmarks:
    """The landmarks of one person in one frame."""

    points: Float[np.ndarray, "39 2"]
    """Column and row in pixels of the frame."""
    visible: Float[np.ndarray, " 39"]
    """How likely each is in the picture and not hidden, 0..1."""

    @property
    def centre(self) -> Float[np.ndarray, "2"]:
        """Between the hips, in pixels of the frame."""
        return np.asarray(self.points[_HIPS])

    @property
    def height(self) -> float:
        """Of the whole body as it would be stretched, in pixels: the circle's diameter."""
        return 2 * float(np.hypot(*(self.points[_CIRCLE] - self.points[_HIPS])))

    @property
    def nose(self) -> Float[np.ndarray, "2"]:
        """Column and row."""
        return np.asarray(self.points[_NOSE])

    def feet(self) -> tuple[Float[np.ndarray, "2"], float]:
        """The lower foot: its lowest point, and how visible that foot is (the mean of ankle, heel and toe)."""
        lowest = [max(foot, key=lambda i: float(self.points[i, 1])) for foot in _FEET]
        lower = int(self.points[lowest[1], 1] > self.points[lowest[0], 1])
        return self.points[lowest[lower]], float(self.visible[list(_FEET[lower])].mean())

    def inside(self, rows: int, columns: int) -> Bool[np.ndarray, " 39"]:
        """Which landmarks lie in a frame of this size."""
        return np.asarray(((self.points >= 0) & (self.points <= (columns, rows))).all(axis=1))


def read_landmarks(values: Float32[np.ndarray, " D"], crop: Crop, size: int) -> BodyLandmarks:
    """The landmarks in what the network answers: 39 times column, row, depth, visibility and presence.

    Args:
        values: 195 numbers; places are in pixels of the network's input, the last two are logits.
        size: rows and columns of that input.
    """
    table = values.astype(np.float64).reshape(_COUNT, _NUMBERS)
    points = table[:, :2] * (crop.width / size, crop.height / size) + (crop.left, crop.top)
    visible = 1 / (1 + np.exp(-np.clip(table[:, 3:], -30, 30)))
    # the lower of visibility and presence: hidden, or out of the picture
    return BodyLandmarks(points, visible.min(axis=1))
