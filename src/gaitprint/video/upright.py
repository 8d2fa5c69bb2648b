"""Frames as they are meant to be seen: turned as a phone's mark asks, with square pixels, all of one size."""

import cv2
import numpy as np
from jaxtyping import UInt8

Image = UInt8[np.ndarray, "_H _W 3"]


def quarter_turns(degrees: float) -> int:
    """How many quarters counterclockwise are nearest to an angle, 0 to 3."""
    return round(degrees / 90) % 4


def turned(image: Image, quarters: int) -> Image:
    """The image turned counterclockwise, with rows that lie together in memory."""
    return image if quarters == 0 else np.ascontiguousarray(np.rot90(image, quarters))


def square_size(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Width and height of the frame with square pixels, never with fewer of them.

    Args:
        aspect: width of a pixel over its height; 0 or less where nothing is known.
    """
    # far from square is a damaged header, not a camera
    if not 0.2 <= aspect <= 5:
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


class OneSize:
    """Scales frames to the size of the first: a background has one size, and so have the files of a sequence."""

    def __init__(self) -> None:
        self.changed = 0
        """Frames that had another size."""
        self._size: tuple[int, int] | None = None

    def __call__(self, image: Image) -> Image:
        """The image, or a scaled copy."""
        size = (image.shape[1], image.shape[0])
        if self._size is None:
            self._size = size
        if size == self._size:
            return image
        self.changed += 1
        scaled: np.ndarray = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
        return scaled
