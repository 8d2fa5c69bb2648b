"""A transform that changes each sequence by itself says only what its vectors become."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.derived_embeddings import derive, unnamed
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.types import Embeddings


class SequenceTransform(ABC):
    """Write `vectors`; `settings` is the field of your data class."""

    settings: Any
    transductive = False
    inductive = False
    per_sequence = True

    @abstractmethod
    def vectors(self, embeddings: Embeddings) -> Float32[np.ndarray, "N D"]:
        """What the vectors of some sequences become, each by itself; the given ones stay as they are."""

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> "FittedSequences":
        """Transform the gallery."""
        del budget
        return FittedSequences(self, derive(gallery, self.vectors(gallery), self))


@dataclass(frozen=True)
class FittedSequences:
    """A transformed gallery, and the transform for whatever is new."""

    step: SequenceTransform
    gallery: Embeddings

    def transform(self, probe: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Change the probes; the gallery is as it was fitted."""
        return derive(probe, self.step.vectors(probe), self.step), self.gallery

    def apply(self, delta: GalleryDelta) -> GalleryDelta:
        """Change what is new, and nothing else."""
        probe = self.step.vectors(unnamed(delta.probe, self.gallery))
        if not len(delta.rows):
            return replace(delta, probe=probe)
        return replace(delta, probe=probe, vectors=self.step.vectors(unnamed(delta.vectors, self.gallery)))

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> tuple["FittedSequences", GalleryDelta]:
        """Transform the edited gallery: next to what follows, that costs nothing."""
        fitted = FittedSequences(self.step, derive(gallery, self.step.vectors(gallery), self.step))
        return fitted, delta.carried(self.gallery.vectors, fitted.gallery.vectors)
