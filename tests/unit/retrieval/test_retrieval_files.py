"""Transforms whose arrays do not fit the memory lie in files, and give the same bytes."""

import tempfile

import numpy as np
import pytest

from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

STEPS = [
    {"name": "cluster-expansion", "k": 3, "rounds": 2},
    {"name": "cluster-expansion", "clustering": "components", "threshold": 0.5},
    {"name": "cluster-expansion", "clustering": "components", "threshold": 0.5, "alpha": 1.0},
    {"name": "alpha-expansion", "k": 3},
    {"name": "seeded-expansion"},
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: "-".join(map(str, step.values())))
def test_the_same_bytes_from_files(step, monkeypatch):
    rng = np.random.default_rng(3)
    records = tuple(SequenceRecord(str(i), str(i % 9), "nm", "090") for i in range(45))
    centres = rng.normal(size=(9, 24))
    vectors = (centres[np.arange(45) % 9] + 0.5 * rng.normal(size=(45, 24))).astype(np.float32)
    whole = Embeddings(vectors, records, PartLayout(((4, 6),)), "made up")
    probe, gallery = whole.select(range(9, 45)), whole.select(range(9))
    pipeline = Pipeline.from_settings({"transforms": [step], "scorer": "k-reciprocal"})
    usual = pipeline.comparison(probe, gallery, ComputeBudget()).rows(0, 36)
    files = []

    class Filed(ComputeBudget):
        def array(self, rows, width):
            files.append((rows, width))
            with tempfile.TemporaryFile() as file:
                return np.asarray(np.memmap(file, np.float32, "w+", shape=(rows, width)))

    found = pipeline.comparison(probe, gallery, Filed()).rows(0, 36)
    np.testing.assert_array_equal(found, usual)
    assert len(files) >= 2, "the union and what was made of it"
    assert set(files) == {(45, 24)}
