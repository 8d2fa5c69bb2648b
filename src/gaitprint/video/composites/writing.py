"""Composite clips as files that players play."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Literal

from gaitprint.errors import DataError
from gaitprint.extras import require_extra
from gaitprint.video.frames import VideoFrame

Codec = Literal["h264", "mpeg4"]


def write_clip(
    path: Path, frames: Iterable[VideoFrame], fps: float, codec: Codec = "h264", bits: int = 2_000_000
) -> int:
    """Write frames, with a frame rate that stays, into a file of the kind that its name says, such as .mp4.

    Args:
        path: is replaced where it exists.
        frames: all of one size, even in both directions.
        fps: frames a second.
        codec: how they are compressed.
        bits: a second, on the average: fewer mean more visible blocks.

    Returns:
        How many frames were written.

    Raises:
        DataError: there is no frame, or sizes are odd or differ.
        ConfigError: PyAV is not installed.
    """
    require_extra("av")
    import av

    count, size = 0, (0, 0)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.pix_fmt, stream.bit_rate = "yuv420p", bits
        # one thread: the same bytes on any machine
        stream.codec_context.thread_count = 1
        for frame in frames:
            height, width = frame.image.shape[:2]
            if count == 0:
                stream.width, stream.height = size = (width, height)
            if (width, height) != size or width % 2 or height % 2:
                raise DataError(f"a clip's frames are of one even size, frame {count} is {width}x{height} after {size}")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="rgb24")))
            count += 1
        if count == 0:
            raise DataError("a clip needs a frame at least, found none")
        file.mux(stream.encode())
    return count
