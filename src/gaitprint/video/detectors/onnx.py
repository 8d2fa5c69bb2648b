"""Detector: any ONNX (or TFLite) network from a file of yours that answers in one of the usual forms."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.errors import ArtefactError
from gaitprint.video.detection.fitting import fit_image, in_frame
from gaitprint.video.detection.output_forms import BoxOrder, Form, read_detections
from gaitprint.video.detection.suppression import suppress
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.image_network import ImageNetwork, PixelScale
from gaitprint.video.model_files import local_model
from gaitprint.video.people import Detections


@dataclass(frozen=True)
class OnnxDetectorSettings:
    """Say which file, what it wants to see, and how it answers; see docs/extend/detector.md."""

    path: str = ""
    """The file; it has to be named."""
    sha256: str = ""
    """What its bytes have to be; empty: whatever they are."""
    interval: float = 0.1
    """Seconds between two looks: every third frame of a camera of 25 or 30 a second, every frame of a slow one."""
    size: tuple[int, int] | None = None
    """Rows and columns of its input, where the file leaves them open."""
    scale: PixelScale = field(default_factory=PixelScale)
    """What becomes of pixels: (x - mean) / deviation, in the order rgb or bgr. As it stands: x / 255."""
    keep_ratio: bool = True
    """Put a border around frames of another ratio; false: squeeze them."""
    border: int = 114
    """Grey of that border."""
    form: Form = "auto"
    """Of the answer: rows, columns, boxes-scores or final, see `gaitprint.video.detection.output_forms`."""
    boxes: BoxOrder = "corners"
    """Of the form boxes-scores: what the four numbers are."""
    relative: bool = False
    """Boxes are in sides of the input (0 to 1), not in its pixels."""
    logits: bool = False
    """Scores are logits: 1 / (1 + exp(-x)) is taken."""
    person: int = 0
    """The number of the class, from 0 (of COCO's 80 it is 0; where a background comes first it is 1)."""
    lowest_score: float = 0.1
    """Boxes from this score on are handed on; trackers begin nobody with a low one, but follow people by it."""
    overlap: float = 0.6
    """Of two boxes with a larger intersection over union the surer one stays."""
    containment: float = 0.9
    """... and of two of which the smaller one lies in the other with more than this share."""
    threads: int = 0
    """Cores that share the work on a frame; 0: all that this process may use."""

    def __post_init__(self) -> None:
        require(0 <= self.interval <= 60, f"onnx looks every 0 to 60 seconds, found {self.interval}")
        require(self.threads >= 0, f"threads are at least 0, found {self.threads}")
        require(0 <= self.border <= 255, f"onnx's border is a grey of 0 to 255, found {self.border}")
        require(self.size is None or min(self.size) >= 1, f"onnx's size is rows and columns, found {self.size}")
        for name in ("lowest_score", "overlap", "containment"):
            value = getattr(self, name)
            require(0 < value <= 1, f"onnx's {name} is above 0 and at most 1, found {value}")


@dataclass(frozen=True)
class OnnxDetector:
    """Find people by a network of yours."""

    settings: OnnxDetectorSettings

    @property
    def interval(self) -> float:
        """See the settings."""
        return self.settings.interval

    def open(self, info: VideoInfo) -> "_Session":
        """Begin with a video."""
        del info  # what a source says of its size is not promised
        given = self.settings
        require(bool(given.path), "the detector onnx needs a file: --set detector.path=FILE.onnx")
        model = local_model(Path(given.path), given.sha256)
        return _Session(given, ImageNetwork(model, given.scale, given.size, given.threads, jobs=1))


class _Session:
    def __init__(self, settings: OnnxDetectorSettings, network: ImageNetwork) -> None:
        self.settings, self.network = settings, network

    def __call__(self, frame: VideoFrame) -> Detections:
        given, network = self.settings, self.network
        # boxes come back in pixels of the input, border and all, and go through `fitted` to the frame
        fitted = fit_image(frame.image, network.height, network.width, given.keep_ratio, given.border)
        (answer,) = network([fitted.pixels])
        boxes, scores = read_detections(answer, given.form, given.boxes, given.person, network.name)
        if given.logits:
            scores = 1 / (1 + np.exp(-np.clip(scores.astype(np.float64), -50, 50)))
        self._check(boxes, scores)
        if given.relative:
            boxes = boxes * np.array([network.width, network.height] * 2)
        boxes = fitted.to_frame(boxes).astype(np.float32)
        # rows that fill up answers of a fixed size have no area
        good = (scores >= given.lowest_score) & in_frame(boxes, *frame.image.shape[:2])
        boxes, scores = boxes[good], np.minimum(scores[good], 1).astype(np.float32)
        # forms that are final already have no doubles left: nothing is lost by looking again
        kept = suppress(boxes, scores, given.overlap, given.containment)
        return Detections(boxes[kept], scores[kept])

    def _check(self, boxes: np.ndarray, scores: np.ndarray) -> None:
        """Refuse numbers that can be no scores and no boxes, before they are taken for people.

        Raises:
            ArtefactError: so they are.
        """
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise ArtefactError(f"{self.network.name} answers numbers that are not finite: check scale and the file")
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1 + 1e-5):
            raise ArtefactError(
                f"{self.network.name} answers scores from {scores.min():.3g} to {scores.max():.3g}: expected 0 to 1; "
                "set logits = true where they are logits, or another form"
            )
        if self.settings.relative and boxes.size and np.abs(boxes[scores >= 0.5]).max(initial=0.0) > 4:
            raise ArtefactError(
                f"{self.network.name} answers boxes up to {np.abs(boxes).max():.0f}, in pixels as it seems: "
                "set relative = false"
            )


component = Component(OnnxDetectorSettings, OnnxDetector, examples=())
