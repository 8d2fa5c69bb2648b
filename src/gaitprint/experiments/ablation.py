"""The values of an ablation: its rows, before and after they are measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gaitprint.arguments import settle_fields
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.protocol.protocol import Protocol
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.retrieval.spec import PipelineSpec, StepSpec


@dataclass(frozen=True)
class AblationSettings:
    """How the method's own steps are set, and which rows are wanted."""

    reranking: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the scorer `k-reciprocal` that are not its defaults."""
    expansion: Mapping[str, Any] = field(default_factory=dict)
    """Likewise of the transform `cluster-expansion`."""
    fusion: str = "raw"
    """`raw` as the method does, or `unit`."""
    further: bool = True
    """Also the rows that the method's own table leaves out."""

    def __post_init__(self) -> None:
        settle_fields(self)

    def steps(self, *, expanded: bool, reranked: bool) -> PipelineSpec:
        """The method's pipeline with some of its steps."""
        expansion = StepSpec("cluster-expansion", self.expansion)
        scorer = StepSpec("k-reciprocal", self.reranking) if reranked else PipelineSpec().scorer
        return PipelineSpec((expansion,) if expanded else (), scorer)


@dataclass(frozen=True)
class Variant:
    """One row to be measured: which networks, which steps."""

    label: str
    networks: tuple[str, ...]
    expanded: bool
    reranked: bool

    @property
    def description(self) -> str:
        """Networks and steps."""
        steps = [word for word, used in (("expanded", self.expanded), ("re-ranked", self.reranked)) if used]
        return ", ".join([" + ".join(self.networks), *(steps or ["Euclid alone"])])


@dataclass(frozen=True, eq=False)
class AblationRow:
    """One row, measured."""

    variant: Variant
    distance: str
    transductive: bool
    pipeline: dict[str, Any]
    evaluation: Evaluation
    mean: float
    """Rank-1 over all probe sets, percent."""
    interval: Interval | None
    """Of `mean`, 95%, over subjects."""
    gain: Interval | None
    """Of `mean` minus the first row's, in points, paired over subjects; None for the first row."""

    @property
    def label(self) -> str:
        """The row's name in its table."""
        return self.variant.label

    @property
    def description(self) -> str:
        """Networks and steps, for where the row stands alone."""
        return self.variant.description

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "label": self.label,
            "networks": list(self.variant.networks),
            "distance": self.distance,
            "transductive": self.transductive,
            "mean": self.mean,
            "interval": _ends(self.interval),
            "gain": None if self.gain is None else {"points": self.gain.mean, "interval": _ends(self.gain)},
            "probes": {r.name: {"rank1": r.mean, "interval": _ends(r.interval)} for r in self.evaluation.results},
            "pipeline": self.pipeline,
        }


@dataclass(frozen=True, eq=False)
class AblationResult:
    """All rows; `full` is the row of the whole method, `best` the one with the highest mean (the first of equals)."""

    protocol: Protocol
    rows: tuple[AblationRow, ...]
    best: int
    full: int
    notes: tuple[str, ...]
    """What came out, said plainly; also where the method's steps do not help."""
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "protocol": self.protocol.name,
            "unit": "percent",
            "rows": [r.to_dict() for r in self.rows],
            "best": self.rows[self.best].label,
            "full_method": self.rows[self.full].label,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
