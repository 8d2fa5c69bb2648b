"""What re-ranking asks about N items: who is near whom, how far is the farthest, how far are these pairs."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from gaitprint.errors import ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.exact import centre
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.knn.approximate import neighbours
from gaitprint.retrieval.knn.neighbors import nearest
from gaitprint.retrieval.knn.search import Neighbours, search

_SHARE = 4
"""Distances of probes may take so large a part of the memory."""


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
    probes: int = 0
    """Items in front whose distances to all others will be asked for: where all pairs are compared and the memory
    allows, they are made once, for the search and for the answer."""
    _centres: dict[int, Float64[np.ndarray, " D"]] = field(default_factory=dict, init=False, repr=False)
    """Of the gallery from an item on."""

    @property
    def count(self) -> int:
        return len(self.vectors)

    def nearest(self, k: int) -> Neighbours:
        if self.corner is None:
            near = neighbours(self.vectors, self.metric, k, self.recall, self.work, farthest=True)
        else:
            near = search(self.vectors, self.vectors, self.metric, k, self.work, farthest=True, corner=self.corner)
        if not np.isfinite(near.farthest).all():
            raise ShapeError("re-ranking needs finite distances >= 0: check the embeddings")
        return near

    def pairs(self, i: Int[np.ndarray, " M"], j: Int[np.ndarray, " M"]) -> Float[np.ndarray, " M"]:
        return self.metric.pairs(self.vectors, i, self.vectors, j)

    def block(self, start: int, stop: int, gallery: int) -> Float[np.ndarray, "q G"]:
        if self.corner is not None and gallery == self.probes:
            return self.corner[start:stop]
        return self._made(start, stop, gallery)

    @cached_property
    def corner(self) -> Float32[np.ndarray, "P R"] | None:
        """Distances of the probes to all others, where they are to be held."""
        rest = self.count - self.probes
        if self.recall is not None or not self.probes * rest or 4 * self.probes * rest > self.work.memory // _SHARE:
            return None
        result = np.empty((self.probes, rest), np.float32)
        step = min(self.work.rows(32.0 * self.vectors.shape[1]), -(-self.probes // self.work.cores))

        def one(start: int) -> None:
            stop = min(start + step, self.probes)
            result[start:stop] = self._made(start, stop, self.probes)

        list(self.work.each(one, range(0, self.probes, step)))
        return result

    def _made(self, start: int, stop: int, gallery: int) -> Float32[np.ndarray, "q G"]:
        items = self.vectors[gallery:]
        if gallery not in self._centres:
            self._centres[gallery] = centre(items)
        return self.metric.block(self.vectors[start:stop], items, self._centres[gallery])
