"""Frames into a video file, each at its time, whole or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from gaitprint.atomic_files import atomic_file
from gaitprint.errors import ConfigError, DataError, ShapeError
from gaitprint.extras import require_extra

FORMATS = {".mp4": "mp4", ".mkv": "matroska", ".mov": "mov"}
"""Containers by the ending of the file."""
_CLOCK = Fraction(1, 90_000)
"""A tick: fine enough that 24, 25, 30 and 60 frames a second are whole numbers of it."""


def check_video_place(path: Path) -> None:
    """Find out before long work whether a video can be written at `path`.

    Raises:
        ConfigError: no container has such an ending, or what writes videos is not installed.
    """
    if Path(path).suffix.lower() not in FORMATS:
        raise ConfigError(f"a video is written as {', '.join(FORMATS)}, found {str(path)!r}")
    require_extra("av")


class VideoWriter:
    """Takes frames in order; made by `write_video`."""

    def __init__(self, container: Any, quality: int) -> None:
        self._container, self._quality = container, quality
        self._stream: Any = None
        self._size = (0, 0)
        self._last = -1
        self.frames = 0

    def add(self, image: UInt8[np.ndarray, "H W 3"], seconds: float) -> None:
        """Take a frame, RGB, at its time; of an odd size the last row or column is left out.

        Raises:
            ShapeError: another size than the first.
        """
        import av

        height, width = (n - n % 2 for n in image.shape[:2])
        if self._stream is None:
            options = {"crf": str(self._quality), "preset": "veryfast", "threads": "2"}
            self._stream = self._container.add_stream("libx264", rate=25, options=options)
            self._stream.width, self._stream.height = self._size = (width, height)
            self._stream.pix_fmt = "yuv420p"
            self._stream.time_base = self._stream.codec_context.time_base = _CLOCK
        if self._size != (width, height):
            raise ShapeError(f"a video's frames have one size, found {width}x{height} after {self._size}")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
        # two frames at one time are one tick apart: players want rising times
        self._last = max(self._last + 1, round(seconds / _CLOCK))
        frame.pts, frame.time_base = self._last, _CLOCK
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def finish(self) -> None:
        """Write what is still waiting.

        Raises:
            DataError: there was no frame.
        """
        if self._stream is None:
            raise DataError("a video needs at least one frame, found none")
        self._container.mux(self._stream.encode())


@contextmanager
def write_video(path: Path, quality: int = 23) -> Iterator[VideoWriter]:
    """A video file that takes its name only when the block ends without an error.

    Args:
        path: .mp4, .mkv or .mov.
        quality: of H.264, 0 (lossless) to 51; smaller is better and larger.

    Raises:
        ConfigError: see `check_video_place`. DataError: no frame came, or the folder cannot be written to.
    """
    check_video_place(path)
    import av

    with (
        atomic_file(Path(path)) as stream,
        av.open(stream, "w", format=FORMATS[Path(path).suffix.lower()]) as container,
    ):
        writer = VideoWriter(container, quality)
        yield writer
        writer.finish()
