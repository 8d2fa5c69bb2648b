"""Scorer: k-reciprocal re-ranking, which looks at all probes at once."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import Component
from gaitprint.config import require
from gaitprint.retrieval.distances import (
    flat_euclidean,
    flat_euclidean_squared,
    part_mean_cosine,
    part_mean_euclidean,
)
from gaitprint.retrieval.scorers._jaccard import k_reciprocal
from gaitprint.types import Embeddings, PartLayout

Base = Literal["euclidean_squared", "euclidean", "part_mean", "part_cosine"]

_NAMES: dict[str, str] = {
    "euclidean_squared": "squared Euclid of whole vectors",
    "euclidean": "Euclid of whole vectors",
    "part_mean": "mean over parts of Euclid",
    "part_cosine": "1 - mean over parts of cosine",
}


@dataclass(frozen=True)
class KReciprocalSettings:
    """k-reciprocal encoding (Zhong et al., CVPR 2017). Tune on training subjects, never on test."""

    k1: int = 20
    """Neighbours whose reciprocity counts. The competition's practice is 6."""
    k2: int = 6
    """Neighbours whose encodings are averaged, the item itself included; 1 averages nothing."""
    lambda_: float = 0.3
    """The share of the base distance in the answer, 0 to 1; the rest is Jaccard distance."""
    base: Base = "euclidean_squared"
    """The distance underneath: squared Euclid as published, or "part_mean" as in the reference toolkit."""

    def __post_init__(self) -> None:
        require(self.k1 >= 1, f"k1 counts neighbours and is at least 1, found {self.k1}")
        require(self.k2 >= 1, f"k2 counts neighbours and is at least 1, found {self.k2}")
        require(0 <= self.lambda_ <= 1, f"lambda_ is a share between 0 and 1, found {self.lambda_}")


@dataclass(frozen=True)
class KReciprocal:
    """Re-ranks over the union of probes and gallery: a probe's distances change with the other probes."""

    settings: KReciprocalSettings

    @property
    def transductive(self) -> bool:
        """The other probes vote."""
        return True

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        return f"k-reciprocal on {_NAMES[self.settings.base]}"

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Re-ranked distances, probes by gallery."""
        union = np.concatenate([probe.vectors, gallery.vectors])
        distances = _base_distances(self.settings.base, union, probe.layout)
        s = self.settings
        return k_reciprocal(distances, len(probe), s.k1, s.k2, s.lambda_)


def _base_distances(base: str, union: Float32[np.ndarray, "N D"], layout: PartLayout) -> Float32[np.ndarray, "N N"]:
    match base:
        case "euclidean_squared":
            return flat_euclidean_squared(union, union)
        case "euclidean":
            return flat_euclidean(union, union)
        case "part_mean":
            return part_mean_euclidean(union, union, layout)
        case _:
            return part_mean_cosine(union, union, layout)


component = Component(KReciprocalSettings, KReciprocal)
