"""A crop of the frame as a network sees it, and its mask put back where it came from, in whole pixels both ways."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8


@dataclass(frozen=True)
class Crop:
    """A rectangle in pixels of the frame, which it may leave."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, image: UInt8[np.ndarray, "H W 3"], size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
        """The rectangle at the size of a network's input (rows, columns); black where it leaves the frame."""
        inner = self.within(image.shape[0], image.shape[1])
        piece = image[inner.top : inner.top + inner.height, inner.left : inner.left + inner.width]
        if inner != self:
            whole = np.zeros((self.height, self.width, 3), np.uint8)
            top, left = inner.top - self.top, inner.left - self.left
            whole[top : top + inner.height, left : left + inner.width] = piece
            piece = whole
        return np.asarray(cv2.resize(piece, (size[1], size[0])))

    def within(self, rows: int, columns: int) -> "Crop":
        """The part that lies in a frame; its sides may be 0."""
        left, right = (min(max(x, 0), columns) for x in (self.left, self.left + self.width))
        top, bottom = (min(max(y, 0), rows) for y in (self.top, self.top + self.height))
        return Crop(left, top, right - left, bottom - top)

    def put_back(self, mask: Float32[np.ndarray, "h w"], rows: int, columns: int) -> UInt8[np.ndarray, "_h _w"]:
        """A mask of this crop, 0..1, at the frame's size and as grey, of the part `within` the frame."""
        shrinks = mask.shape[0] > self.height
        # averaged where it shrinks: each grey is the share of the pixel that the body covers
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        large = cv2.resize(mask, (self.width, self.height), interpolation=way)
        inner = self.within(rows, columns)
        top, left = inner.top - self.top, inner.left - self.left
        kept = large[top : top + inner.height, left : left + inner.width]
        return np.asarray(np.rint(np.clip(kept, 0, 1) * 255), np.uint8)


def square_around(column: float, row: float, side: float) -> Crop:
    """The square of a side around a point, in whole pixels; the side is 2 to 2**14."""
    # bounds keep a wild landmark from asking for a terabyte
    whole = round(min(max(side, 2), 2**14))
    bound = 2**20
    left, top = (round(min(max(at - whole / 2, -bound), bound)) for at in (column, row))
    return Crop(left, top, whole, whole)


def soft_mask(logits: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Logits as shares, 0..1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
