"""Connected pieces of a foreground, and which of them may be people."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int32, UInt8


@dataclass(frozen=True)
class Pieces:
    """The connected pieces of a mask, numbered from 1; number 0 is the background."""

    labels: Int32[np.ndarray, "H W"]
    boxes: Int32[np.ndarray, "n 4"]
    """left, top, right, bottom of each number, that of the background first."""
    areas: Int32[np.ndarray, " n"]
    """Pixels of each."""


def pieces_of(mask: UInt8[np.ndarray, "H W"]) -> Pieces:
    """The pieces of what is not 0; corners connect."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    boxes = stats[:, :4].copy()
    boxes[:, 2:] += boxes[:, :2]
    return Pieces(labels, boxes, stats[:, cv2.CC_STAT_AREA])


def body_scores(boxes: Int32[np.ndarray, "n 4"], areas: Int32[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """How much a piece looks like an upright person by its outline: 1 where height and filling are usual, 0 far off."""
    width = (boxes[:, 2] - boxes[:, 0]).astype(np.float32)
    height = (boxes[:, 3] - boxes[:, 1]).astype(np.float32)
    slender, filled = height / np.maximum(width, 1), areas / np.maximum(width * height, 1)
    # upright people are 1.2 (mid-stride, arms out) to 5 times as tall as wide, and fill 0.3 to 0.9 of their box
    shape = np.clip((slender - 0.6) / 0.6, 0, 1) * np.clip((8 - slender) / 3, 0, 1)
    return np.asarray(shape * np.clip((filled - 0.1) / 0.2, 0, 1), np.float32)
