"""Augmentation: mirror left to right. View v then looks like view 180 - v."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.silhouettes.augmenting import require_probability


@dataclass(frozen=True)
class FlipSettings:
    """Say how often clips are mirrored."""

    probability: float = 0.2
    """Of a clip. Published: 0.2 (GaitBase on GREW and Gait3D), 0.5 (GaitSSB)."""

    def __post_init__(self) -> None:
        require_probability(self.probability)


@dataclass(frozen=True)
class Flip:
    """Mirror all frames of a clip, or none."""

    settings: FlipSettings

    @property
    def drawn(self) -> bool:
        """Whether the change is drawn: no, there is one mirror image."""
        return False

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: yes."""
        return True

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, mirrored by chance."""
        if generator.random() >= self.settings.probability:
            return clip
        return clip[:, :, ::-1].copy()


component = Component(FlipSettings, Flip)
