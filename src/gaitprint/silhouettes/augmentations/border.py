"""Augmentation: the first or the last frames lack a head or feet, as those of people who come too near a camera do.

What the picture's border hides is missing, and the normalisation lets the rest fill the height: the figure swells while
it leaves. On CASIA-B this is so in a quarter of the walks of the views 018 to 054.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import cut_rows, require_probability, require_range


@dataclass(frozen=True)
class BorderSettings:
    """Say how often the border cuts a walk off, for how long and how deep."""

    probability: float = 0.3
    """Of a clip."""
    frames: tuple[int, int] = (2, 6)
    """For how many frames, at one end of the clip; drawn uniformly, both included."""
    deepest: tuple[float, float] = (1 / 16, 1 / 4)
    """The share of the height that the outermost frame lacks, drawn uniformly; the others lack less and less."""
    feet: float = 0.5
    """Of missing feet; otherwise it is the head that is missing."""

    def __post_init__(self) -> None:
        require_probability(self.probability)
        require_probability(self.feet)
        require_range("border's deepest", self.deepest)
        require(self.deepest[1] <= 0.5, f"border's deepest is at most 0.5, found {self.deepest[1]}")
        require(
            1 <= self.frames[0] <= self.frames[1],
            f"border's frames are two counts, at least 1 and in order, found {self.frames}",
        )


@dataclass(frozen=True)
class Border:
    """Cut one end of a clip off, deeper towards the end."""

    settings: BorderSettings

    @property
    def drawn(self) -> bool:
        """Whether the change is drawn: yes, end, length and depth are."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: no, most are not changed."""
        return False

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance with an end that the border cuts off."""
        if generator.random() >= self.settings.probability:
            return clip
        first, feet = generator.random() < 0.5, generator.random() < self.settings.feet
        count = int(generator.integers(self.settings.frames[0], self.settings.frames[1] + 1))
        deepest = generator.uniform(*self.settings.deepest)
        result = clip.copy()
        for i in range(min(count, len(clip))):
            t = i if first else len(clip) - 1 - i
            rows = round(clip.shape[1] * deepest * (count - i) / count)
            result[t] = cut_rows(clip[t], rows, feet)
        return result


component = Component(BorderSettings, Border)
