"""One probe at a time against a fitted gallery: the joint computation of the gallery and that probe."""

import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.knn.items import VectorItems
from gaitprint.retrieval.reranking.incremental import IncrementalReranker
from gaitprint.retrieval.reranking.k_reciprocal import Reranked
from gaitprint.testing.steps import compared
from gaitprint.types import PartLayout

ONE = ComputeBudget(threads=1)


@pytest.mark.parametrize("seed", range(20))
def test_ten_probes_each_are_as_if_computed_with_the_gallery(seed):
    """Near, far, duplicates of gallery items, tied distances, galleries shorter than the lists.

    `benchmarks/one_probe.py` asks more of them.
    """
    rng = np.random.default_rng(seed)
    items, width = int(rng.integers(1, 80)), int(rng.integers(2, 9))
    k1, k2, lambda_ = int(rng.choice([1, 2, 6, 20])), int(rng.choice([1, 2, 6])), float(rng.choice([0.0, 0.3, 1.0]))
    gallery = rng.normal(size=(items, width)).astype(np.float32)
    if seed % 3 == 0:
        gallery = np.round(gallery)
    if seed % 5 == 0:
        gallery = gallery[rng.integers(0, max(1, items // 3), items)]
    metric = metric_named(sorted(METRICS)[seed % 4], PartLayout(((1, width),)))
    fitted = IncrementalReranker.of(gallery, metric, k1, k2, lambda_, ONE)
    assert len(fitted) == items
    for number in range(10):
        probe = rng.normal(size=width) * (5 if number % 4 == 1 else 1)
        if number % 4 == 0:
            probe = gallery[rng.integers(0, items)]
        probe = (np.round(probe) if seed % 3 == 0 else probe).astype(np.float32)
        union = np.concatenate([probe[None], gallery])
        joint = Reranked(VectorItems(union, metric, ONE), 1, k1, k2, lambda_).rows(0, 1)[0]
        np.testing.assert_allclose(fitted.distances(GalleryDelta.of_probe(probe)), joint, rtol=0, atol=1e-6)


def test_the_scorer_one_at_a_time_hears_no_other_probe(embed):
    x = np.random.default_rng(1).normal(size=(30, 6)).astype(np.float32)
    probe, gallery = embed(x[:12]), embed(x[12:], start=12)
    scorer = find_component("scorer", "k-reciprocal").make({"inductive": True, "k1": 4})
    assert not scorer.transductive
    whole = compared(scorer, probe, gallery)
    for i in range(12):
        np.testing.assert_array_equal(compared(scorer, probe.select([i]), gallery)[0], whole[i])
    together = find_component("scorer", "k-reciprocal").make({"k1": 4})
    assert together.transductive
    assert not np.allclose(compared(together, probe, gallery), whole)
    alone = compared(together, probe.select([3]), gallery)
    np.testing.assert_allclose(alone[0], whole[3], rtol=0, atol=1e-6)


def test_wrong_arguments_are_named():
    metric, gallery = metric_named("euclidean", PartLayout(((1, 3),))), np.eye(3, dtype=np.float32)
    with pytest.raises(ShapeError, match=r"found 0, 6, 0\.3"):
        IncrementalReranker.of(gallery, metric, 0, 6, 0.3)
    fitted = IncrementalReranker.of(gallery, metric, 1, 1, 0.3, ONE)
    with pytest.raises(ShapeError, match=r"a probe is 3 finite floats, found shape \[4\]"):
        fitted.distances(GalleryDelta.of_probe(np.zeros(4, np.float32)))
    with pytest.raises(ShapeError, match="a probe is 3 finite floats"):
        fitted.distances(GalleryDelta.of_probe(np.full(3, np.nan, np.float32)))
