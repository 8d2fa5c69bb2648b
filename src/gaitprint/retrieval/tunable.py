"""What a transform or a scorer declares to be tried by tuning: the `tuning` of its `Component`.

One that declares nothing is not tried. Settings are plain tables, those that are asked about with every value said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32

from gaitprint.components import find_component
from gaitprint.retrieval.distances.metrics import MetricName
from gaitprint.retrieval.joint.sides import JointSides
from gaitprint.types import Embeddings

Table = dict[str, Any]
Settings = Mapping[str, Any]
Complexity = tuple[float, ...]
"""Smaller for the simpler one of two, compared as tuples are."""


@dataclass(frozen=True)
class DataShape:
    """What candidates may depend on."""

    sequences: int
    """Usual number a subject."""
    networks: tuple[int, ...]
    """Blocks of the embedding of each network."""
    equal_numbers: bool = False
    """Whether all subjects of the test are known to have equally many probes."""


@dataclass(frozen=True)
class ScorerTuning:
    """A scorer in tuning: as it stands, one that compares pair by pair, tried with its usual settings."""

    place: int = 100
    """Among scorers of its family: the plainer first."""
    base: MetricName | None = None
    """The distance that re-ranking takes in its place; None: re-ranking takes its usual one."""
    scale_free: bool = False
    """Whether lengths of vectors change nothing."""
    family: Literal["distance", "re-ranking"] = "distance"

    def candidates(self, base: MetricName | None) -> list[Table]:
        """Settings to begin with; of re-ranking on a distance."""
        del base
        return [{}]

    def refined(self, settings: Settings) -> list[Table]:
        """Settings of re-ranking around one of the best so far."""
        del settings
        return []

    def other_bases(self, settings: Settings) -> list[Table]:
        """The same re-ranking on every distance."""
        del settings
        return []

    def after_expansion(self, base: MetricName | None) -> list[Table]:
        """Settings of re-ranking behind an expansion, which has averaged already."""
        del base
        return []

    def base_of(self, settings: Settings) -> MetricName | None:
        """As `base`, under these settings."""
        del settings
        return self.base

    def scale_free_with(self, settings: Settings) -> bool:
        """As `scale_free`, under these settings."""
        del settings
        return self.scale_free

    def complexity(self, settings: Settings) -> Complexity:
        """How complex these settings are beside others of the family."""
        del settings
        return (float(self.place),)

    def joint(self, scorer: Any, sides: JointSides) -> Float32[np.ndarray, "Q G"] | None:
        """The scorer's distances from what the sides share, equal but for the last digit; None: nothing is shared."""
        del scorer, sides
        return None


@dataclass(frozen=True)
class TransformTuning:
    """A transform in tuning: as it stands, one that is tried before every distance with its usual settings."""

    place: int = 100
    """Among transforms of its family: the plainer first."""
    only_scales: bool = False
    """Whether it changes lengths alone, so that it is not tried before scorers that are `scale_free`."""
    family: Literal["distance", "weights", "expansion"] = "distance"
    """`distance`: tried before every scorer, and around the best. `weights`: of networks, tried alone and behind what
    only scales. `expansion`: it mixes sequences."""

    def candidates(self, shape: DataShape) -> list[Table]:
        """Settings to try; the first of a `distance` is tried around the best, too, the last before weights."""
        del shape
        return [{}]

    def variations(self, settings: Settings) -> list[Table]:
        """What to change of an expansion that is one of the best."""
        del settings
        return []

    def complexity(self, settings: Settings) -> Complexity:
        """How complex these settings are beside others of the family."""
        del settings
        return ()

    def supposition(self, settings: Settings) -> str:
        """A sentence on what these settings suppose of the test; empty: nothing."""
        del settings
        return ""

    def joint(self, transform: Any, sides: JointSides) -> tuple[Embeddings, Embeddings] | None:
        """Both sides from what the sides share, equal but for the last digit; None: nothing is shared."""
        del transform, sides
        return None


def scorer_tuning(name: str) -> ScorerTuning | None:
    """What a scorer declares; None: nothing."""
    found: ScorerTuning | None = find_component("scorer", name).tuning
    return found


def transform_tuning(name: str) -> TransformTuning | None:
    """What a transform declares; None: nothing."""
    found: TransformTuning | None = find_component("transform", name).tuning
    return found
