"""Transform: alpha query expansion by cosine neighbours, the alternative to cluster means (as fast-reid defines it)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.retrieval.neighbors import nearest
from gaitprint.retrieval.transforms._derived import split, unit_rows
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class AlphaExpansionSettings:
    """How many neighbours, how sharply weighted."""

    k: int = 5
    """The most cosine-similar items of probes and gallery together, the item itself included."""
    alpha: float = 3.0
    """Weights are cosine ** alpha; negative cosines weigh nothing."""
    times: int = 1
    """Repetitions, each on the last one's features."""

    def __post_init__(self) -> None:
        require(self.k >= 1, f"k counts neighbours and is at least 1, found {self.k}")
        require(self.alpha >= 0, f"alpha is at least 0, found {self.alpha}")
        require(self.times >= 1, f"times is at least 1, found {self.times}")


@dataclass(frozen=True)
class AlphaExpansion:
    """The sum of weight x raw feature over the k most similar, divided by k (not by the weights' sum)."""

    settings: AlphaExpansionSettings

    @property
    def transductive(self) -> bool:
        """Probes are averaged with each other."""
        return True

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Both sides, expanded over their union."""
        union = np.concatenate([probe.vectors, gallery.vectors])
        for _ in range(self.settings.times):
            union = expand(union, self.settings.k, self.settings.alpha)
        return split(union, probe, gallery, "alpha-expansion", self.settings)


def expand(vectors: Float32[np.ndarray, "N D"], k: int, alpha: float) -> Float32[np.ndarray, "N D"]:
    """One round over all rows; with fewer than k items, all of them."""
    unit = unit_rows(vectors)
    result = np.empty_like(vectors)
    for start in range(0, len(vectors), 512):
        cosines = unit[start : start + 512].astype(np.float64) @ unit.T
        lists = nearest(-cosines, k)
        weights = np.maximum(np.take_along_axis(cosines, lists, axis=1), 0.0) ** alpha / lists.shape[1]
        for row, (members, shares) in enumerate(zip(lists, weights, strict=True)):
            result[start + row] = shares @ vectors[members]
    return result


component = Component(AlphaExpansionSettings, AlphaExpansion)
