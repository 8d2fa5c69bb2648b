"""Cameras and streams: the newest frames only, and one that disappears is looked for until it is back."""

import threading
import time
from collections import deque
from collections.abc import Iterator

from gaitprint.errors import DataError
from gaitprint.video.containers import DecodedVideo, Opening
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.pace import Pace
from gaitprint.video.upright import OneSize

_WAIT = 0.2
"""Seconds after which a reader that waits looks whether it is to stop."""


class LiveVideo:
    """A live source that is being read by a thread of its own.

    Args:
        opening: how it is opened again.
        video: as it was opened first.
        pace: which frames are taken.
        retry: seconds between two tries to open it again.
        away: seconds that it may be gone.
        keep: frames that wait; the oldest make place for new ones.
    """

    def __init__(self, opening: Opening, video: DecodedVideo, pace: Pace, retry: float, away: float, keep: int) -> None:
        self._opening, self._video, self._pace = opening, video, pace
        self._retry, self._away = retry, away
        self._waiting: deque[VideoFrame] = deque(maxlen=keep)
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._one_size = OneSize()
        self._gone = ""
        self._absences: list[str] = []
        self._dropped = self._undecodable = self._count = 0
        self._start: float | None = None
        width, height = video.size
        self.info = VideoInfo(width, height, video.fps, None, live=True)
        self._thread = threading.Thread(target=self._read, name=f"reader of {opening.shown}", daemon=True)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `gaitprint.video.contracts.OpenVideo`."""
        said = (
            (self._undecodable + self._video.undecodable, "{} frames or packets could not be decoded"),
            (self._dropped, "{} frames were dropped, for newer ones had come before they were looked at"),
            (self._one_size.changed, "{} frames have another size than the first and were scaled to it"),
        )
        return (*(text.format(count) for count, text in said if count), *self._absences)

    def __iter__(self) -> Iterator[VideoFrame]:
        """See `gaitprint.video.contracts.OpenVideo`."""
        if not self._thread.is_alive() and self._start is None:
            self._thread.start()
        while not self._stopped.is_set():
            with self._changed:
                # frames that came before the end are given before the end is said
                while not self._waiting and not self._gone and not self._stopped.is_set():
                    self._changed.wait(_WAIT)
                frame = self._waiting.popleft() if self._waiting else None
            if frame is not None:
                yield frame
            elif self._gone:
                raise DataError(self._gone)

    def close(self) -> None:
        """See `gaitprint.video.contracts.OpenVideo`."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            # a thread inside FFmpeg leaves it at the latest when its time without a byte is over
            self._thread.join(timeout=(self._opening.timeout or 0.0) + 1.0)
        if not self._thread.is_alive():
            self._video.close()

    def _read(self) -> None:
        while True:
            for decoded in self._video:
                if self._stopped.is_set():
                    return
                now = time.monotonic()
                self._start = now if self._start is None else self._start
                self._count += 1
                if self._pace.takes(now - self._start):
                    frame = VideoFrame(self._one_size(decoded.image()), self._count - 1, now - self._start)
                    self._put(frame)
            if not self._found_again():
                return

    def _put(self, frame: VideoFrame) -> None:
        with self._changed:
            self._dropped += len(self._waiting) == self._waiting.maxlen
            self._waiting.append(frame)
            self._changed.notify_all()

    def _found_again(self) -> bool:
        """Wait for the source to come back; False: it did not, or nobody wants it any more."""
        why = self._video.failure or "it sent no more frames"
        lost = time.monotonic()
        self._undecodable += self._video.undecodable
        self._video.undecodable = 0
        self._video.close()
        while not self._stopped.is_set():
            if time.monotonic() - lost >= self._away:
                self._end(f"{self._opening.shown} is gone for {self._away:g} s: {why}")
                return False
            self._stopped.wait(self._retry)
            try:
                self._video = DecodedVideo(self._opening)
            except DataError as error:
                why = str(error)
                continue
            at = lost - (lost if self._start is None else self._start)
            self._absences.append(f"it was away for {time.monotonic() - lost:.1f} s from {at:.1f} s on")
            return True
        return False

    def _end(self, why: str) -> None:
        with self._changed:
            self._gone = why
            self._changed.notify_all()
