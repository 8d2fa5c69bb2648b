"""Requests said in one breath, for tests of the stages."""

from typing import Any

from gaitprint.experiments.request import EvaluationRequest
from gaitprint.inference.selection import SequenceFilter
from gaitprint.retrieval.spec import PipelineSpec


def asked(
    pipeline: dict[str, Any] | None = None, subjects=None, views=None, conditions=None, lists=None, **settings: Any
) -> EvaluationRequest:
    """A request: the filter's words and those of the request side by side, the pipeline as a table."""
    chosen = SequenceFilter(subjects, views, conditions, lists or {})
    return EvaluationRequest(filter=chosen, pipeline=PipelineSpec.from_table(pipeline or {}), **settings)
