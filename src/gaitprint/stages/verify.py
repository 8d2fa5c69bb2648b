"""`gaitprint eval verify`: embeddings in, error rates of pairs and of searches out, and a calibration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import check_writable
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.verification.calibration_file import load_calibration, read_calibration, save_calibration
from gaitprint.evaluation.verification.reliability import subjects_needed
from gaitprint.evaluation.verification.report import VerificationReport
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.experiments.verification import measure_verification
from gaitprint.inference.selection import filter_embeddings, open_embeddings
from gaitprint.pages.verification import verification_page
from gaitprint.provenance.calibration_subjects import calibration_warnings, people_facts
from gaitprint.report.html import check_report_place, write_report
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings


def verify(
    embeddings: Path | Embeddings,
    *,
    protocol: str | Path = "casia-b",
    pipeline: dict[str, Any] | None = None,
    settings: VerifySettings | None = None,
    subjects: Sequence[str] | None = None,
    views: Sequence[str] | None = None,
    conditions: Sequence[str] | None = None,
    lists: Mapping[str, Sequence[str]] | None = None,
    calibration: Path | None = None,
    use: Path | None = None,
    report: Path | None = None,
    work: ComputeBudget | None = None,
) -> VerificationReport:
    """Measure how well pairs are told apart, and known people from strangers.

    Args:
        embeddings: made by `gaitprint model embed`.
        protocol: the name of ours, or a TOML file.
        pipeline: transforms and scorer as in a settings file; None: Euclid of whole vectors.
        settings: rates, thresholds, strangers, calibration; None: the defaults.
        subjects: only these; None: all.
        views: only these; None: all.
        conditions: only these; None: all.
        lists: named lists of keys that the protocol asks for (`PROBE_SET`).
        calibration: the JSON file to write a calibration to, none where None.
        use: a calibration of other people, tried here instead of one of these.
        report: the HTML page to write, none where None.
        work: memory, cores and progress of comparing; None: the usual.

    Raises:
        GaitprintError: in one line.
    """
    settings, work = settings or VerifySettings(), work or ComputeBudget()
    steps = Pipeline.from_settings(pipeline or {})
    rules = load_protocol(protocol)
    data = filter_embeddings(open_embeddings(embeddings), subjects, views, conditions)
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
    result = measure_verification(
        data, rules, steps, settings, lists=lists, calibration=given, fitted=fitted, work=work
    )
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
        write_report(report, verification_page(found, data, steps, settings, result.warnings))
    return result
