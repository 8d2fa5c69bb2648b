"""`gaitprint verify`: embeddings in, error rates of pairs and of searches with strangers out, and a calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import check_writable
from gaitprint.errors import ProtocolError
from gaitprint.evaluation.columns import rate_columns
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.evaluation.protocol.selection import absent_notes
from gaitprint.evaluation.verification.calibration_file import load_calibration, read_calibration, save_calibration
from gaitprint.evaluation.verification.operating import reasons
from gaitprint.evaluation.verification.reliability import subjects_needed
from gaitprint.evaluation.verification.result import Verification
from gaitprint.evaluation.verification.settings import VerifySettings
from gaitprint.evaluation.verification.verify import verify as measure
from gaitprint.inference.selection import chosen, opened
from gaitprint.pages import evaluation_values as pages
from gaitprint.pages.verification import verification_page
from gaitprint.provenance.calibration_subjects import calibration_warnings, choice_warnings, people_facts
from gaitprint.report.html import check_report_place, write_report
from gaitprint.retrieval.budget import Work
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.tables import Columns, data_frame
from gaitprint.types import Embeddings

PAIR_BY_PAIR = {"unit-length", "euclidean", "part-mean", "part-cosine"}
"""Steps after which the distance of a pair hangs on no other sequence."""


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
    work: Work | None = None,
) -> VerificationReport:
    """Measure how well pairs are told apart, and known people from strangers.

    Args:
        embeddings: made by `gaitprint embed`.
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
    settings, work = settings or VerifySettings(), work or Work()
    steps = Pipeline.from_settings(pipeline or {})
    rules = load_protocol(protocol)
    data = chosen(opened(embeddings), subjects, views, conditions)
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
    used = {step["name"] for step in (*steps.settings["transforms"], steps.settings["scorer"])}
    found = measure(
        data,
        rules,
        partial(steps.comparison, work=Work(work.memory, work.threads, say=work.say)),
        settings,
        lists=lists,
        label=steps.label,
        transductive=steps.transductive,
        alone=used <= PAIR_BY_PAIR,
        calibration=given,
        progress=lambda done, total: work.progress(done, total, "strangers"),
    )
    familiar = [*pages.people_warnings([data]), *choice_warnings([steps], data)]
    warnings = (*familiar, *_warnings(found, data), *fitted)
    result = VerificationReport(found, steps.scorer.distance, steps.settings, warnings)
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


def _warnings(found: Verification, data: Embeddings) -> tuple[str, ...]:
    """What must be known before a figure is quoted."""
    said = [f"{note}." for note in absent_notes(found.protocol, data.records)]
    if found.transductive:
        said.append("The figures are transductive: every distance was made with the help of all other probes.")
    if found.subjects < pages.FEW_SUBJECTS:
        said.append(f"Only {found.subjects} subjects: figures and intervals say little about other people.")
    said += [f"{reason}." for reason in reasons(found.whole.equal_error, (*found.whole.misses, *found.whole.not_found))]
    if found.calibration_missing:
        said.append(f"{found.calibration_missing[0].upper()}{found.calibration_missing[1:]}.")
    return tuple(dict.fromkeys(said))
