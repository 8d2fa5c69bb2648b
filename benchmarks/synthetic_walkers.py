"""Claim: synthetic walkers are drawn at more than 1,000 frames a second on one core.

Run: OMP_NUM_THREADS=1 python benchmarks/synthetic_walkers.py

The yardstick is the plain way to draw the same figures with the same 2 x 4 points a pixel: for every frame and every
capsule the distance of all points of the frame to the hull of its two discs, then the package's normalisation.
Times are the processor's, so that other work on the machine counts little; both sides are measured in turn.
"""

from time import process_time

import numpy as np

from gaitprint.datasets.synthetic import SyntheticSettings, walk_once, walkers
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.synthetic.camera import Camera, aim, photograph
from gaitprint.synthetic.raster import COLUMNS, ROWS, SIZE
from gaitprint.synthetic.solids import Solids

Disc = tuple[float, float, float]
VIEWS = (0.0, 54.0, 90.0)
CAMERAS = tuple(Camera(view) for view in VIEWS)


def distance_to_hull(x: np.ndarray, y: np.ndarray, start: Disc, end: Disc) -> np.ndarray:
    """Signed distance of points to the hull of two discs (x, y, radius); negative inside."""
    (x0, y0, r0), (x1, y1, r1) = start, end
    dx, dy = x1 - x0, y1 - y0
    length = np.hypot(dx, dy)
    first, second = np.hypot(x - x0, y - y0) - r0, np.hypot(x - x1, y - y1) - r1
    if length <= abs(r0 - r1):
        return np.minimum(first, second)
    along = ((x - x0) * dx + (y - y0) * dy) / length
    across = np.abs((x - x0) * dy - (y - y0) * dx) / length
    sine = (r0 - r1) / length
    cosine = np.sqrt(1 - sine * sine)
    place = along * cosine - across * sine
    return np.where(place < 0, first, np.where(place > length * cosine, second, along * sine + across * cosine - r0))


def draw_plainly(solids: Solids) -> np.ndarray:
    """The frames of one walk from VIEWS, uint8 [V * T, 64, 64]."""
    starts, ends = aim(solids, CAMERAS)
    x = ((np.arange(SIZE * COLUMNS) + 0.5) / COLUMNS - SIZE / 2)[None, :]
    y = ((np.arange(SIZE * ROWS) + 0.5) / ROWS)[:, None]
    frames = []
    for f in range(starts.x.shape[1]):
        inside = np.zeros((SIZE * ROWS, SIZE * COLUMNS), bool)
        for group in solids.groups:
            part = np.zeros_like(inside)
            for k in group:
                start, end = (tuple(float(a[k, f]) for a in discs) for discs in (starts, ends))
                part |= distance_to_hull(x, y, start, end) < 0
            inside |= np.logical_or.accumulate(part, axis=1) & np.logical_or.accumulate(part[:, ::-1], axis=1)[:, ::-1]
        share = inside.reshape(SIZE, ROWS, SIZE, COLUMNS).mean(axis=(1, 3))
        frames.append(np.rint(share * 255).astype(np.uint8))
    return normalize_sequence(frames).frames


def main() -> None:
    """Print both speeds, their ratio, and how far the pictures are apart."""
    solids = walk_once(0, 1, "nm-01", 10)
    settings = SyntheticSettings(subjects=2)
    all_frames = settings.frames * len(settings.views) * len(settings.conditions) * settings.subjects
    fast, plain = [], []
    for _ in range(3):
        start = process_time()
        for _ in walkers(settings):
            pass
        middle = process_time()
        drawn = draw_plainly(solids)
        fast.append(all_frames / (middle - start))
        plain.append(len(drawn) / (process_time() - middle))
    smooth = photograph(solids, CAMERAS, np.zeros((2, len(VIEWS), 10, SIZE * ROWS), np.float32)).reshape(drawn.shape)
    nearest = [np.abs(np.roll(drawn, s, axis=2).astype(float) - smooth).mean(axis=(1, 2)) for s in (-1, 0, 1)]
    print(f"walkers(): {np.median(fast):,.0f} frames/s, everything included (median of three)")
    print(f"plain distances to every capsule, a frame at a time: {np.median(plain):,.0f} frames/s")
    print(f"ratio: {np.median(fast) / np.median(plain):.0f}")
    print(f"mean difference of the pictures, centred by different steps: {np.min(nearest, axis=0).mean():.2f} of 255")


if __name__ == "__main__":
    main()
