"""Augmentation: a rectangle becomes background, as behind a post or a bush.

Source: Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, as the field's reference toolkit uses it.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import require_probability, require_range


@dataclass(frozen=True)
class EraseSettings:
    """Say how often a rectangle is erased, and how large it is."""

    probability: float = 0.3
    """Of a clip, or with `per_frame` of a frame. Published: 0.3 (GaitBase on CASIA-B)."""
    area: tuple[float, float] = (0.05, 0.2)
    """The rectangle's share of the frame, drawn uniformly."""
    ratio: float = 0.3
    """Height over width is drawn uniformly from `ratio` to 1 / `ratio`: upright ones are the more frequent."""
    per_frame: bool = False
    """Draw a rectangle for each frame by itself, not one that all frames of a clip share."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        require_range("erase's area", self.area)
        require(0 < self.ratio <= 1, f"erase's ratio is above 0 and at most 1, found {self.ratio}")


@dataclass(frozen=True)
class Erase:
    """Erase one rectangle a clip, or one a frame."""

    settings: EraseSettings

    @property
    def drawn(self) -> bool:
        """Whether the rectangle is drawn: yes, its place and its sides are."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: not with `per_frame`."""
        return not self.settings.per_frame

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance with a rectangle of zeros. Sides longer than the frame's are cut to those."""
        height, width = clip.shape[1:]
        result = clip.copy()
        for frames in result[:, None] if self.settings.per_frame else [result]:
            if generator.random() < self.settings.probability:
                rows, columns = self._rectangle(height, width, generator)
                frames[:, rows, columns] = 0
        return result

    def _rectangle(self, height: int, width: int, generator: np.random.Generator) -> tuple[slice, slice]:
        # the draws keep this order: a seed stands for the clips it gave
        area = generator.uniform(*self.settings.area) * height * width
        ratio = generator.uniform(self.settings.ratio, 1 / self.settings.ratio)
        rows, columns = min(round(sqrt(area * ratio)), height), min(round(sqrt(area / ratio)), width)
        top, left = generator.integers([height - rows, width - columns], endpoint=True)
        return slice(top, top + rows), slice(left, left + columns)


component = Component(EraseSettings, Erase, (Example(), Example({"per_frame": True})))
