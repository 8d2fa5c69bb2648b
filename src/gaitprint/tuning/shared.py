"""Probes and a gallery that many pipelines compare: what two of them have in common is computed once."""

import numpy as np
from jaxtyping import Float32

from gaitprint.components import name_of
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Transform
from gaitprint.retrieval.joint.sides import JointSides
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.tunable import scorer_tuning, transform_tuning
from gaitprint.types import Comparison, Embeddings


class SharedSides:
    """Asked about pipelines one after the other; quickest where those with equal transforms come in a row.

    Distances equal the pipelines' own but for the last digit: a matrix of all items is made once for each distance, by
    products; a pipeline by itself compares near items by differences. Where the memory holds no such matrix, nothing is
    shared.
    """

    def __init__(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget) -> None:
        self._work = work
        self._first = JointSides(probe, gallery, work)
        self._last: tuple[tuple[Transform, ...], JointSides] = (), self._first
        # a matrix of float32 and three more of its size that pass by
        self._fits = 16 * (len(probe) + len(gallery)) ** 2 <= work.memory

    def comparison(self, pipeline: Pipeline) -> Float32[np.ndarray, "Q G"] | Comparison:
        """Distances of probes to gallery items."""
        if pipeline.inductive:  # every probe has a gallery of its own: nothing is shared
            return pipeline.comparison(self._first.probe, self._first.gallery, self._work)
        scorer, compared = pipeline.scorer, self._transformed(pipeline.transforms)
        tuning = scorer_tuning(name_of(scorer))
        found = tuning.joint(scorer, compared) if self._fits and tuning is not None else None
        return Pipeline((), scorer).comparison(compared.probe, compared.gallery, self._work) if found is None else found

    def _transformed(self, transforms: tuple[Transform, ...]) -> JointSides:
        if not transforms:
            return self._first
        if transforms != self._last[0]:
            self._last = transforms, self._step(transforms[-1], self._before(transforms[:-1]))
        return self._last[1]

    def _before(self, transforms: tuple[Transform, ...]) -> JointSides:
        """After all transforms but the last: mostly none, or those of the pipeline before."""
        if not transforms:
            return self._first
        if transforms == self._last[0]:
            return self._last[1]
        return self._step(transforms[-1], self._before(transforms[:-1]))

    def _step(self, step: Transform, compared: JointSides) -> JointSides:
        tuning = transform_tuning(name_of(step))
        found = tuning.joint(step, compared) if self._fits and tuning is not None else None
        return JointSides(*(found or step.fit(compared.gallery, self._work).transform(compared.probe)), self._work)
