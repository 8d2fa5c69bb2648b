"""Claim: on a real clip of a fixed camera the learned chain finds at least 0.9 of the unoccluded people taller than 60
pixels at a precision of at least 0.9.

Run: python benchmarks/video_pedestrians.py VTEST.AVI [--detector ssd --segmenter pose] [--tracker NAME] [--detections]

The clip is `vtest.avi` of Debian's opencv-doc; the people on 60 of its frames are marked by hand in
`tests/data/vtest_pedestrians.csv` (see the README there). A box finds a person where the two overlap by half (IoU),
best pairs first. What finds nobody is a false alarm; people who are hidden in part are neither asked for nor held
against the box that finds them. Printed are recall by the height of the person, and precision; of the masks of tracks,
or with `--detections` of what the detector says by itself, from `--score` on.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from gaitprint.components import make_component
from gaitprint.video.chain import VideoChain, mask_box

MARKS = Path(__file__).parents[1] / "tests" / "data" / "vtest_pedestrians.csv"
HEIGHTS = (0, 40, 60, 80, 100, 1000)


def marks() -> dict[int, list[tuple[np.ndarray, str]]]:
    """The people of each marked frame: box, and how much of them is seen."""
    people = defaultdict(list)
    with MARKS.open() as file:
        for row in csv.DictReader(file):
            box = np.array([float(row[side]) for side in ("left", "top", "right", "bottom")])
            people[int(row["frame"])].append((box, row["visible"]))
    return people


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes."""
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = max(width, 0) * max(height, 0)
    return float(both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both))


def pairs(boxes: np.ndarray, people: list[tuple[np.ndarray, str]]) -> dict[int, int]:
    """Which person each box finds: best overlaps first, each once."""
    ranked = sorted(
        ((overlap(box, person), i, k) for i, box in enumerate(boxes) for k, (person, _) in enumerate(people)),
        reverse=True,
    )
    found: dict[int, int] = {}
    for share, i, k in ranked:
        if share >= 0.5 and i not in found and k not in found.values():
            found[i] = k
    return found


def detected(given: argparse.Namespace) -> Iterator[tuple[int, np.ndarray]]:
    """Each frame's number, and what the detector alone finds on it where somebody looked."""
    video = make_component("reader", "pyav").open(given.clip)
    find, wanted = make_component("detector", given.detector).open(video.info), marks()
    for frame in video:
        detections = find(frame) if frame.index in wanted else None
        if detections is not None:
            yield frame.index, detections.boxes[detections.scores >= given.score]


def tracked(given: argparse.Namespace) -> Iterator[tuple[int, np.ndarray]]:
    """Each frame's number, and the boxes of the masks that the chain makes of people, faulty ones, too."""
    parts = [make_component(kind, getattr(given, kind)) for kind in ("detector", "tracker", "segmenter")]
    with VideoChain(make_component("reader", "pyav").open(given.clip), *parts) as chain:
        for moment in chain:
            boxes = [mask_box(seen.mask) for seen in moment.people if seen.mask is not None]
            yield moment.frame.index, np.array(boxes).reshape(-1, 4)


def main() -> None:
    """Print a row for each height, then precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("--detector", default="ssd")
    parser.add_argument("--segmenter", default="pose")
    parser.add_argument("--tracker", default="bytetrack")
    parser.add_argument("--detections", action="store_true")
    parser.add_argument("--score", type=float, default=0.5)
    given = parser.parse_args()
    asked, hit, boxes_made, false, errors = Counter(), Counter(), 0, 0, []
    wanted = marks()
    for index, boxes in detected(given) if given.detections else tracked(given):
        if index not in wanted:
            continue
        found = pairs(boxes, wanted[index])
        boxes_made += len(boxes)
        false += len(boxes) - len(found)
        for k, (person, visible) in enumerate(wanted[index]):
            if visible == "whole":
                band = sum(person[3] - person[1] > low for low in HEIGHTS[1:])
                asked[band] += 1
                hit[band] += k in found.values()
                if k not in found.values() and person[3] - person[1] > 60:
                    errors.append((index, "missed", person.astype(int).tolist()))
        errors += [(index, "false", boxes[i].astype(int).tolist()) for i in range(len(boxes)) if i not in found]
    print(f"{given.detector} + {given.tracker} + {given.segmenter}, 60 marked frames")
    for band, (low, high) in enumerate(pairwise(HEIGHTS)):
        if asked[band]:
            print(f"  {low:4} to {high:4} pixels tall: recall {hit[band] / asked[band]:.3f} of {asked[band]}")
    tall = range(2, len(HEIGHTS) - 1)
    recall = sum(hit[b] for b in tall) / sum(asked[b] for b in tall)
    print(f"  above 60 pixels: recall {recall:.3f}; precision of all {boxes_made} boxes {1 - false / boxes_made:.3f}")
    for error in errors:
        print("   ", *error)


if __name__ == "__main__":
    main()
