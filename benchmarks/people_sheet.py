"""A picture to look at: synthetic people, one a row, each on several days and from several cameras.

Run: python benchmarks/people_sheet.py OUT.png [--people 6] [--seed 0] [--world street]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from gaitprint.datasets.synthetic import SyntheticSettings, walkers

WALKS = ("nm-01", "nm-02", "nm-03", "bg-01", "cl-01", "cl-03")
VIEWS = ("054", "090")
MOMENTS = (0, 8)


def sheet(people: int, seed: int, world: str) -> np.ndarray:
    """One row a person; a gap between walks."""
    settings = SyntheticSettings(people, seed, 12, WALKS, VIEWS, world=world)
    found = {record.key: frames for record, frames in walkers(settings)}
    rows = []
    for person in range(1, people + 1):
        cells = []
        for walk in WALKS:
            for view in VIEWS:
                cells += [found[f"{person:03d}/{walk}/{view}"][t][:, 10:54] for t in MOMENTS]
            cells.append(np.full((64, 6), 60, np.uint8))
        rows += [np.concatenate(cells[:-1], axis=1), np.full((4, sum(c.shape[1] for c in cells[:-1])), 60, np.uint8)]
    return np.concatenate(rows[:-1])


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", default="street")
    given = parser.parse_args()
    cv2.imwrite(str(given.out), sheet(given.people, given.seed, given.world))


if __name__ == "__main__":
    main()
