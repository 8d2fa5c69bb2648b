"""From embeddings and a pipeline to error rates with everything that must be said beside them."""

from collections.abc import Sequence

from gaitprint.evaluation.identification.warnings import FEW_SUBJECTS
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.evaluation.verification.operating import reasons
from gaitprint.evaluation.verification.report import VerificationReport
from gaitprint.evaluation.verification.result import Verification
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.evaluation.verification.verify import verify
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.provenance.calibration_subjects import choice_warnings
from gaitprint.types import Embeddings


def measure_verification(
    data: Embeddings,
    request: EvaluationRequest,
    settings: VerifySettings,
    *,
    calibration: Calibration | None = None,
    fitted: Sequence[str] = (),
) -> VerificationReport:
    """Measure how well a pipeline tells pairs apart, and known people from strangers.

    Args:
        data: the embeddings.
        request: which pairs are compared, how, with which draws.
        settings: rates, thresholds, strangers, calibration.
        calibration: of other people, tried here instead of one of these.
        fitted: what must be said of the people that it was fitted to, or that chose the steps.

    Raises:
        ProtocolError: the embeddings do not answer the protocol's questions.
    """
    steps, budget = request.steps, request.budget
    verification = verify(
        data,
        request.rules,
        steps.as_distances(budget.quiet()),
        settings,
        seed=request.seed,
        resamples=request.resamples,
        calibration=calibration,
        progress=lambda done, total: budget.progress(done, total, "strangers"),
    )
    familiar = [*people_warnings([data]), *choice_warnings([steps], data)]
    warnings = (*familiar, *_warnings(verification, data), *fitted)
    return VerificationReport(verification, steps.scorer.distance, steps.settings, warnings)


def _warnings(verification: Verification, data: Embeddings) -> tuple[str, ...]:
    """What must be known before a figure is quoted."""
    warnings = [f"{note}." for note in absent_notes(verification.protocol, data.records)]
    if verification.transductive:
        warnings.append("The figures are transductive: every distance was made with the help of all other probes.")
    if verification.subjects < FEW_SUBJECTS:
        warnings.append(f"Only {verification.subjects} subjects: figures and intervals say little about other people.")
    warnings += [
        f"{reason}."
        for reason in reasons(
            verification.whole.equal_error, (*verification.whole.misses, *verification.whole.not_found)
        )
    ]
    if verification.calibration_missing:
        warnings.append(f"{verification.calibration_missing[0].upper()}{verification.calibration_missing[1:]}.")
    return tuple(dict.fromkeys(warnings))
