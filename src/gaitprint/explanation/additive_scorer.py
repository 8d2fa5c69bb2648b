"""The scorers that can be taken apart: those that say how their distance is a sum over parts."""

from dataclasses import dataclass
from typing import Any

from gaitprint.components import component_names, make_component, name_of
from gaitprint.errors import ConfigError
from gaitprint.retrieval.contracts import Scorer
from gaitprint.retrieval.distances.contributions import PartSum
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec


@dataclass(frozen=True)
class AdditiveScorer:
    """A scorer, and how its distance is a sum over parts."""

    scorer: Scorer
    part_sum: PartSum

    @classmethod
    def of(cls, pipeline: PipelineSpec) -> "AdditiveScorer":
        """Make the scorer of a pipeline that has no other step.

        Raises:
            ConfigError: a setting that it has not; steps before it; its distance is no sum over parts.
            ComponentError: no scorer has that name.
        """
        made = Pipeline.from_spec(pipeline)
        part_sum = None if made.transforms else made.scorer.part_sum
        if part_sum is None:
            ours = [n for n in component_names("scorer") if make_component("scorer", n).part_sum is not None]
            wanted, found = " or ".join(map(repr, ours)), ",".join(name_of(step) for step in made.steps)
            raise ConfigError(
                f"only a distance that is a sum over parts of the vectors as they are is explained: the pipeline is "
                f"{wanted}, found {found!r}"
            )
        return cls(made.scorer, part_sum)

    @property
    def settings(self) -> dict[str, Any]:
        """Plain values of the pipeline that it is."""
        return Pipeline((), self.scorer).settings
