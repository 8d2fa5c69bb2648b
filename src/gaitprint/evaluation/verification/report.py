"""A verification with everything that must be said beside its figures."""

from dataclasses import dataclass
from typing import Any

from gaitprint.evaluation.verification.columns import rate_columns
from gaitprint.evaluation.verification.result import Verification
from gaitprint.tables import Columns, data_frame


@dataclass(frozen=True, eq=False)
class VerificationReport:
    """The figures, with everything that must be said beside them."""

    verification: Verification
    distance: str
    """Which distance the thresholds are of."""
    pipeline: dict[str, Any]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; rates are shares, 0..1; `carried` is false where the subjects are too few."""
        return {
            **self.verification.to_dict(),
            "distance": self.distance,
            "pipeline": self.pipeline,
            "warnings": list(self.warnings),
        }

    def to_columns(self) -> Columns:
        """List the error rates, one a row, in percent; `carried` is False where the subjects are too few for one."""
        return rate_columns(self.verification)

    def to_frame(self) -> Any:
        """Make a pandas data frame of `to_columns`.

        Raises:
            ConfigError: pandas is not installed.
        """
        return data_frame(self.to_columns())
