"""Any number of transforms, then exactly one scorer: from embeddings to distances of probes to gallery items."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from gaitprint.components import make_component, name_of
from gaitprint.config import settings_to_dict
from gaitprint.errors import ConfigError, DataError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer, Transform
from gaitprint.retrieval.incremental.pipeline import FittedPipeline
from gaitprint.retrieval.knn.neighbors import nearest
from gaitprint.retrieval.sides import check_sides
from gaitprint.retrieval.spec import CHOSEN_BY, PipelineSpec, StepSpec
from gaitprint.types import Comparison, Distances, Embeddings


@dataclass(frozen=True)
class Pipeline:
    """Transforms in their order, and the scorer."""

    transforms: tuple[Transform, ...]
    scorer: Scorer
    chosen_by: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The people that `tune` chose it on, as it wrote them; empty where nobody did."""

    def __post_init__(self) -> None:
        first = self._first_inductive
        # after it there is a gallery for each probe, and no set of all probes that a step could look at
        later = next((step for step in self.steps[first:] if step.transductive), None)
        if first < len(self.transforms) and later is not None:
            raise ConfigError(
                f"{name_of(self.transforms[first])} is one probe at a time, and {name_of(later)} after it looks at all "
                f"probes: set inductive for {name_of(later)} as well, or for neither"
            )

    @classmethod
    def from_settings(cls, values: Any) -> "Pipeline":
        """Build the steps of a table.

        For example ``{"transforms": [{"name": "unit-length"}], "scorer": {"name": "k-reciprocal", "k1": 6}}``.

        Raises:
            ConfigError: a key or value is not known to the step; ComponentError: no step has that name.
        """
        return cls.from_spec(PipelineSpec.from_table(values))

    @classmethod
    def from_spec(cls, spec: PipelineSpec) -> "Pipeline":
        """Build the named steps.

        Raises:
            ConfigError: a key or value is not known to the step; ComponentError: no step has that name.
        """
        steps = tuple(_make("transform", step, f"retrieval.transforms[{i}]") for i, step in enumerate(spec.transforms))
        return cls(steps, _make("scorer", spec.scorer, "retrieval.scorer"), spec.chosen_by)

    @property
    def steps(self) -> tuple[Transform | Scorer, ...]:
        """The transforms, then the scorer."""
        return (*self.transforms, self.scorer)

    @property
    def transductive(self) -> bool:
        """Whether any step looks at all probes at once."""
        return any(step.transductive for step in self.steps)

    @property
    def pairwise(self) -> bool:
        """Whether the distance of two sequences is a matter of these two alone."""
        return self.scorer.pairwise and all(step.per_sequence for step in self.transforms)

    @property
    def inductive(self) -> bool:
        """Whether a step that could look at all probes at once is told not to."""
        return any(step.inductive for step in self.steps)

    @property
    def _first_inductive(self) -> int:
        """The transform from which on each probe has a gallery of its own; their number, where none has."""
        return next((i for i, step in enumerate(self.transforms) if step.inductive), len(self.transforms))

    @property
    def spec(self) -> PipelineSpec:
        """What `from_spec` makes the same pipeline of: every step with all its settings."""
        return PipelineSpec.from_table({**self.settings, **({CHOSEN_BY: self.chosen_by} if self.chosen_by else {})})

    @property
    def settings(self) -> dict[str, Any]:
        """Plain values that `from_settings` makes the same pipeline of."""
        return {"transforms": [_described(t) for t in self.transforms], "scorer": _described(self.scorer)}

    @property
    def label(self) -> str:
        """One line for people: the steps with what differs from their defaults, and the kind of distance."""
        steps = " > ".join(_titled(step) for step in self.steps)
        alone = "; one probe at a time" if self.inductive else ""
        return f"{steps} [{self.scorer.distance}{'; transductive' if self.transductive else alone}]"

    def distances(self, probe: Embeddings, gallery: Embeddings) -> Float32[np.ndarray, "Q G"]:
        """Distances of every probe to every gallery item; small is alike.

        Raises:
            ArtefactError: the two come from different networks or preprocessing.
            DataError: a side is empty.
        """
        return self.comparison(probe, gallery).rows(0, len(probe))

    def comparison(self, probe: Embeddings, gallery: Embeddings, work: ComputeBudget | None = None) -> Comparison:
        """The same in rows, within the memory that `work` gives (None: the usual).

        Raises:
            ArtefactError, DataError: as `distances`.
        """
        budget = work or ComputeBudget()
        check_sides(probe, gallery)
        together = self._first_inductive
        for step in self.transforms[:together]:
            probe, gallery = step.fit(gallery, budget).transform(probe)
        if together < len(self.transforms):
            return FittedPipeline.of(self.transforms[together:], self.scorer, gallery, budget).compare(probe)
        return self.scorer.fit(gallery, budget).compare(probe)

    def as_distances(self, work: ComputeBudget | None = None) -> Distances:
        """Make what an evaluation takes: how to compare within `work` (None: the usual), and what to say of it."""
        return Distances(partial(self.comparison, work=work), self.label, self.transductive, self.pairwise)

    def fit(self, gallery: Embeddings, budget: ComputeBudget | None = None) -> FittedPipeline:
        """See the gallery once, for live use: probes are answered one after another, and the gallery can be edited.

        Raises:
            ConfigError: a step looks at all probes at once.
            DataError: the gallery is empty.
        """
        looks = next((step for step in self.steps if step.transductive), None)
        if looks is not None:
            raise ConfigError(f"{name_of(looks)} looks at all probes at once: set inductive for it, or leave it out")
        check_sides(gallery, gallery)
        return FittedPipeline.of(self.transforms, self.scorer, gallery, budget or ComputeBudget())


def rank(distances: Float[np.ndarray, "Q G"], top: int) -> Int[np.ndarray, "Q top"]:
    """Gallery rows of each probe's `top` nearest (all of them where there are fewer), ties in gallery order."""
    return nearest(distances, top)


def compare(pipeline: Pipeline, a: Embeddings, b: Embeddings) -> float:
    """The distance of two single sequences.

    Raises:
        DataError: more or less than one sequence each.
        ConfigError: the pipeline is transductive, which two sequences alone cannot be.
    """
    if len(a) != 1 or len(b) != 1:
        raise DataError(
            f"a comparison is of one sequence with one, found {len(a)} with {len(b)}: choose with `select`, or compare "
            "many with many by `gaitprint.distances`"
        )
    if pipeline.transductive:
        raise ConfigError(f"{pipeline.label} needs many probes: compare two sequences without transductive steps")
    return float(pipeline.distances(a, b)[0, 0])


def _make(kind: str, step: StepSpec, where: str) -> Any:
    return make_component(kind, step.name, dict(step.settings), where=where)


def _described(step: Transform | Scorer) -> dict[str, Any]:
    return {"name": name_of(step), **settings_to_dict(step.settings)}


def _titled(step: Transform | Scorer) -> str:
    plain = settings_to_dict(type(step.settings)())
    own = settings_to_dict(step.settings)
    changed = ", ".join(
        f"{f.name.rstrip('_')} {own[f.name]}" for f in fields(step.settings) if own[f.name] != plain[f.name]
    )
    return f"{name_of(step)} ({changed})" if changed else name_of(step)
