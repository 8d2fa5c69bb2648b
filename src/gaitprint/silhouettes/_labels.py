"""Numbers that are no brightness: masks of two numbers, frames of small ones among others, maps of several labels."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes.arrays import Remark
from gaitprint.silhouettes.looks import LOOKS_LABELLED
from gaitprint.types import DIMMEST

NOISE = 64
"""What JPEG leaves around an edge is darker than this, at a quality of 50 and above."""
NEARLY_WHITE = 250
MOST_LABELS = 8
"""More values than this are the grey of edges."""
_AREA = 0.05
"""Share of the pixels that are not 0 within areas of another label; edges have hardly any."""
_KEEP_ONE = "these look like labels of several things; keep the person's alone, as PNG, for JPEG changes numbers"
_FAINT = 0.01
"""Share of the pixels that are body in a mask of a small number; what JPEG leaves in a black image is less."""


def from_labels(
    frames: list[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"], remark: Remark
) -> tuple[list[UInt8[np.ndarray, "_h _w"]], Int64[np.ndarray, "256"]]:
    """Masks of two numbers as 0 and 255; what has the values of images stays as it is.

    Raises:
        DataError: labels of several things, one value all over, or a body as dark as the background.
    """
    values = np.flatnonzero(counts)
    if len(values) == 1 and 0 < values[0] <= 127:
        raise DataError(f"every pixel is {values[0]}: no body can be told from the background")
    # 0 and nearly white are what silhouettes have: those pass untouched, to the byte
    if len(values) == 2 and (values[0] > 0 or values[1] < NEARLY_WHITE):
        remark(f"masks of {values[0]} and {values[1]} are taken as 0 and 255")
        frames = [np.where(frame > values[0], np.uint8(255), np.uint8(0)) for frame in frames]
        return frames, histogram(frames)
    if not len(values) or values[-1] == 0:
        return frames, counts
    if values[-1] > 127:
        frames = _without_faint(_from_some_labels(frames, counts, remark))
        counts = histogram(frames)
        values = np.flatnonzero(counts)
        if 3 <= len(values) <= MOST_LABELS and values[0] == 0:
            _check_labels(frames, counts, remark)
        return frames, counts
    shown = ", ".join(map(str, values[:6])) + (", ..." if len(values) > 6 else "")
    if values[-1] < DIMMEST:
        raise DataError(f"the values are {shown}: {_KEEP_ONE}")
    raise DataError(
        f"no pixel is brighter than {values[-1]}: a body is 255 on a background of 0; stretch the values to 0..255"
    )


def histogram(frames: Sequence[UInt8[np.ndarray, "_h _w"]]) -> Int64[np.ndarray, "256"]:
    """Count the pixels of all frames by their value."""
    counts = np.zeros(256, np.int64)
    for frame in frames:
        if frame.size:
            counts += cv2.calcHist([frame], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    return counts


def _without_faint(frames: list[UInt8[np.ndarray, "_h _w"]]) -> list[UInt8[np.ndarray, "_h _w"]]:
    """Black for frames of nothing but noise, among others with a body: nobody is there."""
    return [np.zeros_like(frame) if frame.size and 0 < frame.max() < NOISE else frame for frame in frames]


def _check_labels(
    frames: Sequence[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"], remark: Remark
) -> None:
    """Point out maps of several labels, and refuse those whose largest thing would be taken as background."""
    within = histogram([np.where(_flat(frame), frame, np.uint8(0)) for frame in frames if frame.size])
    within[0] = 0
    largest, brightest = int(within.argmax()), int(np.flatnonzero(counts)[-1])
    if within[:brightest].sum() <= _AREA * counts[1:].sum():
        return
    if largest <= 127:
        shown = ", ".join(map(str, np.flatnonzero(counts)))
        raise DataError(f"the values are {shown}, the largest thing is {largest}: {_KEEP_ONE}")
    remark(LOOKS_LABELLED)


def _flat(frame: UInt8[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Pixels in a square of four of one value; soft edges are thinner, or hold many."""
    around = np.ones((2, 2), np.uint8)
    return np.asarray(cv2.erode(frame, around) == cv2.dilate(frame, around))


def _from_some_labels(
    frames: list[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"], remark: Remark
) -> list[UInt8[np.ndarray, "_h _w"]]:
    """Frames of 0 and a small number among others of 0 and 255: two programs wrote one sequence."""
    if counts[1:DIMMEST].sum() <= _FAINT * counts.sum() / max(len(frames), 1):
        return frames
    done, changed = list(frames), 0
    for i, frame in enumerate(frames):
        body = frame > 0
        if frame.size and frame.max() < DIMMEST and body.mean() > _FAINT and (frame[body] == frame.max()).all():
            done[i], changed = np.where(body, np.uint8(255), np.uint8(0)), changed + 1
    if changed:
        remark(f"masks of 0 and a number below {DIMMEST} are taken as 0 and 255 in {changed} of {len(frames)} frames")
    return done
