"""A camera that stands still needs no network: whatever differs from the empty scene, in the shape of a person."""

import math
from dataclasses import dataclass

import numpy as np

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.video.bodies import body_scores, pieces_of
from gaitprint.video.contracts import DetectorSession
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Detections
from gaitprint.video.scene import Scene, clean


@dataclass(frozen=True)
class BackgroundSettings:
    """Settings."""

    memory: int = 500
    """Frames over which the scene may change by itself."""
    threshold: float = 16.0
    """Squared distance from the scene, in variances of a pixel, beyond which it is foreground."""
    warm_up: int = 25
    """Frames at the beginning in which the scene is learned and nobody is found."""
    height: float = 0.06
    """Least height of a person, as a share of the frame's."""

    def __post_init__(self) -> None:
        require(1 <= self.memory <= 1_000_000, f"memory lies between 1 and a million frames, found {self.memory}")
        require(0 < self.threshold < math.inf, f"threshold is above 0, found {self.threshold}")
        require(0 <= self.warm_up <= 10_000, f"warm_up lies between 0 and 10,000 frames, found {self.warm_up}")
        require(0 < self.height < 1, f"height is a share of the frame's, between 0 and 1, found {self.height}")


class Background:
    """The detector."""

    every = 1
    """The scene is learned from every frame."""

    def __init__(self, settings: BackgroundSettings) -> None:
        self.settings = settings

    def open(self, info: VideoInfo) -> DetectorSession:
        """See `gaitprint.video.contracts.Detector`."""
        del info
        return _Session(self.settings)


class _Session:
    def __init__(self, settings: BackgroundSettings) -> None:
        self._settings = settings
        self._scene = Scene(settings.memory, settings.threshold)

    def __call__(self, frame: VideoFrame) -> Detections:
        rows = frame.image.shape[0]
        foreground = clean(self._scene.foreground(frame.image), max(3, rows // 100))
        if self._scene.seen <= self._settings.warm_up:
            foreground[:] = 0
        pieces = pieces_of(foreground)
        boxes, areas = pieces.boxes[1:], pieces.areas[1:]
        tall = boxes[:, 3] - boxes[:, 1] >= self._settings.height * rows
        boxes, areas = boxes[tall], areas[tall]
        return Detections(boxes.astype(np.float32), body_scores(boxes, areas), foreground)


component = Component(BackgroundSettings, Background)
