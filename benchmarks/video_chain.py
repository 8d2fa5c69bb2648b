"""Claim: a fixed camera, 640x480, passes at 50 frames a second on two cores; masks have an IoU of 0.85 with the
truth. The learned chain passes at 25 with three walkers in view all the time.

Run: python benchmarks/video_chain.py [--chain fixed|learned] [--seconds 8] [--walkers 1 2 3] [--hour] [--fps 0]

Clips are drawn (composite_clip: shadows, noise, changing light), compressed as H.264 at 2 Mbit/s, and gone through by
the chain as it stands: reader, background, bytetrack, foreground. Printed are frames a second from file to masks,
mean and tenth percentile of the masks that bear no fault against the truth of the person they cover most, faults, and
milliseconds of each step; with --fps fewer frames a second are looked at. With --hour the last clip is gone through
again and again until an hour of video is done, and the memory of the process is printed every ten minutes of it: it
stays.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitprint.video.chain import Moment, VideoChain
from gaitprint.video.composites.clip import composite_clip
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.truth import TruePerson
from gaitprint.video.composites.writing import write_clip
from gaitprint.video.frames import VideoFrame, VideoInfo
from gaitprint.video.parts import VideoParts
from gaitprint.video.people import PersonMask
from gaitprint.video.tracklets import TrackletCollector
from gaitprint.video.video_source import reader_for

SUBJECTS = (7, 1, 2)
CHAINS = {"fixed": {}, "learned": {"detector": "ssd", "segmenter": "pose"}}


@dataclass
class Truth:
    """Who is where in each frame of a clip."""

    people: list[tuple[TruePerson, ...]] = field(default_factory=list)


def draw(path: Path, walkers: int, seconds: float) -> tuple[Truth, CompositeSettings]:
    """Write a clip; the truth about it."""
    settings, truth = CompositeSettings(seconds=seconds, subjects=SUBJECTS[:walkers]), Truth()

    def frames():  # type: ignore[no-untyped-def]
        for composite in composite_clip(settings, np.random.default_rng(walkers)):
            truth.people.append(composite.people)
            yield composite.frame

    write_clip(path, frames(), settings.fps)
    return truth, settings


def full(mask: PersonMask, settings: CompositeSettings) -> np.ndarray:
    """A mask in the size of the frame."""
    made = np.zeros((settings.height, settings.width), bool)
    height, width = mask.pixels.shape
    made[mask.top : mask.top + height, mask.left : mask.left + width] = mask.pixels > 127
    return made


def overlap(moment: Moment, truth: Truth, settings: CompositeSettings) -> list[float]:
    """Intersection over union of each mask without a fault with the person it covers most."""
    found = []
    people = [full(person.mask, settings) for person in truth.people[moment.frame.index]]
    for sighting in moment.people:
        if sighting.mask is None or sighting.mask.fault or not people:
            continue
        mine = full(sighting.mask, settings)
        found.append(max(float((mine & p).sum() / max(1, (mine | p).sum())) for p in people))
    return found


class Again:
    """A video that is read again and again, its times going on."""

    def __init__(self, path: str, seconds: float, parts: VideoParts) -> None:
        self._path, self._seconds = path, seconds
        self._reader = reader_for(path, parts.reader, parts.settings.get("reader"))
        video = self._reader.open(path)
        self.info = VideoInfo(video.info.width, video.info.height, video.info.fps, None)
        video.close()
        self.notes: tuple[str, ...] = ()

    def __iter__(self):  # type: ignore[no-untyped-def]
        start, count, last = 0.0, 0, 0.0
        while start < self._seconds:
            video = self._reader.open(self._path)
            for frame in video:
                last = start + frame.seconds
                yield VideoFrame(frame.image, count, last)
                count += 1
            video.close()
            start = last + 0.04

    def close(self) -> None:
        """Nothing is held."""


def hour(path: str, parts: VideoParts) -> None:
    """Memory while an hour goes by."""
    detector, tracker, segmenter = parts.made()
    again, collector, said = Again(path, 3600.0, parts), TrackletCollector(), -600.0
    chain = VideoChain(again, detector, tracker, segmenter)
    for moment in chain:
        for _ in collector.add(moment):
            pass
        if moment.frame.seconds >= said + 600:
            said = moment.frame.seconds
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            now = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
            print(f"{said / 60:5.0f} min: {now:.0f} MiB, {most:.0f} at most so far", flush=True)


def main() -> None:
    """Print a row for each number of walkers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--walkers", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--hour", action="store_true")
    parser.add_argument("--chain", choices=sorted(CHAINS), default="fixed")
    parser.add_argument("--fps", type=float, default=0.0)
    arguments = parser.parse_args()
    parts = VideoParts(**CHAINS[arguments.chain], settings={"reader": {"fps": arguments.fps}})
    with tempfile.TemporaryDirectory() as folder:
        clips = {n: (Path(folder) / f"{n}.mp4") for n in arguments.walkers}
        truths = {n: draw(path, n, arguments.seconds) for n, path in clips.items()}
        print("walkers  frames/s  cpu ms  mean IoU  10 %   steps in ms (p50)                         faults")
        for walkers, path in clips.items():
            start, began = time.perf_counter(), time.process_time()
            with parts.open(str(path)) as chain:
                frames = sum(1 for _ in chain)
            rate, busy = frames / (time.perf_counter() - start), 1000 * (time.process_time() - began) / frames
            truth, settings = truths[walkers]
            with parts.open(str(path)) as again:
                found = [value for moment in again for value in overlap(moment, truth, settings)]
            steps = {name: times.quantile(0.5) * 1000 for name, times in chain.trace.latencies.items()}
            shown = "  ".join(f"{name} {value:.1f}" for name, value in steps.items())
            faults = dict(Counter(chain.trace.faults))
            masks = f"{np.mean(found):8.3f}  {np.percentile(found, 10):.3f}"
            print(f"{walkers:7}  {rate:8.1f}  {busy:6.1f}  {masks}  {shown}  {faults}")
        if arguments.hour:
            hour(str(clips[arguments.walkers[-1]]), parts)


if __name__ == "__main__":
    main()
