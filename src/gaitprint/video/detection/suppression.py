"""Of several boxes around one person the surest stays: by overlap, and by containment (a torso within a body)."""

import numpy as np
from jaxtyping import Float, Int


def suppress(
    boxes: Float[np.ndarray, "N 4"], scores: Float[np.ndarray, " N"], overlap: float, containment: float
) -> Int[np.ndarray, " K"]:
    """Which boxes stay, the surest first; among equals the first.

    Args:
        overlap: a box goes whose common area with a surer one is above this share of the area of both together.
        containment: ... or above this share of the smaller one of the two.
    """
    left = [int(i) for i in np.argsort(-scores, kind="stable")]
    areas = _areas(boxes)
    kept: list[int] = []
    while left:
        best, *others = left
        kept.append(best)
        rest = np.array(others, dtype=int)
        common = _common_areas(boxes[rest], boxes[best])
        # products, not quotients: boxes without an area divide by 0
        double = common > overlap * (areas[rest] + areas[best] - common)
        double |= common > containment * np.minimum(areas[rest], areas[best])
        left = rest[~double].tolist()
    return np.array(kept, dtype=int)


def vote(
    boxes: Float[np.ndarray, "N 4"],
    scores: Float[np.ndarray, " N"],
    chosen: Int[np.ndarray, " K"],
    overlap: float,
) -> Float[np.ndarray, "K 4"]:
    """Move chosen boxes to the mean of all that overlap them, weighted by score times intersection over union.

    Of many boxes around a person the surest is not the one that fits best. Source: Gidaris and Komodakis, "Object
    detection via a multi-region and semantic segmentation-aware CNN model", ICCV 2015, section 5.3.

    Args:
        chosen: rows of `boxes`.
        overlap: the least intersection over union of a box that has a vote; each has one for itself.
    """
    areas, moved = _areas(boxes), np.empty((len(chosen), 4))
    for row, index in enumerate(chosen):
        common = _common_areas(boxes, boxes[index])
        share = common / (areas + areas[index] - common)
        # its own share is 1, so the sum of weights is never 0
        weights = np.where(share >= overlap, share * scores, 0.0)
        moved[row] = weights @ boxes / weights.sum()
    return moved


def _areas(boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, " N"]:
    return np.asarray(np.prod(boxes[:, 2:].astype(np.float64) - boxes[:, :2], axis=1))


def _common_areas(boxes: Float[np.ndarray, "N 4"], one: Float[np.ndarray, "4"]) -> Float[np.ndarray, " N"]:
    sides = np.minimum(boxes[:, 2:], one[2:]) - np.maximum(boxes[:, :2], one[:2])
    return np.asarray(np.prod(np.maximum(sides.astype(np.float64), 0.0), axis=1))
