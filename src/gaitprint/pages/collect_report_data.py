"""What is said of an ablation's rows beyond the ablation: by view, curves, error rates, mistakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.mean_figures import mean_cmc
from gaitprint.evaluation.identification.mistakes import Mistake, worst_mistakes
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.verification.report import VerificationReport
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.ablation import AblationResult, AblationRow
from gaitprint.experiments.identification import report_evaluation
from gaitprint.experiments.verification import measure_verification
from gaitprint.pages.report_data import ReportData, shown_closely
from gaitprint.pages.verification import distributions
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings

NO_MAPS = (
    "There is no map view by view: under this protocol the gallery of a probe holds all views at once. The table by "
    "view has the probes of each view."
)


def collect_report_data(
    ablation: AblationResult,
    sets: Mapping[tuple[str, ...], Embeddings],
    protocol: str | Path,
    settings: VerifySettings,
    lists: Mapping[str, Sequence[str]] | None,
    progress: Callable[[int, int, str], None],
    work: ComputeBudget,
) -> ReportData:
    """Everything a report shows.

    Args:
        ablation: whose rows are meant.
        sets: embeddings by networks, those of several fused.
        protocol: the ablation's.
        settings: of error rates; its seed and resamples are the ablation's, so that all intervals go together.
        lists: the ablation's.
        progress: called with (done, in all, what is being done).
        work: memory and cores of comparing.
    """
    seed, resamples = settings.seed, settings.resamples
    closely = shown_closely(ablation)
    verifications, missing = {}, []
    for row in closely:
        try:
            verifications[row.description] = _verified(row, sets, protocol, settings, lists, progress, work)
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
    protocol: str | Path,
    settings: VerifySettings,
    lists: Mapping[str, Sequence[str]] | None,
    progress: Callable[[int, int, str], None],
    work: ComputeBudget,
) -> VerificationReport:
    def told(done: int, total: int, what: str) -> None:
        progress(done, total, f"{what}, {row.description}")

    return measure_verification(
        sets[row.variant.networks],
        load_protocol(protocol),
        Pipeline.from_settings(row.pipeline),
        settings,
        lists=lists,
        work=replace(work, progress=told),
    )


def _mistakes(row: AblationRow) -> tuple[Mistake, ...]:
    return tuple(m for r in row.evaluation.results for m in worst_mistakes(row.evaluation, r))
