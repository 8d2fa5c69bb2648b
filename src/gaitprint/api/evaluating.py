"""Figures of embeddings under a protocol."""

from pathlib import Path

from gaitprint.api._given import given_embeddings, given_path
from gaitprint.api.comparing import Vectors
from gaitprint.arguments import shown
from gaitprint.errors import ConfigError
from gaitprint.evaluation.identification.report import EvaluationReport
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.stages.evaluate import evaluate as stage


def evaluate(
    embeddings: Vectors,
    request: EvaluationRequest | None = None,
    *,
    report: str | Path | None = None,
    store: str | Path | None = None,
) -> EvaluationReport:
    """Measure embeddings under a protocol, as `gaitprint eval identify` does.

    Args:
        embeddings: of all sequences that the protocol compares, or their file.
        request: protocol, sequences, pipeline, seed and budget; the usual ones where None (CASIA-B, Euclidean).
        report: the HTML page to write, none where None.
        store: where the page takes silhouettes of right and wrong matches from.

    Returns:
        An `EvaluationReport`: `mean` is rank-1 in percent, `interval` its 95 % over subjects, `warnings` what must be
        said beside it.

    Raises:
        ProtocolError: the protocol finds no probes or no gallery. ConfigError, ArtefactError: a bad name or file.
    """
    asked = EvaluationRequest() if request is None else request
    if not isinstance(asked, EvaluationRequest):
        raise ConfigError(f'a request is an EvaluationRequest(protocol="casia-b", ...), found {shown(asked)}')
    return stage(
        given_embeddings(embeddings, "what is measured"),
        asked,
        report=None if report is None else given_path(report, "a page"),
        store=None if store is None else given_path(store, "a store"),
    )
