"""The nearest people, found by bounds and proven: whoever was not looked at cannot be nearer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from gaitprint.errors import ConfigError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.contributions import SumOfSquares
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

_FIRST = 16
"""Templates that are compared at once to begin with; then four times as many, and so on."""
_ANYBODY = SequenceRecord("a template", None, "", "")


@dataclass(frozen=True)
class Hit:
    """A person near a probe."""

    person: int
    sample: int
    """The nearest of their walks."""
    distance: float


@dataclass(frozen=True, eq=False)
class Comparing:
    """How the walks of one gallery are compared."""

    pipeline: Pipeline
    layout: PartLayout
    source: str

    @classmethod
    def of(cls, spec: PipelineSpec, layout: PartLayout, source: str) -> "Comparing":
        """Build the pipeline.

        Raises:
            ConfigError: a distance that is no matter of two walks alone: other people would have a say in it.
        """
        pipeline = Pipeline.from_spec(spec)
        if not pipeline.pairwise:
            raise ConfigError(
                f"{pipeline.label} looks at more than two walks: a gallery compares by steps such as "
                "unit-length,euclidean"
            )
        return cls(pipeline, layout, source)

    @property
    def bounded(self) -> bool:
        """Whether the distance is Euclid's, which a projection bounds; others are compared with everybody."""
        return isinstance(self.pipeline.scorer.part_sum, SumOfSquares)

    @property
    def settings(self) -> dict[str, Any]:
        """Of the pipeline."""
        return self.pipeline.settings

    def transformed(self, walks: Embeddings) -> Embeddings:
        """Walks as the scorer sees them."""
        for step in self.pipeline.transforms:
            walks, _ = step.fit(walks, ComputeBudget()).transform(walks)
        return walks

    def transformed_vectors(self, vectors: Float32[np.ndarray, "n D"]) -> Float32[np.ndarray, "n D"]:
        """The same, of templates."""
        return self.transformed(self._walks(vectors)).vectors

    def distances(self, probe: Embeddings, vectors: Float32[np.ndarray, "n D"]) -> Float32[np.ndarray, " n"]:
        """Of one probe to templates, as the pipeline has them."""
        return np.asarray(self.pipeline.distances(probe, self._walks(vectors))[0])

    def _walks(self, vectors: Float32[np.ndarray, "n D"]) -> Embeddings:
        return Embeddings(vectors, (_ANYBODY,) * len(vectors), self.layout, self.source)


def nearest_people(
    lower: Float32[np.ndarray, " G"],
    person: Int64[np.ndarray, " G"],
    sample: Int64[np.ndarray, " G"],
    exact: Callable[[Int64[np.ndarray, " n"]], Float32[np.ndarray, " n"]],
    count: int,
) -> list[Hit]:
    """The `count` nearest people by the nearest of their samples, ties by their ids.

    Args:
        lower: distances that the samples are not nearer than.
        person: whose each is.
        sample: their ids.
        exact: the distances of some of them, by their places.
        count: of people; fewer where there are fewer.
    """
    best: dict[int, Hit] = {}
    done, take = 0, min(_FIRST, len(lower))
    order = np.zeros(0, np.int64)
    while True:
        if take < len(lower):
            # the smallest bounds first: those done before stand in front again, whatever their order
            near = np.argpartition(lower, take)
            order = np.concatenate([order, np.setdiff1d(near[:take], order, assume_unique=True)])
            rest = float(lower[near[take]])
        else:
            # all are looked at: nothing is left that could be nearer
            order = np.concatenate([order, np.setdiff1d(np.arange(len(lower)), order, assume_unique=True)])
            rest = np.inf
        places = order[done:]
        done = len(order)
        for place, distance in zip(places.tolist(), exact(places).tolist(), strict=True):
            # the first of equal samples, so that the evidence is the same each time
            hit = Hit(int(person[place]), int(sample[place]), float(distance))
            known = best.get(hit.person)
            if known is None or (hit.distance, hit.sample) < (known.distance, known.sample):
                best[hit.person] = hit
        ranked = sorted(best.values(), key=lambda hit: (hit.distance, hit.person))[:count]
        # equal to the bound is not beyond it: a tie would be decided by who was looked at
        if rest == np.inf or (len(ranked) == count and ranked[-1].distance < rest):
            return ranked
        take = min(4 * take, len(lower))
