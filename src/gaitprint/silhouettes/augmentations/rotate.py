"""Augmentation: turn the picture, as seen by a camera that hangs askew."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import require_probability, warp


@dataclass(frozen=True)
class RotateSettings:
    """Say how often clips are turned, and how far."""

    probability: float = 0.2
    """Of a clip. Published: 0.2 (GaitBase on GREW and Gait3D), 0.3 (on CASIA-B)."""
    degrees: float = 10.0
    """The angle is drawn uniformly from minus to plus this."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        require(0 <= self.degrees <= 180, f"rotate's degrees are from 0 to 180, found {self.degrees}")


@dataclass(frozen=True)
class Rotate:
    """Turn all frames of a clip by one angle.

    About the clip's middle. The reference toolkit takes height and width of the middle for one another, and so moves
    a clip of 64 x 44 besides, by up to 2.5 pixels.
    """

    settings: RotateSettings

    @property
    def drawn(self) -> bool:
        """Whether the angle is drawn: yes."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: yes."""
        return True

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, turned by chance; positive angles anticlockwise."""
        if generator.random() >= self.settings.probability:
            return clip
        angle = generator.uniform(-self.settings.degrees, self.settings.degrees)
        height, width = clip.shape[1:]
        return warp(clip, cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1))


component = Component(RotateSettings, Rotate)
