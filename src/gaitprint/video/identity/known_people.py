"""The people that are known by name, each by one walk or several, and how far a window of a track is from them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from gaitprint.errors import DataError
from gaitprint.retrieval.incremental.pipeline import FittedPipeline
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings


@dataclass(frozen=True, eq=False)
class KnownPeople:
    """Known walks under a pipeline, seen by person."""

    pipeline: Pipeline
    fitted: FittedPipeline

    def __post_init__(self) -> None:
        nameless = next((r.key for r in self.walks.records if r.subject is None), None)
        if nameless is not None:
            raise DataError(f"known walks have a name, {nameless!r} has none: leave it out, or say who it is")

    @classmethod
    def of(cls, walks: Embeddings, pipeline: Pipeline) -> "KnownPeople":
        """Go through the known walks once.

        Raises:
            ConfigError: a step looks at all probes at once. DataError: there is no walk, or one without a name.
        """
        return cls(pipeline, pipeline.fit(walks))

    @property
    def walks(self) -> Embeddings:
        """The known walks."""
        return self.fitted.gallery

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who is known, in order; columns of what follows stand in it."""
        return tuple(sorted({str(r.subject) for r in self.walks.records}))

    @property
    def rows(self) -> Int[np.ndarray, " G"]:
        """The place among `subjects` of each known walk."""
        place = {subject: i for i, subject in enumerate(self.subjects)}
        return np.array([place[str(r.subject)] for r in self.walks.records], np.int64)

    def distances(self, windows: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances of windows to every known walk, each window for itself; small is alike.

        Raises:
            ArtefactError: other networks made them. DataError: there is none.
        """
        return self.fitted.distances(windows)


def nearest_walk(
    distances: Float[np.ndarray, "Q G"], rows: Int[np.ndarray, " G"], subjects: int
) -> Float64[np.ndarray, "Q S"]:
    """The distance of each window to the nearest walk of each person; infinite to a person without a walk.

    Args:
        distances: to every known walk.
        rows: whose walk each is.
        subjects: S.
    """
    nearest = np.full((subjects, len(distances)), np.inf)
    # a person may have many walks, which stand anywhere in the gallery
    np.minimum.at(nearest, rows, distances.T)
    return nearest.T


def mean_over_walks(
    values: Float64[np.ndarray, "Q G"], rows: Int[np.ndarray, " G"], subjects: int
) -> Float64[np.ndarray, "Q S"]:
    """The mean of each window's values over the walks of each person.

    Args:
        values: of every known walk.
        rows: whose walk each is.
        subjects: S; each has a walk.
    """
    sums = np.zeros((subjects, len(values)))
    np.add.at(sums, rows, values.T)
    return (sums / np.bincount(rows, minlength=subjects)[:, None]).T
