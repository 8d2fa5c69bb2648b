"""Does it look like silhouettes? What can be told is mended and said, what cannot is refused in one line.

White body on black, 0 to 255, grey at the edges only. People have masks of 0 and 1, black bodies on white, photographs,
images with the noise of JPEG around the body. Numbers beside the limits are of CASIA-B, subjects 001-074, 8,107
sequences of 64 x 64, none of which is changed, refused or warned of.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes._labels import MOST_LABELS, NEARLY_WHITE, NOISE, from_labels, histogram
from gaitprint.silhouettes.arrays import Remark, unremarked
from gaitprint.types import Frames, Silhouettes

PHOTOGRAPH = 0.35
"""Share of the pixels that are neither nearly black nor nearly white; at most 0.03."""
CUT_OUT = 0.6
"""Share of the pixels of bodies that are grey; at most 0.15, at their edges."""
WHITE_BORDER = 0.75
"""Share of the pixels on the border of a frame that are white where a body is black on white; at most 0.30."""


def mend_frames(
    frames: Sequence[UInt8[np.ndarray, "_h _w"]], remark: Remark = unremarked, raw: bool = True
) -> list[UInt8[np.ndarray, "_h _w"]]:
    """Make white bodies on black of what can be told to be bodies.

    Args:
        frames: grey frames of one sequence, uint8.
        remark: told of each change in one line.
        raw: whether the frames are not normalised yet, so that noise would make the box of the body.

    Raises:
        DataError: photographs, maps of several labels, or a body as dark as the background.
    """
    frames, counts = from_labels(list(frames), histogram(frames), remark)
    if np.count_nonzero(counts) == 1:  # one grey all over: `looks` says so
        return list(frames)
    # the order matters: limits below are for bodies of 255, a white background would be the brightest body of all,
    # and noise can be told only from a background that is black
    frames, counts = _stretched(frames, counts, remark)
    # a tenth of the range at either end counts as black or white, which the noise of JPEG does not leave
    grey = float(counts[26:230].sum() / max(int(counts.sum()), 1))
    if grey > PHOTOGRAPH:
        raise DataError(
            f"these look like photographs: {100 * grey:.0f}% of the pixels are grey; expected silhouettes, a "
            "white body on black: cut the person out first"
        )
    frames, counts = _white_on_black(frames, counts, remark)
    _check_bodies(counts)
    darkest = int(np.flatnonzero(counts)[0]) if counts.any() else 0
    if darkest >= NOISE:
        raise DataError(f"no pixel is darker than {darkest}: expected a white body on a background of 0")
    if darkest > 0:
        frames = [_darkened(frame) for frame in frames]
        remark(f"a background of {darkest} and more is taken as 0")
    frames = _without_white(frames, remark)
    return _without_noise(frames, remark) if raw else frames


def check_looks(walk: Silhouettes) -> None:
    """Refuse silhouettes made in memory that would have been mended or refused when they were loaded.

    Raises:
        DataError: black on white, a photograph, masks of labels.
    """

    remarks: list[str] = []
    try:
        mend_frames(list(walk.frames), remarks.append, raw=False)
    except DataError as error:
        raise DataError(f"{walk.record.key}: {error}") from None
    black = int((~with_body(walk.frames)).sum())
    remarks += [f"{black} of {len(walk.frames)} frames are black and were dropped"] if black else []
    if remarks:
        raise DataError(f"{walk.record.key}: by load_silhouettes() {remarks[0]}: give it the masks, or mend them so")


def with_body(frames: Frames) -> Bool[np.ndarray, " T"]:
    """Tell which frames have a pixel of a body, which is brighter than half."""
    return np.asarray(frames.max(axis=(1, 2)) > 127)


def _stretched(
    frames: list[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"], remark: Remark
) -> tuple[list[UInt8[np.ndarray, "_h _w"]], Int64[np.ndarray, "256"]]:
    """Values up to 255 of what is at most light grey: a network would see a fainter body."""
    brightest = int(np.flatnonzero(counts)[-1]) if counts.any() else 0
    if not 127 < brightest < NEARLY_WHITE:
        return frames, counts
    remark(f"no pixel is brighter than {brightest}, which is taken as 255")
    table = np.minimum(np.rint(np.arange(256) * (255 / brightest)), 255).astype(np.uint8)
    frames = [table[frame] for frame in frames]
    return frames, histogram(frames)


def _check_bodies(counts: Int64[np.ndarray, "256"]) -> None:
    """Refuse bodies with something in them; maps of a few labels are warned of elsewhere."""
    bright = int(counts[26:].sum())
    grey = int(counts[26:230].sum())
    if grey > CUT_OUT * bright and np.count_nonzero(counts) > MOST_LABELS:
        raise DataError(
            f"the bodies are not white: {100 * grey / bright:.0f}% of them is grey; these look like people cut out of "
            "photographs, or means over time: expected one mask a frame, all of the body 255"
        )


def _white_on_black(
    frames: list[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"], remark: Remark
) -> tuple[list[UInt8[np.ndarray, "_h _w"]], Int64[np.ndarray, "256"]]:
    """Turn round frames of a black body on white, all of a sequence or some."""
    border = np.array([_white_on_border(frame) for frame in frames])
    body = np.array([frame.size > 0 and 0 < np.count_nonzero(frame < 128) <= frame.size / 2 for frame in frames])
    inverted = (border > WHITE_BORDER) & body
    if not inverted.any():
        return frames, counts
    others = int((border <= WHITE_BORDER).sum())
    if inverted.sum() > others:
        inverted |= border > WHITE_BORDER  # white all over: nobody there
    remark("black bodies on white are inverted" + (f" in {inverted.sum()} of {len(frames)} frames" if others else ""))
    frames = [255 - frame if turn else frame for frame, turn in zip(frames, inverted, strict=True)]
    return frames, histogram(frames)


def _white_on_border(frame: UInt8[np.ndarray, "_h _w"]) -> float:
    if not frame.size:
        return 0.0
    return float((np.concatenate((frame[0], frame[-1], frame[:, 0], frame[:, -1])) > 127).mean())


def _without_white(frames: list[UInt8[np.ndarray, "_h _w"]], remark: Remark) -> list[UInt8[np.ndarray, "_h _w"]]:
    """Drop frames that are white all over, where others are not: a flash, or padding."""
    # where all frames are white they stay, for `looks` to say that no body can be told
    frames_left = [frame for frame in frames if not frame.size or frame.min() <= 127]
    if not frames_left or len(frames_left) == len(frames):
        return frames
    remark(f"{len(frames) - len(frames_left)} of {len(frames)} frames are white all over and were dropped")
    return frames_left


def _without_noise(frames: list[UInt8[np.ndarray, "_h _w"]], remark: Remark) -> list[UInt8[np.ndarray, "_h _w"]]:
    """Take off faint grey that reaches rows where no body is, for rows decide how large a body is.

    A frame without such rows stays as it is, to the last byte: edges are grey, and the references keep them.
    """
    done, noisy, brightest = [], 0, 0
    for frame in frames:
        rows = cv2.reduce(frame, 1, cv2.REDUCE_MAX)[:, 0] if frame.size else np.zeros(0, np.uint8)
        faint = _faint_rows(rows)
        if faint.any():
            noisy, brightest = noisy + 1, max(brightest, int(rows[faint].max()))
            frame = _darkened(frame)
        done.append(frame)
    if noisy:
        remark(
            f"grey noise around the body, up to {brightest} of 255, was taken off in {noisy} of {len(frames)} frames"
        )
    return done


def _darkened(frame: UInt8[np.ndarray, "_h _w"]) -> UInt8[np.ndarray, "_h _w"]:
    return np.where(frame < NOISE, np.uint8(0), frame)


def _faint_rows(rows: UInt8[np.ndarray, " H"]) -> Bool[np.ndarray, " H"]:
    """Rows with noise alone, farther from the body than its soft edge; none where something brighter lies out there."""
    body = np.flatnonzero(rows > 127)
    if not len(body):
        return np.zeros(len(rows), np.bool_)
    # resampling and JPEG soften an edge over a few pixels, more of them the larger the body
    edge = max(2, round(0.015 * (body[-1] - body[0])))
    outside = np.ones(len(rows), np.bool_)
    outside[max(body[0] - edge, 0) : body[-1] + edge + 1] = False
    beyond = outside & (rows > 0)
    return beyond if (rows[beyond] < NOISE).all() else np.zeros(len(rows), np.bool_)
