"""Segmenter: any ONNX (or TFLite) network from a file of yours that answers with a mask of people."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.image_network import ImageNetwork, PixelScale
from gaitprint.video.model_files import local_model
from gaitprint.video.people import Detections, PersonMask, TrackedPerson
from gaitprint.video.segmentation.crops import Crop
from gaitprint.video.segmentation.faults import CUT, HIDDEN, SMALL
from gaitprint.video.segmentation.keep_apart import keep_apart
from gaitprint.video.segmentation.output_masks import Values, read_mask
from gaitprint.video.segmentation.pieces import largest_piece, solid_box, tighten


@dataclass(frozen=True)
class OnnxSegmenterSettings:
    """Say which file, what it wants to see, and how it answers; see docs/extend/segmenter.md."""

    path: str = ""
    """The file; it has to be named."""
    sha256: str = ""
    """What its bytes have to be; empty: whatever they are."""
    around: Literal["person", "frame"] = "person"
    """What it looks at: a crop around each person, or the whole frame once, squeezed into its input."""
    crop: float = 1.2
    """Height of the crop in heights of the person's box; its width follows the input's ratio."""
    size: tuple[int, int] | None = None
    """Rows and columns of its input, where the file leaves them open."""
    scale: PixelScale = field(default_factory=PixelScale)
    """What becomes of pixels: (x - mean) / deviation, in the order rgb or bgr. As it stands: x / 255."""
    values: Values = "logits"
    """Of the answer: logits or shares, see `gaitprint.video.segmentation.output_masks`."""
    person: int = 0
    """The number of the class, from 0, where there are several."""
    hidden: float = 0.15
    """A mask that loses more than this share to somebody nearer is hidden in part."""
    height: int = 32
    """Least height of a body in pixels; a lower one is too small."""
    threads: int = 0
    """Crops at work at a time; 0: as many as there are cores to use."""

    def __post_init__(self) -> None:
        require(1 <= self.crop <= 3, f"onnx's crop is 1 to 3 heights of the box, found {self.crop}")
        require(self.size is None or min(self.size) >= 1, f"onnx's size is rows and columns, found {self.size}")
        require(0 <= self.hidden <= 1, f"onnx's hidden is 0 to 1, found {self.hidden}")
        require(1 <= self.height <= 10_000, f"height lies between 1 and 10,000 pixels, found {self.height}")
        require(self.threads >= 0, f"threads are at least 0, found {self.threads}")


@dataclass(frozen=True)
class OnnxSegmenter:
    """Cut people out by a network of yours."""

    settings: OnnxSegmenterSettings

    @property
    def needs_foreground(self) -> bool:
        """No: it looks at the picture."""
        return False

    def open(self, info: VideoInfo) -> "_Session":
        """Begin with a video."""
        del info
        given = self.settings
        require(bool(given.path), "the segmenter onnx needs a file: --set segmenter.path=FILE.onnx")
        model = local_model(Path(given.path), given.sha256)
        return _Session(given, ImageNetwork(model, given.scale, given.size, given.threads))


class _Session:
    def __init__(self, settings: OnnxSegmenterSettings, network: ImageNetwork) -> None:
        self.settings, self.network = settings, network

    def __call__(
        self, frame: VideoFrame, people: tuple[TrackedPerson, ...], detections: Detections | None
    ) -> tuple[PersonMask | None, ...]:
        del detections
        rows, columns = frame.image.shape[:2]
        crops = {i: self._crop(person) for i, person in enumerate(people)}
        inner = {i: crop.within(rows, columns) for i, crop in crops.items()}
        crops = {i: crop for i, crop in crops.items() if min(inner[i].width, inner[i].height) > 1}
        masks: list[PersonMask | None] = [None] * len(people)
        for i, pixels in self._pixels(frame.image, crops).items():
            masks[i] = PersonMask(inner[i].left, inner[i].top, largest_piece(pixels))
        apart, lost = keep_apart(masks, [float(person.box[3]) for person in people])
        return tuple(
            self._judged(mask, float(share), rows, columns) if mask else None
            for mask, share in zip(apart, lost, strict=True)
        )

    def _crop(self, person: TrackedPerson) -> Crop:
        left, top, right, bottom = person.box.tolist()
        height = max(2, round(self.settings.crop * (bottom - top)))
        ratio = self.network.width / self.network.height if self.settings.around == "person" else 1.0
        width = max(2, round(height * ratio))
        return Crop(round((left + right - width) / 2), round((top + bottom - height) / 2), width, height)

    def _pixels(self, image: np.ndarray, crops: dict[int, Crop]) -> dict[int, np.ndarray]:
        """Grey masks of the parts of crops that lie in the frame."""
        rows, columns = image.shape[:2]
        size, given = (self.network.height, self.network.width), self.settings
        frame = Crop(0, 0, columns, rows)
        looked_at = list(crops.values()) if given.around == "person" else [frame] * bool(crops)
        answers = self.network([crop.cut(image, size) for crop in looked_at])
        shares = [read_mask(answer, given.values, given.person, self.network.name) for answer in answers]
        if given.around == "person":
            return {i: crop.put_back(m, rows, columns) for (i, crop), m in zip(crops.items(), shares, strict=True)}
        whole = [frame.put_back(mask, rows, columns) for mask in shares]
        inner = {i: crop.within(rows, columns) for i, crop in crops.items()}
        return {i: whole[0][c.top : c.top + c.height, c.left : c.left + c.width] for i, c in inner.items()}

    def _judged(self, mask: PersonMask, lost: float, rows: int, columns: int) -> PersonMask | None:
        pixels = largest_piece(mask.pixels) if lost else mask.pixels
        box = solid_box(pixels, mask.left, mask.top)
        if box is None:
            return None
        left, top, right, bottom = box.tolist()
        cut = left <= 0 or top <= 0 or right >= columns or bottom >= rows
        small = bottom - top < self.settings.height
        fault = HIDDEN if lost > self.settings.hidden else CUT if cut else SMALL if small else ""
        return replace(tighten(mask, pixels, box), fault=fault)


component = Component(OnnxSegmenterSettings, OnnxSegmenter, examples=())
