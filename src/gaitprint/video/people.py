"""What flows through the chain: boxes found in a frame, people tracked over frames, the mask of each."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from gaitprint.errors import ShapeError

Box = Float32[np.ndarray, "4"]
"""left, top, right, bottom in pixels of the frame, which it may leave; right and bottom are first pixels outside."""


@dataclass(frozen=True, eq=False)
class Detections:
    """People found in one frame by a detector."""

    boxes: Float32[np.ndarray, "N 4"]
    """See `Box`; right > left and bottom > top."""
    scores: Float32[np.ndarray, " N"]
    """How sure the detector is, 0..1; low ones stay in, trackers ask for them."""
    foreground: UInt8[np.ndarray, "H W"] | None = None
    """255 where the frame differs from the empty scene, of a detector that knows the scene; else None."""

    def __post_init__(self) -> None:
        boxes, scores = self.boxes, self.scores
        if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
            raise ShapeError(f"detections are boxes [N, 4] and scores [N], found {boxes.shape} and {scores.shape}")
        if boxes.dtype != np.float32 or scores.dtype != np.float32:
            raise ShapeError(f"boxes and scores are float32, found {boxes.dtype} and {scores.dtype}")
        if not (np.isfinite(boxes).all() and (boxes[:, 2:] > boxes[:, :2]).all()):
            raise ShapeError("a box is left, top, right, bottom with left < right and top < bottom, found another")
        if not ((scores >= 0) & (scores <= 1)).all():
            raise ShapeError("scores lie in [0, 1], found others")

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, eq=False)
class TrackedPerson:
    """One person in one frame, as a tracker knows them."""

    track: int
    """The same number means the same person; given from 1 in the order of appearance, never given again."""
    box: Box
    score: float
    """Of the detection that was last matched, 0..1."""
    seen: bool
    """False: nothing was found of them by the detector when it last ran, the box is where they are supposed to be."""


@dataclass(frozen=True)
class TrackUpdate:
    """What one frame meant to a tracker."""

    people: tuple[TrackedPerson, ...]
    """Who is confirmed to be there, by track."""
    ended: tuple[int, ...] = ()
    """Tracks that end with this frame: they will not come again."""


@dataclass(frozen=True, eq=False)
class PersonMask:
    """The silhouette of one person as it stands in the frame."""

    left: int
    """Column of the frame where `pixels` begin; the piece lies inside the frame."""
    top: int
    pixels: UInt8[np.ndarray, "h w"]
    """0 background to 255 body, grey at soft edges."""
    fault: str = ""
    """Why this is no whole walker, in words that a trace counts ("cut by the frame's border"); empty: it is one."""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype != np.uint8:
            raise ShapeError(f"a mask is uint8 [h, w], found {self.pixels.dtype} {list(self.pixels.shape)}")
        if self.left < 0 or self.top < 0:
            raise ShapeError(f"a mask lies inside its frame, found left {self.left}, top {self.top}")
