"""Vectors of everybody who walks through a video, a stretch of a track each, while it is gone through."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from gaitprint.errors import DataError
from gaitprint.types import Embeddings, SequenceRecord, Silhouettes
from gaitprint.video.chain import Moment, VideoChain
from gaitprint.video.tracklets import Tracklet, TrackletCollector, TrackletSettings

WINDOW = 60
"""Frames of a window where answers are wanted on the way: two seconds, three to four steps."""

Embed = Callable[[Silhouettes], Embeddings]
"""One vector of one walk."""


@dataclass(frozen=True)
class VideoName:
    """What the records of a video's walks say of where they come from."""

    name: str
    """Of the video; it becomes the condition, and the first part of keys."""
    camera: str = "default"
    """It becomes the view."""
    subject: str | None = None
    """Who walks in it, where it is one person."""

    def record(self, tracklet: Tracklet) -> SequenceRecord:
        """The record of a stretch: as `video extract` and `data prepare` have it."""
        key = f"{self.name}/{stretch_name(tracklet.track, tracklet.part)}"
        return SequenceRecord(key, self.subject, self.name, self.camera)


def stretch_name(track: int, part: int) -> str:
    """What a stretch of a track is called.

    >>> stretch_name(3, 1), stretch_name(3, 2)
    ('track-0003', 'track-0003-2')
    """
    return f"track-{track:04d}" + (f"-{part}" if part > 1 else "")


@dataclass(frozen=True, eq=False)
class WalkWindow:
    """A stretch of a track that has ended, and its vector where it was good enough."""

    stretch: Tracklet
    walk: Embeddings | None
    """One row; None where the stretch is left out, for the reason that it gives."""


@dataclass(frozen=True, eq=False)
class WalkMoment:
    """What one frame showed, and what it ended."""

    moment: Moment | None
    """None at the last, when there is no more frame."""
    windows: tuple[WalkWindow, ...] = field(default=())


class VideoWalks:
    """A video that is gone through once, frame by frame.

    Args:
        chain: of its parts; whoever opened it closes it.
        embed: makes a vector of silhouettes.
        size: of the silhouettes that `embed` takes, in pixels.
        name: of the video.
        settings: how long a stretch is, and which are good enough.
        seconds: how long to go on.
    """

    def __init__(
        self,
        chain: VideoChain,
        embed: Embed,
        name: VideoName,
        settings: TrackletSettings,
        size: int = 64,
        seconds: float = math.inf,
    ) -> None:
        self.chain, self.name = chain, name
        self._embed, self._size, self._seconds = embed, size, seconds
        self._collector = TrackletCollector(settings)

    def __iter__(self) -> Iterator[WalkMoment]:
        """Every frame, and once more what was left when the video ended.

        A source that breaks off in the middle ends there: `chain.trace.ended` says so.
        """
        frames = iter(self.chain)
        while True:
            try:
                moment = next(frames, None)
            except DataError as error:
                # what came before is worth as much as it was
                self.chain.trace.ended = str(error)
                break
            if moment is None:
                break
            yield WalkMoment(moment, tuple(self._window(t) for t in self._collector.add(moment)))
            if moment.frame.seconds >= self._seconds:
                self.chain.trace.ended = f"it was asked for {self._seconds:g} s"
                break
        yield WalkMoment(None, tuple(self._window(t) for t in self._collector.finish()))

    def _window(self, stretch: Tracklet) -> WalkWindow:
        if stretch.reason:
            return WalkWindow(stretch, None)
        frames = stretch.normalized(self._size).frames
        return WalkWindow(stretch, self._embed(Silhouettes(frames, self.name.record(stretch))))


def join_walks(rows: Sequence[Embeddings]) -> Embeddings:
    """Vectors of several windows by one network as one value.

    Args:
        rows: one or more.
    """
    records = tuple(record for row in rows for record in row.records)
    vectors = np.concatenate([row.vectors for row in rows])
    settings = {"networks": rows[0].settings.get("networks", [])}
    return Embeddings(vectors, records, rows[0].layout, rows[0].source, settings)
