from collections.abc import Callable

import numpy as np
import pytest

from gaitprint.types import Embeddings, PartLayout, SequenceRecord


@pytest.fixture(scope="session")
def embed() -> Callable[..., Embeddings]:
    """embed(vectors, blocks, source) makes embeddings with made-up records."""

    def make(vectors, blocks=None, source="weights-a", start=0) -> Embeddings:
        vectors = np.asarray(vectors, np.float32)
        records = tuple(SequenceRecord(f"{start + i}", None, "nm", "090") for i in range(len(vectors)))
        return Embeddings(vectors, records, PartLayout(blocks or ((1, vectors.shape[1]),)), source, {"networks": ["a"]})

    return make
