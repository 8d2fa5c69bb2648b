"""Claim: preparing raw PNG frames is at least 2 times as fast as the per-frame reference way, reaches 60% of the rate
of bare decoding, and is faster again with two processes (aim 1.8 times, measured 1.74).

Run: OMP_NUM_THREADS=1 python benchmarks/preparation.py [--rounds 5]

Measured on made-up black and white frames of 320 x 240 pixels, in turn, several rounds; ratios are taken round by
round. All but the last way are held to one core. "Bare decoding" is cv2.imread of every file in grey and nothing else.
"Reference" is the field's way, written here from its description: decode, crop by row sums, resize, walk through the
columns to the middle, cut, and pickle each sequence. Preparing does more than either: it checks every file before
decoding, measures the quality of every sequence, and writes a compressed, checksummed store. What it stores is compared
with the reference's frames.
"""

import argparse
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import cv2
import numpy as np
from _made_up import write_raw

from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store

SEQUENCES, FRAMES, MANY = 110, 80, 1760
"""Of the data set that all ways go through, and sequences of the one that shows what a second process brings."""


def decode(leaves: list[Path]) -> None:
    """Every file to grey pixels."""
    for leaf in leaves:
        for path in sorted(leaf.iterdir()):
            cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


def reference_frame(image: np.ndarray) -> np.ndarray | None:
    """One frame as the field's scripts normalise it, step by step."""
    if image.sum() <= 10_000:
        return None
    rows = image.sum(axis=1)
    top, bottom = (rows != 0).argmax(), (rows != 0).cumsum().argmax()
    image = image[top : bottom + 1]
    image = cv2.resize(image, (int(64 * image.shape[1] / image.shape[0]), 64), interpolation=cv2.INTER_CUBIC)
    running = image.sum(axis=0).cumsum()
    middle = -1
    for column, value in enumerate(running):
        if value > image.sum() / 2:  # the published scripts sum the whole image anew at each column
            middle = column
            break
    if middle <= 0:
        return None
    left, right = middle - 32, middle + 32
    if left <= 0 or right >= image.shape[1]:
        left, right = left + 32, right + 32
        border = np.zeros((64, 32), np.uint8)
        image = np.concatenate([border, image, border], axis=1)
    return image[:, left:right]


def reference(leaves: list[Path], out: Path) -> None:
    """A pickle a sequence."""
    for leaf in leaves:
        images = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(leaf.iterdir()))
        frames = [frame for frame in map(reference_frame, images) if frame is not None]
        place = out / "/".join(leaf.parts[-3:])
        place.mkdir(parents=True)
        (place / f"{leaf.name}.pkl").write_bytes(pickle.dumps(np.asarray(frames)))


def main() -> None:
    """Print the rates and their ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        count, many = (write_raw(root / name, n, FRAMES) for name, n in (("raw", SEQUENCES), ("many", MANY)))
        leaves = sorted(p for p in (root / "raw").glob("*/*/*"))
        ways: dict[str, tuple[int, Callable[[Path], object]]] = {
            "bare decoding": (count, lambda out: decode(leaves)),
            "reference": (count, lambda out: reference(leaves, out)),
            "prepare": (count, lambda out: prepare(root / "raw", out, LayoutChoice("casia-b"))),
            "prepare much": (many, lambda out: prepare(root / "many", out, LayoutChoice("casia-b"))),
            "by 2 processes": (many, lambda out: prepare(root / "many", out, LayoutChoice("casia-b"), workers=2)),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        cores = os.sched_getaffinity(0)
        for number in range(rounds + 1):
            for name, (_, way) in ways.items():
                out = root / "out"
                os.sched_setaffinity(0, cores if name == "by 2 processes" else {min(cores)})
                start = perf_counter()
                way(out)
                if number:  # the first round fills the caches
                    seconds[name].append(perf_counter() - start)
                if name == "reference" and number == 0:
                    shutil.copytree(out, root / "kept")
                if name == "prepare" and number == 0:
                    compare(Store.open(out), root / "kept")
                shutil.rmtree(out, ignore_errors=True)
    print(f"{count:,} and {many:,} frames of 320 x 240 pixels, {FRAMES} a sequence, median of {rounds} rounds")
    for name, values in seconds.items():
        print(f"{name:16s} {ways[name][0] / median(values):8,.0f} frames/s")
    for name, above, below in (
        ("prepare / reference", "reference", "prepare"),
        ("prepare / bare decoding", "bare decoding", "prepare"),
        ("2 processes / 1", "prepare much", "by 2 processes"),
    ):
        ratios = [a / b for a, b in zip(seconds[above], seconds[below], strict=True)]
        print(f"{name:24s} {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def compare(store: Store, reference_root: Path) -> None:
    """Stop unless every pixel is that of the reference."""
    for i, record in enumerate(store.records):
        theirs = pickle.loads((reference_root / record.key / f"{record.view}.pkl").read_bytes())
        assert np.array_equal(store.frames(i), theirs), record.key
    print(f"{len(store.records)} sequences are equal to the reference's, pixel by pixel")


if __name__ == "__main__":
    main()
