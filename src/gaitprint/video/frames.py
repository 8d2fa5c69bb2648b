"""What a reader gives: frames with their real times, and what is known of the video beforehand."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from gaitprint.errors import ShapeError


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One frame, upright: what a phone's rotation mark asks for has been done."""

    image: UInt8[np.ndarray, "H W 3"]
    """RGB. A view into the reader's memory or not, it does not change."""
    index: int
    """Its number in the source, from 0; frames that could not be decoded are counted, too."""
    seconds: float
    """When it was shown, from the first frame; of a live source: when it came. Never decreases."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ShapeError(
                f"a video frame is uint8 [H, W, 3], frame {self.index} is {self.image.dtype} {list(self.image.shape)}"
            )


@dataclass(frozen=True)
class VideoInfo:
    """What a source says of itself before its frames are read; none of it is promised to be true."""

    width: int
    """Pixels, after rotation."""
    height: int
    fps: float
    """Frames a second on the average; NaN where nothing is known."""
    frames: int | None
    """How many there are; None where nobody knows (a camera, some files)."""
    live: bool = False
    """A camera or a stream: it cannot be read twice and waits for nobody."""
