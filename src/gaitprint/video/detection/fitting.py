"""A frame as a network's input takes it, and the way back to the frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8


@dataclass(frozen=True)
class FittedImage:
    """An image of a network's size, and how its pixels lie in the frame."""

    pixels: UInt8[np.ndarray, "h w 3"]
    across: float
    """Pixels of the input a pixel of the frame, along columns."""
    down: float
    left: int
    """Columns of border before the frame begins."""
    top: int

    def to_frame(self, boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N 4"]:
        """Boxes in pixels of the input as boxes in pixels of the frame."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float64)
        return np.asarray((boxes - offset) / [self.across, self.down, self.across, self.down])


def fit_image(image: UInt8[np.ndarray, "H W 3"], height: int, width: int, keep_ratio: bool, border: int) -> FittedImage:
    """Resize a frame to a network's input.

    Args:
        keep_ratio: fill up with a border where the ratios differ; otherwise the frame is squeezed.
        border: grey of that border, 0 to 255.
    """
    rows, columns = image.shape[:2]
    if not keep_ratio:
        return FittedImage(cv2.resize(image, (width, height)), width / columns, height / rows, 0, 0)
    scale = min(height / rows, width / columns)
    inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    pixels = np.full((height, width, 3), border, np.uint8)
    pixels[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner)
    return FittedImage(pixels, inner[0] / columns, inner[1] / rows, left, top)


def in_frame(boxes: Float[np.ndarray, "N 4"], rows: int, columns: int) -> Bool[np.ndarray, " N"]:
    """Which boxes have something in a frame of this size; those of no area have nothing."""
    inside = (boxes[:, 2:] > np.maximum(boxes[:, :2], 0)).all(axis=1)
    return np.asarray(inside & (boxes[:, :2] < (columns, rows)).all(axis=1))
