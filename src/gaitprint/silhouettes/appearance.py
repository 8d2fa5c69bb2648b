"""Does it look like silhouettes? What can be told is mended and said, what cannot is refused in one line.

White body on black, 0 to 255, grey at the edges only. People have masks of 0 and 1, black bodies on white, photographs,
images with the noise of JPEG around the body. Numbers beside the limits are of CASIA-B, subjects 001-074, 8,107
sequences of 64 x 64, none of which is changed, refused or warned of.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes.arrays import Remark, unremarked
from gaitprint.types import DIMMEST, Frames, Silhouettes

PHOTOGRAPH = 0.35
"""Share of the pixels that are neither nearly black nor nearly white; at most 0.03."""
WHITE_BORDER = 0.75
"""Share of the pixels on the border of a frame that are white where a body is black on white; at most 0.06."""
NOISE = 64
"""What JPEG leaves around an edge is darker than this, at a quality of 50 and above."""
SHUFFLED = 0.85
"""Change from a frame to the next over that between any two: 0.29 to 0.70 in order, 0.89 to 1.12 shuffled."""
UPSIDE_DOWN = -0.5
"""See `uprightness`: -0.44 to 1.4, of those turned upside down 90% are below."""
LOOKS_TURNED = "the body looks upside down"
LOOKS_SHUFFLED = "the frames look shuffled, or too far apart in time"
LOOKS_FULL = "the frames are white all over, no body can be told"
LOOKS_LABELLED = "labels of several things are all taken as body"
ADVICE = {
    LOOKS_TURNED: "look at them; turn the images the right way up and prepare again",
    LOOKS_SHUFFLED: "look at them; number the images in order of time, ten a second or more, and prepare again",
    LOOKS_FULL: "look at them; the background is 0, and prepare again",
    LOOKS_LABELLED: "look at them; keep the person's label alone and prepare again",
}
"""What to do where something looks wrong; the other remarks say what was mended, and nothing is to be done."""

_BANDS = 16
_WEIGHTS = (
    (0.206, -0.222, -0.501, 0.314, 0.007, 0.028, -0.074, 0.016),
    (-0.368, -0.07, -0.076, -0.132, -0.009, -0.013, -0.084, -0.038),
    (-0.085, -0.142, -0.202, 0.447, 0.223, 0.015, -0.021, 0.083),
)
"""Fisher's discriminant of 60 synthetic walkers against the same upside down; no real person took part."""
_NEARLY_WHITE = 250
_MOST_LABELS = 8
"""More values than this are the grey of edges."""
_ENOUGH_STEPS = 40
"""Fewer frames hold too few strides to tell quick walking from frames in disorder."""
_ENOUGH = 8
"""Fewer frames say nothing of their order or of what moves."""


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
    counts = _histogram(frames)
    done = _from_labels(list(frames), counts, remark)
    if done is not None:
        frames, counts = done, _histogram(done)
    if np.count_nonzero(counts) == 1:  # one grey all over: `looks` says so
        return list(frames)
    grey = float(counts[26:230].sum() / max(int(counts.sum()), 1))
    if grey > PHOTOGRAPH:
        raise DataError(
            f"these look like photographs: {100 * grey:.0f}% of the pixels are grey; expected silhouettes, a "
            "white body on black: cut the person out first"
        )
    if _is_inverted(frames, counts):
        frames, counts = [255 - frame for frame in frames], counts[::-1]
        remark("black bodies on white are inverted")
    darkest = int(np.flatnonzero(counts)[0]) if counts.any() else 0
    if darkest >= NOISE:
        raise DataError(f"no pixel is darker than {darkest}: expected a white body on a background of 0")
    if darkest > 0:
        frames = [_darkened(frame) for frame in frames]
        remark(f"a background of {darkest} and more is taken as 0")
    return [*_without_noise(frames, remark)] if raw else list(frames)


def check_looks(walk: Silhouettes) -> None:
    """Refuse silhouettes made in memory that would have been mended or refused when they were loaded.

    Raises:
        DataError: black on white, a photograph, masks of labels.
    """

    said: list[str] = []
    try:
        mend_frames(list(walk.frames), said.append, raw=False)
    except DataError as error:
        raise DataError(f"{walk.record.key}: {error}") from None
    black = int((~with_body(walk.frames)).sum())
    said += [f"{black} of {len(walk.frames)} frames are black and were dropped"] if black else []
    if said:
        raise DataError(f"{walk.record.key}: by load_silhouettes() {said[0]}: give it the masks, or mend them so")


def with_body(frames: Frames) -> Bool[np.ndarray, " T"]:
    """Which frames have a pixel of a body, brighter than half."""
    return np.asarray(frames.max(axis=(1, 2)) > 127)


