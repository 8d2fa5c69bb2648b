"""The tracks of one video with what a search needs of each: vectors, times, silhouettes and a picture to look at."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.types import Embeddings, Frames
from gaitprint.video.chain import Moment, Sighting
from gaitprint.video.walks import VideoWalks, WalkWindow

CROP = 192
"""Height in pixels of a kept picture of a person, at most."""
_MARGIN = 0.06
"""What of a body's height is shown around it."""

Image = UInt8[np.ndarray, "_h _w 3"]


@dataclass(eq=False)
class SeenTrack:
    """One track, growing while its video is gone through."""

    track: int
    first: float
    """Seconds."""
    last: float
    windows: list[tuple[Embeddings, int]] = field(default_factory=list)
    """Vectors that were good enough, one row each, and of how many frames."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Windows that were not, by reason."""
    silhouettes: Frames | None = None
    """Some frames of the longest window."""
    crop: Image | None = None
    """The person where they were seen largest; None where pictures are not wanted."""
    largest: float = 0.0
    """Height in pixels of the body there."""

    @property
    def frames(self) -> int:
        """Of all windows."""
        return sum(frames for _, frames in self.windows)

    @property
    def longest(self) -> int:
        """Frames of the longest window."""
        return max((frames for _, frames in self.windows), default=0)


def seen_tracks(
    walks: VideoWalks, images: bool, progress: Callable[[int], None] = lambda done: None
) -> tuple[SeenTrack, ...]:
    """Go through a video and take what is to be kept of each track, by number.

    Args:
        walks: of the video.
        images: whether a picture of each person is kept.
        progress: told the number of every frame.
    """
    tracks: dict[int, SeenTrack] = {}
    for step in walks:
        if step.moment is not None:
            for sighting in _seen(step.moment):
                _see(tracks, step.moment, sighting, images)
            progress(step.moment.frame.index + 1)
        for window in step.windows:
            if window.stretch.track in tracks:
                _take(tracks[window.stretch.track], window)
    return tuple(tracks[number] for number in sorted(tracks))


def _seen(moment: Moment) -> Iterator[Sighting]:
    return (s for s in moment.people if s.person.seen)


def _see(tracks: dict[int, SeenTrack], moment: Moment, sighting: Sighting, images: bool) -> None:
    number, seconds = sighting.person.track, moment.frame.seconds
    track = tracks.setdefault(number, SeenTrack(number, seconds, seconds))
    track.last = seconds
    mask = sighting.mask
    # only whole bodies: a leg at the border would be the largest of all
    if not images or mask is None or mask.fault or mask.pixels.shape[0] <= track.largest:
        return
    track.largest = float(mask.pixels.shape[0])
    track.crop = _crop(moment.frame.image, mask.left, mask.top, mask.pixels.shape)


def _crop(image: Image, left: int, top: int, shape: tuple[int, ...]) -> Image:
    height, width = shape
    margin = round(_MARGIN * height)
    rows = slice(max(0, top - margin), min(image.shape[0], top + height + margin))
    columns = slice(max(0, left - margin), min(image.shape[1], left + width + margin))
    piece = image[rows, columns]
    if piece.shape[0] <= CROP:
        return np.ascontiguousarray(piece)
    size = max(1, round(piece.shape[1] * CROP / piece.shape[0])), CROP
    return np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA))


def _take(track: SeenTrack, window: WalkWindow) -> None:
    if window.walk is None:
        track.dropped[window.stretch.reason] += 1
        return
    if len(window.stretch) > track.longest:
        track.silhouettes = np.stack(window.stretch.strip)
    track.windows.append((window.walk, len(window.stretch)))
