"""Do normalised frames look like a person who walks? What does not is kept, and warned of in one line.

Numbers beside the limits are of CASIA-B, subjects 001-074 or (outlines, repeats) 001-010; 14 of 8,107 sequences are
warned of, in which something besides the body is white.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from gaitprint.types import Frames

SHUFFLED = 0.85
"""Change from a frame to the next over that between any two: 0.29 to 0.70 in order, 0.89 to 1.12 shuffled."""
UPSIDE_DOWN = -0.5
"""See `uprightness`: -0.44 to 1.4, of those turned upside down 90% are below."""
WIDE = 0.9
"""Columns with body over rows with body, of a square frame: 0.22 to 0.45."""
REACH = 0.66
"""Rows on end that hold body, over those of the frame: at least 0.67, where heads have come off."""
MARGIN = 3 / 64
"""Rows above or below a body, over those of the frame: no more. What makes the box besides a body is often so small
that it is faint once scaled."""
SPOILT = 0.1
"""Share of the frames with more: none, but in 7 sequences in which scenery makes the box."""
BESIDE = 0.6
"""Share of the frames with a column of black between white ones, or with white at both borders: at most 0.53, but in 7
sequences in which a piece of the scenery stands beside the body."""
REPEATED = 0.4
"""Share of the frames that are the one before once more: none."""
OUTLINE = 0.25
"""Share of the rectangle around the body that is body: at least 0.37."""
LOOKS_TURNED = "the body looks upside down"
LOOKS_WIDE = "the body is as wide as it is high: turned on its side, or not alone"
LOOKS_SHORT = "the body does not reach from the first row to the last: something else that is white makes its box"
LOOKS_BESIDE = "something white stands beside the body: somebody else, a logo or specks"
LOOKS_HOLLOW = "the body looks like an outline that is not filled"
LOOKS_STILL = "frames repeat the one before: a picture, or a film at another rate"
LOOKS_SHUFFLED = "the frames look shuffled, or too far apart in time"
LOOKS_FULL = "the frames are white all over, no body can be told"
LOOKS_LABELLED = "labels of several things are all taken as body"
ADVICE = {
    LOOKS_TURNED: "look at them; turn the images the right way up and prepare again",
    LOOKS_WIDE: "look at them; heads at the top (arrays: T x H x W), one person a frame, white on black; prepare again",
    LOOKS_SHORT: "look at them; erase specks, lines and time stamps, leave no margin, and prepare again",
    LOOKS_BESIDE: "look at them; keep one person a frame, erase what else is white, and prepare again",
    LOOKS_HOLLOW: "look at them; fill the outlines and prepare again",
    LOOKS_STILL: "look at them; keep every picture once and prepare again",
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
_ENOUGH_STEPS = 40
"""Fewer frames hold too few strides to tell quick walking from frames in disorder."""
_ENOUGH = 8
"""Fewer frames say nothing of their order or of what moves."""


def looks(frames: Frames) -> tuple[str, ...]:
    """Warn of normalised frames that look like another thing than a person who walks, a line each."""
    if len(frames) < _ENOUGH or frames.shape[1] < _BANDS:
        return ()
    if frames.min() > 127:
        return (LOOKS_FULL,)
    remarks = _shape(np.asarray(frames > 127))
    still = bool(np.mean((frames[1:] == frames[:-1]).all(axis=(1, 2))) > REPEATED)
    # which way up is told by what moves, and of somebody upright from the first row to the last
    # the change over time is a third of what tells it, and the bands are of a body that fills the frame
    upright = not still and not {LOOKS_WIDE, LOOKS_SHORT}.intersection(remarks)
    remarks += [LOOKS_TURNED] if upright and uprightness(frames) < UPSIDE_DOWN else []
    if still:
        remarks += [LOOKS_STILL]
    elif len(frames) >= _ENOUGH_STEPS and _disorder(frames) > SHUFFLED:
        remarks += [LOOKS_SHUFFLED]
    return tuple(remarks)


def _shape(body: Bool[np.ndarray, "T H W"]) -> list[str]:
    """What is wrong with how far most bodies reach."""
    rows, columns = np.asarray(body.any(axis=2)), np.asarray(body.any(axis=1))
    height, width = rows.sum(axis=1), columns.sum(axis=1)
    shape = body.shape[1:]
    if np.median(width / np.maximum(height, 1)) > WIDE * min(1, shape[1] / shape[0]):
        remarks = [LOOKS_WIDE]
    elif _is_short(rows):
        remarks = [LOOKS_SHORT]
    else:
        remarks = [LOOKS_BESIDE] if np.mean(_apart(columns)) > BESIDE else []
    if np.median(body.sum(axis=(1, 2)) / np.maximum(height * width, 1)) < OUTLINE:
        remarks.append(LOOKS_HOLLOW)
    return remarks


def _is_short(rows: Bool[np.ndarray, "T H"]) -> bool:
    """Whether bodies reach neither from the first row to the last, nor nearly so."""
    margin = MARGIN * rows.shape[1]
    beyond = (rows.argmax(axis=1) > margin) | (rows[:, ::-1].argmax(axis=1) > margin)
    return bool(np.median(_longest(rows)) < REACH * rows.shape[1] or np.mean(beyond) > SPOILT)


def _apart(columns: Bool[np.ndarray, "T W"]) -> Bool[np.ndarray, " T"]:
    """Frames in which columns with body do not hang together, or reach from border to border."""
    # a run of columns starts where one with body follows one without, or at the left border
    starts = columns[:, 0] + (columns[:, 1:] & ~columns[:, :-1]).sum(axis=1)
    return np.asarray((starts > 1) | (columns[:, 0] & columns[:, -1]))


def _longest(rows: Bool[np.ndarray, "T H"]) -> Int64[np.ndarray, " T"]:
    """Measure in each frame the longest run of rows that all hold body."""
    longest = run = np.zeros(len(rows), np.int64)
    for row in rows.T:
        run = np.where(row, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


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
