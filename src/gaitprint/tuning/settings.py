"""What `tune` is asked for beyond what every measurement is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gaitprint.arguments import settle_fields
from gaitprint.tuning.steps import TunedSteps


@dataclass(frozen=True)
class TuneSettings:
    """Who chooses, who measures, and how finely is looked."""

    folds: int = 2
    """Of subjects; of two, either half chooses for the other."""
    repeats: int = 5
    """How often subjects are cut anew."""
    split: str | None = None
    """Which split says who is tested; None: the usual one."""
    test_subjects: bool = False
    """Let test subjects choose, and say so."""
    equal_numbers: bool = False
    """Every subject of the test has as many probes as every other, as a competition promises: also try expansion that
    supposes it. Where it is not so, such settings do harm."""
    steps: tuple[str, ...] = ()
    """Transforms and scorers of other packages to try as well, by their dotted names: each declares its `tuning`."""
    tunings: Mapping[str, Any] = field(default_factory=dict)
    """How finely to look: of a step by its name, what to take in place of the `tuning` that it declares."""

    def __post_init__(self) -> None:
        settle_fields(self)

    @property
    def tuned_steps(self) -> TunedSteps:
        """All steps that take part."""
        return TunedSteps.of(self.steps, self.tunings)
