"""Files, cameras and streams decoded by FFmpeg: frames upright in red, green, blue, and what was wrong with them.

A file is held to be hostile: only containers of video are tried (a playlist would name other files and addresses), only
the file itself may be opened, sizes are held against a limit before anything is decoded.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import Interpolation, VideoReformatter
from jaxtyping import UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes.images import MAX_PIXELS
from gaitprint.video.upright import quarter_turns, square_size, turned

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif,apng,mjpeg,mpjpeg,h264,hevc,obu,ivf,"
    "dv,mxf,nut,yuv4mpegpipe,m4v,h263,rm,wtv,av1,webp_anim,swf,vc1,avs2,avs3,live_flv"
)
"""Formats of FFmpeg that hold one video and point nowhere else."""
MOST_FAILURES = 1000
"""Packets in a row out of which no frame comes: then there is no video left."""


@dataclass(frozen=True)
class Opening:
    """What FFmpeg is to open, and how."""

    place: str
    shown: str
    """For messages."""
    format: str | None = None
    """FFmpeg's name of a device's format; None where it is found out."""
    options: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    """Seconds without a byte after which it is given up; None: never."""
    threads: int = 0
    """For decoding; 0 takes what FFmpeg thinks right. With several, frames come some frames late."""


class DecodedVideo:
    """One opened container, read once; its first frame is decoded already.

    Raises:
        DataError: nothing there that is a video, or no frame of it can be decoded.
    """

    def __init__(self, opening: Opening) -> None:
        self.undecodable = 0
        """Frames and packets that were passed over."""
        self.failure = ""
        """Why reading ended before the end; empty where it did not."""
        self._shown = opening.shown
        self._container = _open(opening)
        try:
            self._stream = _video_stream(self._container, opening)
            self._reformatter = VideoReformatter()
            self._frames = self._decode()
            self._first: av.VideoFrame | None = next(self._frames, None)
            if self._first is None:
                why = f": {self.failure}" if self.failure else ""
                raise DataError(f"{opening.shown}: no frame of it can be decoded{why}")
        except BaseException:
            self.close()
            raise
        self._quarters = quarter_turns(float(self._first.rotation))
        self._size = square_size(self._first.width, self._first.height, _aspect(self._stream, self._first))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of upright frames."""
        width, height = self._size
        return (height, width) if self._quarters % 2 else (width, height)

    @property
    def fps(self) -> float:
        """Frames a second on the average, as the container says; NaN where it says none."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate) if rate else float("nan")

    @property
    def frames(self) -> int | None:
        """How many frames the container announces; None: it does not."""
        return int(self._stream.frames) or None

    @property
    def endless(self) -> bool:
        """Whether nobody knows how long it is."""
        return self._container.duration is None

    @property
    def interlaced(self) -> bool:
        """Whether the first frame consists of two half pictures."""
        return self._first is not None and bool(self._first.interlaced_frame)

    def __iter__(self) -> Iterator["DecodedFrame"]:
        """Every frame, in order of showing."""
        if self._first is not None:
            first, self._first = self._first, None
            yield DecodedFrame(first, self)
        for frame in self._frames:
            yield DecodedFrame(frame, self)

    def image(self, frame: av.VideoFrame) -> UInt8[np.ndarray, "_H _W 3"]:
        """The frame's picture, upright, with square pixels."""
        width, height = square_size(frame.width, frame.height, _aspect(self._stream, frame))
        plain = self._reformatter.reformat(frame, width, height, "rgb24", interpolation=Interpolation.BILINEAR)
        return turned(plain.to_ndarray(), quarter_turns(float(frame.rotation)))

    def close(self) -> None:
        """Let go of it; also twice."""
        with suppress(FFmpegError):
            self._container.close()

    def _decode(self) -> Iterator[av.VideoFrame]:
        failures = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
            except FFmpegError as error:
                self.undecodable += 1
                failures += 1
                if failures > MOST_FAILURES:
                    self.failure = f"{failures} packets in a row cannot be decoded ({reason(error)})"
                    return
                continue
            for frame in frames:
                failures = 0
                if not isinstance(frame, av.VideoFrame):
                    continue
                if frame.is_corrupt:
                    self.undecodable += 1
                    continue
                if frame.width * frame.height > MAX_PIXELS:
                    self.failure = f"a frame of {frame.width} x {frame.height} pixels, expected at most {MAX_PIXELS}"
                    return
                yield frame

    def _packets(self) -> Iterator[Any]:
        """Packets, also those behind damaged ones: a demuxer that failed once may go on with the next."""
        failures = 0
        while failures <= MOST_FAILURES:
            try:
                for packet in self._container.demux(self._stream):
                    yield packet
                    failures = 0
                return
            except av.error.InvalidDataError:
                self.undecodable += 1
                failures += 1
            except FFmpegError as error:
                self.failure = reason(error)
                return
        self.failure = f"{failures} times in a row no packet can be read"


class DecodedFrame:
    """A frame that has been decoded, and whose picture is made when it is asked for."""

    def __init__(self, frame: av.VideoFrame, video: DecodedVideo) -> None:
        self._frame, self._video = frame, video
        self.seconds: float | None = None if frame.time is None else float(frame.time)
        """On the container's clock; None where it has none."""

    def image(self) -> UInt8[np.ndarray, "_H _W 3"]:
        """See `DecodedVideo.image`."""
        return self._video.image(self._frame)


def reason(error: FFmpegError) -> str:
    """What FFmpeg says of an error, in a few words."""
    said = error.strerror or type(error).__name__
    return " ".join(str(said).split())[:100]


def _open(opening: Opening) -> Any:
    try:
        return av.open(
            opening.place,
            format=opening.format,
            container_options=dict(opening.options),
            timeout=opening.timeout,
            metadata_errors="replace",
        )
    except FFmpegError as error:
        raise DataError(f"{opening.shown} cannot be opened as a video: {reason(error)}") from None
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())[:100]
        raise DataError(f"{opening.shown} cannot be opened as a video: {said}") from None


def _video_stream(container: Any, opening: Opening) -> Any:
    # a song's cover is a video stream of one frame to FFmpeg
    streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    if not streams:
        others = len(container.streams)
        raise DataError(f"{opening.shown} holds no video: {others} streams of other kinds (sound, text) are in it")
    known = [s for s in streams if s.codec_context is not None]
    if not known:
        raise DataError(f"{opening.shown} is coded in a way that this FFmpeg does not know: convert it first")
    stream = max(known, key=lambda s: (s.width or 0) * (s.height or 0))
    width, height = stream.width or 0, stream.height or 0
    if width * height > MAX_PIXELS:
        raise DataError(f"{opening.shown} has frames of {width} x {height} pixels, expected at most {MAX_PIXELS}")
    stream.thread_type = "AUTO" if opening.threads != 1 else "NONE"
    stream.codec_context.thread_count = opening.threads
    return stream


def _aspect(stream: Any, frame: av.VideoFrame) -> float:
    """Width over height of a pixel; 0 where nobody says."""
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    del frame
    return float(ratio) if ratio else 0.0
