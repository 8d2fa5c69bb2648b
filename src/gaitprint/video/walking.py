"""Whether somebody walks: their place in the picture changes, or, where it hardly does, their legs make steps.

People who stand, sit or exercise are people to a detector and differ from the empty scene, so nothing before tells them
from walkers.
"""

import math

import numpy as np
from jaxtyping import Float64, Int

from gaitprint.types import Frames

STRIDE = (0.7, 1.7)
"""Seconds that two steps take: 70 to 170 steps a minute."""
SWING = 0.05
"""How much legs change in steps, see `leg_swing`: 0.056 at least in 11 views of CASIA-B, seen from the front."""
BOB = 0.04
"""How much a walker's height may change beside its trend, as a deviation: 0.01 to 0.03 with the noise of masks; arms
that go overhead and knees that bend make it 0.06 and more."""
_LAG = 1.0
"""Seconds over which speed is measured: swaying goes back and forth within them."""
_NEAR = 2
"""Frames to either side whose median takes off what single masks are off by."""


def speed_in_picture(boxes: Int[np.ndarray, "T 4"], seconds: Float64[np.ndarray, " T"]) -> float:
    """Body heights a second by which the middle of the feet moves in the picture, most of the time; NaN for one moment.

    It is the median over time of the way within a second, or within two thirds of a shorter stretch. Who comes straight
    towards a camera moves little in its picture.

    Args:
        boxes: x, y, width, height of the body in pixels.
        seconds: when each was seen, rising.
    """
    x, y, width, height = boxes.astype(np.float64).T
    feet = np.stack([x + width / 2, y + height], axis=1) / np.median(height)
    padded = np.pad(feet, ((_NEAR, _NEAR), (0, 0)), mode="edge")
    feet = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1, axis=0), axis=-1)
    lag = min(_LAG, (seconds[-1] - seconds[0]) * 2 / 3)
    # times are rounded, and a second later is one frame as well as the next
    later = np.searchsorted(seconds, seconds + lag - 1e-6)
    first = np.flatnonzero((later < len(seconds)) & (later > np.arange(len(seconds))))
    if not len(first):
        return math.nan
    later = later[first]
    return float(np.median(np.linalg.norm(feet[later] - feet[first], axis=1) / (seconds[later] - seconds[first])))


def leg_swing(frames: Frames) -> float:
    """The variance over time in the lower half, as a share of what is body there: 0 stands still, 0.3 walks past."""
    lower = frames[:, frames.shape[1] // 2 :].reshape(len(frames), -1) / 255.0
    return float(lower.var(axis=0).sum() / max(float(lower.mean(axis=0).sum()), 1e-9))


def bobbing(boxes: Int[np.ndarray, "T 4"], seconds: Float64[np.ndarray, " T"]) -> float:
    """Deviation of the body's height from its trend, as a share of it: who comes nearer grows, and bobs no more."""
    basis = np.stack([np.ones(len(seconds)), seconds - seconds.mean()], axis=1)
    height = np.log(boxes[:, 3].astype(np.float64))
    return float((height - basis @ np.linalg.lstsq(basis, height, rcond=None)[0]).std())


def walks(
    frames: Frames, boxes: Int[np.ndarray, "T 4"], seconds: Float64[np.ndarray, " T"], period: float, least: float
) -> bool:
    """Whether somebody moves in the picture fast enough, or makes steps on the spot or towards the camera.

    Args:
        frames: normalised.
        boxes: x, y, width, height of the body of each in pixels.
        seconds: when each was seen, rising.
        period: frames of two steps; NaN where there is no clear one, which takes 20 frames.
        least: speed in body heights a second.
    """
    speed = speed_in_picture(boxes, seconds)
    if math.isnan(speed) or speed >= least:
        return True
    stride = period * float(np.median(np.diff(seconds)))
    return STRIDE[0] <= stride <= STRIDE[1] and leg_swing(frames) >= SWING and bobbing(boxes, seconds) <= BOB
