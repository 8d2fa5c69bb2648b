"""Claim: the reader pyav takes at most twice the processor time of OpenCV, and less than 1.2 times on H.264.

Run: python benchmarks/video_reading.py [VIDEO...] [--rounds 3]

Without a video, clips of several codecs are written first, of a made-up place with two walkers. Each is read to its
end by the reader pyav, by PyAV alone, and by OpenCV's VideoCapture with its colours put into order; printed are
frames a second of wall time and of processor time, the best of the rounds, and the ratio pyav : OpenCV. The last
column is the largest error of OpenCV's times (CAP_PROP_POS_MSEC) on a clip whose frames are not evenly spaced.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from gaitprint.video.composites.clip import composite_clip
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.video_source import reader_for

CODECS = ("libx264", "mpeg4", "mjpeg")


def by_reader(path: str) -> int:
    """Frames that the reader gives."""
    video = reader_for(path).open(path)
    count = sum(1 for _ in video)
    video.close()
    return count


def by_pyav(path: str) -> int:
    """The same by the library alone."""
    with av.open(path) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for frame in container.decode(video=0) if frame.to_ndarray(format="rgb24") is not None)


def by_opencv(path: str) -> int:
    """The same by OpenCV."""
    capture, count = cv2.VideoCapture(path), 0
    while True:
        sound, image = capture.read()
        if not sound:
            return count
        cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        count += 1


def best(read: Callable[[str], int], path: str, rounds: int) -> tuple[float, float]:
    """Frames a second of wall and of processor time."""
    wall, processor = [], []
    for _ in range(rounds):
        start, began = time.perf_counter(), time.process_time()
        count = read(path)
        wall.append(count / (time.perf_counter() - start))
        processor.append(count / (time.process_time() - began))
    return max(wall), max(processor)


def write(path: Path, codec: str, images: list[np.ndarray], times: list[float]) -> None:
    """A clip whose frames have these times."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for image, seconds in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(1000 * seconds), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def error_of_opencv(path: str, times: list[float]) -> float:
    """Most seconds by which its times differ from those that were written."""
    capture, worst = cv2.VideoCapture(path), 0.0
    for seconds in times:
        if not capture.read()[0]:
            break
        worst = max(worst, abs(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - seconds))
    return worst


def main() -> None:
    """Print a row a clip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print("clip                 reader /s (cpu)   PyAV /s (cpu)    OpenCV /s (cpu)  time ratio  OpenCV's times off by")
    with tempfile.TemporaryDirectory() as folder:
        videos, worst = list(arguments.videos), {}
        if not videos:
            settings = CompositeSettings(seconds=6.0)
            images = [f.frame.image for f in composite_clip(settings, np.random.default_rng(0))]
            # a camera that takes longer in the dark: 25 frames a second, then 10
            times = np.cumsum([0.0] + [0.04 if i < 75 else 0.1 for i in range(len(images) - 1)]).tolist()
            for codec in CODECS:
                path = str(Path(folder) / f"{codec}.mkv")
                write(Path(path), codec, images, times)
                videos.append(path)
                worst[path] = error_of_opencv(path, times)
        for path in videos:
            figures = [best(read, path, arguments.rounds) for read in (by_reader, by_pyav, by_opencv)]
            shown = "  ".join(f"{wall:6.0f} ({cpu:5.0f})  " for wall, cpu in figures)
            off = f"{worst[path]:.3f} s" if path in worst else "-"
            print(f"{Path(path).name:20} {shown} {figures[2][1] / figures[0][1]:8.2f}    {off}", flush=True)


if __name__ == "__main__":
    main()
