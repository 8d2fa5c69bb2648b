"""How good the silhouettes of one sequence are, in a few numbers that people know how to read."""

import math
from dataclasses import dataclass, fields

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.silhouettes._body_faults import body_areas, hole_share, merge_share, piece_share, row_sums
from gaitprint.silhouettes._gait_period import gait_period
from gaitprint.silhouettes._turning import turn_of_likeness, turn_of_way
from gaitprint.types import Frames, check_frames

JUMP_RATIO = 1.8
"""A change this many times as large as those around it is a jump.

On CASIA-B, subjects 001-074, 0.8% of steps are one; where 4 to 16 frames were taken out, 50 to 70% of the gaps:
after the others the body stands as it stood before.
"""
JUMP_FLOOR = 0.1
"""A smaller change is no jump whatever is around it."""

_AROUND = 3
_BLOCK = 256


@dataclass(frozen=True)
class Quality:
    """Measurements of one sequence. NaN says that it cannot be known, never that something is wrong."""

    height: float
    """Median height of the body in pixels before it was scaled; NaN without boxes."""
    truncated: float
    """Share of the raw frames whose body touches the image's border, 0..1.

    NaN without boxes and image size, and where every body reaches from the top border to the bottom one: such frames
    were cropped to the body beforehand."""
    holes: float
    """Mean over frames of enclosed background, as a share of the body with its holes filled, 0..1. Loops of arms and
    legs count: about 0.01 is normal."""
    pieces: float
    """Share of the frames in which the body has come apart: a second piece has 5% of the largest or more, 0..1."""
    merges: float
    """Share of the frames in which the body is 1.4 times as large as is usual in this sequence, 0..1: somebody or
    something has merged with it. Not seen where that is so in half of the frames."""
    jumps: float
    """Share of the steps between frames in which the silhouette changes by more than walking explains, 0..1: frames are
    missing or spoilt. NaN below 8 frames."""
    period: float
    """Frames of one gait cycle (a stride, two steps), fractional; NaN where there is no clear period."""
    turn: float
    """How strongly the walker's direction changes, 0 never, 1 there and back; NaN if it cannot be known.

    From boxes, if they were not cropped beforehand: see `turn_of_way`. Otherwise only turning round is seen: see
    `turn_of_likeness`."""

    def cadence(self, fps: float) -> float:
        """Steps a minute at `fps` frames a second: 120 fps / period; NaN where there is no clear period."""
        return 120.0 * fps / self.period


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Quality))
"""The names of the measurements, in order."""


def measure(
    frames: Frames, boxes: Int[np.ndarray, "n 4"] | None = None, image_size: tuple[int, int] | None = None
) -> Quality:
    """Measure one sequence; mirrored frames have the same quality.

    Args:
        frames: normalised uint8 [T, S, w], 0 background to 255 body, grey at the edges.
        boxes: x, y, width, height in pixels of the body in the raw frame of each of `frames`.
        image_size: height and width of the raw frames.

    Raises:
        ShapeError: no frames, or not a box for each.
    """
    check_frames(frames, "quality")
    if boxes is not None and len(boxes) != len(frames):
        raise ShapeError(f"quality: expected a box for each of {len(frames)} frames, found {len(boxes)}")
    areas = body_areas(frames)
    period = gait_period(frames)
    height = truncated = turn = math.nan
    if boxes is not None:
        height = float(np.median(boxes[:, 3]))
        if not _cropped(boxes, image_size):
            touching = np.zeros(len(boxes), np.bool_)
            if image_size is not None:
                touching = _touching(boxes, image_size)
                truncated = float(np.mean(touching))
            turn = turn_of_way(boxes, ~touching)
    if math.isnan(turn):
        turn = turn_of_likeness(frames, period)
    return Quality(
        height=height,
        truncated=truncated,
        holes=hole_share(areas),
        pieces=piece_share(areas),
        merges=merge_share(areas),
        jumps=_jumps(_changes(frames)),
        period=period,
        turn=turn,
    )


def _touching(boxes: Int[np.ndarray, "T 4"], image_size: tuple[int, int]) -> Bool[np.ndarray, " T"]:
    x, y, width, height = boxes.T
    return np.asarray((x <= 0) | (y <= 0) | (x + width >= image_size[1]) | (y + height >= image_size[0]))


def _cropped(boxes: Int[np.ndarray, "T 4"], image_size: tuple[int, int] | None) -> bool:
    """Whether the raw frames show no more than the body from head to foot, so that boxes say nothing of its place."""
    y, height = boxes[:, 1], boxes[:, 3]
    bottom = (y + height).max() if image_size is None else image_size[0]
    return bool(((y <= 0) & (y + height >= bottom)).all())


def _changes(frames: Frames) -> Float64[np.ndarray, " n"]:
    """By how much each of the T-1 steps changes the frame: sum |after - before| / sum (after + before), 0..1."""
    parts = []
    for start in range(0, len(frames) - 1, _BLOCK):
        block = np.ascontiguousarray(frames[start : start + _BLOCK + 1]).reshape(-1, frames[0].size)
        # one frame more than the block has steps: the last frame of a block is the first of the next
        sums = row_sums(block)
        parts.append(row_sums(cv2.absdiff(block[1:], block[:-1])) / np.maximum(sums[1:] + sums[:-1], 1))
    return np.concatenate(parts) if parts else np.zeros(0)


def _jumps(changes: Float64[np.ndarray, " n"]) -> float:
    """Share of the changes over `JUMP_RATIO` times what is usual: the median of the sequence, or the second largest of
    the three before and the three after, whichever is more. One of them may be a jump itself: a spoilt frame makes two.
    """
    if len(changes) <= 2 * _AROUND:
        return math.nan
    padded = np.pad(changes, _AROUND, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AROUND + 1)
    # a change is not held against itself
    around = np.delete(around, _AROUND, axis=1)
    usual = np.maximum(np.partition(around, -2, axis=1)[:, -2], np.median(changes))
    return float(np.mean(changes > np.maximum(JUMP_RATIO * usual, JUMP_FLOOR)))
