"""A camera that stands still needs no network: whatever stands before the empty scene, in the shape of a person."""

import math
from dataclasses import dataclass

import numpy as np

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.video.bodies import body_scores, pieces_of
from gaitprint.video.contracts import DetectorSession
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Detections
from gaitprint.video.scene import Scene, SceneRules, clean

_FPS = 25.0
"""Frames a second where nobody knows them."""


@dataclass(frozen=True)
class BackgroundSettings:
    """Settings."""

    memory: float = 4.0
    """Seconds over which the empty scene may change by itself, as daylight does."""
    warm_up: float = 1.0
    """Seconds at the beginning in which the scene is learned and nobody is found."""
    patience: float = 60.0
    """Seconds after which what has not moved at all is scene; who stands still for longer is lost."""
    contrast: float = 5.0
    """Usual deviations of a pixel beyond which it is foreground; lower finds more, noise too."""
    noise: float = 3.0
    """Least usual deviation of a pixel, of 255."""
    darkest: float = 0.55
    """Share of the light that is left in the darkest shadow; 1: shadows belong to people."""
    tint: float = 0.04
    """By how much the shares of red, green and blue that are left in a shadow may differ."""
    flood: float = 0.5
    """Share of the picture that changes at once when the light does, and the scene is learned anew."""
    height: float = 0.06
    """Least height of a person, as a share of the frame's."""

    def __post_init__(self) -> None:
        for name in ("memory", "warm_up", "patience"):
            value = getattr(self, name)
            require(0 < value <= 1e5, f"{name} is a number of seconds above 0, found {value}")
        require(0 < self.contrast <= 100, f"contrast lies between 0 and 100, found {self.contrast}")
        require(0 < self.noise <= 100, f"noise lies between 0 and 100, found {self.noise}")
        for name in ("darkest", "tint", "flood", "height"):
            value = getattr(self, name)
            require(0 < value <= 1, f"{name} is a share above 0 and up to 1, found {value}")


class Background:
    """The detector."""

    interval = 0.0
    """The scene is learned from every frame."""

    def __init__(self, settings: BackgroundSettings) -> None:
        self.settings = settings

    def open(self, info: VideoInfo) -> DetectorSession:
        """See `gaitprint.video.contracts.Detector`."""
        s = self.settings
        fps = info.fps if info.fps > 0 and not math.isinf(info.fps) else _FPS
        memory, warm_up, patience = (max(1, round(t * fps)) for t in (s.memory, s.warm_up, s.patience))
        # ages are counted in 16 bits
        patience = min(patience, 60_000)
        rules = SceneRules(memory, s.contrast, s.noise, s.darkest, s.tint, warm_up, patience, s.flood)
        return _Session(Scene(rules), s.height)


class _Session:
    def __init__(self, scene: Scene, height: float) -> None:
        self._scene, self._height = scene, height

    @property
    def notes(self) -> tuple[str, ...]:
        """See `gaitprint.video.contracts.DetectorSession`."""
        resets = self._scene.resets
        return (f"the light or the camera changed {resets} times: the scene was learned anew",) if resets else ()

    def __call__(self, frame: VideoFrame) -> Detections:
        foreground = clean(self._scene.foreground(frame.image))
        pieces = pieces_of(foreground)
        boxes, areas = pieces.boxes[1:], pieces.areas[1:]
        tall = boxes[:, 3] - boxes[:, 1] >= self._height * foreground.shape[0]
        boxes, areas = boxes[tall], areas[tall]
        return Detections(boxes.astype(np.float32), body_scores(boxes, areas), foreground)


component = Component(BackgroundSettings, Background, (Example(), Example({"darkest": 1.0, "warm_up": 0.4})))
