"""What one probe makes of a kept gallery: the few items whose vectors it changed, handed from step to step."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer, Transform
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class GalleryDelta:
    """One probe, and the gallery as it is with that probe beside it."""

    probe: Float32[np.ndarray, " D"]
    rows: Int[np.ndarray, " m"]
    """Gallery items that differ from the kept ones, in their order, each once."""
    vectors: Float32[np.ndarray, "m D"]
    """What they are now."""

    @classmethod
    def none(cls, probe: Float32[np.ndarray, " D"]) -> "GalleryDelta":
        """The probe has not met the gallery yet."""
        return cls(probe, np.zeros(0, np.int64), np.zeros((0, len(probe)), np.float32))

    @classmethod
    def between(
        cls,
        probe: Float32[np.ndarray, " D"],
        kept: Float32[np.ndarray, "G D"],
        rows: Int[np.ndarray, " m"],
        vectors: Float32[np.ndarray, "m D"],
    ) -> "GalleryDelta":
        """Of some items made anew those that are not as they were kept."""
        differ = (kept[rows] != vectors).any(axis=1)
        return cls(probe, rows[differ], vectors[differ])

    def patched(self, kept: Float32[np.ndarray, "G D"]) -> Float32[np.ndarray, "G D"]:
        """The whole gallery."""
        if not len(self.rows):
            return kept
        whole = kept.copy()
        whole[self.rows] = self.vectors
        return whole


@runtime_checkable
class KeptTransform(Protocol):
    """A transform that has seen the gallery."""

    @property
    def gallery(self) -> Embeddings:
        """The gallery after the transform, as the next step keeps it; what a probe makes of it is a `Change`."""
        ...

    def apply_delta(self, change: GalleryDelta) -> GalleryDelta:
        """The transform of the gallery with one probe beside it."""
        ...


@runtime_checkable
class KeptScorer(Protocol):
    """A scorer that has seen the gallery."""

    def distances(self, change: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Of the probe to every item, no other probe having a say."""
        ...


@runtime_checkable
class KeepingTransform(Transform, Protocol):
    """A transform that goes through a gallery once, for one probe after another."""

    def kept(self, gallery: Embeddings, work: ComputeBudget) -> KeptTransform:
        """What it knows of the gallery."""
        ...


@runtime_checkable
class KeepingScorer(Scorer, Protocol):
    """A scorer that goes through a gallery once, for one probe after another."""

    def kept(self, gallery: Embeddings, work: ComputeBudget) -> KeptScorer:
        """What it knows of the gallery."""
        ...
