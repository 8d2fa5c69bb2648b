"""A gallery that people enter and leave: to the last digit the one that would have been fitted from the start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitprint.errors import ArtefactError, DataError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental import neighbour_lists as lists
from gaitprint.retrieval.incremental.neighbour_lists import NeighbourLists
from gaitprint.retrieval.incremental.patched_graph import PatchedNeighbours
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord

ONE = ComputeBudget(threads=1)
LAYOUT = PartLayout(((2, 2), (1, 2)))
RERANKED = {"name": "k-reciprocal", "k1": 4, "k2": 3, "inductive": True}
EXPANDED = {"name": "cluster-expansion", "k": 3, "inductive": True}
PIPELINES = {
    "euclid": {"scorer": "euclidean"},
    "scaled": {"transforms": ["unit-length"], "scorer": "part-cosine"},
    "re-ranked": {"scorer": RERANKED},
    "long lists": {"scorer": {**RERANKED, "k1": 12, "k2": 1, "base": "part_mean"}},
    "expanded": {"transforms": [EXPANDED], "scorer": "euclidean"},
    "mutual": {"transforms": [{**EXPANDED, "k": 5, "clustering": "mutual", "alpha": 1.0}], "scorer": RERANKED},
    "twice": {"transforms": ["unit-length", {**EXPANDED, "k": 2, "rounds": 2}], "scorer": RERANKED},
    "alpha": {"transforms": [{"name": "alpha-expansion", "k": 4, "inductive": True}], "scorer": "part-mean"},
    "clusters": {
        "transforms": [{"name": "cluster-expansion", "clustering": "components", "threshold": 0.3, "inductive": True}],
        "scorer": RERANKED,
    },
}


def walks(rng: np.random.Generator, count: int, kind: str, start: int = 0) -> Embeddings:
    """People of a few sequences; or with ties, or with duplicates."""
    people = -(-count // 4)
    x = 2 * rng.normal(size=(people, 6))[rng.integers(0, people, count)] + rng.normal(size=(count, 6))
    if kind == "ties":
        x = np.round(x)
    if kind == "duplicates":
        x = x[rng.integers(0, max(1, count // 3), count)]
    records = tuple(SequenceRecord(str(start + i), str(i % 5), "nm", "090") for i in range(count))
    return Embeddings(x.astype(np.float32), records, LAYOUT, "weights", {})


@pytest.mark.parametrize("name", PIPELINES)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["plain", "ties", "duplicates"]), st.integers(3, 36))
@settings(max_examples=4)
def test_edits_one_after_another_are_a_fit_from_the_start(name, seed, kind, count):
    rng = np.random.default_rng(seed)
    pipeline = Pipeline.from_settings(PIPELINES[name])
    everybody = walks(rng, count + 24, kind)
    probe = walks(rng, 3, kind, start=1000)
    fitted, rows, waiting = pipeline.fit(everybody.select(range(count)), ONE), list(range(count)), count
    for _ in range(3):
        entering = int(rng.integers(0, 7))
        if entering and waiting + entering <= len(everybody):
            new = list(range(waiting, waiting + entering))
            fitted, rows, waiting = fitted.insert(everybody.select(new)), rows + new, waiting + entering
        leaving = [rows[i] for i in rng.permutation(len(rows))[: rng.integers(0, min(6, len(rows)))]]
        if leaving:
            fitted = fitted.remove([everybody.records[i].key for i in leaving])
            rows = [i for i in rows if i not in leaving]
        again = pipeline.fit(everybody.select(rows), ONE)
        assert fitted.gallery.records == again.gallery.records
        np.testing.assert_array_equal(fitted.gallery.vectors, again.gallery.vectors)
        for one, other in zip(fitted.transforms, again.transforms, strict=True):
            np.testing.assert_array_equal(one.gallery.vectors, other.gallery.vectors)
            assert one.gallery.settings == other.gallery.settings
        np.testing.assert_array_equal(fitted.distances(probe), again.distances(probe))


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(METRICS)), st.booleans(), st.integers(0, 4))
@settings(max_examples=30)
def test_committed_lists_are_those_that_a_search_finds(seed, name, tied, spare):
    rng = np.random.default_rng(seed)
    count, length = int(rng.integers(2, 60)), int(rng.integers(1, 10))
    x = walks(rng, count, "ties" if tied else "plain").vectors
    state = rng.permutation(np.repeat([0, 1, 2], [count, count // 6, count // 6]))[:count]  # stays, leaves, changes
    state[0] = 0
    removed, rows = np.flatnonzero(state == 1), np.flatnonzero(state == 2)
    vectors = walks(rng, len(rows) + 5, "ties" if tied else "plain").vectors
    none = np.zeros((0, 6), np.float32)
    delta = GalleryDelta(none, rows, vectors[5:], removed, vectors[: int(rng.integers(0, 6))])
    metric = metric_named(name, LAYOUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "_SPARE", spare)
        before = NeighbourLists.of(x, metric, length, ONE, farthest=True)
        found = PatchedNeighbours(before, delta).committed()
        expected = NeighbourLists.of(delta.patched(x), metric, length, ONE, farthest=True)
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    np.testing.assert_array_equal(found.keys, expected.keys)
    np.testing.assert_array_equal(found.farthest, expected.farthest)


def test_an_edit_of_few_items_searches_few_lists(monkeypatch):
    rng = np.random.default_rng(0)
    x = walks(rng, 500, "plain").vectors
    before = NeighbourLists.of(x, metric_named("euclidean", LAYOUT), 5, ONE)
    monkeypatch.setattr("gaitprint.retrieval.incremental.patched_graph.search", lambda *_: pytest.fail("searched all"))
    found = PatchedNeighbours(before, GalleryDelta.edit(np.array([3, 77]), x[:2] + 1))
    assert 2 < len(found.relisted) < 250
    found.committed()


def test_the_fitted_pipeline_stays_as_it_is():
    rng = np.random.default_rng(1)
    gallery, probe = walks(rng, 40, "plain"), walks(rng, 4, "plain", start=100)
    fitted = Pipeline.from_settings(PIPELINES["twice"]).fit(gallery, ONE)
    before = fitted.distances(probe)
    smaller = fitted.remove(["3", "9"])
    assert [r.key for r in smaller.insert(probe).gallery.records[-5:]] == ["39", "100", "101", "102", "103"]
    assert len(fitted.gallery) == 40
    assert smaller.distances(probe).shape == (4, 38)
    np.testing.assert_array_equal(fitted.distances(probe), before)


def test_whom_an_edit_cannot_mean_is_named():
    rng = np.random.default_rng(2)
    gallery = walks(rng, 5, "plain")
    fitted = Pipeline.from_settings(PIPELINES["euclid"]).fit(gallery)
    with pytest.raises(DataError, match="'3' would be in the gallery twice: remove it first"):
        fitted.insert(gallery.select([3]))
    with pytest.raises(DataError, match="'7' would be in the gallery twice"):
        fitted.insert(walks(rng, 1, "plain", start=7).select([0, 0]))
    with pytest.raises(DataError, match="the gallery has no '77', so it cannot be removed"):
        fitted.remove(["1", "77"])
    with pytest.raises(DataError, match="all 5 sequences would be removed"):
        fitted.remove([r.key for r in gallery.records])
    with pytest.raises(DataError, match="there is no sequence in walks to enrol"):
        fitted.insert(gallery.select([]))
    stranger = walks(rng, 1, "plain", start=9)
    with pytest.raises(ArtefactError, match="embed both"):
        fitted.insert(Embeddings(stranger.vectors, stranger.records, LAYOUT, "others", {}))
