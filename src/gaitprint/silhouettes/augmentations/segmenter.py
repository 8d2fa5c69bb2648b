"""Augmentation: the faults of segmenters, as cameras' silhouettes have them and drawn or studio ones have not.

Outlines that are too wide or too narrow, low resolution, holes, feet or a head that are missing (what is left fills the
frame, as the normalisation makes it), figures off the middle, and stains such as shadows that hang on the body. Each is
drawn by itself; holes, cuts and stains come for a while and go, as they do in video. Lengths are shares of the height.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.silhouettes.augmenting import cut_rows, require_probability

_DEEPEST_CUT = 0.10
_LARGEST_HOLE, _LARGEST_STAIN = 0.07, 0.10
_WIDEST_BLUR = 0.02
_COARSEST = 2.5
"""Pixels that become one."""
_FARTHEST = 0.04


@dataclass(frozen=True)
class SegmenterSettings:
    """Say how often a clip is degraded, and how often one that is has each fault; one at least."""

    probability: float = 0.6
    """Of a clip."""
    outline: float = 0.5
    """Of an outline that is too wide or too narrow: blurred, and cut at another level than the middle."""
    coarse: float = 0.3
    """Of a low resolution, up to 2.5 pixels in one."""
    holes: float = 0.4
    """Of one to three holes."""
    cut: float = 0.25
    """Of missing feet or a missing head, up to a tenth of the height."""
    shift: float = 0.25
    """Of frames that are off the middle by up to 0.04 of the height."""
    stain: float = 0.2
    """Of something that hangs on the lower body, such as a shadow."""

    def __post_init__(self) -> None:
        for probability in (self.probability, *self.faults):
            require_probability(probability)
        require(any(self.faults), "segmenter needs a fault whose probability is above 0: leave it out instead")

    @property
    def faults(self) -> tuple[float, ...]:
        """The probabilities of the faults, in the order in which they arise in a camera's chain."""
        return (self.holes, self.stain, self.coarse, self.outline, self.cut, self.shift)


@dataclass(frozen=True)
class Segmenter:
    """Degrade a clip; frame by frame where the fault of a real segmenter would change from frame to frame."""

    settings: SegmenterSettings

    @property
    def drawn(self) -> bool:
        """Whether the change is drawn: yes, every fault is."""
        return True

    @property
    def frames_alike(self) -> bool:
        """Whether all frames of a clip are changed alike: no."""
        return False

    def __call__(
        self, clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator
    ) -> Float32[np.ndarray, "T H W"]:
        """The clip, by chance with faults."""
        if generator.random() >= self.settings.probability:
            return clip
        shares = np.array(self.settings.faults)
        drawn = generator.random(len(shares)) < shares
        if not drawn.any():
            drawn[generator.choice(len(shares), p=shares / shares.sum())] = True
        result = clip.copy()
        for fault, on in zip((_holes, _stain, _coarse, _outline, _cut, _shift), drawn, strict=True):
            if on:
                fault(result, generator)
        return result


def _while(frames: int, generator: np.random.Generator) -> range:
    """Frames that follow each other, for which a fault lasts."""
    lasts = int(generator.integers(1, frames + 1))
    start = int(generator.integers(0, frames - lasts + 1))
    return range(start, start + lasts)


def _ellipse(frame: np.ndarray, centre: tuple[float, float], axes: tuple[float, float], colour: float) -> None:
    x, y = (round(v) for v in centre)
    cv2.ellipse(frame, (x, y), (max(1, round(axes[0])), max(1, round(axes[1]))), 0.0, 0.0, 360.0, colour, -1)


def _holes(clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
    height, width = clip.shape[1:]
    for _ in range(generator.integers(1, 4)):
        place = np.array([generator.uniform(0.25, 0.75) * width, generator.uniform(0.1, 0.95) * height])
        axes = generator.uniform(0.015, _LARGEST_HOLE, 2) * height
        for t in _while(len(clip), generator):
            # what hides the body stands still or moves, but not with the body
            place += generator.normal(0.0, 0.008 * height, 2)
            _ellipse(clip[t], (place[0], place[1]), (axes[0], axes[1]), 0.0)


def _stain(clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
    height, width = clip.shape[1:]
    side = 1.0 if generator.random() < 0.5 else -1.0
    place = (width * (0.5 + side * generator.uniform(0.1, 0.4)), height * generator.uniform(0.75, 1.0))
    axes = (height * generator.uniform(0.02, _LARGEST_STAIN), height * generator.uniform(0.01, 0.05))
    for t in _while(len(clip), generator):
        _ellipse(clip[t], place, axes, 1.0)


def _coarse(clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
    height, width = clip.shape[1:]
    factor = generator.uniform(1.2, _COARSEST)
    small = (max(1, round(width / factor)), max(1, round(height / factor)))
    for frame in clip:
        frame[:] = cv2.resize(cv2.resize(frame, small, interpolation=cv2.INTER_AREA), (width, height))
    np.clip(clip, 0, 1, out=clip)


def _outline(clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
    sigma = generator.uniform(0.3, 1.0) * _WIDEST_BLUR * clip.shape[1]
    level, sharpness = generator.uniform(0.25, 0.75), generator.uniform(3.0, 14.0)
    for frame in clip:
        # a level off the middle moves the edge by up to a blur's width
        soft = cv2.GaussianBlur(frame, (0, 0), sigma)
        frame[:] = np.clip((soft - level) * sharpness + 0.5, 0, 1)


def _cut(clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
    height = clip.shape[1]
    feet = generator.random() < 0.75
    deepest = generator.uniform(0.02, _DEEPEST_CUT)
    for t in _while(len(clip), generator):
        # feet vanish by another amount in every frame, as they do on a dark floor
        clip[t] = cut_rows(clip[t], round(height * deepest * generator.uniform(0.5, 1.0)), feet)


def _shift(clip: Float32[np.ndarray, "T H W"], generator: np.random.Generator) -> None:
    height, width = clip.shape[1:]
    spread = generator.uniform(0.0, _FARTHEST) * height
    for frame in clip:
        aside = round(float(np.clip(generator.normal(0.0, spread), -0.25 * width, 0.25 * width)))
        if aside:
            moved = np.zeros_like(frame)
            if aside > 0:
                moved[:, aside:] = frame[:, :-aside]
            else:
                moved[:, :aside] = frame[:, -aside:]
            frame[:] = moved


component = Component(SegmenterSettings, Segmenter)
