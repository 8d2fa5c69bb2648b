"""Claim: how much of what tells real people apart a linear model learns from drawn ones, in a minute and without luck.

Run: python benchmarks/people_linear.py REAL DRAWN... [--first 025] [--last 074]

A walk is the mean and the spread over time of its frames, 24 x 18 pixels each. A linear discriminant analysis learns
from a store of drawn people which directions tell people apart whatever the view and the clothes, and real people are
ranked by it: CASIA-B's protocol, identical views excluded. It sees no order in time and bends nothing, so that figures
are low; but it has no seed, so that differences between worlds of one or two points are seen. The last line trains on
the real people before `--first`. Real people have to be of the training side where anything is chosen by it.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from gaitprint.store import Store

DIRECTIONS, SHRINKAGE = 60, 0.2
GALLERY = ("nm-01", "nm-02", "nm-03", "nm-04")
FIELDS = ("subject", "condition", "view")
PROBES = {"NM": ("nm-05", "nm-06"), "BG": ("bg-01", "bg-02"), "CL": ("cl-01", "cl-02")}


def images(frames: np.ndarray) -> np.ndarray:
    """Mean and spread of one walk, [864]."""
    values = frames.astype(np.float32)[:, :, 8:56] / 255
    kinds = (values.mean(axis=0), values.std(axis=0))
    return np.concatenate([cv2.resize(k, (18, 24), interpolation=cv2.INTER_AREA).ravel() for k in kinds])


def read(path: Path, last: str) -> dict[str, np.ndarray]:
    """All walks of a store."""
    store = Store.open(path)
    chosen = [i for i, r in enumerate(store.records) if str(r.subject) <= last]
    found = {name: np.array([str(getattr(store.records[i], name)) for i in chosen]) for name in FIELDS}
    return found | {"x": np.array([images(np.asarray(store.frames(i))) for i in chosen], np.float64)}


def only(walks: dict[str, np.ndarray], keep: np.ndarray) -> dict[str, np.ndarray]:
    """Some of the walks."""
    return {name: values[keep] for name, values in walks.items()}


def learn(walks: dict[str, np.ndarray]) -> np.ndarray:
    """Directions [864, K] in which people differ more than their own walks do, longer the more they do."""
    x, within, means = walks["x"] - walks["x"].mean(axis=0), 0.0, []
    for subject in np.unique(walks["subject"]):
        own = x[walks["subject"] == subject]
        means.append(own.mean(axis=0))
        within = within + (own - means[-1]).T @ (own - means[-1])
    within = within / len(x)
    within += SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    white = np.linalg.inv(np.linalg.cholesky(within))
    sizes, axes = np.linalg.eigh(np.cov((np.array(means) @ white.T).T))
    best = np.argsort(sizes)[::-1][:DIRECTIONS]
    return white.T @ axes[:, best] * np.sqrt(np.maximum(sizes[best], 0.0))


def ranked(walks: dict[str, np.ndarray], directions: np.ndarray, conditions: tuple[str, ...]) -> float:
    """Rank-1 in %, mean over pairs of different views."""
    places, found = walks["x"] @ directions, []
    views = np.unique(walks["view"])
    for probe in views:
        p = (walks["view"] == probe) & np.isin(walks["condition"], conditions)
        for gallery in views[views != probe]:
            g = (walks["view"] == gallery) & np.isin(walks["condition"], GALLERY)
            apart = ((places[p][:, None] - places[g][None]) ** 2).sum(axis=2)
            found.append(np.mean(walks["subject"][g][apart.argmin(axis=1)] == walks["subject"][p]))
    return 100 * float(np.mean(found))


def main() -> None:
    """Print one line a store."""
    parser = argparse.ArgumentParser()
    parser.add_argument("real", type=Path)
    parser.add_argument("drawn", nargs="+", type=Path)
    parser.add_argument("--first", default="025", help="the first real person who is ranked")
    parser.add_argument("--last", default="074", help="the last one")
    given = parser.parse_args()
    real = read(given.real, given.last)
    early, late = (only(real, (real["subject"] < given.first) == side) for side in (True, False))
    table = Table("learned from", "people", *PROBES)
    sources = [(path.name, read(path, "zzz")) for path in given.drawn] + [(f"{given.real.name}, the others", early)]
    for name, walks in sources:
        directions = learn(walks)
        figures = [f"{ranked(late, directions, conditions):.1f}" for conditions in PROBES.values()]
        table.add_row(name, str(len(np.unique(walks["subject"]))), *figures)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
