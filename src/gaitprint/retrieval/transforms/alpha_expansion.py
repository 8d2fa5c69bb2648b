"""Transform: alpha query expansion by cosine neighbours, the alternative to cluster means (as fast-reid defines it)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.retrieval.metric import Metric
from gaitprint.retrieval.search import search
from gaitprint.retrieval.transforms._derived import split, unit_rows
from gaitprint.retrieval.work import Work
from gaitprint.types import Embeddings, PartLayout


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
        return self.transformed(probe, gallery, Work())

    def transformed(self, probe: Embeddings, gallery: Embeddings, work: Work) -> tuple[Embeddings, Embeddings]:
        """The same, in the memory that `work` gives."""
        union = np.concatenate([probe.vectors, gallery.vectors])
        for _ in range(self.settings.times):
            union = expand(union, self.settings.k, self.settings.alpha, work)
        return split(union, probe, gallery, "alpha-expansion", self.settings)


def expand(
    vectors: Float32[np.ndarray, "N D"], k: int, alpha: float, work: Work | None = None
) -> Float32[np.ndarray, "N D"]:
    """One round over all rows; with fewer than k items, all of them."""
    work = work or Work()
    width = vectors.shape[1]
    lists = search(vectors, vectors, Metric("part_cosine", PartLayout(((1, width),))), k, work).indices
    unit = unit_rows(vectors)
    result = np.empty_like(vectors)
    rows = work.rows(24.0 * width * lists.shape[1])
    for start in range(0, len(vectors), rows):
        some = slice(start, start + rows)
        members = lists[some]
        cosines = np.einsum("nd,nkd->nk", unit[some].astype(np.float64), unit[members])
        weights = np.maximum(cosines, 0.0) ** alpha / members.shape[1]
        result[some] = np.einsum("nk,nkd->nd", weights, vectors[members].astype(np.float64))
    return result


component = Component(AlphaExpansionSettings, AlphaExpansion)
