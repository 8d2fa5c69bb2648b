"""`gaitprint eval compare`: two runs on the same probes, what the second gains, and what is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.identification.paired import REAL, PairedLine, compare_evaluations
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.identification.warnings import data_warnings
from gaitprint.evaluation.statistics.sign_flip_test import ALL_UP_TO
from gaitprint.experiments.identification import measure
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.fusion import different_data
from gaitprint.provenance.calibration_subjects import choice_warnings
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings, SequenceRecord

SMALLEST = 6
"""Subjects who must differ: with fewer, no sign flip is rarer than 5%."""


@dataclass(frozen=True, eq=False)
class ComparisonReport:
    """Two evaluations and their differences."""

    before: Evaluation
    after: Evaluation
    figure: str
    """What is compared: rank-1, ..., mAP."""
    lines: tuple[PairedLine, ...]
    """The first is over all probe sets; its p-value stands alone, those of the others are corrected together."""
    warnings: tuple[str, ...]

    @property
    def findings(self) -> tuple[str, ...]:
        """Which differences are real, in sentences."""
        first, others = self.lines[0], self.lines[1:]
        told = [f"Overall: {_told(first)} (p = {first.p:.4f})."]
        real = [line for line in others if line.verdict != "not shown"]
        if others:
            names = ", ".join(f"{line_name(line)} {line.points:+.1f}" for line in real) or "none"
            told.append(
                f"Of the {len(others)} lines below it, those that hold when all are asked at once (Holm, {REAL:g}): "
                f"{names}."
            )
        return tuple(told)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""

        def side(run: Evaluation) -> dict[str, Any]:
            return {"source": run.source, "label": run.label, "transductive": run.transductive}

        return {
            "protocol": self.before.protocol.name,
            "figure": self.figure,
            "unit": "percent",
            "before": side(self.before),
            "after": side(self.after),
            "lines": [line.to_dict() for line in self.lines],
            "findings": list(self.findings),
            "warnings": list(self.warnings),
        }


def compare(
    before: Path | Embeddings,
    after: Path | Embeddings | None = None,
    request: EvaluationRequest = EvaluationRequest(),
    *,
    after_pipeline: PipelineSpec | None = None,
    figure: str = "rank-1",
) -> ComparisonReport:
    """Compare two runs, subject by subject.

    Args:
        before: embeddings.
        after: of the same sequences, made otherwise; None: the same, with another pipeline.
        request: protocol, sequences, pipeline, seed, resamples and budget.
        after_pipeline: of `after`; None: the same.
        figure: `rank-K`, or `mAP` or `mINP` where the protocol asks for them.

    Raises:
        ConfigError: both runs are the same. ProtocolError: they are of different probes, and which is first.
        GaitprintError: in one line.
    """
    first = request.steps
    second = first if after_pipeline is None else Pipeline.from_spec(after_pipeline)
    if after is None and second.settings == first.settings:
        raise ConfigError(
            "there is nothing to compare: give a second file of embeddings, or another pipeline for after "
            "(--after-pipeline, --after-set)"
        )
    _ = request.rules  # refused before anything large is read
    left = request.filter.open(before)
    right = left if after is None else in_order_of(left, request.filter.open(after))
    runs = measure(request, left, first, resamples=1), measure(request, right, second, resamples=1)
    lines = compare_evaluations(*runs, request.generator(), figure, request.resamples)
    said = (*people_warnings([left, right]), *choice_warnings([first, second], left))
    warnings = (*said, *_of_other_data(left, right), *_warnings(lines, runs))
    return ComparisonReport(*runs, figure, lines, warnings)


def in_order_of(first: Embeddings, second: Embeddings) -> Embeddings:
    """The second's sequences in the order of the first's: ties fall alike, and draws are the same.

    Raises:
        ProtocolError: a sequence is in one of them only, or has other labels there; the first such is named.
    """
    place = {record.key: i for i, record in enumerate(second.records)}
    for record in first.records:
        if record.key not in place:
            raise ProtocolError(_differ(f"{record.key} is in the first only"))
        other = second.records[place[record.key]]
        if other != record:
            raise ProtocolError(
                _differ(f"{record.key} is {_labels(record)} in the first, {_labels(other)} in the second")
            )
    known = {record.key for record in first.records}
    for record in second.records:
        if record.key not in known:
            raise ProtocolError(_differ(f"{record.key} is in the second only"))
    if len(first) != len(second):
        raise ProtocolError(_differ("a key is there twice"))
    return second.select([place[record.key] for record in first.records])


def line_name(line: PairedLine) -> str:
    """`NM`, `NM view 090`, or `all`."""
    return " ".join([line.probe_set, line.kind, line.name]) if line.name else line.probe_set or "all"


def _differ(how: str) -> str:
    return (
        f"the two runs are not of the same sequences: {how}; embed the same store with both, or narrow both with "
        "--subjects, --views and --conditions"
    )


def _labels(record: SequenceRecord) -> str:
    return f"subject {record.subject}, condition {record.condition}, view {record.view}"


def _told(line: PairedLine) -> str:
    size = f"{line.points:+.1f} points"
    if line.interval is not None:
        size += f", {100 * line.interval.level:g} % interval {line.interval.low:+.1f} to {line.interval.high:+.1f}"
    return {"gain": "a gain, ", "loss": "a loss, ", "not shown": "no difference is shown: "}[line.verdict] + size


def _of_other_data(left: Embeddings, right: Embeddings) -> list[str]:
    differ = different_data(left, right)
    if differ is None:
        return []
    return [
        f"The two runs are of different data ({' and '.join(differ)}) whose names agree: unless one is the other "
        "prepared in another way, they are of other walks and their difference means nothing."
    ]


def _warnings(lines: Sequence[PairedLine], runs: Sequence[Evaluation]) -> list[str]:
    found = []
    if runs[0].transductive != runs[1].transductive:
        found.append("One of the two ranks every probe with the help of all other probes, the other does not.")
    most = max(line.changed for line in lines)
    if most < SMALLEST:
        found.append(
            f"Only {most} subjects have other results in the second run: with fewer than {SMALLEST} no test can show a "
            "difference."
        )
    elif most <= ALL_UP_TO and 0.5 ** (most - 1) * max(len(lines) - 1, 1) > REAL:
        found.append(
            f"{most} subjects have other results in the second run: too few to show a difference in any of the "
            f"{len(lines) - 1} lines when all are tested together."
        )
    return [*found, *data_warnings(runs)]
