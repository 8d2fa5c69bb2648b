"""Whether an adaptation does good: how often walks that were kept aside are found, before and after it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from gaitprint.adaptation.walks import LEAST_FRAMES, is_labelled
from gaitprint.errors import ConfigError
from gaitprint.inference.engine import Embedder
from gaitprint.retrieval.distances.exact import flat_euclidean
from gaitprint.store import MemorySequences, SequenceSet
from gaitprint.types import SequenceRecord

MOST = 600
"""Walks that are looked for; more would take minutes and change little."""


@dataclass(frozen=True)
class Found:
    """What was looked for, and which of it was found at rank 1."""

    what: str
    """`people` in other walks of theirs, or `walks` by their other half."""
    units: tuple[str, ...]
    """Whose each probe is: those of one unit stand or fall together."""
    hits: Bool[np.ndarray, " N"]

    @property
    def by_unit(self) -> Float64[np.ndarray, " U"]:
        """Rank-1 in percent of each unit, in the order of their names."""
        mine = np.array(self.units)
        return np.array([100.0 * self.hits[mine == unit].mean() for unit in sorted(set(self.units))])

    @property
    def rank1(self) -> float:
        """Percent, the mean over units: whoever walks often counts as much as whoever walks twice."""
        return float(self.by_unit.mean())


def look_for(embedder: Embedder, sequences: SequenceSet) -> Found:
    """Look for every walk among the others, or for halves of walks by the other half where nobody is named twice.

    The others are from other views and of other conditions, as far as there are.

    Halves of one walk show the same clothes from the same camera and are found easily: they tell harm, hardly gain.

    Raises:
        ConfigError: fewer than two walks that can be looked for.
    """
    return _people(embedder, sequences) if is_labelled(sequences) else _halves(embedder, sequences)


def _people(embedder: Embedder, sequences: SequenceSet) -> Found:
    chosen = np.unique(np.linspace(0, len(sequences.records) - 1, min(MOST, len(sequences.records))).astype(int))
    some = MemorySequences(
        tuple(sequences.records[i] for i in chosen), tuple(np.asarray(sequences.frames(int(i))) for i in chosen)
    )
    vectors = embedder.embed(some).vectors
    subjects, views = (np.array([str(getattr(r, f)) for r in some.records]) for f in ("subject", "view"))
    other_views = len(set(views)) > 1
    # the same view would be told apart by the camera's angle, not by the gait
    barred = views[:, None] == views[None] if other_views else np.eye(len(views), dtype=bool)
    right = subjects[:, None] == subjects[None]
    conditions = np.array([r.condition for r in some.records])
    # one walk before several cameras is found by its moment, not by its gait, so that another walk has to be found
    once = barred | (right & (conditions[:, None] == conditions[None]))
    barred = once if (right & ~once).any(axis=1).sum() > 1 else barred
    findable = (right & ~barred).any(axis=1)
    if findable.sum() < 2:
        raise ConfigError("nobody who was kept aside can be found in another walk: give people of several walks")
    nearest = np.where(barred, np.inf, flat_euclidean(vectors, vectors)).argmin(axis=1)
    hits = right[np.arange(len(nearest)), nearest]
    return Found("people", tuple(subjects[findable]), hits[findable])


def _halves(embedder: Embedder, sequences: SequenceSet) -> Found:
    long = [i for i, length in enumerate(sequences.lengths) if length >= LEAST_FRAMES][:MOST]
    if len(long) < 2:
        raise ConfigError(
            f"to judge an adaptation two walks of {LEAST_FRAMES} frames have to be kept aside, found {len(long)}: "
            "give more walks"
        )
    halves = []
    for late in (False, True):
        frames = []
        for i in long:
            middle = sequences.lengths[i] // 2
            frames.append(np.asarray(sequences.frames(i, middle) if late else sequences.frames(i, 0, middle)))
        records = tuple(SequenceRecord(sequences.records[i].key, None, "", "") for i in long)
        halves.append(embedder.embed(MemorySequences(records, tuple(frames))).vectors)
    nearest = flat_euclidean(halves[1], halves[0]).argmin(axis=1)
    return Found("walks", tuple(sequences.records[i].key for i in long), nearest == np.arange(len(long)))
