"""Comparisons that are gone over more than once: kept where they are few, made again where they are many."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.verification.pairs import PairBlock, PairSet, pair_blocks
from gaitprint.types import Compare, Embeddings

HELD = 4
"""So many comparisons are kept; more are made anew each time."""


@dataclass(eq=False)
class PairSource:
    """Goes over the pairs of a set, block by block."""

    embeddings: Embeddings
    protocol: Protocol
    numbers: Int[np.ndarray, " N"]
    compare: Compare
    keep: tuple[PairSet, ...]
    """Sets whose comparison is kept."""
    _kept: dict[int, Compare] = field(default_factory=dict)

    def __call__(self, pairs: PairSet) -> Iterator[PairBlock]:
        compare = self.compare
        # by identity: equal rows under another name are another set
        if any(pairs is k for k in self.keep):
            if id(pairs) not in self._kept:
                sides = self.embeddings.select(pairs.probes), self.embeddings.select(pairs.gallery)
                made = self.compare(*sides)
                self._kept[id(pairs)] = lambda probes, gallery: made
            compare = self._kept[id(pairs)]
        return pair_blocks(pairs, self.protocol, self.embeddings, self.numbers, compare)

    def forget(self) -> None:
        """Let go of what was kept."""
        self._kept.clear()
