"""A pipeline that has seen its gallery, and answers one probe after another."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer, Transform
from gaitprint.retrieval.incremental.gallery_delta import (
    GalleryDelta,
    KeepingScorer,
    KeepingTransform,
    KeptScorer,
    KeptTransform,
)
from gaitprint.retrieval.incremental.recompute import BySequence, RecomputeScorer, RecomputeTransform
from gaitprint.retrieval.sides import check_sides
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class KeptPipeline:
    """The steps, each with the gallery as the steps before it left it."""

    gallery: Embeddings
    """Who is compared with, as it was before any step."""
    transforms: tuple[KeptTransform, ...]
    scorer: KeptScorer

    @classmethod
    def of(
        cls, transforms: tuple[Transform, ...], scorer: Scorer, gallery: Embeddings, work: ComputeBudget
    ) -> "KeptPipeline":
        """Let each step see the gallery. A step that keeps nothing is done anew for each probe."""
        first, made = gallery, []
        for step in transforms:
            made.append(_kept(step, gallery, work))
            gallery = made[-1].gallery
        if isinstance(scorer, KeepingScorer):
            return cls(first, tuple(made), scorer.kept(gallery, work))
        return cls(first, tuple(made), RecomputeScorer(scorer, gallery))

    def distances(self, probe: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances of probes to every gallery item, each made with that probe alone; small is alike.

        Raises:
            ArtefactError: probes and gallery come from different networks or preprocessing.
            DataError: there is no probe.
        """
        check_sides(probe, self.gallery)
        return self.rows_of(probe.vectors)

    def rows_of(self, probes: Float32[np.ndarray, "Q D"]) -> Float32[np.ndarray, "Q G"]:
        """The same of bare vectors."""
        result = np.empty((len(probes), len(self.gallery)), np.float32)
        for i, vector in enumerate(probes):
            change = GalleryDelta.none(vector)
            for step in self.transforms:
                change = step.apply_delta(change)
            result[i] = self.scorer.distances(change)
        return result


def _kept(step: Transform, gallery: Embeddings, work: ComputeBudget) -> KeptTransform:
    if step.per_sequence:
        return BySequence(step, gallery)
    return step.kept(gallery, work) if isinstance(step, KeepingTransform) else RecomputeTransform(step, gallery, work)


@dataclass(frozen=True)
class KeptComparison:
    """Probes and a kept pipeline, to be compared row by row."""

    probes: Float32[np.ndarray, "Q D"]
    kept: KeptPipeline

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        return len(self.probes), len(self.kept.gallery)

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """Distances of the probes from `start` to `stop`."""
        return self.kept.rows_of(self.probes[start:stop])
