"""What several augmentations share: ranges, drawn rows, and warps of whole clips.

Lengths are shares of a clip's height, so that a setting means the same at every resolution. They fit the widths too:
a frame is as wide as high before its sides are cut, and published pipelines warp it before the cut.
"""

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from gaitprint.config import require


def require_probability(value: float) -> None:
    """Refuse what is no probability.

    Raises:
        ConfigError: it is not from 0 to 1.
    """
    require(0 <= value <= 1, f"an augmentation's probability is from 0 to 1, found {value}")


def require_range(name: str, found: tuple[float, float], least: float = 0.0) -> None:
    """Refuse what is no range within `least` .. 1.

    Raises:
        ConfigError: it is descending or leaves those bounds.
    """
    low, high = found
    require(least <= low <= high <= 1, f"{name} is an ascending range from {least:g} to 1, found {list(found)}")


def draw_rows(
    top: tuple[float, float], bottom: tuple[float, float], height: int, generator: np.random.Generator
) -> slice:
    """Whole rows from a first in `top` to an end in `bottom`, both drawn uniformly, both shares of the height.

    In a clip of very few rows it may be empty.
    """
    ends = [generator.integers(round(low * height), round(high * height), endpoint=True) for low, high in (top, bottom)]
    return slice(int(ends[0]), int(ends[1]))


def cut_rows(frame: Float32[np.ndarray, "H W"], rows: int, feet: bool) -> Float32[np.ndarray, "H W"]:
    """A frame without its lowest rows (`feet`) or its topmost ones; the rest fills the height again."""
    if not rows:
        return frame
    height, width = frame.shape
    rest = frame[: height - rows] if feet else frame[rows:]
    larger = cv2.resize(rest, (round(width * height / (height - rows)), height))
    start = (larger.shape[1] - width) // 2
    filled: Float32[np.ndarray, "H W"] = np.clip(larger[:, start : start + width], 0, 1)
    return filled


def frame_points(points: Float64[np.ndarray, "n 2"], height: int, width: int) -> Float32[np.ndarray, "n 2"]:
    """Pixel coordinates (x, y) of points in the uncut square frame, whose corners are (0, 0) and (1, 1)."""
    # pixel centres are whole numbers, so the middle of n of them lies at (n - 1) / 2
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return (middle + (points - 0.5) * height).astype(np.float32)


def warp(clip: Float32[np.ndarray, "T H W"], matrix: Float64[np.ndarray, "_ 3"]) -> Float32[np.ndarray, "T H W"]:
    """Every frame under one map of source to result pixels: affine [2, 3] or projective [3, 3].

    Bilinear; what comes from outside the clip is background.
    """
    height, width = clip.shape[1:]
    move = cv2.warpAffine if len(matrix) == 2 else cv2.warpPerspective
    result = np.empty(clip.shape, np.float32)
    for frame, moved in zip(clip, result, strict=True):
        moved[:] = move(frame, matrix, (width, height), flags=cv2.INTER_LINEAR)
    # interpolation in float32 may exceed 1 by an ulp, as OpenCV was built
    return np.clip(result, 0, 1, out=result)
