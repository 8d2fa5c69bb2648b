"""The one piece of a soft mask that is the body; a thing in the hand or a neighbour's arm is another piece."""

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.video.people import Box, PersonMask

SOLID = 128
"""From this grey on a pixel is the body's."""
_FAINT = 64
"""Thin ankles are grey: pieces hang together over pixels from this grey on."""


def largest_piece(mask: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The mask without all pieces but the one with most solid pixels; the grey edge of that stays."""
    count, labels = cv2.connectedComponents((mask >= _FAINT).astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    if count <= 2:
        return mask
    solid = np.bincount(labels[mask >= SOLID], minlength=count)
    solid[0] = 0
    others = (labels != int(solid.argmax())) & (labels > 0)
    # the faint rims of the others go with them
    rims = cv2.dilate(others.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=2) > 0
    return np.where(others | (rims & (mask < _FAINT)), np.uint8(0), mask)


def solid_box(mask: UInt8[np.ndarray, "h w"], left: int, top: int) -> Box | None:
    """The box of the solid pixels of a mask that begins at a place in the frame; None where there are none."""
    rows, columns = (np.flatnonzero((mask >= SOLID).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return np.array([left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1], np.float32)


def tighten(mask: PersonMask, pixels: UInt8[np.ndarray, "h w"], box: Box) -> PersonMask:
    """New pixels for a mask, without the empty rows and columns around their solid box; a pixel of grey stays."""
    left, top, right, bottom = (int(n) for n in box)
    row, column = max(top - mask.top - 1, 0), max(left - mask.left - 1, 0)
    piece = pixels[row : bottom - mask.top + 1, column : right - mask.left + 1]
    return PersonMask(mask.left + column, mask.top + row, np.ascontiguousarray(piece))