def looks(frames: Frames) -> tuple[str, ...]:
    """Warn of normalised frames that look like another thing than a person who walks: upside down, or shuffled."""
    found = []
    if len(frames) >= _ENOUGH and frames.shape[1] >= _BANDS:
        found += [LOOKS_FULL] if frames.min() > 127 else []
        found += [LOOKS_TURNED] if uprightness(frames) < UPSIDE_DOWN else []
        found += [LOOKS_SHUFFLED] if len(frames) >= _ENOUGH_STEPS and _disorder(frames) > SHUFFLED else []
    return tuple(found)


def uprightness(frames: Frames) -> float:
    """1 for the usual walker, -1 for the same upside down.

    Of mass, change over time and width in 16 bands of rows, each less that of the band as far from the other end: heads
    are narrow, torsos heavy, feet wide and busy.
    """
    rows = frames.shape[1] - frames.shape[1] % _BANDS
    values = frames[:, :rows].astype(np.float32) / 255
    mean = values.mean(axis=0)
    profiles = np.stack([mean.sum(axis=1), values.std(axis=0).sum(axis=1), (mean > 0.05).sum(axis=1)])
    bands: Float64[np.ndarray, "3 16"] = profiles.reshape(3, _BANDS, -1).mean(axis=2).astype(np.float64)
    if bands[0].mean() == 0:
        return 0.0
    odd = (bands - bands[:, ::-1])[:, : _BANDS // 2] / bands[0].mean()
    return float((odd * np.array(_WEIGHTS)).sum())


def _disorder(frames: Frames) -> float:
    """Mean change from each frame to the next, over that to the frames 2 to T / 2 later, whichever they are."""
    flat = frames.reshape(len(frames), -1).astype(np.float32)
    step = np.abs(flat[1:] - flat[:-1]).sum(axis=1).mean()
    far = [np.abs(flat[lag:] - flat[:-lag]).sum(axis=1).mean() for lag in _lags(len(flat))]
    return float(step / max(float(np.mean(far)), 1.0))


def _lags(length: int) -> list[int]:
    """Eight of them, so that some are no multiple of a step."""
    return sorted({int(lag) for lag in np.linspace(2, length - 2, 8)})


def _histogram(frames: Sequence[UInt8[np.ndarray, "_h _w"]]) -> Int64[np.ndarray, "256"]:
    counts = np.zeros(256, np.int64)
    for frame in frames:
        if frame.size:
            counts += cv2.calcHist([frame], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    return counts


def _from_labels(
    frames: list[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"], remark: Remark
) -> list[UInt8[np.ndarray, "_h _w"]] | None:
    """Masks of 0 and one other number, as 0 and 255; None where the values are those of images."""
    values = np.flatnonzero(counts)
    if len(values) == 1 and 0 < values[0] <= 127:
        raise DataError(f"every pixel is {values[0]}: no body can be told from the background")
    if len(values) == 2 and values[0] == 0 and values[1] < _NEARLY_WHITE:
        remark(f"masks of 0 and {values[1]} are taken as 0 and 255")
        return [np.where(frame > 0, np.uint8(255), np.uint8(0)) for frame in frames]
    if len(values) and values[-1] > 127:
        middle = int(counts[values[1:-1]].sum())
        if 3 <= len(values) <= _MOST_LABELS and values[0] == 0 and middle > 0.1 * counts[1:].sum():
            remark(LOOKS_LABELLED)
        return None
    if not len(values) or values[-1] == 0:
        return None
    shown = ", ".join(map(str, values[:6])) + (", ..." if len(values) > 6 else "")
    if values[-1] < DIMMEST:
        raise DataError(f"the values are {shown}: these look like labels of several things; keep the person's alone")
    raise DataError(
        f"no pixel is brighter than {values[-1]}: a body is 255 on a background of 0; stretch the values to 0..255"
    )


def _is_inverted(frames: Sequence[UInt8[np.ndarray, "_h _w"]], counts: Int64[np.ndarray, "256"]) -> bool:
    if counts[128:].sum() <= counts[:128].sum():
        return False
    white = border = 0
    for frame in frames:
        for line in (frame[0], frame[-1], frame[:, 0], frame[:, -1]):
            white, border = white + int((line > 127).sum()), border + line.size
    # all white: nobody's body, left to those who look for bodies
    return white > WHITE_BORDER * border and int(counts[:128].sum()) > 0


def _without_noise(frames: Sequence[UInt8[np.ndarray, "_h _w"]], remark: Remark) -> list[UInt8[np.ndarray, "_h _w"]]:
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
    edge = max(2, round(0.015 * (body[-1] - body[0])))
    outside = np.ones(len(rows), np.bool_)
    outside[max(body[0] - edge, 0) : body[-1] + edge + 1] = False
    beyond = outside & (rows > 0)
    return beyond if (rows[beyond] < NOISE).all() else np.zeros(len(rows), np.bool_)
