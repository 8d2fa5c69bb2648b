"""Raw silhouettes of any size become frames of one size with the body upright in the middle.

The rules, and every rounding in them, are those of the field's references, so that features can be compared.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8

from gaitprint.errors import DataError, ShapeError
from gaitprint.types import Frames

EdgeRule = Literal["opengait", "gaitset"]
"""``opengait`` also drops a frame whose body is centred on its first column; ``gaitset`` keeps it."""

MIN_SUM = 10_000
"""A frame whose pixels sum to this or less is dropped: about 39 white pixels."""
MIN_FRAMES = 5
"""A sequence with fewer valid frames gets a warning."""
MAX_SIZE = 1024
"""Of normalised frames, in pixels: sixteen times the usual."""

_Box = tuple[int, int, int, int]
_MAX_RESIZED = 2**26
_TOO_DARK = f"empty or nearly so (pixels sum to {MIN_SUM} or less)"
_NO_CENTRE = "without a body once resized"
_ON_EDGE = "centred on the left border"
_SHAPE = "of a body far too flat or too narrow"


@dataclass(frozen=True)
class NormalizedSequence:
    """The valid frames of a sequence, and which of the raw frames they were."""

    frames: Frames
    kept: Bool[np.ndarray, " n"]
    """One truth a raw frame; as many hold as `frames` has."""
    boxes: Int[np.ndarray, "T 4"]
    """x, y, width, height in pixels of the body in each raw frame that became one of `frames`."""
    warnings: tuple[str, ...] = ()


def normalize_sequence(
    frames: Sequence[np.ndarray] | np.ndarray, size: int = 64, edge_rule: EdgeRule = "opengait"
) -> NormalizedSequence:
    """Crop, scale and centre every frame of a sequence; drop those without a body.

    Args:
        frames: uint8 [H, W] each, 0 background to 255 body; sizes may differ between frames.
        size: height and width of the result in pixels, even.
        edge_rule: see `EdgeRule`.

    Returns:
        Frames uint8 [T, size, size] with T <= len(frames), grey at the edges.

    Raises:
        DataError: no frame is valid.
        ShapeError: a frame is not uint8 [H, W], or `size` is odd or too large.
    """
    if not 2 <= size <= MAX_SIZE or size % 2:
        raise ShapeError(f"normalised frames have an even size of 2 to {MAX_SIZE} pixels, found {size}")
    if len(frames) == 0:
        raise DataError("a sequence needs at least one frame, found none")
    done: list[np.ndarray] = []
    boxes: list[_Box | None] = []
    kept = np.zeros(len(frames), np.bool_)
    dropped: Counter[str] = Counter()
    for i, frame in enumerate(frames):
        if frame.ndim != 2 or frame.dtype != np.uint8:
            raise ShapeError(f"silhouette frames are uint8 [H, W], frame {i} is {frame.dtype} {list(frame.shape)}")
        frame = np.ascontiguousarray(frame)
        box = _body_box(frame)
        result = _TOO_DARK if box is None else _normalize_frame(frame, box, size, edge_rule == "opengait")
        if isinstance(result, str):
            dropped[result] += 1
        else:
            done.append(result)
            boxes.append(box)
            kept[i] = True
    if not done:
        raise DataError(f"none of {len(frames)} frames is a silhouette: {_reasons(dropped)}{_hint(frames)}")
    warnings: tuple[str, ...] = ()
    if len(done) < MIN_FRAMES:
        rest = f"; dropped: {_reasons(dropped)}" if dropped else ""
        warnings = (f"only {len(done)} valid frames of {len(frames)}, {MIN_FRAMES} are usual at least{rest}",)
    return NormalizedSequence(np.stack(done), kept, np.array(boxes, np.int32), warnings)


def _body_box(frame: UInt8[np.ndarray, "H W"]) -> _Box | None:
    """x, y, width, height of all pixels that are not black; None where there is too little of them."""
    if frame.size == 0 or _column_sums(frame).sum(dtype=np.int64) <= MIN_SUM:
        return None
    x, y, width, height = cv2.boundingRect(frame)
    return x, y, width, height


def _normalize_frame(frame: UInt8[np.ndarray, "H W"], box: _Box, size: int, drop_left_edge: bool) -> np.ndarray | str:
    """The frame in uint8 [size, size], or why it is dropped."""
    body = frame[box[1] : box[1] + box[3]]
    # truncated, and the quotient first, as the references compute it: another order gives another width now and then
    width = int(size * (body.shape[1] / body.shape[0]))
    # A row of noise across a huge image would blow up to gigabytes.
    if not 1 <= width <= _MAX_RESIZED // size:
        return _SHAPE
    body = cv2.resize(body, (width, size), interpolation=cv2.INTER_CUBIC)
    running = np.cumsum(_column_sums(body), dtype=np.int64)
    if running[-1] == 0:
        return _NO_CENTRE
    # the first column up to which there is more than half of the mass; sums are doubled, for half of an odd sum is no
    # integer
    centre = int(np.searchsorted(2 * running, running[-1], side="right"))
    if centre == 0 and drop_left_edge:
        return _ON_EDGE
    return _window(body, centre, size)


def _window(body: UInt8[np.ndarray, "S w"], centre: int, size: int) -> UInt8[np.ndarray, "S S"]:
    """Columns [centre - S/2, centre + S/2), zeros beyond the borders."""
    left = centre - size // 2
    first, last = max(left, 0), min(left + size, body.shape[1])
    result = np.zeros((size, size), np.uint8)
    # where the body is narrower than the window, zeros stay on both sides
    result[:, first - left : last - left] = body[:, first:last]
    return result


def _column_sums(image: UInt8[np.ndarray, "H W"]) -> np.ndarray:
    """Exact: a column sum fits 32 bits up to 8 million rows, and no image read here has more pixels than 64 million."""
    if image.shape[0] > 2**23:
        return np.asarray(image.sum(axis=0, dtype=np.int64))
    sums: np.ndarray = cv2.reduce(image, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    return sums


def _reasons(dropped: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in dropped.most_common())


def _hint(frames: Sequence[np.ndarray] | np.ndarray) -> str:
    brightest = max((int(f.max()) for f in frames if f.size), default=0)
    if 0 < brightest < 8:
        return f"; the brightest pixel is {brightest}: body pixels should be 255, are these masks of 0 and 1?"
    return "; check that these are silhouettes, white on black"
