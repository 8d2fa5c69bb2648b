"""Items of which the matrix of all distances is made once, and with it the neighbour lists of every length."""

from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from gaitprint.retrieval.distances.metrics import MetricName, metric_named
from gaitprint.retrieval.expansion.clusterings import Lists
from gaitprint.retrieval.knn.items import MatrixItems
from gaitprint.retrieval.knn.neighbors import nearest, nearest_others
from gaitprint.retrieval.knn.search import Neighbours
from gaitprint.retrieval.reranking.k_reciprocal import Reranked
from gaitprint.types import PartLayout

LONGEST = 24
"""Neighbours listed at once; longer lists are made when asked for."""


class ListedItems(MatrixItems):
    """What re-ranking asks about all items, and what expansion by lists does."""

    def __init__(self, vectors: Float32[np.ndarray, "N D"], layout: PartLayout, name: MetricName) -> None:
        super().__init__(metric_named(name, layout).block(vectors, vectors))
        self._jaccard: dict[tuple[int, int, int], Float32[np.ndarray, "Q G"]] = {}

    def nearest(self, k: int) -> Neighbours:
        """See `Items.nearest`."""
        lists = self._lists[:, :k] if k <= LONGEST else nearest(self.distances, k)
        return Neighbours(lists, np.take_along_axis(self.distances, lists, axis=1), self._largest)

    def reranked(self, probes: int, k1: int, k2: int, lambda_: float) -> Float32[np.ndarray, "Q G"]:
        """As `k_reciprocal`; every lambda of the same k1 and k2 shares one Jaccard distance."""
        key = probes, k1, k2
        if key not in self._jaccard:
            self._jaccard[key] = Reranked(self, probes, k1, k2, 0.0).rows(0, probes)
        # lambda mixes the Jaccard distance with distances of the same scale, 0 to 1 in each row
        scale = np.where(self._largest > 0, self._largest, 1.0)[:probes, None]
        own: Float[np.ndarray, "Q G"] = self.distances[:probes, probes:] / scale
        return np.asarray((1.0 - lambda_) * self._jaccard[key] + lambda_ * own, np.float32)

    def clusters(self, k: int, mutual: bool) -> Lists:
        """Each item's k nearest others; of them, if `mutual`, those that list the item too."""
        members = self._others[:, :k] if k <= LONGEST else nearest_others(self.distances, k)
        if not mutual:
            return Lists(members, np.ones(members.shape, bool))
        # [i, j]: i lists j; transposed, whether j lists i
        listed = np.zeros(self.distances.shape, bool)
        np.put_along_axis(listed, members, True, axis=1)
        return Lists(members, np.take_along_axis(listed.T, members, axis=1))

    @cached_property
    def _lists(self) -> Int[np.ndarray, "N K"]:
        return nearest(self.distances, LONGEST)

    @cached_property
    def _others(self) -> Int[np.ndarray, "N K"]:
        return nearest_others(self.distances, LONGEST)

    @cached_property
    def _largest(self) -> Float64[np.ndarray, " N"]:
        return np.asarray(self.distances.max(axis=1), np.float64)
