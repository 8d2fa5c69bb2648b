"""Augmentation: draw the sides apart, above and below by different amounts, as a camera further up or aside does."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import frame_points, require_probability, warp

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
"""Of the uncut frame: (x, y) of top left, top right, bottom right, bottom left."""
INWARD = np.array([1.0, -1.0, -1.0, 1.0])
"""The direction along x in which each corner moves."""


@dataclass(frozen=True)
class PerspectiveSettings:
    """Say how often clips are changed, and how far corners move."""

    probability: float = 0.2
    """Of a clip. Published: 0.2 (GaitBase on GREW and Gait3D, GaitSSB)."""
    inset: float = 10 / 64
    """A corner of the picture comes from up to this far inside the uncut frame, a share of its width."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        require(0 <= self.inset <= 0.4, f"perspective's inset is from 0 to 0.4, found {self.inset}")


@dataclass(frozen=True)
class Perspective:
    """Map all frames of a clip alike: four points on the upper and lower edge go to the corners."""

    settings: PerspectiveSettings

    @property
    def drawn(self) -> bool:
        """Whether the map is drawn: yes, its four points are."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: yes."""
        return True

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance in another perspective."""
        if generator.random() >= self.settings.probability:
            return clip
        height, width = clip.shape[1:]
        source = CORNERS.copy()
        source[:, 0] += INWARD * generator.uniform(0, self.settings.inset, 4)
        before, after = frame_points(source, height, width), frame_points(CORNERS, height, width)
        return warp(clip, cv2.getPerspectiveTransform(before, after))


component = Component(PerspectiveSettings, Perspective)
