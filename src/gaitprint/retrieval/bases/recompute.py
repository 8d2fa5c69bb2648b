"""Steps that look at both sides and prepare nothing: exact for any step; in live use a probe costs the step itself."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import MatrixComparison
from gaitprint.retrieval.derived_embeddings import unnamed
from gaitprint.retrieval.distances.contributions import PartSum
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.types import Embeddings


class RecomputeTransform(ABC):
    """Write `transform`, and say whether it is `transductive`; `settings` is the field of your data class."""

    settings: Any

    @property
    def inductive(self) -> bool:
        """Unless a setting says so."""
        return False

    @property
    def per_sequence(self) -> bool:
        """What changes each sequence by itself is a `SequenceTransform`."""
        return False

    @property
    @abstractmethod
    def transductive(self) -> bool:
        """Whether a probe's outcome may depend on the other probes."""

    @abstractmethod
    def transform(self, probe: Embeddings, gallery: Embeddings, budget: ComputeBudget) -> tuple[Embeddings, Embeddings]:
        """Both sides, changed: `gaitprint.retrieval.derived_embeddings.derive` notes the step."""

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> "RecomputedTransform":
        """Hold the gallery."""
        return RecomputedTransform(self, gallery, budget)


@dataclass(frozen=True)
class RecomputedTransform:
    """A transform that is done anew for each answer, on the whole gallery as it is then."""

    step: RecomputeTransform
    before: Embeddings
    """The gallery as it came."""
    budget: ComputeBudget

    @cached_property
    def gallery(self) -> Embeddings:
        """The gallery as its own first item changes it: any will do to refer to, and most probes leave most of this."""
        return self._with_one(self.before.vectors[:1], self.before)[1]

    def transform(self, probe: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Do the step."""
        return self.step.transform(probe, self.before, self.budget)

    def apply(self, delta: GalleryDelta) -> GalleryDelta:
        """Do the step; items that come out as they were fitted are left out."""
        probe, gallery = self._with_one(delta.probe, edited(self.before, delta))
        return delta.answered(probe.vectors[0], self.gallery.vectors, np.arange(len(gallery)), gallery.vectors)

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> tuple["RecomputedTransform", GalleryDelta]:
        """Hold the edited gallery."""
        fitted = replace(self, before=gallery)
        return fitted, delta.carried(self.gallery.vectors, fitted.gallery.vectors)

    def _with_one(self, probe: Float32[np.ndarray, "1 D"], gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
        return self.step.transform(unnamed(probe, gallery), gallery, self.budget)


class RecomputeScorer(ABC):
    """Write `matrix`, and say `distance` and `transductive`; `settings` is the field of your data class."""

    settings: Any

    @property
    def inductive(self) -> bool:
        """Unless a setting says so."""
        return False

    @property
    def pairwise(self) -> bool:
        """What compares two sequences by themselves is a `PairwiseScorer`."""
        return False

    @property
    def part_sum(self) -> PartSum | None:
        """How the distance is a sum over parts: none, unless you say one."""
        return None

    @property
    @abstractmethod
    def transductive(self) -> bool:
        """Whether a probe's distances may depend on the other probes."""

    @property
    @abstractmethod
    def distance(self) -> str:
        """What the numbers are, for reports."""

    @abstractmethod
    def matrix(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances, probes by gallery; small is alike."""

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> "RecomputedScorer":
        """Hold the gallery."""
        del budget
        return RecomputedScorer(self, gallery)


class PairwiseScorer(RecomputeScorer):
    """The same, of a distance that is a matter of two sequences alone."""

    transductive = False
    pairwise = True


@dataclass(frozen=True)
class RecomputedScorer:
    """A scorer that is asked anew for each answer."""

    scorer: RecomputeScorer
    gallery: Embeddings

    def compare(self, probe: Embeddings) -> MatrixComparison:
        """Make the whole matrix."""
        return MatrixComparison(self.scorer.matrix(probe, self.gallery))

    def distances(self, delta: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Make one row of it, of the gallery as it is with the probe."""
        gallery = edited(self.gallery, delta)
        return np.asarray(self.scorer.matrix(unnamed(delta.probe, gallery), gallery)[0])

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> "RecomputedScorer":
        """Hold the edited gallery."""
        del delta
        return RecomputedScorer(self.scorer, gallery)


def edited(gallery: Embeddings, delta: GalleryDelta) -> Embeddings:
    """The gallery as a probe changed it."""
    return replace(gallery, vectors=delta.patched(gallery.vectors))
