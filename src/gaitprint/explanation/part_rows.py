"""Which rows of a silhouette a part is about, and which frames a moment: read off the layers of a network.

Both networks end in a layer that stacks two maps on height, the whole map's above the one of strips (GaitGL) or masks
(GaitMask). The first half of the parts are therefore the bands of the first map, the second half those of the other,
both from head to foot: part p and part p + P / 2 stand for the same rows. Layers before let each part also see rows
around its band: its field.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from torch import nn

from gaitprint.errors import ConfigError
from gaitprint.networks.gaitgl import GaitGL
from gaitprint.networks.gaitmask import GaitMask

STRIDE = 3
"""Frames that the temporal aggregation makes one moment of."""


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
    """Frames before and after a moment's three that can change them, before they are aggregated."""

    @property
    def frames_seen(self) -> int:
        """Frames that can change what one moment says."""
        return STRIDE * (2 * self.moments_around + 1) + 2 * self.frames_around


def part_rows(network: nn.Module, rows: int) -> PartRows:
    """The parts of a network for clips of so many rows.

    Raises:
        ConfigError: a network of which nobody said where its parts are.
    """
    if isinstance(network, GaitGL):
        strips, other, before = network.strips, "strips", len(network.stem) + len(network.before_pool)
    elif isinstance(network, GaitMask):
        strips, other, before = 1, "masked", 1 + len(network.before_pool)
    else:
        raise ConfigError(
            f"explaining needs to know which rows a part is about: known for gaitgl and gaitmask, found "
            f"{type(network).__module__}"
        )
    parts, after = network.settings.height, len(network.after_pool)
    half = rows // 2
    each = rows // parts
    band = np.empty((parts, 2), np.int64)
    field = np.empty((parts, 2), np.int64)
    for part in range(parts):
        local = part >= parts // 2
        low = each * (part - local * (parts // 2))
        high = low + each
        band[part] = 2 * low, 2 * high
        low, high = _widened(low, high, half // strips if local else half)
        low, high = max(0, low - (after - 1)), min(half, high + after - 1)
        field[part] = max(0, 2 * low - before), min(rows, 2 * high + before)
    branch = ("whole",) * (parts // 2) + (other,) * (parts - parts // 2)
    return PartRows(band, field, branch, len(network.before_pool) + after, before - len(network.before_pool))


def _widened(low: int, high: int, strip: int) -> tuple[int, int]:
    """A row more on either side, but not out of the strip that the row is in."""
    return max(low - 1, low // strip * strip), min(high + 1, ((high - 1) // strip + 1) * strip)
