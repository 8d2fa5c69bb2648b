"""What every transform and every scorer keeps, whoever wrote it: found by name, tested alike."""

import itertools

import numpy as np
import pytest

from gaitprint.components import component_names, find_component
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

LAYOUT = PartLayout(((3, 4), (2, 6)))
TRANSFORMS, SCORERS = component_names("transform"), component_names("scorer")


def side(vectors: np.ndarray, name: str) -> Embeddings:
    records = tuple(SequenceRecord(f"{name}{i}", f"{name}{i}", "nm", "090") for i in range(len(vectors)))
    return Embeddings(vectors.astype(np.float32), records, LAYOUT, "weights", {"networks": "x"})


def pair(probes: int = 9, gallery: int = 6, seed: int = 0) -> tuple[Embeddings, Embeddings]:
    x = np.random.default_rng(seed).normal(size=(probes + gallery, LAYOUT.width))
    return side(x[:probes], "p"), side(x[probes:], "g")


def frozen(embeddings: Embeddings) -> Embeddings:
    embeddings.vectors.setflags(write=False)
    return embeddings


def test_the_components_are_found():
    assert {"unit-length", "cluster-expansion", "alpha-expansion"} <= set(TRANSFORMS)
    assert {"euclidean", "part-mean", "part-cosine", "k-reciprocal"} <= set(SCORERS)


HARD = {
    "one of each": (np.ones((1, 24)), np.zeros((1, 24))),
    "one probe": (np.ones((1, 24)), np.eye(5, 24)),
    "one gallery item": (np.eye(5, 24), np.ones((1, 24))),
    "identical": (np.full((30, 24), 2.5), np.full((4, 24), 2.5)),
    "zeros": (np.zeros((3, 24)), np.zeros((3, 24))),
    "pairs of duplicates": (np.repeat(np.eye(4, 24), 2, axis=0), np.eye(4, 24)),
    "large": (1e15 * np.eye(3, 24), 1e15 * np.eye(4, 24)),
    "small": (1e-15 * np.eye(3, 24), 1e-15 * np.eye(4, 24)),
}


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("case", HARD)
def test_scorers_survive_hard_cases(name, case):
    probe, gallery = (frozen(side(v, n)) for v, n in zip(HARD[case], "pg", strict=True))
    found = find_component("scorer", name).make()(probe, gallery)
    assert found.dtype == np.float32
    assert found.shape == (len(probe), len(gallery))
    assert np.isfinite(found).all()
    assert found.min() >= 0


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("case", HARD)
def test_transforms_survive_hard_cases_and_keep_records(name, case):
    probe, gallery = (frozen(side(v, n)) for v, n in zip(HARD[case], "pg", strict=True))
    found = find_component("transform", name).make()(probe, gallery)
    for before, after in zip((probe, gallery), found, strict=True):
        assert after.vectors.dtype == np.float32
        assert (after.records, after.layout, after.source) == (before.records, before.layout, before.source)
        assert after.settings["transforms"][-1]["name"] == name
        assert "transforms" not in before.settings


def pipelines() -> list[tuple[str | None, str]]:
    return list(itertools.product([None, *TRANSFORMS], SCORERS))


@pytest.mark.parametrize(("transform", "scorer"), pipelines())
def test_nothing_is_half_precision_and_nothing_depends_on_the_order_of_rows(transform, scorer):
    probe, gallery = pair(17, 8)
    pipeline = Pipeline.from_settings({"transforms": [transform] if transform else [], "scorer": scorer})
    whole = pipeline.distances(probe, gallery)
    assert whole.dtype == np.float32
    assert len(np.unique(whole)) > 100
    assert not np.array_equal(whole, whole.astype(np.float16).astype(np.float32))
    rows, columns = np.random.default_rng(1).permutation(17), np.random.default_rng(2).permutation(8)
    permuted = pipeline.distances(probe.select(rows), gallery.select(columns))
    np.testing.assert_allclose(permuted, whole[rows][:, columns], rtol=2e-6)


@pytest.mark.parametrize(("transform", "scorer"), pipelines())
def test_a_step_that_says_it_sees_one_probe_only_is_unchanged_by_removing_others(transform, scorer):
    """And one that says it sees all of them really does change."""
    probe, gallery = pair(17, 8, seed=3)
    pipeline = Pipeline.from_settings({"transforms": [transform] if transform else [], "scorer": scorer})
    whole = pipeline.distances(probe, gallery)[:4]
    fewer = pipeline.distances(probe.select(range(4)), gallery)
    assert pipeline.transductive == (not np.allclose(fewer, whole, rtol=1e-6, atol=0))


@pytest.mark.parametrize("name", [n for n in TRANSFORMS if not find_component("transform", n).make().transductive])
def test_transforms_that_say_so_treat_each_sequence_by_itself(name):
    probe, gallery = pair()
    step = find_component("transform", name).make()
    alone = step(probe.select([2]), gallery.select([5]))
    whole = step(probe, gallery)
    np.testing.assert_allclose(alone[0].vectors, whole[0].vectors[2:3], rtol=1e-6)
    np.testing.assert_allclose(alone[1].vectors, whole[1].vectors[5:6], rtol=1e-6)


@pytest.mark.parametrize("name", SCORERS)
def test_the_nearest_item_is_ones_own_copy(name):
    _, gallery = pair(1, 8, seed=4)
    found = find_component("scorer", name).make({"k1": 2, "k2": 1} if name == "k-reciprocal" else {})(gallery, gallery)
    np.testing.assert_array_equal(found.argmin(axis=1), np.arange(8))


@pytest.mark.parametrize("name", SCORERS)
def test_a_scorer_says_what_its_distance_is(name):
    assert find_component("scorer", name).make().distance
