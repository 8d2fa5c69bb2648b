"""Which rows of a silhouette a part is about, and which frames a moment: what a network says of its own layers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

STRIDE = 3
"""Frames that the temporal aggregation of gait networks makes one moment of."""


@dataclass(frozen=True)
class PartRows:
    """The parts of one network for clips of one height, and the time that one moment sees."""

    band: Int[np.ndarray, "P 2"]
    """Of each part the first row of the clip it stands for, and the row after the last."""
    field: Int[np.ndarray, "P 2"]
    """Likewise all rows that can change it."""
    branch: tuple[str, ...]
    """Of each part the map it comes from: whole, strips or masked."""
    moments_around: int
    """Moments before and after one that can change what it says."""
    frames_around: int
    """Frames before and after a moment's own that can change them, before they are aggregated."""
    stride: int = STRIDE
    """Frames that one moment is made of; 1 where nothing is aggregated."""

    @property
    def frames_seen(self) -> int:
        """Frames that can change what one moment says."""
        return self.stride * (2 * self.moments_around + 1) + 2 * self.frames_around


@dataclass(frozen=True)
class StackedMaps:
    """A network whose last layer stacks two maps on height: the whole map's above another one.

    The first half of the parts are therefore the bands of the whole map, the second half those of the other, both from
    head to foot: part p and part p + P / 2 stand for the same rows. Layers before let each part also see rows around
    its band: its field. Convolutions are three wide in rows and time, and rows are halved once.
    """

    parts: int
    other: str
    """What the second map is called."""
    strips: int
    """Pieces of the second map that are convolved apart in the last layer."""
    stem: int
    """Convolutions of single frames' neighbourhoods before the temporal aggregation."""
    before_pool: int
    """Layers between the aggregation and the pool that halves the rows."""
    after_pool: int
    """Layers behind it, the last among them."""

    def rows(self, rows: int) -> PartRows:
        """Say which rows each part stands for, in clips of so many rows."""
        parts, after, before = self.parts, self.after_pool, self.stem + self.before_pool
        half, each = rows // 2, rows // parts
        band = np.empty((parts, 2), np.int64)
        field = np.empty((parts, 2), np.int64)
        for part in range(parts):
            local = part >= parts // 2
            low = each * (part - local * (parts // 2))
            high = low + each
            # parts count rows behind the pool, of which each stands for two of the clip
            band[part] = 2 * low, 2 * high
            # the last layer: in a strip, its zeros stop what comes from beyond; the layers before add whole and local
            # maps, and are as wide as the whole
            low, high = _widened(low, high, half // self.strips if local else half)
            low, high = max(0, low - (after - 1)), min(half, high + after - 1)
            field[part] = max(0, 2 * low - before), min(rows, 2 * high + before)
        branch = ("whole",) * (parts // 2) + (self.other,) * (parts - parts // 2)
        return PartRows(band, field, branch, self.before_pool + after, self.stem)


def _widened(low: int, high: int, strip: int) -> tuple[int, int]:
    """A row more on either side, but not out of the strip that the row is in."""
    return max(low - 1, low // strip * strip), min(high + 1, ((high - 1) // strip + 1) * strip)
