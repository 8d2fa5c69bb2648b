"""The steps that take part in tuning: ours and those named beside them, as far as they declare what to try."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gaitprint.components import component_names, find_component
from gaitprint.errors import ConfigError
from gaitprint.retrieval.spec import step_kind
from gaitprint.retrieval.tunable import ScorerTuning, TransformTuning


@dataclass(frozen=True)
class TunedSteps:
    """Steps by name, the plainer of a family first."""

    scorers: Mapping[str, ScorerTuning]
    transforms: Mapping[str, TransformTuning]

    @classmethod
    def of(cls, named: Sequence[str] = (), instead: Mapping[str, Any] | None = None) -> "TunedSteps":
        """Ask our steps and those of other packages, by their dotted names.

        Args:
            named: of other packages.
            instead: what to take for a step in place of what it declares.

        Raises:
            ComponentError: no such component. ConfigError: a named one declares nothing.
        """
        found: dict[str, dict[str, Any]] = {"scorer": {}, "transform": {}}
        ours = [(kind, name) for kind in found for name in component_names(kind)]
        for kind, name in (*ours, *((step_kind(name), name) for name in named)):
            tuning = (instead or {}).get(name, find_component(kind, name).tuning)
            if tuning is None and name in named:
                raise ConfigError(
                    f"{name} does not say what tuning tries of it: give its Component a tuning "
                    f"(docs/extend/{kind}.md), or leave it out"
                )
            if tuning is not None:
                found[kind][name] = tuning
        return cls(*(dict(sorted(steps.items(), key=lambda s: s[1].place)) for steps in found.values()))

    def scorers_of(self, family: str) -> dict[str, ScorerTuning]:
        """The scorers of a family."""
        return {name: t for name, t in self.scorers.items() if t.family == family}

    def transforms_of(self, family: str) -> dict[str, TransformTuning]:
        """The transforms of a family."""
        return {name: t for name, t in self.transforms.items() if t.family == family}
