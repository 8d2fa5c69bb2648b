"""Known walks held ready: whoever passes is looked up, people come and go."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitprint.api._given import given_embeddings, given_path, given_pipeline, given_several
from gaitprint.api.comparing import Steps, Vectors
from gaitprint.arguments import shown
from gaitprint.errors import ConfigError
from gaitprint.inference.embeddings_file import save_embeddings
from gaitprint.retrieval.incremental.pipeline import FittedPipeline
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.ranking import Ranking, ranking
from gaitprint.types import Embeddings


@dataclass(frozen=True, eq=False)
class FittedGallery:
    """Known walks in memory under a pipeline: gone through once, then probes are answered one after another.

    Nothing changes it: `enroll` and `remove` make another one, equal to the last digit to one that was opened
    with those walks, at a fraction of the work. No probe has a say in the answer to another.
    """

    pipeline: Pipeline
    _fitted: FittedPipeline

    @classmethod
    def open(cls, walks: Vectors, pipeline: Steps | None = None) -> "FittedGallery":
        """Go through the known walks once.

        Args:
            walks: vectors of the known, or their file.
            pipeline: how walks are compared; Euclidean where none is given. A step that could look at all probes at
                once (re-ranking, expansion) must be told not to, by its setting `inductive`.

        Raises:
            ConfigError: a step looks at all probes at once. DataError: there is no walk. ArtefactError: a damaged file.
        """
        steps = given_pipeline(pipeline)
        return cls(steps, steps.fit(given_embeddings(walks, "a gallery")))

    @property
    def walks(self) -> Embeddings:
        """The known walks, as they were enrolled."""
        return self._fitted.gallery

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who is known, by name, in order."""
        return tuple(sorted({r.subject for r in self.walks.records if r.subject is not None}))

    def __len__(self) -> int:
        return len(self.walks)

    def identify(self, probe: Vectors, top: int = 5) -> Ranking:
        """Find the nearest known walks of each probe, nearest first, ties in the order of enrolling.

        Args:
            probe: vectors of unknown walks, by the same networks.
            top: length of the lists.

        Raises:
            ArtefactError: other networks made the probes. DataError: there is none. ConfigError: `top` is no count.
        """
        if not isinstance(top, int | np.integer) or isinstance(top, bool) or top < 1:
            raise ConfigError(f"top is how many known walks to list, 1 or more, found {shown(top)}")
        probes = given_embeddings(probe, "the probe side")
        return ranking(self._fitted.distances(probes), probes.records, self.walks.records, int(top))

    def enroll(self, walks: Vectors) -> "FittedGallery":
        """Add walks, behind those that are there.

        Raises:
            ArtefactError: other networks made them. DataError: there is none, or a key is known already.
        """
        return FittedGallery(self.pipeline, self._fitted.insert(given_embeddings(walks, "what is enrolled")))

    def remove(self, keys: str | Iterable[str]) -> "FittedGallery":
        """Take walks out, by their keys.

        Raises:
            DataError: a key is not known, or nobody would be left. ConfigError: no key is given, or none that is text.
        """
        given = given_several(keys, (), "keys of walks")
        strange = next((key for key in given if not isinstance(key, str)), None)
        if strange is not None or not given:
            raise ConfigError(f"remove takes keys of walks, such as 'anna/monday', found {shown(strange or given)}")
        return FittedGallery(self.pipeline, self._fitted.remove(given))

    def save(self, path: str | Path) -> None:
        """Write the walks to an embeddings file, which `open` reads.

        Raises:
            ArtefactError: another file is there, or the place cannot be written.
        """
        save_embeddings(given_path(path, "the file of a gallery"), self.walks)
