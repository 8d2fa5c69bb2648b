"""Augmentation: thicken a band of the body, as a coat does.

Source: Fan et al., "Learning Gait Representation from Massive Unlabelled Walking Videos: A Benchmark", TPAMI 2023.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import draw_rows, require_probability, require_range

KERNELS = (
    *((cv2.MORPH_RECT, size) for size in ((2, 1), (2, 2), (1, 2))),
    *((cv2.MORPH_CROSS, size) for size in ((1, 1), (1, 2), (2, 1))),
    *((cv2.MORPH_ELLIPSE, size) for size in ((1, 1), (1, 2), (2, 1))),
)
"""Shape, and how many steps of `reach` it goes aside and up; each is as likely as the others."""


@dataclass(frozen=True)
class PartDilateSettings:
    """Say how often a band is thickened, which rows, and how far."""

    probability: float = 0.2
    """Of a clip. Published: 0.2 (GaitSSB)."""
    top: tuple[float, float] = (9 / 64, 20 / 64)
    """The band's first row, drawn uniformly; shares of the height."""
    bottom: tuple[float, float] = (39 / 64, 50 / 64)
    """The row below the band."""
    reach: float = 1 / 64
    """A step, a share of the height: the body grows by one or two of them, and by a pixel at least."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        require_range("part-dilate's top", self.top)
        require_range("part-dilate's bottom", self.bottom, self.top[1])
        require(0 < self.reach <= 0.1, f"part-dilate's reach is above 0 and at most 0.1, found {self.reach}")


@dataclass(frozen=True)
class PartDilate:
    """Dilate one band of all frames of a clip by one kernel; rows outside neither change nor grow into it."""

    settings: PartDilateSettings

    @property
    def drawn(self) -> bool:
        """Whether the change is drawn: yes, the rows and the kernel are."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: yes."""
        return True

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance with a thicker band."""
        if generator.random() >= self.settings.probability:
            return clip
        height = clip.shape[1]
        shape, steps = KERNELS[generator.integers(len(KERNELS))]
        rows = draw_rows(self.settings.top, self.settings.bottom, height, generator)
        kernel = cv2.getStructuringElement(
            shape, [2 * max(1, round(n * self.settings.reach * height)) + 1 for n in steps]
        )
        result = clip.copy()
        for band in result[:, rows]:
            if band.size:
                band[:] = cv2.dilate(band, kernel)
        return result


component = Component(PartDilateSettings, PartDilate)
