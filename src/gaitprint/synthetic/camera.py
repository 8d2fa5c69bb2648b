"""From solids in space to silhouettes: cameras that look a little down, far away as in the recordings, or near."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from gaitprint.synthetic.raster import ROWS, SIZE, Discs, draw_frames
from gaitprint.synthetic.solids import Solids

Seen = Float64[np.ndarray, "K V T"]

PITCH = 5.0
"""Degrees by which the cameras look down, as a rule."""


@dataclass(frozen=True)
class Camera:
    """From where a walk is seen."""

    view: float
    """Degrees at the first frame: 0 sees the walker come, 90 the left side, 180 the back."""
    pitch: float = PITCH
    """Degrees by which it looks down."""
    distance: float = math.inf
    """From the middle of the pelvis, in body heights; what is nearer looks larger. Infinite: nothing does."""
    turn: float = 0.0
    """Degrees a frame by which the view changes, as of somebody who walks past or along a curve."""


def photograph(
    solids: Solids, cameras: tuple[Camera, ...], raggedness: Float32[np.ndarray, "2 V T R"]
) -> UInt8[np.ndarray, "V T 64 64"]:
    """Normalised silhouettes of one walk from several cameras.

    Args:
        solids: the body over time.
        cameras: from where.
        raggedness: pixels by which the outline is wrong, left and right, on each half row.
    """
    starts, ends = aim(solids, cameras)
    frames = draw_frames(starts, ends, solids.groups, raggedness.reshape(2, -1, SIZE * ROWS))
    return frames.reshape(len(cameras), -1, SIZE, SIZE)


def aim(solids: Solids, cameras: tuple[Camera, ...]) -> tuple[Discs, Discs]:
    """Both ends of the capsules as discs, views and frames in one row, scaled so that the body fills the height."""
    sight = stand(cameras, solids.starts.shape[1])
    seen = (look(solids.starts, solids.start_radii, sight), look(solids.ends, solids.end_radii, sight))
    top = np.maximum(*(up + radius for _, up, radius in seen)).max(axis=0)
    bottom = np.minimum(*(up - radius for _, up, radius in seen)).min(axis=0)
    # for each view and frame by itself, as the normalisation of real silhouettes scales every frame
    scale = SIZE / (top - bottom)
    starts, ends = (
        Discs(*(_flat(a) for a in (right * scale, (top - up) * scale, radius * scale))) for right, up, radius in seen
    )
    return starts, ends


class Sight(NamedTuple):
    """How V cameras stand at every one of T frames."""

    sine: Float64[np.ndarray, "V T"]
    cosine: Float64[np.ndarray, "V T"]
    """Of the angle from the walker's front."""
    lower: Float64[np.ndarray, "V 1"]
    level: Float64[np.ndarray, "V 1"]
    """Sine and cosine of the angle down."""
    distance: Float64[np.ndarray, "V 1"]


def stand(cameras: tuple[Camera, ...], count: int) -> Sight:
    """The cameras over `count` frames."""
    frames = range(count)
    # One angle at a time: the last bit of a vector's sine may depend on the vector's length.
    angles = [[math.radians(c.view + c.turn * t) for t in (frames if c.turn else frames[:1])] for c in cameras]
    sine, cosine = (_rows([[f(a) for a in row] for row in angles], len(frames)) for f in (math.sin, math.cos))
    down = [math.radians(c.pitch) for c in cameras]
    lower, level = (np.array([[f(a)] for a in down]) for f in (math.sin, math.cos))
    return Sight(sine, cosine, lower, level, np.array([[c.distance] for c in cameras]))


def look(
    points: Float64[np.ndarray, "K T 3"], radii: Float64[np.ndarray, " K"], sight: Sight
) -> tuple[Seen, Seen, Seen]:
    """Right and up in the image, and radius, of balls."""
    sine, cosine, lower, level, distance = sight
    x, y, z = (points[:, None, :, i] for i in range(3))
    right = -sine * x + cosine * y
    near = cosine * x + sine * y
    up = level * z - lower * near
    # along the line of sight; at an infinite distance the factor is exactly 1
    depth = level * near + lower * z
    larger = 1.0 / (1.0 - depth / distance)
    return right * larger, up * larger, radii[:, None, None] * larger


def _rows(values: list[list[float]], frames: int) -> Float64[np.ndarray, "V T"]:
    """One value a frame, of each camera; a camera that stands still has but one."""
    return np.array([row * (frames if len(row) == 1 else 1) for row in values])


def _flat(values: Seen) -> Float32[np.ndarray, "K F"]:
    """Views and frames in one row."""
    return values.reshape(len(values), -1).astype(np.float32)
