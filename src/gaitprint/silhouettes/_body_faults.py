"""What is wrong with the body of single frames: holes in it, loose pieces of it, somebody else joined to it."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt8

from gaitprint.types import Frames

BODY = 127
"""Pixels above this are body."""
PIECE_SHARE = 0.05
"""A piece this large beside the largest is a part of a body: a head has 6 to 8% of its area, a foot with half its shank
about 5%. What is smaller is a speck, and matters to nobody."""
MERGE_RATIO = 1.4
"""A body larger than this many times the usual has something joined to it.

On CASIA-B, subjects 001-074, 0.5% of frames are; of bodies joined by a second one 6 or more pixels aside, 99%.
"""

_OUTSIDE = 2
_LABELS = 2**16
"""Pieces are numbered in 16 bits, twice as fast as in 32."""


@dataclass(frozen=True)
class BodyAreas:
    """Areas in pixels of every frame."""

    filled: Int64[np.ndarray, " T"]
    """Of the body with its holes filled."""
    holes: Int64[np.ndarray, " T"]
    """Background that body encloses on all sides; corners close."""
    largest: Int64[np.ndarray, " T"]
    """Of the pieces of the filled body; pixels that touch at a corner hang together."""
    second: Int64[np.ndarray, " T"]
    """Of the second largest piece; 0 where there is one piece."""


def body_areas(frames: Frames) -> BodyAreas:
    """Measure all frames, many at once: they are laid out below each other in one drawing, with lines between."""
    block = _block_length(*frames.shape[1:])
    blocks = [_block_areas(frames[i : i + block]) for i in range(0, len(frames), block)]
    return BodyAreas(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))


def hole_share(areas: BodyAreas) -> float:
    """Mean over frames of the holes' share of the body with its holes filled; NaN where no frame has a body."""
    seen = areas.filled > 0
    if not seen.any():
        return float("nan")
    return float(np.mean(areas.holes[seen] / areas.filled[seen]))


def piece_share(areas: BodyAreas) -> float:
    """Share of the frames with a second piece of at least `PIECE_SHARE` of the largest."""
    broken: Bool[np.ndarray, " T"] = (areas.second > 0) & (areas.second >= PIECE_SHARE * areas.largest)
    return float(np.mean(broken))


def merge_share(areas: BodyAreas) -> float:
    """Share of the frames whose filled body is over `MERGE_RATIO` times the median of the sequence."""
    return float(np.mean(areas.filled > MERGE_RATIO * np.median(areas.filled)))


def _block_length(height: int, width: int) -> int:
    """How many frames can be drawn together before their pieces might outnumber the labels, at least one."""
    # `_most_pieces` solved for the rows of a drawing `width` + 2 columns wide
    rows = 2 * (_LABELS // ((width + 3) // 2)) - 2
    return max(1, (rows - 1) // (height + 1))


def _most_pieces(rows: int, columns: int) -> int:
    """Two by two pixels belong to one piece at most, corners being neighbours."""
    return ((rows + 1) // 2) * ((columns + 1) // 2) + 1


def _block_areas(frames: Frames) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    length, rows = len(frames), frames.shape[1] + 1
    drawing = _drawing(frames)
    body = row_sums(drawing[1:].reshape(length, -1))
    # What the background around all bodies doesn't reach is a hole.
    cv2.floodFill(drawing, None, (0, 0), _OUTSIDE, flags=4)
    # from here on holes are body: Euler's number then counts pieces alone
    drawing = np.not_equal(drawing, _OUTSIDE).view(np.uint8)
    filled = row_sums(drawing[1:].reshape(length, -1))
    largest, second = filled.copy(), np.zeros_like(filled)
    broken = _piece_counts(drawing, length) > 1
    if broken.any():
        lines = drawing[:-1].reshape(length, rows, -1)[broken].reshape(-1, drawing.shape[1])
        largest[broken], second[broken] = _two_largest(lines, rows)
    return filled, filled - body, largest, second


def row_sums(rows: UInt8[np.ndarray, "T n"]) -> Int64[np.ndarray, " T"]:
    """Sums of rows of bytes, exact below 8 million columns, whose sum fits 32 bits."""
    return np.asarray(cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0].astype(np.int64))


def _drawing(frames: Frames) -> UInt8[np.ndarray, "R C"]:
    """Draw all bodies as ones, with a line of zeros above, below and beside each."""
    length, height, width = frames.shape
    drawing = np.zeros((length * (height + 1) + 1, width + 2), np.uint8)
    drawing[:-1].reshape(length, height + 1, width + 2)[:, 1:, 1:-1] = frames > BODY
    return drawing


def _piece_counts(drawing: UInt8[np.ndarray, "R C"], length: int) -> Int64[np.ndarray, " T"]:
    """How many pieces each of `length` bodies without holes has: its Euler number, of all windows of 2 x 2 pixels.

    S. B. Gray, Local properties of binary images in two dimensions, IEEE Transactions on Computers 20 (1971).
    """
    pairs = drawing[:, :-1] + 2 * drawing[:, 1:]
    # the four corners of a window as four bits, 0 to 15
    windows = pairs[:-1] + 4 * pairs[1:]
    weights = cv2.LUT(windows, _GRAY).reshape(length, -1)
    # the table is shifted by 2 to fit bytes; a frame's windows share a row of zeros with the next one's, so each
    # frame sums to four times its own number
    numbers: np.ndarray = (row_sums(weights) - 2 * weights.shape[1]) // 4
    return numbers


def _gray_weights() -> UInt8[np.ndarray, "256"]:
    """2 more than Gray's weight of each window: one pixel 1, three -1, two at opposite corners -2."""
    weights = np.zeros(256, np.uint8)
    for code in range(16):
        corners = [code >> bit & 1 for bit in range(4)]
        opposite = corners in ([1, 0, 0, 1], [0, 1, 1, 0])
        weights[code] = 2 + (sum(corners) == 1) - (sum(corners) == 3) - 2 * opposite
    return weights


def _two_largest(
    drawing: UInt8[np.ndarray, "R C"], rows: int
) -> tuple[Int64[np.ndarray, " T"], Int64[np.ndarray, " T"]]:
    """Areas of the two largest pieces of every `rows` rows, which have two at least."""
    labels = cv2.CV_16U if _most_pieces(*drawing.shape) < _LABELS else cv2.CV_32S
    _, _, pieces, _ = cv2.connectedComponentsWithStats(drawing, connectivity=8, ltype=labels)
    frame = pieces[1:, cv2.CC_STAT_TOP] // rows
    area = pieces[1:, cv2.CC_STAT_AREA].astype(np.int64)
    # Pieces come in an order that depends on the threads.
    order = np.lexsort((-area, frame))
    first = np.searchsorted(frame[order], np.arange(len(drawing) // rows))
    # sorted by frame, then by falling area: the second largest stands behind the largest, for every frame here has
    # two
    return area[order[first]], area[order[first + 1]]


_GRAY = _gray_weights()
