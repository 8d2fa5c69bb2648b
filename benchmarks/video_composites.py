"""Claim: from composite clips, whose truth is known, the chain of a fixed camera cuts people out with a mask IoU of at
least 0.85 and the learned one of at least 0.80; at least 0.95 of the tracks are kept through crossings; and tracklets
are recognised within 5 points as often as the true silhouettes of the same frames.

Run: python benchmarks/video_composites.py [--chain fixed|learned] [--clips 6] [--scenes pillar ...] [--show DIR]

Each scene is filmed so many times with other people and places: walkers of the data set synthetic, drawn with clothes.
Printed are, a scene a row:

- IoU: mean of the masks that the chain calls whole walkers, with the pixels that are theirs to be seen;
- found: share of the walkers who are seen whole that have such a mask with an IoU above 0.5;
- kept: share of the people who were hidden (by somebody or a pillar) for a while and have their number afterwards;
- switches: how often a person got another number, over all clips; false: masks that are nobody's;
- rank-1 of kept tracklets, and of the true silhouettes of the same frames, by mean silhouettes, the
  gallery being true silhouettes of all walkers in other walks; and frames a second of the chain alone.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from _composite_judging import Tally, judge, save_sheet

from gaitprint.components import make_component
from gaitprint.datasets.synthetic import walk_once
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.video.composites.clip import composite_clip
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.truth import CompositeFrame
from gaitprint.video.composites.walker import draw_walker, dress_in_colours
from gaitprint.video.composites.writing import write_clip
from gaitprint.video.frames import VideoFrame

CHAINS = {"fixed": ("background", "foreground"), "learned": ("ssd", "pose")}
SCENES = {
    "one": {"people": 1},
    "crossing": {"people": 2},
    "three": {"people": 3},
    "pillar": {"people": 2, "pillar": 0.08},
    "small": {"people": 2, "smallest": 60.0, "largest": 90.0},
    "large": {"people": 2, "smallest": 180.0, "largest": 250.0},
    "noisy": {"people": 2, "noise": 8.0, "light": 0.12, "shadow": 0.5},
    "wide": {"people": 3, "width": 1280, "height": 720, "smallest": 120.0, "largest": 250.0, "seconds": 16.0},
}


def filmed(scene: dict, number: int, codec: str, place: np.ndarray | None) -> tuple[CompositeSettings, list]:
    """A clip with its truth, compressed and read again unless `codec` is none."""
    values = {k: v for k, v in scene.items() if k != "people"}
    first = 1 + 3 * number
    settings = CompositeSettings(subjects=tuple(range(first, first + scene["people"])), **values)
    clip = composite_clip(settings, np.random.default_rng(number), place)
    if codec == "none":
        return settings, list(clip)
    truths = []

    def frames() -> Iterator[VideoFrame]:
        for made in clip:
            truths.append(made.people)
            yield made.frame

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_clip(path, frames(), settings.fps, codec)
        read = list(make_component("reader", "pyav").open(str(path)))
    return settings, [CompositeFrame(frame, people) for frame, people in zip(read, truths, strict=True)]


def mean_images(frames: np.ndarray) -> np.ndarray:
    """The mean silhouette and its mirror image: cameras see either side."""
    mean = frames[:, :, 10:54].mean(axis=0)
    return np.stack([mean.ravel(), mean[:, ::-1].ravel()])


def gallery(subjects: range, height: float = 150.0) -> tuple[list[str], np.ndarray]:
    """Mean silhouettes of other walks of everybody."""
    names, vectors = [], []
    clothes = dress_in_colours(np.random.default_rng(0))
    for subject in subjects:
        for condition in ("nm-02", "nm-03"):
            solids = walk_once(0, subject, condition, 54)
            drawn = []
            for t in range(54):
                picture = draw_walker(solids, float(t), 90.0, height, np.array([200.0, 200.0]), clothes)
                drawn.append(picture.alpha)
            names.append(f"{subject:03d}")
            vectors.append(mean_images(normalize_sequence(drawn).frames)[0])
    return names, np.stack(vectors)


def rank_1(probes: list[tuple[str, np.ndarray]], known: tuple[list[str], np.ndarray]) -> float:
    """Share whose nearest in the gallery, seen from either side, is themselves."""
    names, vectors = known
    hits = 0
    for name, frames in probes:
        both = mean_images(frames)
        distances = np.linalg.norm(vectors[None] - both[:, None], axis=2).min(axis=0)
        hits += names[int(distances.argmin())] == name
    return hits / max(1, len(probes))


def main() -> None:
    """Print a row for each scene."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chain", choices=sorted(CHAINS), default="fixed")
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--scenes", nargs="+", choices=sorted(SCENES), default=list(SCENES))
    parser.add_argument("--codec", choices=["none", "h264", "mpeg4"], default="h264")
    parser.add_argument("--place", type=Path, help="an image of the empty scene, in place of made-up ones")
    parser.add_argument("--show", type=Path, help="a folder for pictures of what went wrong")
    given = parser.parse_args()
    place = None if given.place is None else cv2.imread(str(given.place))[:, :, ::-1].copy()
    known = gallery(range(1, 3 * given.clips + 1))
    print(f"{'scene':10}   IoU  found   kept (of)  switches  false  rank-1  of true (of)  frames/s")
    total = Tally()
    for name in given.scenes:
        tally, shown = Tally(), []
        for number in range(given.clips):
            settings, clip = filmed(SCENES[name], number, given.codec, place)
            judge(settings, clip, CHAINS[given.chain], tally, shown)
        print_row(name, tally, known)
        if given.show:
            given.show.mkdir(parents=True, exist_ok=True)
            save_sheet(given.show / f"{name}.png", shown)
        for key, value in vars(tally).items():
            setattr(total, key, getattr(total, key) + value)
    print_row("all", total, known)


def print_row(name: str, t: Tally, known: tuple[list[str], np.ndarray]) -> None:
    """One scene."""
    chain, true = (rank_1([(n, pair[i]) for n, *pair in t.tracklets], known) for i in (0, 1))
    kept = f"{t.kept / t.events:5.3f}" if t.events else "    -"
    tracks = f"{kept} ({t.events:2d}) {t.switches:8d} {t.false:6d}"
    names = f"{chain:6.3f}  {true:7.3f} ({len(t.tracklets):2d})"
    found, speed = t.found / max(1, t.whole), t.frames / max(1e-9, t.seconds)
    print(f"{name:10} {np.mean(t.ious or [0]):5.3f}  {found:5.3f}  {tracks}  {names} {speed:8.1f}", flush=True)


if __name__ == "__main__":
    main()
