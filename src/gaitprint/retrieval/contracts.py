"""What a transform and a scorer owe the pipeline."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.types import Comparison, Embeddings


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
    def per_sequence(self) -> bool:
        """Whether each sequence is changed by itself, whatever else is on its side or on the other."""
        ...

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
        """Both sides, changed; records, their order and `source` stay, and `settings` notes the step: see `derive`."""
        ...


@runtime_checkable
class SparingTransform(Transform, Protocol):
    """A transform that keeps to a memory budget."""

    def transformed(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget) -> tuple[Embeddings, Embeddings]:
        """As the call, with what `work` gives."""
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
    def pairwise(self) -> bool:
        """Whether the distance of two sequences is a matter of these two alone."""
        ...

    @property
    def distance(self) -> str:
        """What the numbers are, for reports."""
        ...

    def __call__(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances, probes by gallery."""
        ...


@runtime_checkable
class SparingScorer(Scorer, Protocol):
    """A scorer whose answer is made in rows, so that the whole matrix need never be there."""

    def comparison(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget) -> Comparison:
        """As the call, with what `work` gives."""
        ...


@runtime_checkable
class InductiveStep(Protocol):
    """A step that looks at all probes at once, and can be told not to."""

    @property
    def inductive(self) -> bool:
        """Whether it is told to: each probe then has a gallery of its own, and it is not transductive."""
        ...


@dataclass(frozen=True)
class Whole:
    """A comparison of which the whole matrix is there."""

    distances: Float32[np.ndarray, "Q G"]

    @property
    def shape(self) -> tuple[int, int]:
        """Q and G."""
        probes, items = self.distances.shape
        return probes, items

    def rows(self, start: int, stop: int) -> Float32[np.ndarray, "q G"]:
        """Some of its rows."""
        return self.distances[start:stop]
