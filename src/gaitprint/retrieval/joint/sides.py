"""Both sides after some transforms, with what is known of their distances."""

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import MetricName
from gaitprint.retrieval.joint.listed import ListedItems
from gaitprint.types import Embeddings


class JointSides:
    """What steps ask that share a computation with others."""

    def __init__(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget) -> None:
        self.probe, self.gallery, self.work = probe, gallery, work
        self._items: dict[MetricName, ListedItems] = {}

    @property
    def union(self) -> Float32[np.ndarray, "N D"]:
        """All vectors, probes first."""
        return np.concatenate([self.probe.vectors, self.gallery.vectors])

    def items(self, name: MetricName) -> ListedItems:
        """All vectors under a distance."""
        if name not in self._items:
            self._items[name] = ListedItems(self.union, self.probe.layout, name)
        return self._items[name]
