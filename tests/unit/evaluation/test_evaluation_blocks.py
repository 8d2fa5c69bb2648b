"""Figures from a comparison that is made in rows are those of the whole matrix."""

import numpy as np
import pytest

from gaitprint.errors import ShapeError
from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.protocol import distance_blocks as module
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.retrieval.contracts import MatrixComparison, Scorer, Transform
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Comparison, Distances, Embeddings, PartLayout, SequenceRecord


def walks() -> Embeddings:
    records = [
        SequenceRecord(f"{s}/{c}/{v}", f"{s:03d}", c, v)
        for s in range(6)
        for c in ("nm-01", "nm-02", "nm-05", "bg-01", "cl-01")
        for v in ("000", "036", "090")
    ]
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(6, 8))
    x = centres[[int(r.subject or 0) for r in records]] + rng.normal(size=(len(records), 8))
    return Embeddings(x.astype(np.float32), tuple(records), PartLayout(((2, 4),)), "weights")


STEPS = [
    {"scorer": "euclidean"},
    {"scorer": "part-mean"},
    {"transforms": ["cluster-expansion"], "scorer": {"name": "k-reciprocal", "k1": 6}},
]


@pytest.mark.parametrize("protocol", ["casia-b", "casia-b-cross-view", "hid-draws"])
@pytest.mark.parametrize("steps", STEPS)
def test_rows_and_whole_give_the_same_trials(protocol, steps, monkeypatch):
    pipeline, data, rules = Pipeline.from_settings(steps), walks(), load_protocol(protocol)

    def measured(compare) -> list[dict[str, np.ndarray]]:
        generator = np.random.Generator(np.random.PCG64(0))
        found = evaluate(data, rules, Distances(compare), generator=generator, resamples=10)
        return [vars(r.trials) | {"mean": np.array(r.mean)} for r in found.results]

    whole = measured(pipeline.distances)
    monkeypatch.setattr(module, "BLOCK", 40)
    for one, other in zip(whole, measured(pipeline.comparison), strict=True):
        assert one.keys() == other.keys()
        for key in one:
            if "distance" in key:
                np.testing.assert_allclose(one[key], other[key], rtol=1e-6)
            else:
                np.testing.assert_array_equal(one[key], other[key], key)


def test_our_scorers_make_rows_and_a_plain_matrix_is_one_too():
    data = walks()
    for name in ("euclidean", "part-mean", "part-cosine", "k-reciprocal"):
        pipeline = Pipeline.from_settings({"transforms": ["cluster-expansion", "alpha-expansion"], "scorer": name})
        assert isinstance(pipeline.scorer, Scorer)
        assert all(isinstance(step, Transform) for step in pipeline.transforms)
        found = pipeline.comparison(data.select(range(20)), data.select(range(20, 90)))
        assert isinstance(found, Comparison)
        assert found.shape == (20, 70)
        whole = found.rows(0, 20)
        np.testing.assert_allclose(np.vstack([found.rows(0, 7), found.rows(7, 20)]), whole, rtol=1e-6)
        assert (MatrixComparison(whole).shape, MatrixComparison(whole).rows(3, 5).shape) == ((20, 70), (2, 70))


def test_a_row_that_is_not_finite_is_named_wherever_it_stands(monkeypatch):
    class Late:
        shape = (12, 36)

        def rows(self, start: int, stop: int) -> np.ndarray:
            block = np.ones((stop - start, 36), np.float32)
            if start <= 9 < stop:
                block[9 - start, 2] = np.inf
            return block

    monkeypatch.setattr(module, "BLOCK", 72)
    data = walks()
    probes, gallery = data.select(range(12)), data.select(range(12, 48))
    blocks = module.checked(lambda p, g: Late())(probes, gallery)
    with pytest.raises(ShapeError, match=f"that of {probes.records[9].key} and {gallery.records[2].key} is inf"):
        list(blocks)
