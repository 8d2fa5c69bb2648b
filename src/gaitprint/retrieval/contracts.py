"""What a transform and a scorer owe the pipeline: `fit` sees the gallery, and what it gives answers probes.

A fitted step is used in three ways. All probes together: `transform` and `compare`. Each probe with the gallery alone,
one after another, without fitting again: `apply` and `distances` of a delta that holds the probe. And with another
gallery: `commit` of a delta that takes items out and puts others in gives another fitted step, equal to one fitted from
the start. `gaitprint.retrieval.bases` has all of it for steps that are simple.
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.contributions import PartSum
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.types import Comparison, Embeddings


@runtime_checkable
class FittedTransform(Protocol):
    """A transform that has seen the gallery; nothing changes it any more."""

    @property
    def gallery(self) -> Embeddings:
        """The gallery after the step, no probe beside it: what deltas refer to, and what the next step is fitted on."""
        ...

    def transform(self, probe: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Change both sides, all probes together; records, their order and `source` stay, `settings` notes the step."""
        ...

    def apply(self, delta: GalleryDelta) -> GalleryDelta:
        """Change one probe beside the gallery: it, and the items that differ from `gallery` because of it."""
        ...

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> tuple["FittedTransform", GalleryDelta]:
        """Fit an edited gallery, given with the edit; also what the edit becomes in this step's vectors."""
        ...


@runtime_checkable
class FittedScorer(Protocol):
    """A scorer that has seen the gallery; nothing changes it any more."""

    def compare(self, probe: Embeddings) -> Comparison:
        """Compare all probes together, in rows, so that the whole matrix need never be there; small is alike."""
        ...

    def distances(self, delta: GalleryDelta) -> Float32[np.ndarray, " G"]:
        """Compare one probe with every item, no other probe having a say."""
        ...

    def commit(self, delta: GalleryDelta, gallery: Embeddings) -> "FittedScorer":
        """Fit an edited gallery, given with the edit."""
        ...


@runtime_checkable
class Transform(Protocol):
    """Changes both sides before they are compared."""

    @property
    def settings(self) -> Any: ...

    @property
    def transductive(self) -> bool:
        """Whether a probe's outcome may depend on the other probes."""
        ...

    @property
    def inductive(self) -> bool:
        """Whether it could look at all probes at once and is told not to: each probe then has a gallery of its own."""
        ...

    @property
    def per_sequence(self) -> bool:
        """Whether each sequence is changed by itself, whatever else is on its side or on the other."""
        ...

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> FittedTransform:
        """See the gallery. What only one of the three uses needs is made when it is asked for."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """Compares both sides; small is alike."""

    @property
    def settings(self) -> Any: ...

    @property
    def transductive(self) -> bool:
        """Whether a probe's distances may depend on the other probes."""
        ...

    @property
    def inductive(self) -> bool:
        """Whether it could look at all probes at once and is told not to."""
        ...

    @property
    def pairwise(self) -> bool:
        """Whether the distance of two sequences is a matter of these two alone."""
        ...

    @property
    def part_sum(self) -> PartSum | None:
        """How the distance is a sum over parts, so that it can be explained; None: it is none."""
        ...

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        ...

    def fit(self, gallery: Embeddings, budget: ComputeBudget) -> FittedScorer:
        """See the gallery. What only one of the three uses needs is made when it is asked for."""
        ...


@dataclass(frozen=True)
class MatrixComparison:
    """A comparison of which the whole matrix is there."""

    distances: Float[np.ndarray, "Q G"]

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        probes, items = self.distances.shape
        return probes, items

    def rows(self, start: int, stop: int) -> Float[np.ndarray, "q G"]:
        """The distances of the probes from `start` to `stop`."""
        return self.distances[start:stop]
