"""What it is worth to match tracks with detections: by overlap, or by what could be reached meanwhile and by looks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int, UInt8

from gaitprint.video.overlap import iou
from gaitprint.video.people import Detections
from gaitprint.video.tracking.box_motion import GATE, BoxMotion
from gaitprint.video.tracking.colours import Colours, body_colours
from gaitprint.video.tracking.track import Track

Gains = Float64[np.ndarray, "_tracks _chosen"]
"""A row a track, a column a detection; 0 where they cannot be the same."""
Chosen = Int[np.ndarray, " _chosen"]
"""Detections by their number."""

_TOUCHES = 0.05
"""Intersection over union with where one of those who are mixed up was expected: near enough to be any of them."""
_ANYWHERE, _LOOKS = 0.5, 4.0
"""What a place among them is worth beside the overlap with one's own, and how fast the worth falls with colours."""


@dataclass(frozen=True, eq=False)
class Found:
    """The detections of a frame in an order of their own, so that no other order can change an answer."""

    boxes: Float32[np.ndarray, "N 4"]
    scores: Float32[np.ndarray, " N"]
    colours: tuple[Colours | None, ...]
    """Of the sure ones."""

    @classmethod
    def of(cls, image: UInt8[np.ndarray, "H W 3"], detections: Detections, low: float, high: float) -> "Found":
        """Those with a score of at least `low`, the surest first; colours of those with at least `high`."""
        kept = np.flatnonzero(detections.scores >= low)
        # ties are broken by the boxes themselves: only equal detections can change places
        order = kept[np.lexsort((*detections.boxes[kept].T, -detections.scores[kept]))]
        boxes, scores = detections.boxes[order], detections.scores[order]
        sure = [score >= high for score in scores]
        return cls(
            boxes, scores, tuple(body_colours(image, b) if s else None for b, s in zip(boxes, sure, strict=True))
        )


def overlap_gains(tracks: list[Track], chosen: Chosen, found: Found, least: float, colour_weight: float) -> Gains:
    """Intersection over union where it is at least `least`, and less where colours differ.

    Two fair matches gain less than a good one: a product falls where either factor does.
    """
    if not tracks or not len(chosen):
        return np.zeros((len(tracks), len(chosen)))
    common = iou(np.stack([t.box for t in tracks]), found.boxes[chosen])
    alike = 1 - colour_weight * _unlikeness(tracks, chosen, found)
    return np.asarray(np.where(common >= least, common * alike, 0.0))


def recovery_gains(motion: BoxMotion, tracks: list[Track], chosen: Chosen, found: Found, likeness: float) -> Gains:
    """How near a detection is to where somebody could be by now, times how alike both look.

    Args:
        motion: says how far people come.
        tracks: who was lost.
        chosen: the detections that are nobody's.
        found: all detections.
        likeness: the distance of colours from which on two are not the same.
    """
    if not tracks or not len(chosen):
        return np.zeros((len(tracks), len(chosen)))
    far = np.stack([motion.distances(t.state, found.boxes[chosen]) for t in tracks]) / GATE
    unlike = _unlikeness(tracks, chosen, found) / max(likeness, 1e-6)
    return np.asarray(np.where((far < 1) & (unlike < 1), (1 - far) * (1 - unlike), 0.0))


def reunion_gains(tracks: list[Track], chosen: Chosen, found: Found, least: float, likeness: float) -> Gains:
    """Of people who were close together: looks first, for any of them can have come out at either side.

    Args:
        tracks: people, some of whom are mixed up; for the others nothing is gained.
        chosen: the detections of one person each.
        found: all detections.
        least: intersection over union from which on a place fits.
        likeness: the distance of colours below which somebody can be where another one of them was expected.
    """
    gains = np.zeros((len(tracks), len(chosen)))
    mixed = [i for i, t in enumerate(tracks) if t.mixed]
    if not mixed or not len(chosen):
        return gains
    some = [tracks[i] for i in mixed]
    common, unlike = iou(np.stack([t.box for t in some]), found.boxes[chosen]), _unlikeness(some, chosen, found)
    # any of them may have come out where another one was expected
    around = np.broadcast_to(common.max(axis=0) >= _TOUCHES, common.shape)
    fits = (common >= least) | (around & (unlike < likeness))
    gains[mixed] = np.where(fits, (_ANYWHERE + common) * np.exp(-_LOOKS * unlike), 0.0)
    return gains


def _unlikeness(tracks: list[Track], chosen: Chosen, found: Found) -> Gains:
    return np.array([[t.unlikeness(found.colours[j]) for j in chosen] for t in tracks])
