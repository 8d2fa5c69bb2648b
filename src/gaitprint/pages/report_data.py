"""Everything that a report shows, measured: what `ablate`, `evaluate` and `verify` say, curves, mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gaitprint.evaluation.identification.mistakes import Mistake
from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.evaluation.statistics.intervals import Band
from gaitprint.evaluation.verification.report import VerificationReport
from gaitprint.experiments.ablation import AblationResult, AblationRow
from gaitprint.report.error_curves import Distributions
from gaitprint.types import Embeddings

ALL = "all"
"""Over all probe sets."""


@dataclass(frozen=True, eq=False)
class ReportData:
    """The figures, by the description of a row: its networks and steps."""

    ablation: AblationResult
    evaluations: dict[str, EvaluationReport]
    """Of every row."""
    curves: dict[str, Band]
    """Cumulative match over all probe sets, of every row."""
    verifications: dict[str, VerificationReport]
    """Of the rows shown closely; empty where pairs or strangers are too few."""
    distributions: dict[str, Distributions]
    """Of those."""
    mistakes: dict[str, tuple[Mistake, ...]]
    """Of the rows shown closely, the worst of each probe set first."""
    warnings: tuple[str, ...]
    """What must be known before a figure is quoted."""

    @property
    def shown(self) -> list[AblationRow]:
        """Rows shown closely."""
        return shown_closely(self.ablation)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what a command of its own prints is as that command prints it."""
        return {
            "ablate": self.ablation.to_dict(),
            "cmc": {
                name: {"percent": [float(v) for v in band.value], "intervals": band.ends()}
                for name, band in self.curves.items()
            },
            "evaluate": {name: report.to_dict() for name, report in self.evaluations.items()},
            "verify": {name: report.to_dict() for name, report in self.verifications.items()},
            "scores": {
                name: {
                    "edges": drawn.edges.tolist(),
                    "percent": {kind: bars.tolist() for kind, bars in drawn.series.items()},
                }
                for name, drawn in self.distributions.items()
            },
            "mistakes": {name: [m.to_dict() for m in of_step] for name, of_step in self.mistakes.items()},
            "warnings": list(self.warnings),
        }


def shown_closely(result: AblationResult) -> list[AblationRow]:
    """The first row, the full method, and the best one: those whose maps, error rates and mistakes are shown."""
    return [result.rows[i] for i in dict.fromkeys((0, result.full, result.best))]


def origins(data: Mapping[str, Embeddings]) -> list[dict[str, Any]]:
    """Where each network's vectors come from, as far as their file knows it; fingerprints are SHA-256."""
    networks = []
    for name, embeddings in data.items():
        settings = embeddings.settings
        parts = settings.get("networks")
        weights = [p for p in parts if isinstance(p, dict)] if isinstance(parts, list) else []
        networks.append(
            {
                "name": name,
                "sequences": len(embeddings),
                "subjects": len({r.subject for r in embeddings.records} - {None}),
                "width": embeddings.layout.width,
                "embeddings": embeddings.source,
                "dataset": settings.get("dataset"),
                "part": settings.get("part"),
                "data": settings.get("data"),
                "networks": [{key: w.get(key) for key in ("network", "title", "sha256")} for w in weights],
            }
        )
    return networks
