"""People whose masks meet: pixels that two claim go to the nearer one, and a mask on somebody else's body is none."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from gaitprint.video.overlap import iou
from gaitprint.video.people import Box, PersonMask
from gaitprint.video.segmentation.pieces import SOLID, solid_box

_SAME = 0.5
"""Masks of which the smaller lies in the other with more than this share are of one body."""


def find_strays(masks: Sequence[PersonMask | None], boxes: Sequence[Box]) -> Bool[np.ndarray, " N"]:
    """Whose mask is that of a neighbour: it is one body with the neighbour's mask, and fits the neighbour's box better.

    Args:
        boxes: where the tracker supposes each person.
    """
    strays = np.zeros(len(masks), bool)
    solid = [solid_box(mask.pixels, mask.left, mask.top) if mask else None for mask in masks]
    for one, (mask, place) in enumerate(zip(masks, solid, strict=True)):
        for two, (other, its_place) in enumerate(zip(masks, solid, strict=True)):
            if one == two or mask is None or other is None or place is None or its_place is None:
                continue
            smaller = min(np.count_nonzero(m.pixels >= SOLID) for m in (mask, other))
            if _common_pixels(mask, other) <= _SAME * smaller:
                continue
            mine, its = iou(place[None], np.stack([boxes[one], boxes[two]]))[0]
            other_mine = iou(its_place[None], boxes[two][None])[0, 0]
            # of two that fit badly the worse goes, so that never both go
            strays[one] |= bool(its > mine and other_mine >= mine)
    return strays


def keep_apart(
    masks: Sequence[PersonMask | None], feet: Sequence[float]
) -> tuple[list[PersonMask | None], Float[np.ndarray, " N"]]:
    """Take from each mask what a nearer person's mask claims: nearer is whose feet are lower in the frame.

    Args:
        feet: the row of each person's feet; among equals the earlier is nearer.

    Returns:
        The masks, and of each the share of its solid pixels that was taken, 0..1; what is left may be several pieces.
    """
    present = {i: mask for i, mask in enumerate(masks) if mask is not None}
    apart, lost = list(masks), np.zeros(len(masks))
    nearer: list[PersonMask] = []
    for index in sorted(present, key=lambda i: -feet[i]):
        mask = present[index]
        pixels = mask.pixels.copy()
        for other in nearer:
            here, there = _meeting(mask, other)
            # grey edges share a pixel
            pixels[here] = np.minimum(pixels[here], 255 - other.pixels[there])
        # by the whole mask, not by what is left of it: the nearest of three takes from both
        nearer.append(mask)
        before = np.count_nonzero(mask.pixels >= SOLID)
        if before and not np.array_equal(pixels, mask.pixels):
            lost[index] = 1 - np.count_nonzero(pixels >= SOLID) / before
            apart[index] = PersonMask(mask.left, mask.top, pixels, mask.fault)
    return apart, lost


def _common_pixels(one: PersonMask, two: PersonMask) -> int:
    here, there = _meeting(one, two)
    return int(np.count_nonzero((one.pixels[here] >= SOLID) & (two.pixels[there] >= SOLID)))


_Window = tuple[slice, slice]


def _meeting(one: PersonMask, two: PersonMask) -> tuple[_Window, _Window]:
    """The part of the frame that both masks cover, as rows and columns of each; maybe empty."""
    top, left = max(one.top, two.top), max(one.left, two.left)
    bottom = max(top, min(one.top + one.pixels.shape[0], two.top + two.pixels.shape[0]))
    right = max(left, min(one.left + one.pixels.shape[1], two.left + two.pixels.shape[1]))
    return (
        (slice(top - one.top, bottom - one.top), slice(left - one.left, right - one.left)),
        (slice(top - two.top, bottom - two.top), slice(left - two.left, right - two.left)),
    )
