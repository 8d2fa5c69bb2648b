"""From solids in space to silhouettes: a far camera that looks a little down, as in the published recordings."""

import math

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from gaitprint.synthetic.raster import ROWS, SIZE, Discs, draw_frames
from gaitprint.synthetic.solids import Solids

Seen = Float64[np.ndarray, "K V T"]

PITCH = 5.0
"""Degrees by which the cameras look down, as a rule."""


def photograph(
    solids: Solids, views: tuple[float, ...], raggedness: Float32[np.ndarray, "2 V T R"], pitch: float = PITCH
) -> UInt8[np.ndarray, "V T 64 64"]:
    """Normalised silhouettes of one walk from several cameras.

    Args:
        solids: the body over time.
        views: camera angles in degrees: 0 sees the walker come, 90 the left side, 180 the back.
        raggedness: pixels by which the outline is wrong, left and right, on each half row.
        pitch: degrees by which the camera looks down.
    """
    starts, ends = aim(solids, views, pitch)
    frames = draw_frames(starts, ends, solids.groups, raggedness.reshape(2, -1, SIZE * ROWS))
    return frames.reshape(len(views), -1, SIZE, SIZE)


def aim(solids: Solids, views: tuple[float, ...], pitch: float) -> tuple[Discs, Discs]:
    """Both ends of the capsules as discs, views and frames in one row, scaled so that the body fills the height."""
    seen = (_look(solids.starts, solids.start_radii, views, pitch), _look(solids.ends, solids.end_radii, views, pitch))
    top = np.maximum(*(up + radius for _, up, radius in seen)).max(axis=0)
    bottom = np.minimum(*(up - radius for _, up, radius in seen)).min(axis=0)
    # for each view and frame by itself, as the normalisation of real silhouettes scales every frame
    scale = SIZE / (top - bottom)
    starts, ends = (
        Discs(*(_flat(a) for a in (right * scale, (top - up) * scale, radius * scale))) for right, up, radius in seen
    )
    return starts, ends


def _look(
    points: Float64[np.ndarray, "K T 3"], radii: Float64[np.ndarray, " K"], views: tuple[float, ...], pitch: float
) -> tuple[Seen, Seen, Float64[np.ndarray, "K 1 1"]]:
    """Right and up in the image, and radius, of balls."""
    # One angle at a time: the last bit of a vector's sine may depend on the vector's length.
    sine = np.array([[math.sin(math.radians(v))] for v in views])
    cosine = np.array([[math.cos(math.radians(v))] for v in views])
    down = math.radians(pitch)
    x, y, z = (points[:, None, :, i] for i in range(3))
    right = -sine * x + cosine * y
    near = cosine * x + sine * y
    # orthographic: the camera is so far away that nearness changes no size
    return right, math.cos(down) * z - math.sin(down) * near, radii[:, None, None]


def _flat(values: Seen) -> Float32[np.ndarray, "K F"]:
    """Views and frames in one row."""
    return values.reshape(len(values), -1).astype(np.float32)
