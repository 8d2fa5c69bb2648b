"""Video files, cameras and streams by PyAV, which is FFmpeg: real times, variable rates, turned phones, damage."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gaitprint.components import Component, Example
from gaitprint.config import require
from gaitprint.errors import DataError
from gaitprint.video.containers import CONTAINERS, DecodedVideo, Opening
from gaitprint.video.contracts import OpenVideo
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.live_video import LiveVideo
from gaitprint.video.pace import Pace
from gaitprint.video.upright import OneSize
from gaitprint.video.video_source import camera_number, is_stream, shown_source, what_is_at

_ENDLESS = ("rtsp", "rtsps", "rtmp", "udp", "tcp", "srt", "rtp")
"""Schemes of what is not a file at the other end."""
_CAMERAS = {"linux": ("v4l2", "/dev/video{}"), "darwin": ("avfoundation", "{}")}
"""FFmpeg's format and name of a camera, by the system."""


@dataclass(frozen=True)
class PyavSettings:
    """Settings."""

    fps: float = 0.0
    """Frames a second that are given at most, others are passed over; 0: all."""
    threads: int = 0
    """For decoding a file; 0 takes what FFmpeg thinks right. Cameras and streams are decoded without delay by one."""
    timeout: float = 10.0
    """Seconds without a byte after which a camera or stream counts as gone."""
    retry: float = 1.0
    """Seconds between two tries to find a camera or stream again."""
    away: float = 60.0
    """Seconds that a camera or stream may be gone; 0: it is not looked for again."""
    keep: int = 2
    """Newest frames of a camera or stream that wait for whoever is slower; older ones are dropped and counted."""

    def __post_init__(self) -> None:
        require(0 <= self.fps < math.inf, f"fps is 0 (all frames) or the most a second, found {self.fps}")
        require(0 <= self.threads <= 64, f"threads lie between 0 and 64, found {self.threads}")
        require(0 < self.timeout < math.inf, f"timeout is a number of seconds above 0, found {self.timeout}")
        require(0 < self.retry < math.inf, f"retry is a number of seconds above 0, found {self.retry}")
        require(0 <= self.away < math.inf, f"away is a number of seconds, found {self.away}")
        require(1 <= self.keep <= 100, f"keep lies between 1 and 100 frames, found {self.keep}")


class Pyav:
    """The reader."""

    def __init__(self, settings: PyavSettings) -> None:
        self.settings = settings

    def takes(self, source: str) -> bool:
        """See `gaitprint.video.contracts.Reader`: cameras, addresses, files of any name."""
        return camera_number(source) is not None or is_stream(source) or what_is_at(source) == "file"

    def open(self, source: str) -> OpenVideo:
        """See `gaitprint.video.contracts.Reader`."""
        s = self.settings
        number = camera_number(source)
        if number is None and not is_stream(source):
            return _FileVideo(_file(source, s.threads), s.fps)
        opening = _stream(source, s.timeout) if number is None else _camera(number, s.timeout)
        video = DecodedVideo(opening)
        if number is None and source.partition("://")[0].lower() not in _ENDLESS and not video.endless:
            return _FileVideo(opening, s.fps, video)
        return LiveVideo(opening, video, Pace(s.fps), s.retry, s.away, s.keep)


class _FileVideo:
    """Something that has an end."""

    def __init__(self, opening: Opening, fps: float, video: DecodedVideo | None = None) -> None:
        self._video = video or DecodedVideo(opening)
        self._pace, self._one_size = Pace(fps), OneSize()
        self._clockless = self._backwards = self._given = 0
        self._ended = ""
        self._interlaced = self._video.interlaced
        width, height = self._video.size
        found = self._video.fps
        rate = min(fps, found) if fps and not math.isnan(found) else fps or found
        self.info = VideoInfo(width, height, rate, self._video.frames)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `gaitprint.video.contracts.OpenVideo`."""
        said = (
            (self._video.undecodable, "{} frames or packets could not be decoded and were passed over"),
            (self._clockless, "{} frames bear no time: theirs is reckoned from the frame rate"),
            (self._backwards, "{} frames bear a time before the last one's: they were given the last one's"),
            (self._one_size.changed, "{} frames have another size than the first and were scaled to it"),
        )
        notes = [text.format(count) for count, text in said if count]
        if self._interlaced:
            notes.append("the frames are interlaced: moving bodies have combs at their edges, deinterlace it first")
        return (*notes, *([self._ended] if self._ended else []))

    def __iter__(self) -> Iterator[VideoFrame]:
        """See `gaitprint.video.contracts.OpenVideo`."""
        rate = self._video.fps
        step = 1 / rate if rate > 0 else 1 / 25
        start: float | None = None
        last = 0.0
        count = 0
        for count, decoded in enumerate(self._video, start=1):
            seconds = decoded.seconds
            if start is None:
                start = seconds or 0.0
            if seconds is None:
                self._clockless += 1
                now = last + step * (count > 1)
            else:
                now = seconds - start
            if now < last:
                self._backwards += 1
            last = max(last, now)
            if self._pace.takes(last):
                yield VideoFrame(self._one_size(decoded.image()), count - 1 + self._video.undecodable, last)
        self._say_end(count)

    def close(self) -> None:
        """See `gaitprint.video.contracts.OpenVideo`."""
        self._video.close()

    def _say_end(self, count: int) -> None:
        promised, read = self.info.frames, count + self._video.undecodable
        if self._video.failure:
            self._ended = f"it cannot be read to its end: {self._video.failure}; {count} frames came before"
        elif promised is not None and read < 0.95 * promised:
            self._ended = f"it is cut short: {count} frames came of {promised} that it announces"


def _file(source: str, threads: int) -> Opening:
    path, shown, kind = Path(source), shown_source(source), what_is_at(source)
    if kind == "nothing":
        raise DataError(f"no video at {shown}: check the path")
    if kind != "file":
        raise DataError(f"{shown} is no regular file: give a video file, a folder of images or camera:0")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise DataError(f"{shown} cannot be read: {error.strerror}") from None
    if size == 0:
        raise DataError(f"{shown} is empty (0 bytes): expected a video")
    # the whole path behind the scheme: a file may be called as an address is, or as an option
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    return Opening(f"file:{path.absolute()}", shown, options=options, threads=threads)


def _stream(source: str, timeout: float) -> Opening:
    options = {"protocol_whitelist": "rtsp,rtsps,rtp,srtp,rtmp,http,https,tls,tcp,udp,srt,crypto,hls"}
    if source.lower().startswith("rtsp"):
        options["rtsp_transport"] = "tcp"  # over UDP a lost packet is a smeared body
    return Opening(source, shown_source(source), options=options, timeout=timeout, threads=1)


def _camera(number: int, timeout: float) -> Opening:
    if sys.platform not in _CAMERAS:
        raise DataError(f"camera:{number}: cameras are read on Linux and macOS; give the address of a stream instead")
    form, name = _CAMERAS[sys.platform]
    place = name.format(number)
    if form == "v4l2" and not Path(place).exists():
        raise DataError(f"no camera {number}: there is no {place}; is it plugged in?")
    return Opening(place, f"camera:{number}", form, timeout=timeout, threads=1)


component = Component(PyavSettings, Pyav, (Example(), Example({"fps": 5.0, "threads": 1})))
