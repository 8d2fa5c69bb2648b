"""What the parts of the chain owe: reader, detector, tracker, segmenter.

Each is a component that makes a thing with `settings` and an `open`; what it opens belongs to one video and may
remember what it saw. All are used from one thread at a time.
"""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Box, Detections, PersonMask, TrackedPerson, TrackUpdate


@runtime_checkable
class OpenVideo(Protocol):
    """A source that is being read, once, from its first frame to its last."""

    @property
    def info(self) -> VideoInfo: ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found wrong and mended so far, a line each: frames that could not be decoded, a camera that was
        away."""
        ...

    def __iter__(self) -> Iterator[VideoFrame]:
        """The frames, upright, in order, with times that never decrease.

        Raises:
            DataError: the source can be read no further, and what was read is not all.
        """
        ...

    def close(self) -> None:
        """Let go of the source; also in the middle, also twice."""
        ...


@runtime_checkable
class Reader(Protocol):
    """Opens sources: files, folders of images, cameras, streams."""

    @property
    def settings(self) -> Any: ...

    def takes(self, source: str) -> bool:
        """Whether this looks like a source of this reader; nothing is opened."""
        ...

    def open(self, source: str) -> OpenVideo:
        """Begin to read.

        Raises:
            DataError: it is not there, empty, or no video that this reader knows; in one line that says which.
        """
        ...


@runtime_checkable
class DetectorSession(Protocol):
    """A detector at work on one video. Where it has `notes`, lines as those of `OpenVideo`, they go into the trace."""

    def __call__(self, frame: VideoFrame) -> Detections:
        """Find people; the frame stays as it is. Empty where there is nobody."""
        ...


@runtime_checkable
class Detector(Protocol):
    """Finds people in frames."""

    @property
    def settings(self) -> Any: ...

    @property
    def interval(self) -> float:
        """It wants to look every so many seconds, on the nearest frame; 0: on every one. Between, trackers predict."""
        ...

    def open(self, info: VideoInfo) -> DetectorSession:
        """Begin with a video; what was learned of another is not used.

        Raises:
            BackendError: what it needs is not installed. ArtefactError: a file of weights is damaged or another.
        """
        ...


@runtime_checkable
class TrackerSession(Protocol):
    """A tracker at work on one video."""

    def update(self, frame: VideoFrame, detections: Detections | None) -> TrackUpdate:
        """Take the next frame; both arguments stay as they are, and the order of detections means nothing.

        Args:
            detections: None where no detector ran on this frame: people are where they are supposed to be, nobody is
                missed for it, and nobody new is confirmed.
        """
        ...

    def correct(self, track: int, box: Box) -> None:
        """Say where a person of the last update really is, as their mask shows.

        Unknown tracks are left alone, and so are people who are somewhere else altogether.
        """
        ...


@runtime_checkable
class Tracker(Protocol):
    """Makes people over time of boxes in frames."""

    @property
    def settings(self) -> Any: ...

    @property
    def memory(self) -> float:
        """Seconds for which somebody may be away and keep their number; who is away for longer has ended."""
        ...

    def open(self, info: VideoInfo) -> TrackerSession: ...


@runtime_checkable
class SegmenterSession(Protocol):
    """A segmenter at work on one video."""

    def __call__(
        self, frame: VideoFrame, people: tuple[TrackedPerson, ...], detections: Detections | None
    ) -> tuple[PersonMask | None, ...]:
        """Cut out each person.

        Args:
            people: whom to cut out.
            detections: of this frame, where a detector ran; a foreground in them may be used.

        Returns:
            A mask a person in the same order; None where nothing of them is to be seen.
        """
        ...


@runtime_checkable
class Segmenter(Protocol):
    """Cuts people out of frames."""

    @property
    def settings(self) -> Any: ...

    @property
    def needs_foreground(self) -> bool:
        """Whether it works on `Detections.foreground`, and so only beside a detector that gives one."""
        ...

    def open(self, info: VideoInfo) -> SegmenterSession:
        """Begin with a video.

        Raises:
            BackendError: what it needs is not installed. ArtefactError: a file of weights is damaged or another.
        """
        ...
