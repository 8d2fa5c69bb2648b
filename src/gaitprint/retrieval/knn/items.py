"""What re-ranking asks about N items: who is near whom, how far is the farthest, how far are these pairs."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.exact import centre
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.knn.approximate import neighbours
from gaitprint.retrieval.knn.neighbors import nearest
from gaitprint.retrieval.knn.search import Neighbours


@runtime_checkable
class Items(Protocol):
    """Probes first, then the gallery."""

    @property
    def count(self) -> int:
        """N."""
        ...

    @property
    def work(self) -> ComputeBudget:
        """Memory and cores."""
        ...

    def nearest(self, k: int) -> Neighbours:
        """The min(k, N) nearest of each item, itself among them, ties by index; and each row's largest distance."""
        ...

    def pairs(self, i: Int[np.ndarray, " M"], j: Int[np.ndarray, " M"]) -> Float[np.ndarray, " M"]:
        """Distances of listed pairs."""
        ...

    def block(self, start: int, stop: int, gallery: int) -> Float[np.ndarray, "q G"]:
        """Distances of the probes from `start` to `stop` to all items from `gallery` on."""
        ...


@dataclass(frozen=True)
class MatrixItems:
    """Items of which the whole symmetric matrix is there."""

    distances: Float[np.ndarray, "N N"]
    work: ComputeBudget = field(default_factory=ComputeBudget)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.distances.max()) and self.distances.min() >= 0):
            raise ShapeError("re-ranking needs finite distances >= 0: check the embeddings")

    @property
    def count(self) -> int:
        return len(self.distances)

    def nearest(self, k: int) -> Neighbours:
        lists = nearest(self.distances, k)
        return Neighbours(lists, np.take_along_axis(self.distances, lists, axis=1), self.distances.max(axis=1))

    def pairs(self, i: Int[np.ndarray, " M"], j: Int[np.ndarray, " M"]) -> Float[np.ndarray, " M"]:
        return np.asarray(self.distances[i, j])

    def block(self, start: int, stop: int, gallery: int) -> Float[np.ndarray, "q G"]:
        return self.distances[start:stop, gallery:]


@dataclass(frozen=True)
class VectorItems:
    """Items of which only the vectors are there: the matrix is never made."""

    vectors: Float32[np.ndarray, "N D"]
    metric: Metric
    work: ComputeBudget
    recall: float | None = None
    """The share of the true neighbours that has to be found; None: all."""
    _centres: dict[int, Float64[np.ndarray, " D"]] = field(default_factory=dict, init=False, repr=False)
    """Of the gallery from an item on."""

    @property
    def count(self) -> int:
        return len(self.vectors)

    def nearest(self, k: int) -> Neighbours:
        near = neighbours(self.vectors, self.metric, k, self.recall, self.work, farthest=True)
        if not np.isfinite(near.farthest).all():
            raise ShapeError("re-ranking needs finite distances >= 0: check the embeddings")
        return near

    def pairs(self, i: Int[np.ndarray, " M"], j: Int[np.ndarray, " M"]) -> Float[np.ndarray, " M"]:
        return self.metric.pairs(self.vectors, i, self.vectors, j)

    def block(self, start: int, stop: int, gallery: int) -> Float[np.ndarray, "q G"]:
        items = self.vectors[gallery:]
        if gallery not in self._centres:
            self._centres[gallery] = centre(items)
        return self.metric.block(self.vectors[start:stop], items, self._centres[gallery])
