"""From an evaluation to its report: the mean, the tables by view and condition, the warnings."""

import numpy as np

from gaitprint.evaluation.identification.breakdown import break_down
from gaitprint.evaluation.identification.mean_figures import mean_figure, mean_interval
from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.evaluation.identification.result import Evaluation
from gaitprint.evaluation.identification.warnings import chance_warnings, data_warnings
from gaitprint.experiments.people_warnings import people_warnings
from gaitprint.provenance.calibration_subjects import choice_warnings
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings


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
