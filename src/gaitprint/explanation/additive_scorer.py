"""The scorers that can be taken apart: those that say how their distance is a sum over parts."""

from dataclasses import dataclass

from gaitprint.components import component_names, make_component, name_of
from gaitprint.errors import ConfigError
from gaitprint.retrieval.contracts import Scorer
from gaitprint.retrieval.distances.contributions import PartSum


@dataclass(frozen=True)
class AdditiveScorer:
    """A scorer, and how its distance is a sum over parts."""

    scorer: Scorer
    part_sum: PartSum

    @classmethod
    def named(cls, name: str) -> "AdditiveScorer":
        """Make the scorer of that name, as it is without settings.

        Raises:
            ComponentError: no scorer has that name. ConfigError: its distance is no sum over parts.
        """
        scorer: Scorer = make_component("scorer", name)
        if scorer.part_sum is None:
            ours = [n for n in component_names("scorer") if make_component("scorer", n).part_sum is not None]
            raise ConfigError(f"a distance that is a sum over parts is {' or '.join(map(repr, ours))}, found {name!r}")
        return cls(scorer, scorer.part_sum)

    @property
    def name(self) -> str:
        """The scorer's, as settings call it."""
        return name_of(self.scorer)
