"""Transforms and scorers asked at once, as a test does: fitted on a gallery, then used on all probes together."""

import numpy as np

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.contracts import Scorer, Transform
from gaitprint.types import Embeddings


def transformed(step: Transform, probe: Embeddings, gallery: Embeddings) -> tuple[Embeddings, Embeddings]:
    """Both sides after a transform."""
    return step.fit(gallery, ComputeBudget()).transform(probe)


def compared(scorer: Scorer, probe: Embeddings, gallery: Embeddings) -> np.ndarray:
    """The whole matrix of a scorer's distances."""
    return scorer.fit(gallery, ComputeBudget()).compare(probe).rows(0, len(probe))
