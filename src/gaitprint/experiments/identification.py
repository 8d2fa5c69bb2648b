"""Embeddings measured as a request asks, and the report: the mean, the tables by view and condition, the warnings."""

import numpy as np

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.identification.breakdown import break_down
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.identification.mean_figures import mean_figure, mean_interval
from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.identification.warnings import chance_warnings, data_warnings
from gaitprint.evaluation.protocol.protocol import DEFAULT_PROTOCOL
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.provenance.calibration_subjects import choice_warnings
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings


def identify(request: EvaluationRequest, data: Embeddings) -> EvaluationReport:
    """Measure embeddings, and put beside the figures everything that must be said of them.

    Raises:
        ProtocolError, ShapeError: see `evaluate`.
    """
    return report_evaluation(measure(request, data), data, request.steps, request.seed, request.resamples)


def measure(
    request: EvaluationRequest, data: Embeddings, steps: Pipeline | None = None, resamples: int | None = None
) -> Evaluation:
    """Measure embeddings that were opened.

    Args:
        request: protocol, pipeline, seed, resamples and budget.
        data: as the request's filter gives them.
        steps: another pipeline than the one asked for.
        resamples: another number, such as 1 where nobody reads the intervals.

    Raises:
        ProtocolError, ShapeError: see `evaluate`.
    """
    try:
        return evaluate(
            data,
            request.rules,
            (steps or request.steps).as_distances(request.budget),
            generator=request.generator(),
            resamples=request.resamples if resamples is None else resamples,
        )
    except ProtocolError as error:
        if request.protocol != DEFAULT_PROTOCOL:
            raise
        # nobody need have named it: what to do is to name another
        raise ProtocolError(f"{error}: {DEFAULT_PROTOCOL} is the usual protocol, name or write another") from error


def report_evaluation(
    evaluation: Evaluation, data: Embeddings, steps: Pipeline, seed: int, resamples: int
) -> EvaluationReport:
    """Put beside an evaluation everything that must be said of it."""
    return EvaluationReport(
        evaluation=evaluation,
        mean=mean_figure(evaluation),
        interval=mean_interval(evaluation, seed, resamples),
        distance=steps.scorer.distance,
        transductive=steps.transductive,
        pipeline=steps.settings,
        warnings=(
            *people_warnings([data]),
            *choice_warnings([steps], data),
            *_transductive(steps),
            *chance_warnings("Rank-1", evaluation),
            *data_warnings([evaluation]),
        ),
        breakdowns=break_down(evaluation, np.random.Generator(np.random.PCG64(seed)), resamples),
    )


def _transductive(steps: Pipeline) -> tuple[str, ...]:
    if not steps.transductive:
        return ()
    return ("The figures are transductive: every probe was ranked with the help of all other probes.",)
