"""Detector: SSDLite with MobileNetV2, the weights of the package gaitprint-video-models, on squares of the frame.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.errors import ArtefactError
from gaitprint.video.detection.fitting import in_frame
from gaitprint.video.detection.ssd_anchors import decode_offsets, ssd_anchors
from gaitprint.video.detection.suppression import suppress, vote
from gaitprint.video.detection.tiles import Tiling, square_tiles
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.image_network import ImageNetwork, PixelScale
from gaitprint.video.model_files import shipped_model
from gaitprint.video.people import Detections

_SCALE = PixelScale((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))


@dataclass(frozen=True)
class SsdSettings:
    """Say how often, how finely and how surely people are looked for."""

    interval: float = 0.1
    """Seconds between two looks: every third frame of a camera of 25 or 30 a second, every frame of a slow one."""
    lowest_score: float = 0.15
    """Boxes from this score on are handed on; trackers begin nobody with a low one, but follow people by it."""
    rows: int = 1
    """Squares along the frame's shorter side; 0: the frame as a whole only (a third of the time, fewer small people),
    2 and more: for people lower than a tenth of the frame."""
    square_from: float = 1.2
    """Squares are looked at where the longer side is at least so many shorter ones, or where `rows` is above 1."""
    tile_overlap: float = 0.2
    """What neighbouring squares share at least, in sides."""
    overlap: float = 0.45
    """Of two boxes with a larger intersection over union the surer one stays."""
    containment: float = 0.6
    """... and of two of which the smaller one lies in the other with more than this share."""
    voting: float = 0.45
    """Boxes with at least this intersection over union move the one that stays to their mean; 1: it stays in place."""
    widest: float = 1.0
    """Boxes wider than so many heights are no walkers."""
    threads: int = 0
    """Squares at work at a time; 0: as many as there are cores to use."""

    def __post_init__(self) -> None:
        require(0 <= self.interval <= 60, f"ssd looks every 0 to 60 seconds, found {self.interval}")
        require(0 <= self.rows <= 8, f"ssd's rows of squares are 0 to 8, found {self.rows}")
        require(self.threads >= 0, f"threads are at least 0, found {self.threads}")
        require(0 <= self.tile_overlap <= 0.5, f"ssd's tile_overlap is 0 to 0.5, found {self.tile_overlap}")
        for name in ("lowest_score", "overlap", "containment", "voting"):
            value = getattr(self, name)
            require(0 < value <= 1, f"ssd's {name} is above 0 and at most 1, found {value}")
        require(self.widest > 0 and self.square_from >= 1, "ssd's widest is above 0, its square_from at least 1")


@dataclass(frozen=True)
class Ssd:
    """Find people by the shipped network."""

    settings: SsdSettings

    @property
    def interval(self) -> float:
        """See the settings."""
        return self.settings.interval

    def open(self, info: VideoInfo) -> "_Session":
        """Begin with a video."""
        del info  # what a source says of its size is not promised
        model = shipped_model("person-detector")
        network = ImageNetwork(model, _SCALE, threads=self.settings.threads)
        anchors = ssd_anchors()
        if network.outputs.keys() != {"boxes", "scores"} or network.outputs["boxes"][1] != len(anchors):
            raise ArtefactError(f"{model.path}: expected boxes [1, 1917, 4] and scores, found {network.shapes()}")
        return _Session(self.settings, network, anchors)


class _Session:
    def __init__(self, settings: SsdSettings, network: ImageNetwork, anchors: np.ndarray) -> None:
        self.settings, self.network, self.anchors = settings, network, anchors
        self._tiling: Tiling | None = None

    def __call__(self, frame: VideoFrame) -> Detections:
        tiling = self._tiles_of(*frame.image.shape[:2])
        size = (self.network.width, self.network.height)
        pieces = [frame.image[top:bottom, left:right] for left, top, right, bottom in tiling.tiles]
        answers = self.network([cv2.resize(piece, size) for piece in pieces])
        boxes, scores = zip(
            *(self._found(answer, tiling, tile) for answer, tile in zip(answers, tiling.tiles, strict=True)),
            strict=True,
        )
        found, sure = np.concatenate(boxes), np.concatenate(scores)
        # doubles of all pieces together: people in two squares are found twice
        kept = suppress(found, sure, self.settings.overlap, self.settings.containment)
        return Detections(vote(found, sure, kept, self.settings.voting).astype(np.float32), sure[kept])

    def _found(self, answer: dict[str, np.ndarray], tiling: Tiling, tile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Boxes of one piece in pixels of the frame, those cut off by its inner edges left out."""
        scores = np.clip(answer["scores"].reshape(-1), 0, 1)
        likely = np.flatnonzero(scores >= self.settings.lowest_score)
        sides = np.tile(tile[2:] - tile[:2], 2)
        boxes = decode_offsets(answer["boxes"][0, likely], self.anchors[likely]) * sides + np.tile(tile[:2], 2)
        wide = boxes[:, 2] - boxes[:, 0] > self.settings.widest * (boxes[:, 3] - boxes[:, 1])
        # offsets may push a box out of the frame altogether
        good = ~wide & in_frame(boxes, tiling.height, tiling.width) & ~tiling.cut_off(boxes, tile)
        return boxes[good].astype(np.float32), scores[likely][good].astype(np.float32)

    def _tiles_of(self, height: int, width: int) -> Tiling:
        if self._tiling is None or (self._tiling.height, self._tiling.width) != (height, width):
            long = max(height, width) >= self.settings.square_from * min(height, width)
            # a nearly square frame in one row of squares would be the whole frame once more
            rows = self.settings.rows if long or self.settings.rows > 1 else 0
            self._tiling = square_tiles(width, height, rows, self.settings.tile_overlap)
        return self._tiling


component = Component(SsdSettings, Ssd, (Example({"rows": 0}),))  # three times as quick to check as with squares
