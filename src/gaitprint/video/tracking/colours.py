"""Who looks like whom: colours of trunk and legs, small enough to be kept for everybody."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from gaitprint.video.people import Box

Colours = Float32[np.ndarray, "48"]
"""Square roots of six histograms of eight bins (lightness, green to red, blue to yellow; of trunk and of legs)."""

_PARTS = ((0.18, 0.48), (0.52, 0.85))
"""Of the height: the trunk without the head, the legs without the feet."""
_MIDDLE = (0.28, 0.72)
"""Of the width: beside it is mostly background."""
_CHANNELS = ((0, 256), (98, 158), (98, 158))
"""Range of each channel of 8-bit CIE Lab: clothes are seldom more colourful, and then count in the outer bins."""
_BINS = 8
_LEAST = 4
"""Pixels either way, below which a part has no colours."""
_MOST = 40
"""Pixels either way that are looked at; of larger parts every so-manieth."""


def body_colours(image: UInt8[np.ndarray, "H W 3"], box: Box) -> Colours | None:
    """The colours of whoever fills a box; None where the frame shows too little of it.

    Args:
        image: RGB.
        box: of one whole person; it may leave the frame.
    """
    left, top, right, bottom = (float(v) for v in box)
    columns = _inside(left, right - left, _MIDDLE, image.shape[1])
    result = []
    for part in _PARTS:
        rows = _inside(top, bottom - top, part, image.shape[0])
        if min(rows.stop - rows.start, columns.stop - columns.start) < _LEAST:
            return None
        piece = np.ascontiguousarray(image[_thinned(rows), _thinned(columns)])
        result.append(_histograms(cv2.cvtColor(piece, cv2.COLOR_RGB2LAB).reshape(-1, 3)))
    return np.concatenate(result)


def colour_distance(one: Colours, other: Colours) -> float:
    """Hellinger distance, 0 of equal colours to 1 of colours that have none in common."""
    return float(np.sqrt(max(0.0, 1.0 - float(one @ other))))


def blend(old: Colours, new: Colours, share: float) -> Colours:
    """Colours of which a share is new, the rest old."""
    mixed = (1 - share) * old**2 + share * new**2
    return np.asarray(np.sqrt(mixed / mixed.sum()), np.float32)


def _histograms(pixels: UInt8[np.ndarray, "P 3"]) -> Float32[np.ndarray, "24"]:
    result = np.empty((3, _BINS))
    for channel, (low, high) in enumerate(_CHANNELS):
        place = (pixels[:, channel].astype(np.int64) - low) * _BINS // (high - low)
        counts = np.bincount(np.clip(place, 0, _BINS - 1), minlength=_BINS).astype(np.float64)
        # a bin's neighbours share it: light that changes a little moves pixels over borders of bins
        spread = counts / 2
        spread[1:] += counts[:-1] / 4
        spread[:-1] += counts[1:] / 4
        result[channel] = spread / spread.sum()
    # six histograms weigh alike, so that all 48 squares sum to 1
    return np.sqrt(result / 6).ravel().astype(np.float32)


def _inside(start: float, length: float, part: tuple[float, float], size: int) -> slice:
    """A part of a side of a box, as far as it lies in the frame; empty where it doesn't."""
    first = min(max(round(start + part[0] * length), 0), size)
    return slice(first, min(max(round(start + part[1] * length), first), size))


def _thinned(side: slice) -> slice:
    return slice(side.start, side.stop, max(1, (side.stop - side.start) // _MOST))
