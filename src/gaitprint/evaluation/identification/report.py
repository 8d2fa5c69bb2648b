"""An evaluation with everything that must be said beside its figures."""

from dataclasses import dataclass
from typing import Any

from gaitprint.evaluation.identification.breakdown import Breakdown
from gaitprint.evaluation.identification.columns import figure_columns, outcome_columns
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.statistics.interval import Interval
from gaitprint.tables import Columns, data_frame


@dataclass(frozen=True, eq=False)
class EvaluationReport:
    """The figures, with everything that must be said beside them."""

    evaluation: Evaluation
    mean: float
    """Rank-1 over all probe sets, percent."""
    interval: Interval | None
    """Of `mean`, 95%, over subjects."""
    distance: str
    """Which distance the figures used."""
    transductive: bool
    pipeline: dict[str, Any]
    warnings: tuple[str, ...]
    breakdowns: tuple[Breakdown, ...]
    """By view and by condition, of every probe set."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        interval = self.interval
        values = self.evaluation.to_dict()
        for result in values["results"]:
            own = [b for b in self.breakdowns if b.probe_set == result["name"]]
            result |= {f"by_{b.kind}": b.to_dict() for b in own}
        return {
            **values,
            "mean": self.mean,
            "interval": None if interval is None else [interval.low, interval.high],
            "distance": self.distance,
            "transductive": self.transductive,
            "pipeline": self.pipeline,
            "warnings": list(self.warnings),
        }

    def to_columns(self, outcomes: bool = False) -> Columns:
        """List the figures, one a row, over all probes and by view and condition; or how each probe fared."""
        return outcome_columns(self.evaluation) if outcomes else figure_columns(self.evaluation, self.breakdowns)

    def to_frame(self, outcomes: bool = False) -> Any:
        """Make a pandas data frame of `to_columns`.

        Raises:
            ConfigError: pandas is not installed.
        """
        return data_frame(self.to_columns(outcomes))
