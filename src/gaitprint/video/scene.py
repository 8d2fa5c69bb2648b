"""What stands out from the empty scene of a fixed camera: OpenCV's mixture of Gaussians, cleaned up."""

import cv2
import numpy as np
from jaxtyping import UInt8

Image = UInt8[np.ndarray, "H W 3"]
Mask = UInt8[np.ndarray, "H W"]


class Scene:
    """The empty scene as it has been learned so far.

    Args:
        memory: frames over which the scene may change.
        threshold: squared distance, in variances of a pixel, beyond which it is foreground.
    """

    def __init__(self, memory: int, threshold: float) -> None:
        self._memory = memory
        self._model = cv2.createBackgroundSubtractorMOG2(memory, threshold, detectShadows=True)
        self.seen = 0
        """Frames that it has learned of."""

    def foreground(self, image: Image, learn: float | None = None) -> Mask:
        """255 where the image differs from the scene and it is no shadow.

        Args:
            learn: how much of the image becomes scene, 0..1; None: as the memory says.
        """
        self.seen += 1
        rate = 1.0 / min(self.seen, self._memory) if learn is None else learn
        marked: np.ndarray = self._model.apply(image, learningRate=rate)
        # shadows are marked by 127
        return np.where(marked == 255, np.uint8(255), np.uint8(0))


def clean(mask: Mask, size: int) -> Mask:
    """Without specks, and with narrow gaps closed.

    Args:
        size: width of what is a speck, and of what is a gap, in pixels.
    """
    small = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, 2 * size + 1))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, small)
    closed: np.ndarray = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, wide)
    return closed
