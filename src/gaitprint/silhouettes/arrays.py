"""Take an array, as people have it, as the frames of a sequence: its type, its axes, its colours.

What can be told is changed and said; what cannot is refused in one line. Values are looked at in `appearance`.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float64, UInt8

from gaitprint.errors import DataError
from gaitprint.types import Frames

Remark = Callable[[str], None]
"""Called with one line for whatever was changed."""

FLAT = 0.3
"""Spread over mean of the mass of slices along time: a body is nearly as large in each frame. Along rows and columns it
is 0.4 to 1.2: CASIA-B subjects 001-074 have 0.02 to 0.27 along time."""
_STEADY = 0.15
"""The same along time where the axis beside it may be rows: at least 0.19 along rows."""
_USUAL = 32
"""Pixels of the smallest normalised frame that is told by its shape."""
_NARROWEST = 0.25
"""Of the height: the least width of an image of somebody, and turned round."""
_LEAST = 8
"""Pixels of a side that a frame can have."""
_FLATTENED = 16
"""A single image longer than this many times its width is none of somebody."""
_CHANNELS = (1, 3, 4)
_EYE = np.array((0.114, 0.587, 0.299), np.float32)
"""Blue, green, red; of arrays in the other order they differ as well."""
OPACITY = "masks were taken from the channel that says how opaque pixels are"


def unremarked(line: str) -> None:
    """Say nothing."""


def as_frames(array: np.ndarray, name: str, remark: Remark = unremarked) -> Frames:
    """Take an array as the frames of a sequence, uint8 [T, H, W].

    One frame [H, W], a channel axis of 1, 3 or 4, time as the last axis, bool, floats from 0 to 1 or to 255 and wider
    integers are all understood.

    Args:
        name: of the file or array, for errors.
        remark: told of axes that were moved and of colours that were left out.

    Raises:
        DataError: another number of axes, values below 0 or above 255, or nothing in it.
    """
    if array.size == 0:
        raise DataError(f"{name}: expected at least one frame and one pixel, found {list(array.shape)}")
    while array.ndim > 4 and array.shape[0] == 1:  # a batch of one
        array = array[0]
    array = _without_channels(array, remark)
    if array.ndim == 2:
        if max(array.shape) > _FLATTENED * min(array.shape):
            raise DataError(
                f"{name}: expected frames [T, H, W], found one image of {array.shape[0]} x {array.shape[1]} pixels: "
                "where they are frames laid out in rows, give them their shape back by reshape(T, H, W)"
            )
        array = array[None]
    if array.ndim != 3:
        raise DataError(
            f"{name}: expected frames [T, H, W] or one frame [H, W], found {array.dtype} {list(array.shape)}: "
            "one value a pixel is wanted"
        )
    return _time_first(_bytes(array, name), remark)


def listed(arrays: Sequence[np.ndarray], name: str, remark: Remark = unremarked) -> list[UInt8[np.ndarray, "_h _w"]]:
    """Take a list of arrays, a frame [H, W] or [H, W, C] each, of any sizes, as a sequence; see `as_frames`.

    Raises:
        DataError: see `as_frames`.
    """
    if len({(a.shape, a.dtype) for a in arrays}) == 1 and arrays[0].size and arrays[0].ndim in (2, 3):
        stack = np.stack(arrays)
        if stack.ndim == 3 or stack.shape[3] in _CHANNELS or stack.shape[1] in _CHANNELS:
            return list(_bytes(_without_channels(stack, remark), name))
    remarks: dict[str, None] = {}
    frames: list[np.ndarray] = []
    for i, array in enumerate(arrays):
        coloured = array.ndim == 3 and (array.shape[2] in _CHANNELS or array.shape[0] in _CHANNELS)
        one = array[None] if array.ndim == 2 or coloured else array
        frames.extend(as_frames(one, f"{name}, frame {i}", remarks.setdefault))
    for line in remarks:
        remark(line)
    return frames


def _bytes(array: np.ndarray, name: str) -> np.ndarray:
    """Convert the values to uint8, 0 to 255."""
    if array.dtype.kind not in "buif":
        raise DataError(f"{name}: expected frames of numbers [T, H, W] or one frame [H, W], found {array.dtype}")
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if not np.isfinite(array).all():
        raise DataError(
            f"{name}: expected values 0 to 255, found some that are not finite: make them 0 by numpy.nan_to_num first"
        )
    low, high = float(array.min()), float(array.max())
    if low < 0 or (high > 255 and not (array.dtype == np.uint16 and high > 0.9 * 65535)):
        raise DataError(
            f"{name}: expected values 0 to 255, 0 to 1 or bool, found {array.dtype} from {low:g} to {high:g}: "
            f"make it bool by a limit, such as masks > {(low + high) / 2:g}"
        )
    # 65535 / 255 = 257 exactly
    if high > 255:
        return np.rint(array / 257.0).astype(np.uint8)
    # one value above 1 puts all frames of the array on the scale of 255
    if array.dtype.kind == "f":
        return np.rint(array * (255.0 if high <= 1 else 1.0)).astype(np.uint8)
    return array.astype(np.uint8)


def _without_channels(array: np.ndarray, remark: Remark) -> np.ndarray:
    """Drop an axis of channels, which stands last or behind time; of colours that differ the brightest is taken."""
    if array.ndim == 3 and array.shape[2] in (3, 4) and min(array.shape[:2]) >= _LEAST and not _same_sizes(array):
        array = array[None]
    if array.ndim != 4:
        return array
    axis = next((a for a in (3, 1) if array.shape[a] in _CHANNELS), None)
    if axis is None:
        return array[0] if array.shape[0] == 1 else array
    channels = np.moveaxis(array, axis, 3)
    if channels.shape[3] == 4 and channels.dtype == np.uint8:
        opaque = [by_opacity(image) for image in channels]
        if any(mask is not None for mask in opaque):
            remark(OPACITY)
            return np.stack([i[..., :3].max(axis=2) if m is None else m for i, m in zip(channels, opaque, strict=True)])
    colours = channels[..., :3]
    if (colours == colours[..., :1]).all():
        return colours[..., 0]
    channel, how = brightness(colours)
    remark(f"colours {list(array.shape)} were taken by their {how}")
    return channel


def brightness(colours: np.ndarray) -> tuple[np.ndarray, str]:
    """The last axis of three colours as one: the brightest, or, where they are as bright, as the eye sees them.

    Returns:
        One value a pixel of the same type, and what it is, for a remark.
    """
    brightest, seen = np.asarray(colours.max(axis=-1)), colours.astype(np.float32) @ _EYE
    # white on blue and red on green differ in no brightest channel
    if _contrast(seen) <= 2 * _contrast(brightest):
        return brightest, "brightest channel"
    whole = colours.dtype.kind in "ui"
    return np.asarray(np.rint(seen).astype(colours.dtype) if whole else seen), "brightness to the eye"


def _contrast(values: np.ndarray) -> float:
    return float(values.max()) - float(values.min())


def by_opacity(image: UInt8[np.ndarray, "_h _w 4"]) -> UInt8[np.ndarray, "_h _w"] | None:
    """The mask that the fourth channel of an image is, how opaque pixels are; None where it says nothing of a body."""
    opaque = image[..., 3]
    if opaque.min() > 127 or (opaque == image[..., 0]).all():
        return None
    # some programs leave the channel 0 everywhere
    return None if opaque.max() == 0 and image[..., :3].max() > image[..., :3].min() else opaque


def _same_sizes(array: np.ndarray) -> bool:
    """Whether the slices of the last axis are frames that follow each other, rather than the colours of one image."""
    # a grey image in three channels has equal slices, a coloured one slices of different masses; only frames differ
    # and are alike in mass
    masses = array.sum(axis=(0, 1), dtype=np.float64)
    differ = not (array[..., 1:3] == array[..., :1]).all()
    return differ and bool(masses.std() <= FLAT * masses.mean())


def _time_first(frames: UInt8[np.ndarray, "_a _b _c"], remark: Remark) -> Frames:
    """[T, H, W] where time was another axis: frames of a usual shape say so, else the body, of one size over time.

    By shapes alone [64, 64, 64] could be either; where both say something, they have to agree.
    """
    count, height, width = frames.shape
    usual = (_is_usual(height, width), _is_usual(count, height))
    possible = (_can_be_frame(height, width), _can_be_frame(count, height))
    first, middle, last = _spreads(frames)
    # twice as even: near the limit either axis may be time by chance
    by_body = last < FLAT and first > max(2 * last, FLAT)
    # a shape that fits one order alone decides, unless the body says the opposite; by the body alone where both
    # orders fit
    if usual[0] != usual[1]:
        moves = usual[1] and not (first < FLAT < last)
    elif possible[0] != possible[1]:
        moves = possible[1] and not (first < FLAT < last)
    else:
        moves = possible[1] and by_body
    if not moves:
        return _time_from_the_middle(frames, (first, middle, last), remark)
    remark(f"time was the last axis of {list(frames.shape)} and is taken as the first")
    return np.ascontiguousarray(np.moveaxis(frames, 2, 0))


def _time_from_the_middle(
    frames: UInt8[np.ndarray, "_a _b _c"], spreads: tuple[float, float, float], remark: Remark
) -> UInt8[np.ndarray, "_T _H _W"]:
    """[T, H, W] of [H, T, W], which the body tells and no usual shape speaks against."""
    count, height, width = frames.shape
    first, middle, last = spreads
    odd = _is_usual(height, width) and not _is_usual(count, width)
    if odd or not _can_be_frame(count, width) or last < FLAT or middle > min(_STEADY, first / 2):
        return frames
    remark(f"time was the middle axis of {list(frames.shape)} and is taken as the first")
    return np.ascontiguousarray(np.moveaxis(frames, 1, 0))


def _is_usual(height: int, width: int) -> bool:
    """Square frames, or with 10 of 64 columns cut on each side, as normalised ones are."""
    return min(height, width) >= _USUAL and (height == width or width == height - 2 * (10 * height // 64))


def _can_be_frame(height: int, width: int) -> bool:
    return min(height, width) >= _LEAST and _NARROWEST * height <= width <= height / _NARROWEST


def _spreads(frames: UInt8[np.ndarray, "_a _b _c"]) -> tuple[float, float, float]:
    """See `_spread`, by axes; without padding, white or black, which says nothing of a body."""
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        varied = frames.min(axis=others) < frames.max(axis=others)
        if varied.any() and not varied.all():
            frames = np.compress(varied, frames, axis=axis)
    return _spread(frames, 0), _spread(frames, 1), _spread(frames, 2)


def _spread(frames: Frames, axis: int) -> float:
    """Standard deviation over mean of the mass of the slices along an axis, of those that are not black."""
    others = tuple(a for a in range(3) if a != axis)
    masses: Float64[np.ndarray, " n"] = frames.sum(axis=others, dtype=np.float64)
    masses = masses[masses > 0]
    return float(masses.std() / masses.mean()) if len(masses) else 0.0
