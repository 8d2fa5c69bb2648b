"""Small clips for the tests of this folder, written by PyAV."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from gaitprint.testing.video_scenes import frames


def write_video(
    path: Path,
    images: Iterable[np.ndarray],
    codec: str = "mpeg4",
    times: Iterable[float] | None = None,
    **options: str,
) -> Path:
    """A video of these images, 25 a second or at these times."""
    images = list(images)
    times = [i / 25 for i in range(len(images))] if times is None else list(times)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"qscale": "2", **options})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.time_base = Fraction(1, 1000)
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.global_quality = 2 * 118
        stream.codec_context.qmax = 3
        for image, seconds in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def walk_through(path: Path, count: int = 100) -> Path:
    """A room through which somebody walks after 30 frames."""
    return write_video(path, [frame.image for frame, _ in frames(count=count)])
