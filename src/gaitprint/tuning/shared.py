"""Probes and a gallery that many pipelines compare: what two of them have in common is computed once."""

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Transform
from gaitprint.retrieval.derived_embeddings import split
from gaitprint.retrieval.distances.metrics import MetricName
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.scorers.k_reciprocal import KReciprocal
from gaitprint.retrieval.transforms.cluster_expansion import ClusterExpansion, cluster_means
from gaitprint.tuning.listed import ListedItems
from gaitprint.types import Comparison, Embeddings

BY_LISTS = ("neighbours", "mutual")


class SharedSides:
    """Asked about pipelines one after the other; quickest where those with equal transforms come in a row.

    Distances equal the pipelines' own but for the last digit: a matrix of all items is made once for each distance, by
    products; a pipeline by itself compares near items by differences. Where the memory holds no such matrix, nothing is
    shared.
    """

    def __init__(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget) -> None:
        self._work = work
        self._first = _Transformed(probe, gallery)
        self._last: tuple[tuple[Transform, ...], _Transformed] = (), self._first
        # a matrix of float32 and three more of its size that pass by
        self._fits = 16 * (len(probe) + len(gallery)) ** 2 <= work.memory

    def comparison(self, pipeline: Pipeline) -> Float32[np.ndarray, "Q G"] | Comparison:
        """Distances of probes to gallery items."""
        if pipeline.inductive:  # every probe has a gallery of its own: nothing is shared
            return pipeline.comparison(self._first.probe, self._first.gallery, self._work)
        scorer, compared = pipeline.scorer, self._transformed(pipeline.transforms)
        if self._fits and isinstance(scorer, KReciprocal) and not scorer.inductive:
            s = scorer.settings
            return compared.items(s.base).reranked(len(compared.probe), s.k1, s.k2, s.lambda_)
        return Pipeline((), scorer).comparison(compared.probe, compared.gallery, self._work)

    def _transformed(self, transforms: tuple[Transform, ...]) -> "_Transformed":
        if not transforms:
            return self._first
        if transforms != self._last[0]:
            self._last = transforms, self._step(transforms[-1], self._before(transforms[:-1]))
        return self._last[1]

    def _before(self, transforms: tuple[Transform, ...]) -> "_Transformed":
        """After all transforms but the last: mostly none, or those of the pipeline before."""
        if not transforms:
            return self._first
        if transforms == self._last[0]:
            return self._last[1]
        return self._step(transforms[-1], self._before(transforms[:-1]))

    def _step(self, step: Transform, compared: "_Transformed") -> "_Transformed":
        sides = compared.probe, compared.gallery
        if self._fits and isinstance(step, ClusterExpansion) and step.settings.clustering in BY_LISTS:
            s = step.settings
            if s.rounds == 1:
                lists = compared.items(s.distance).clusters(s.k, s.clustering == "mutual")
                means = cluster_means(compared.union, lists, s, self._work)
                return _Transformed(*split(means, *sides, step))
        return _Transformed(*step.fit(compared.gallery, self._work).transform(compared.probe))


class _Transformed:
    """Both sides after some transforms, with what is known of their distances."""

    def __init__(self, probe: Embeddings, gallery: Embeddings) -> None:
        self.probe, self.gallery = probe, gallery
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
