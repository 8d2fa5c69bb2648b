"""Augmentation: blur a band of the body and make it black and white again, as a careless segmentation does.

Source: Fan et al., "Learning Gait Representation from Massive Unlabelled Walking Videos: A Benchmark", TPAMI 2023.
"""

from dataclasses import dataclass
from math import log, sqrt

import cv2
import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import draw_rows, require_probability, require_range

SIGMA = 1 / sqrt(2 * log(2))
"""Of a Gauss curve that has halved after one step: at a reach of one pixel its weights are 1/4, 1/2, 1/4."""


@dataclass(frozen=True)
class PartBlurSettings:
    """Say how often a band is blurred, which rows and how far, and what stays body."""

    probability: float = 0.2
    """Of a clip, or with `per_frame` of a frame. Published: 0.2 (GaitSSB)."""
    top: tuple[float, float] = (9 / 64, 20 / 64)
    """The band's first row, drawn uniformly; shares of the height."""
    bottom: tuple[float, float] = (39 / 64, 50 / 64)
    """The row below the band."""
    reach: float = 1 / 64
    """How far the blur reaches, a share of the height; a pixel at least."""
    threshold: float = 0.2
    """What is above this after blurring becomes 1, the rest 0."""
    per_frame: bool = False
    """Draw chance and band for each frame by itself, not once for all frames of a clip."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        require_range("part-blur's top", self.top)
        require_range("part-blur's bottom", self.bottom, self.top[1])
        require(0 < self.reach <= 0.1, f"part-blur's reach is above 0 and at most 0.1, found {self.reach}")
        require(0 <= self.threshold < 1, f"part-blur's threshold is from 0 to below 1, found {self.threshold}")


@dataclass(frozen=True)
class PartBlur:
    """Blur one band a clip, or one a frame; rows outside the band neither change nor blur into it."""

    settings: PartBlurSettings

    @property
    def drawn(self) -> bool:
        """Whether the change is drawn: yes, the rows of the band are."""
        return True

    @property
    def frames_alike(self) -> bool:
        """All frames, or none."""
        return True

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance with a blurred band."""
        result = clip.copy()
        height = clip.shape[1]
        reach = max(1, round(self.settings.reach * height))
        side = 2 * reach + 1
        for frames in result[:, None] if self.settings.per_frame else [result]:
            if generator.random() >= self.settings.probability:
                continue
            rows = draw_rows(self.settings.top, self.settings.bottom, height, generator)
            # OpenCV takes a view for a whole image, so the band's edges are borders, and nothing comes in from beyond
            # them
            for band in frames[:, rows]:
                if band.size:
                    band[:] = cv2.GaussianBlur(band, (side, side), SIGMA * reach) > self.settings.threshold
        return result


component = Component(PartBlurSettings, PartBlur)
