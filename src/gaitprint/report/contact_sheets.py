"""Contact sheets: evenly spaced frames of sequences, one sequence a row, to be looked at by people."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.errors import DataError, ShapeError
from gaitprint.types import check_frames

_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.4
_GAP = 2
"""Pixels between frames and between rows."""
_PAPER, _INK = 40, 255


def contact_sheet(
    rows: Sequence[tuple[str, UInt8[np.ndarray, "_ _ _"]]], columns: int = 8, scale: int = 1
) -> UInt8[np.ndarray, "height width"]:
    """A grey picture with a row for each sequence: its label, then `columns` of its frames from the first to the last.

    Args:
        rows: label and frames of each sequence; sizes may differ. A sequence shorter than `columns` leaves cells empty.
        columns: frames a row.
        scale: every pixel of a frame becomes a square of this side.

    Raises:
        DataError: there is no sequence.
        ShapeError: `columns` or `scale` is below 1, or an array is not uint8 [T, H, W].
    """
    if not rows:
        raise DataError("a contact sheet needs at least one sequence, found none")
    if columns < 1 or scale < 1:
        raise ShapeError(f"a contact sheet needs columns and scale of at least 1, found {columns} and {scale}")
    for label, frames in rows:
        check_frames(frames, label)
    # OpenCV's fonts know no other letters
    labels = [label.encode("ascii", "replace").decode("ascii") for label, _ in rows]
    sizes = [cv2.getTextSize(label, _FONT, _FONT_SCALE, 1)[0] for label in labels]
    margin = max(width for width, _ in sizes) + 4 * _GAP
    text = max(height for _, height in sizes)
    cell_height = max(text + 2 * _GAP, scale * max(frames.shape[1] for _, frames in rows)) + _GAP
    cell_width = scale * max(frames.shape[2] for _, frames in rows) + _GAP
    sheet = np.full((len(rows) * cell_height + _GAP, margin + columns * cell_width), _PAPER, np.uint8)
    for i, (label, (_, frames)) in enumerate(zip(labels, rows, strict=True)):
        top = i * cell_height + _GAP
        baseline = top + (cell_height + text) // 2
        cv2.putText(sheet, label, (2 * _GAP, baseline), _FONT, _FONT_SCALE, _INK, 1, cv2.LINE_AA)
        for j, t in enumerate(evenly_spaced(len(frames), columns)):
            picture = frames[t].repeat(scale, axis=0).repeat(scale, axis=1)
            left = margin + j * cell_width
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def evenly_spaced(length: int, count: int) -> list[int]:
    """At most `count` different indices below `length`, the first and the last among them.

    >>> evenly_spaced(30, 4)
    [0, 10, 19, 29]
    >>> evenly_spaced(2, 4)
    [0, 1]
    """
    if length <= count:
        return list(range(length))
    return [int(i) for i in np.linspace(0, length - 1, count).round()]


def encode_png(image: UInt8[np.ndarray, "..."]) -> bytes:
    """A PNG file of a grey [H, W] or a red-green-blue [H, W, 3] picture.

    Raises:
        ShapeError: the array is neither.
    """
    grey, colour = image.ndim == 2, image.ndim == 3 and image.shape[-1] == 3
    if image.dtype != np.uint8 or not image.size or not (grey or colour):
        raise ShapeError(f"a picture is uint8 [H, W] or [H, W, 3], found {image.dtype} {list(image.shape)}")
    # OpenCV's order is blue, green, red
    _, data = cv2.imencode(".png", image if grey else image[:, :, ::-1])
    return bytes(data)
