"""Augmentation: scale, shear, turn and move a little, all at once."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import frame_points, require_probability, warp

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
"""Of the uncut frame: (x, y) of top left, top right, bottom left."""
INWARD = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
"""The direction in which each corner moves."""


@dataclass(frozen=True)
class AffineSettings:
    """Say how often clips are changed, and how far corners move."""

    probability: float = 0.2
    """Of a clip. Published: 0.2 (GaitSSB)."""
    shift: float = 10 / 64
    """Three corners of the uncut frame are moved inwards by up to this share of its side, before and after the map."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        # from a third on the three points can lie on a line
        require(0 <= self.shift <= 0.25, f"affine's shift is from 0 to 0.25, found {self.shift}")


@dataclass(frozen=True)
class Affine:
    """Map all frames of a clip alike: three points near the corners go to three others."""

    settings: AffineSettings

    @property
    def drawn(self) -> bool:
        """Whether the map is drawn: yes, its six points are."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: yes."""
        return True

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance under an affine map."""
        if generator.random() >= self.settings.probability:
            return clip
        height, width = clip.shape[1:]
        # three points where the map begins and three where it ends, in one draw: a seed stands for the clips it gave
        moved = CORNERS + INWARD * generator.uniform(0, self.settings.shift, (2, 3, 2))
        before, after = (frame_points(points, height, width) for points in moved)
        return warp(clip, cv2.getAffineTransform(before, after))


component = Component(AffineSettings, Affine)
