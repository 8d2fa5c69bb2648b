"""Comparisons that are gone over more than once: kept where they are few, made again where they are many."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from gaitprint.evaluation.protocol.distance_blocks import Distances
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.verification.pairs import PairBlock, PairSet, pair_blocks
from gaitprint.types import Embeddings

HELD = 4
"""So many comparisons are kept; more are made anew each time."""


@dataclass(eq=False)
class PairSource:
    """Goes over the pairs of a set, block by block."""

    embeddings: Embeddings
    protocol: Protocol
    numbers: Int[np.ndarray, " N"]
    distances: Distances
    keep: tuple[PairSet, ...]
    """Sets whose comparison is kept."""
    _kept: dict[int, Distances] = field(default_factory=dict)

    def __call__(self, pairs: PairSet) -> Iterator[PairBlock]:
        distances = self.distances
        # by identity: equal rows under another name are another set
        if any(pairs is k for k in self.keep):
            if id(pairs) not in self._kept:
                sides = self.embeddings.select(pairs.probes), self.embeddings.select(pairs.gallery)
                made = self.distances(*sides)
                self._kept[id(pairs)] = lambda probes, gallery: made
            distances = self._kept[id(pairs)]
        return pair_blocks(pairs, self.protocol, self.embeddings, self.numbers, distances)

    def forget(self) -> None:
        """Let go of what was kept."""
        self._kept.clear()
