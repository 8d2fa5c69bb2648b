"""People drawn by numbers: walks near their own, far from others', as embeddings."""

from pathlib import Path
from typing import Any

import numpy as np

import gaitprint as gp
from gaitprint.types import PartLayout

WIDTH = 12


def drawn(
    people: range, takes: range = range(2), width: int = WIDTH, noise: float = 0.3, source: str = "drawn"
) -> gp.Embeddings:
    """Walk `take` of person p is p's own point and a little beside it, whatever else is drawn."""
    vectors, records = [], []
    for p in people:
        own = np.random.default_rng([9, p]).standard_normal(width)
        for take in takes:
            vectors.append(own + noise * np.random.default_rng([7, p, take]).standard_normal(width))
            records.append(gp.SequenceRecord(f"{p:03d}/{take}", f"{p:03d}", f"nm-{take:02d}", "090"))
    made = np.array(vectors, np.float32).reshape(-1, width)
    return gp.Embeddings(made, tuple(records), PartLayout(((2, width // 2),)), source)


def filled(
    path: Path, people: range = range(6), takes: range = range(2), noise: float = 0.3, **settings: Any
) -> gp.Gallery:
    """A gallery of drawn people."""
    made = gp.Gallery.create(path, **settings)
    made.enroll(drawn(people, takes, noise=noise))
    return made


def calibrated(path: Path, **settings: Any) -> gp.Gallery:
    """The same, calibrated with 300 strangers."""
    made = filled(path, **settings)
    made.calibrate(drawn(range(500, 800), range(1)))
    return made


def answers(gallery: gp.Gallery, people: range = range(6)) -> list[tuple[str, list[tuple[str, float]]]]:
    """What the gallery says of new walks, by names and keys."""
    found = gallery.identify(drawn(people, range(5, 7)), top=4, log=False)
    return [(a.name, [(c.name, c.distance) for c in a.candidates]) for a in found]
