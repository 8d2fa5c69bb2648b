"""From solids in space to silhouettes: a far camera that looks a little down, as in the published recordings."""

import numpy as np
from jaxtyping import Float32, UInt8

from gaitprint.datasets._walker_raster import ROWS, SIZE, draw_frames
from gaitprint.datasets._walker_solids import Solids

_PITCH = np.radians(5.0)


def photograph(
    solids: Solids, views: tuple[float, ...], raggedness: Float32[np.ndarray, "2 V T R"]
) -> UInt8[np.ndarray, "V T 64 64"]:
    """Normalised silhouettes of one walk from several cameras.

    Args:
        solids: the body over time.
        views: camera angles in degrees: 0 sees the walker come, 90 his left side, 180 his back.
        raggedness: pixels by which the outline is wrong, left and right, on each half row.
    """
    starts, ends = [_look(points, views) for points in (solids.starts, solids.ends)]
    r0, r1 = (r[:, None, None] for r in (solids.start_radii, solids.end_radii))
    top = np.maximum(starts[1] + r0, ends[1] + r1).max(axis=0)
    bottom = np.minimum(starts[1] - r0, ends[1] - r1).min(axis=0)
    scale = SIZE / (top - bottom)

    def in_pixels(points: tuple[np.ndarray, np.ndarray], radii: np.ndarray) -> tuple[Float32[np.ndarray, "K F"], ...]:
        u, v = points
        placed = (u * scale, (top - v) * scale, radii * scale)
        return tuple(a.reshape(len(a), -1).astype(np.float32) for a in placed)

    frames = draw_frames(
        in_pixels(starts, r0), in_pixels(ends, r1), solids.groups, raggedness.reshape(2, -1, SIZE * ROWS)
    )
    return frames.reshape(len(views), -1, SIZE, SIZE)


def _look(points: np.ndarray, views: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Right and up in the image [K V T] of points [K T 3]."""
    angle = np.radians(np.array(views))[:, None]
    x, y, z = (points[:, None, :, i] for i in range(3))
    right = -np.sin(angle) * x + np.cos(angle) * y
    near = np.cos(angle) * x + np.sin(angle) * y
    return right, np.cos(_PITCH) * z - np.sin(_PITCH) * near
