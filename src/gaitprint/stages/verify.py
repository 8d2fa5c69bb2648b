"""`gaitprint eval verify`: embeddings in, error rates of pairs and of searches out, and a calibration."""

from pathlib import Path

from gaitprint.atomic_files import check_writable
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.verification.calibration_file import load_calibration, read_calibration, save_calibration
from gaitprint.evaluation.verification.reliability import subjects_needed
from gaitprint.evaluation.verification.report import VerificationReport
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.experiments.verification import measure_verification
from gaitprint.pages.verification import verification_page
from gaitprint.provenance.calibration_subjects import calibration_warnings, people_facts
from gaitprint.report.html import check_report_place, write_report
from gaitprint.types import Embeddings


def verify(
    embeddings: Path | Embeddings,
    request: EvaluationRequest = EvaluationRequest(),
    settings: VerifySettings = VerifySettings(),
    *,
    calibration: Path | None = None,
    use: Path | None = None,
    report: Path | None = None,
) -> VerificationReport:
    """Measure how well pairs are told apart, and known people from strangers.

    Args:
        embeddings: made by `gaitprint model embed`.
        request: protocol, sequences, pipeline, seed, resamples and budget.
        settings: rates, thresholds, strangers, calibration.
        calibration: the JSON file to write a calibration to, none where None.
        use: a calibration of other people, tried here instead of one of these.
        report: the HTML page to write, none where None.

    Raises:
        GaitprintError: in one line.
    """
    steps, rules = request.steps, request.rules
    data = request.filter.open(embeddings)
    given = None if use is None else load_calibration(use, source=data.source, pipeline=steps.settings)
    fitted = [] if use is None else calibration_warnings(read_calibration(use).facts, data)
    if report is not None:
        check_report_place(report)
    if calibration is not None:
        if given is not None:
            raise ProtocolError(f"a calibration was given ({use}), so none is made to write to {calibration}")
        check_writable(calibration)
        people, need = len({r.subject for r in data.records} - {None}), subjects_needed(settings.folds)
        if people < need:
            raise ProtocolError(
                f"{calibration} was not written: a calibration with {settings.folds} folds takes {need} subjects, "
                f"found {people}; with fewer it is refused, because decisions about people would rest on it"
            )
    result = measure_verification(data, request, settings, calibration=given, fitted=fitted)
    found = result.verification
    if calibration is not None:
        if found.calibration is None:
            raise ProtocolError(f"{calibration} was not written: {found.calibration_missing}")
        facts = {
            "protocol": rules.name,
            "distance": steps.scorer.distance,
            "subjects": found.calibration.subjects,
            "same_pairs": found.whole.same_pairs,
            "other_pairs": found.whole.other_pairs,
            **people_facts(data),
        }
        save_calibration(
            calibration, found.calibration.calibration, source=data.source, pipeline=steps.settings, facts=facts
        )
    if report is not None:
        write_report(report, verification_page(found, data, request, settings, result.warnings))
    return result
