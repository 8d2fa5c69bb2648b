"""Of several boxes around one person the surest stays: by overlap, and by containment (a torso within a body)."""

import numpy as np
from jaxtyping import Float, Int

from gaitprint.video.overlap import areas, common_areas, iou


def suppress(
    boxes: Float[np.ndarray, "N 4"], scores: Float[np.ndarray, " N"], overlap: float, containment: float
) -> Int[np.ndarray, " K"]:
    """Which boxes stay, the surest first; among equals the first.

    Args:
        overlap: a box goes whose common area with a surer one is above this share of the area of both together.
        containment: ... or above this share of the smaller one of the two.
    """
    left = [int(i) for i in np.argsort(-scores, kind="stable")]
    sizes = areas(boxes)
    kept: list[int] = []
    while left:
        best, *others = left
        kept.append(best)
        rest = np.array(others, dtype=int)
        common = common_areas(boxes[rest], boxes[best : best + 1])[:, 0]
        # products, not quotients: boxes without an area divide by 0
        double = common > overlap * (sizes[rest] + sizes[best] - common)
        double |= common > containment * np.minimum(sizes[rest], sizes[best])
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
    moved = np.empty((len(chosen), 4))
    for row, index in enumerate(chosen):
        share = iou(boxes, boxes[index : index + 1])[:, 0]
        # its own share is 1, so the sum of weights is never 0
        weights = np.where(share >= overlap, share * scores, 0.0)
        moved[row] = weights @ boxes / weights.sum()
    return moved
