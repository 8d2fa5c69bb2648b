"""What is said of an ablation's rows beyond the ablation: by view, curves, error rates, mistakes."""

from collections.abc import Mapping
from dataclasses import replace

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.mean_figures import mean_cmc
from gaitprint.evaluation.identification.mistakes import Mistake, worst_mistakes
from gaitprint.evaluation.verification.report import VerificationReport
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.ablation import AblationResult, AblationRow
from gaitprint.experiments.identification import report_evaluation
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.experiments.verification import measure_verification
from gaitprint.pages.report_data import ReportData, shown_closely
from gaitprint.pages.verification import distributions
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings

NO_MAPS = (
    "There is no map view by view: under this protocol the gallery of a probe holds all views at once. The table by "
    "view has the probes of each view."
)


def collect_report_data(
    ablation: AblationResult,
    sets: Mapping[tuple[str, ...], Embeddings],
    request: EvaluationRequest,
    settings: VerifySettings,
) -> ReportData:
    """Everything a report shows.

    Args:
        ablation: whose rows are meant.
        sets: embeddings by networks, those of several fused.
        request: the ablation's: its seed and resamples, so that all intervals go together.
        settings: of error rates.
    """
    seed, resamples = request.seed, request.resamples
    closely = shown_closely(ablation)
    verifications, missing = {}, []
    for row in closely:
        try:
            verifications[row.description] = _verified(row, sets, request, settings)
        # pairs or strangers are too few: the rest of the report stands without them, and says so
        except ProtocolError as error:
            missing.append(f"No error rates of pairs and strangers ({row.description}): {error}.")
    pooled = [NO_MAPS] if all(r.matrix is None for r in ablation.rows[0].evaluation.results) else []
    return ReportData(
        ablation=ablation,
        evaluations={
            r.description: report_evaluation(
                r.evaluation, sets[r.variant.networks], Pipeline.from_settings(r.pipeline), seed, resamples
            )
            for r in ablation.rows
        },
        curves={r.description: mean_cmc(r.evaluation, seed, resamples) for r in ablation.rows},
        verifications=verifications,
        distributions={
            name: distributions(said.verification, f"Distances of pairs: {name}")
            for name, said in verifications.items()
        },
        mistakes={row.description: _mistakes(row) for row in closely},
        warnings=(*ablation.warnings, *missing, *pooled),
    )


def _verified(
    row: AblationRow,
    sets: Mapping[tuple[str, ...], Embeddings],
    request: EvaluationRequest,
    settings: VerifySettings,
) -> VerificationReport:
    def told(done: int, total: int, what: str) -> None:
        request.budget.progress(done, total, f"{what}, {row.description}")

    budget = replace(request.budget, progress=told)
    own = replace(request, pipeline=PipelineSpec.from_table(row.pipeline), budget=budget)
    return measure_verification(sets[row.variant.networks], own, settings)


def _mistakes(row: AblationRow) -> tuple[Mistake, ...]:
    return tuple(m for r in row.evaluation.results for m in worst_mistakes(row.evaluation, r))
