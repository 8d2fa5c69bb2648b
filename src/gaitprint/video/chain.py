"""Frame by frame from a source to people with masks: reader, detector, tracker, segmenter, one after another.

Nothing is kept but what the parts themselves remember: an hour of video takes the memory of a minute.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from gaitprint.video.contracts import Detector, OpenVideo, Segmenter, Tracker
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.people import Box, Detections, PersonMask, TrackedPerson
from gaitprint.video.trace import Trace

NOTHING_SEEN = "nothing of them was seen"
"""Why a person has no mask at all."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """One person in one frame, with their mask."""

    person: TrackedPerson
    mask: PersonMask | None
    """None where nothing of them is to be seen."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What one frame showed."""

    frame: VideoFrame
    detections: Detections | None
    """None where no detector ran on this frame."""
    people: tuple[Sighting, ...]
    ended: tuple[int, ...] = ()
    """Tracks that end with this frame."""


class VideoChain:
    """A video that is gone through once, frame by frame; a context manager that lets go of the source.

    Args:
        video: the opened source; the chain closes it.
        detector: finds people.
        tracker: says who is who.
        segmenter: cuts them out.
    """

    def __init__(self, video: OpenVideo, detector: Detector, tracker: Tracker, segmenter: Segmenter) -> None:
        self._video = video
        self._interval = detector.interval
        self._looked: float | None = None
        self.trace = Trace()
        try:
            self._detect = detector.open(video.info)
            self._track = tracker.open(video.info)
            self._segment = segmenter.open(video.info)
        except BaseException:
            video.close()
            raise

    @property
    def info(self) -> VideoInfo:
        """What the source says of itself."""
        return self._video.info

    def __iter__(self) -> Iterator[Moment]:
        """Every frame of the source with who is in it.

        Raises:
            DataError: the source can be read no further, and what was read is not all. ConfigError: the parts do not
                fit each other.
        """
        frames = iter(self._video)
        try:
            while True:
                begun = time.perf_counter()
                frame = next(frames, None)
                if frame is None:
                    return
                read = time.perf_counter()
                self.trace.latencies["read"].add(read - begun)
                moment = self._moment(frame)
                self.trace.latencies["frame"].add(time.perf_counter() - read)
                yield moment
        finally:
            self._note()

    def close(self) -> None:
        """Let go of the source; also in the middle, also twice."""
        self._note()
        self._video.close()

    def __enter__(self) -> "VideoChain":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _note(self) -> None:
        # a detector that has something to say of the whole video says it as readers do
        self.trace.notes = (*self._video.notes, *getattr(self._detect, "notes", ()))

    def _moment(self, frame: VideoFrame) -> Moment:
        trace = self.trace
        detections = None
        if self._due(frame.seconds):
            with _Timed(trace, "detect"):
                detections = self._detect(frame)
            trace.detected += 1
            trace.detections += len(detections)
        trace.frames += 1
        with _Timed(trace, "track"):
            update = self._track.update(frame, detections)
        with _Timed(trace, "segment"):
            masks = self._segment(frame, update.people, detections)
        people = tuple(Sighting(p, m) for p, m in zip(update.people, masks, strict=True))
        for sighting in people:
            self._count(sighting)
        return Moment(frame, detections, people, update.ended)

    def _due(self, seconds: float) -> bool:
        """Whether the detector looks at the frame of this time."""
        since = np.inf if self._looked is None else seconds - self._looked
        # a little early is nearer than one frame late: cameras of 30 frames a second say 0.0999, not 0.1
        if since < 0.9 * self._interval:
            return False
        self._looked = seconds
        return True

    def _count(self, sighting: Sighting) -> None:
        trace, mask = self.trace, sighting.mask
        trace.sightings += 1
        # numbers are given in order of appearance, from 1
        trace.tracks = max(trace.tracks, sighting.person.track)
        if mask is None:
            trace.faults[NOTHING_SEEN] += 1
        elif mask.fault:
            trace.faults[mask.fault] += 1
        else:
            trace.masks += 1
            self._track.correct(sighting.person.track, mask_box(mask))


def mask_box(mask: PersonMask) -> Box:
    """The box of a mask in the frame."""
    height, width = mask.pixels.shape
    return np.array([mask.left, mask.top, mask.left + width, mask.top + height], np.float32)


class _Timed:
    """Counts how long its block took."""

    def __init__(self, trace: Trace, step: str) -> None:
        self._latencies = trace.latencies[step]

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *raised: object) -> None:
        self._latencies.add(time.perf_counter() - self._begun)
