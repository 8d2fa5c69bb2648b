"""The piece of the foreground that is a person: for detectors that know the empty scene."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, UInt8

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.errors import ConfigError
from gaitprint.video.bodies import Pieces, pieces_of
from gaitprint.video.contracts import SegmenterSession
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Box, Detections, PersonMask, TrackedPerson
from gaitprint.video.segmentation.faults import CUT, MERGED, SMALL


@dataclass(frozen=True)
class ForegroundSettings:
    """Settings."""

    height: int = 32
    """Least height of a body in pixels; a lower one is too small."""
    margin: float = 0.15
    """How far a piece may reach beyond its box, as a share of the box's height."""

    def __post_init__(self) -> None:
        require(1 <= self.height <= 10_000, f"height lies between 1 and 10,000 pixels, found {self.height}")
        require(0 <= self.margin < math.inf, f"margin is a share of the box's height, found {self.margin}")


class Foreground:
    """The segmenter."""

    needs_foreground = True

    def __init__(self, settings: ForegroundSettings) -> None:
        self.settings = settings

    def open(self, info: VideoInfo) -> SegmenterSession:
        """See `gaitprint.video.contracts.Segmenter`."""
        del info
        return _Session(self.settings)


class _Session:
    def __init__(self, settings: ForegroundSettings) -> None:
        self._settings = settings

    def __call__(
        self, frame: VideoFrame, people: tuple[TrackedPerson, ...], detections: Detections | None
    ) -> tuple[PersonMask | None, ...]:
        if detections is None:
            return tuple(None for _ in people)
        if detections.foreground is None:
            raise ConfigError(
                "the segmenter foreground needs a detector that knows the empty scene, found one without a foreground: "
                "take the detector background, or another segmenter"
            )
        pieces = pieces_of(detections.foreground)
        windows = [_window(person.box, frame.image.shape[:2], self._settings.margin) for person in people]
        mine = [_largest(pieces, window) for window in windows]
        return tuple(
            None if number == 0 else self._mask(pieces, number, window, mine.count(number) > 1)
            for number, window in zip(mine, windows, strict=True)
        )

    def _mask(self, pieces: Pieces, number: int, window: Int32[np.ndarray, "4"], shared: bool) -> PersonMask:
        rows, columns = pieces.labels.shape
        box = pieces.boxes[number]
        left, top = np.maximum(box[:2], window[:2]).tolist()
        right, bottom = np.minimum(box[2:], window[2:]).tolist()
        inside = pieces.labels[top:bottom, left:right] == number
        pixels: UInt8[np.ndarray, "_h _w"] = np.where(inside, np.uint8(255), np.uint8(0))
        fault = ""
        if shared or bool((box[:2] < window[:2] - 1).any() or (box[2:] > window[2:] + 1).any()):
            fault = MERGED
        elif bottom - top < self._settings.height:
            fault = SMALL
        elif left <= 0 or top <= 0 or right >= columns or bottom >= rows:
            fault = CUT
        return PersonMask(left, top, pixels, fault)


def _window(box: Box, size: tuple[int, ...], margin: float) -> Int32[np.ndarray, "4"]:
    """The box with a margin, within the frame."""
    more = margin * float(box[3] - box[1])
    rows, columns = size
    edges = box + np.array([-more, -more, more, more], np.float32)
    return np.clip(np.round(edges), 0, [columns, rows, columns, rows]).astype(np.int32)


def _largest(pieces: Pieces, window: Int32[np.ndarray, "4"]) -> int:
    """The number of the piece with most pixels in a window; 0 where there is none."""
    left, top, right, bottom = window.tolist()
    counts = np.bincount(pieces.labels[top:bottom, left:right].ravel(), minlength=1)
    counts[0] = 0
    return int(counts.argmax())


component = Component(ForegroundSettings, Foreground)
