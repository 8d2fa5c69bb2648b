"""A fitted pipeline: the joint computation of the gallery and one probe, for every step and every chain of steps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.retrieval.bases.recompute import PairwiseScorer
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.gallery_delta import GalleryDelta
from gaitprint.retrieval.incremental import neighbour_lists as lists
from gaitprint.retrieval.incremental.neighbour_lists import NeighbourLists, to_distances
from gaitprint.retrieval.incremental.patched_graph import PatchedNeighbours
from gaitprint.retrieval.knn.search import search
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.testing.steps import compared, transformed
from gaitprint.tuning.shared import SharedSides
from gaitprint.types import Embeddings, PartLayout

ONE = ComputeBudget(threads=1)
LAYOUT = PartLayout(((2, 2), (1, 2)))
RERANKED = {"name": "k-reciprocal", "k1": 4, "k2": 3}
EXPANSIONS = [
    {"name": "cluster-expansion", "k": 3},
    {"name": "cluster-expansion", "k": 9, "include_self": True},
    {"name": "cluster-expansion", "k": 4, "alpha": 2.0, "distance": "part_mean"},
    {"name": "cluster-expansion", "k": 2, "rounds": 2},
    {"name": "cluster-expansion", "k": 5, "clustering": "mutual"},
    {"name": "cluster-expansion", "k": 3, "clustering": "mutual", "alpha": 1.0, "rounds": 3},
    {"name": "alpha-expansion", "k": 4},
    {"name": "alpha-expansion", "k": 1, "alpha": 0.0, "rounds": 2},
    {"name": "cluster-expansion", "clustering": "components", "threshold": 0.3},
    {"name": "cluster-expansion", "clustering": "dbscan", "threshold": 0.7, "min_samples": 3},
    {"name": "cluster-expansion", "clustering": "agglomerative", "threshold_neighbour": 3},
]


def made(transforms: list, scorer: object, inductive: bool) -> Pipeline:
    """The chain in its inductive form, or the joint one."""

    def step(values: object) -> object:
        return {**values, "inductive": inductive} if isinstance(values, dict) else values

    return Pipeline.from_settings({"transforms": [step(t) for t in transforms], "scorer": step(scorer)})


def changed(probe: np.ndarray, rows: np.ndarray, now: np.ndarray) -> GalleryDelta:
    """A probe, and items that have other vectors now."""
    return replace(GalleryDelta.of_probe(probe[0]), rows=rows, vectors=now)


def vectors(rng: np.random.Generator, items: int, kind: str) -> np.ndarray:
    """People of a few sequences; or with ties, or with duplicates."""
    x = rng.normal(size=(-(-items // 4), 6))[rng.integers(0, -(-items // 4), items)] * 2 + rng.normal(size=(items, 6))
    if kind == "ties":
        x = np.round(x)
    if kind == "duplicates":
        x = x[rng.integers(0, max(1, items // 3), items)]
    return x.astype(np.float32)


@pytest.mark.parametrize("seed", range(33))
def test_each_probe_is_answered_as_if_alone_with_the_gallery(embed, seed):
    rng = np.random.default_rng(seed)
    items = int(rng.integers(1, 12)) if seed % 6 == 0 else int(rng.integers(12, 90))
    x = vectors(rng, items, ["plain", "ties", "duplicates", "plain"][seed % 4])
    gallery, step = embed(x, LAYOUT.blocks), EXPANSIONS[seed % len(EXPANSIONS)]
    scorer = [RERANKED, "euclidean", {**RERANKED, "k1": 12, "base": "part_mean"}, "part-cosine"][seed // 3 % 4]
    before = [[], ["unit-length"]][seed // 5 % 2]
    p = np.concatenate([vectors(rng, 2, "plain"), x[rng.integers(0, items, 1)], x[:1] + 1])
    probe = embed(p, LAYOUT.blocks, start=items)
    found = made([*before, step], scorer, True).distances(probe, gallery)
    joint = made([*before, step], scorer, False)
    for i in range(len(probe)):
        expected = joint.distances(probe.select([i]), gallery)[0]
        np.testing.assert_allclose(found[i], expected, rtol=1e-6, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(METRICS)), st.booleans(), st.integers(0, 4))
@settings(max_examples=20)
def test_lists_of_a_changed_gallery_are_those_that_a_search_finds(seed, name, tied, spare):
    """Few spare places, so that lists run short and are searched anew; and the farthest item may be a changed one."""
    rng = np.random.default_rng(seed)
    items, length = int(rng.integers(8, 60)), int(rng.integers(1, 10))
    x = vectors(rng, items, "ties" if tied else "plain")
    rows = np.flatnonzero(rng.random(items) < 0.15)
    delta = changed(vectors(rng, 1, "plain"), rows, 3 * vectors(rng, len(rows) + 1, "plain")[1:])
    metric = metric_named(name, LAYOUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "_SPARE", spare)
        fitted = NeighbourLists.of(x, metric, length, ONE, farthest=True)
        found = PatchedNeighbours(fitted, delta)
    whole = np.concatenate([delta.probe, delta.patched(x)])
    expected = search(whole, whole, metric, length, ONE, farthest=True)
    every = np.arange(items + 1)
    np.testing.assert_array_equal(found.lists(every), expected.indices)
    np.testing.assert_array_equal(to_distances(found.keys(every)), expected.distances)
    np.testing.assert_array_equal(found.farthest(every), expected.farthest)


def test_a_change_of_few_items_does_not_go_through_all_lists():
    rng = np.random.default_rng(0)
    x = vectors(rng, 400, "plain")
    fitted = NeighbourLists.of(x, metric_named("euclidean", LAYOUT), 5, ONE)
    found = PatchedNeighbours(fitted, changed(x[3:4] + 1, np.array([7, 9]), x[[8, 12]]))
    assert len(found.relisted) < 250
    many = changed(x[3:4], np.arange(150), x[:150] + 1)
    assert len(PatchedNeighbours(fitted, many).relisted) == 401


def test_a_probe_of_another_size_is_answered_too(embed):
    gallery = embed(vectors(np.random.default_rng(1), 40, "plain"), LAYOUT.blocks)
    fitted = made([EXPANSIONS[0]], RERANKED, True).fit(gallery, ONE)
    for factor in (0.0, 1e-25, 1e12):
        probe = embed(np.full((1, 6), factor), LAYOUT.blocks)
        expected = made([EXPANSIONS[0]], RERANKED, False).distances(probe, gallery)
        np.testing.assert_allclose(fitted.distances(probe), expected, rtol=1e-6, atol=1e-6)


def test_gallery_and_answers_stay_the_same_from_probe_to_probe(embed):
    rng = np.random.default_rng(2)
    x = vectors(rng, 60, "plain")
    x.setflags(write=False)
    probe, gallery = embed(vectors(rng, 5, "plain"), LAYOUT.blocks), embed(x, LAYOUT.blocks)
    fitted = made([EXPANSIONS[3]], RERANKED, True).fit(gallery, ONE)
    first = fitted.distances(probe)
    np.testing.assert_array_equal(fitted.distances(probe.select([4, 3, 2, 1, 0])), first[::-1])
    comparison = made([EXPANSIONS[3]], RERANKED, True).comparison(probe, gallery, ONE)
    assert comparison.shape == (5, 60)
    np.testing.assert_array_equal(comparison.rows(1, 3), first[1:3])


def test_labels_say_which_form_it_is():
    joint, alone = made([EXPANSIONS[0]], RERANKED, False), made([EXPANSIONS[0]], RERANKED, True)
    assert joint.transductive
    assert not joint.inductive
    assert alone.inductive
    assert not alone.transductive
    assert joint.label.endswith("; transductive]")
    assert alone.label.endswith("; one probe at a time]")
    assert Pipeline.from_settings(alone.settings) == alone


def test_a_chain_that_mixes_both_forms_is_refused(embed):
    alone = {**EXPANSIONS[0], "inductive": True}
    message = "cluster-expansion is one probe at a time, and k-reciprocal after it looks at all probes: set inductive"
    with pytest.raises(ConfigError, match=message):
        Pipeline.from_settings({"transforms": [alone], "scorer": RERANKED})
    with pytest.raises(ConfigError, match="and alpha-expansion after it looks at all probes"):
        Pipeline.from_settings({"transforms": [alone, "alpha-expansion"]})
    x = embed(np.eye(6), LAYOUT.blocks)
    with pytest.raises(ConfigError, match="cluster-expansion looks at all probes at once: set inductive for it"):
        made([EXPANSIONS[0]], "euclidean", False).fit(x)


def test_all_probes_may_be_expanded_first_and_then_each_by_itself(embed):
    rng = np.random.default_rng(3)
    probe, gallery = (embed(vectors(rng, n, "plain"), LAYOUT.blocks, start=s) for n, s in ((7, 0), (30, 7)))
    values = {"transforms": [EXPANSIONS[6], {**EXPANSIONS[0], "inductive": True}], "scorer": "euclidean"}
    pipeline = Pipeline.from_settings(values)
    assert pipeline.transductive
    p, g = transformed(pipeline.transforms[0], probe, gallery)
    rest = Pipeline(pipeline.transforms[1:], pipeline.scorer)
    np.testing.assert_array_equal(pipeline.distances(probe, gallery), rest.distances(p, g))


def test_one_step_alone_takes_one_probe_alone(embed):
    probe, gallery = embed(np.eye(3, 6), LAYOUT.blocks), embed(np.eye(6), LAYOUT.blocks)
    for step in (EXPANSIONS[0], EXPANSIONS[6]):
        (transform,) = made([step], "euclidean", True).transforms
        with pytest.raises(ConfigError, match="has another gallery for each probe, found 3 probes: hand in one"):
            transformed(transform, probe, gallery)
        assert len(transformed(transform, probe.select([1]), gallery)[1]) == 6


def test_probes_of_other_networks_and_no_probe_are_refused(embed):
    gallery = embed(np.eye(6), LAYOUT.blocks)
    fitted = made([], RERANKED, True).fit(gallery)
    with pytest.raises(ArtefactError, match="probes were made by 'weights-b'"):
        fitted.distances(embed(np.eye(6), LAYOUT.blocks, source="weights-b"))
    with pytest.raises(DataError, match="there is no sequence in probes"):
        fitted.distances(gallery.select([]))
    with pytest.raises(DataError, match="there is no sequence"):
        made([], RERANKED, True).fit(gallery.select([]))


class Dots(PairwiseScorer):
    """A scorer of somebody else's, who knows nothing of incremental use."""

    settings = None
    distance = "minus the product"

    def matrix(self, probe: Embeddings, gallery: Embeddings) -> np.ndarray:
        return -probe.vectors @ gallery.vectors.T


def test_steps_of_others_that_keep_nothing_are_asked_anew(embed):
    rng = np.random.default_rng(4)
    gallery, probe = embed(vectors(rng, 30, "plain")), embed(vectors(rng, 3, "plain"), start=30)
    foreign = made(["block-weights", EXPANSIONS[0]], "euclidean", True)
    scorer = Dots()
    found = Pipeline(foreign.transforms, scorer).fit(gallery).distances(probe)
    for i in range(3):
        p, g = transformed(foreign.transforms[1], probe.select([i]), gallery)
        np.testing.assert_allclose(found[i], compared(scorer, p, g)[0], rtol=1e-5, atol=1e-6)


def test_tuning_asks_for_it_probe_by_probe(embed):
    rng = np.random.default_rng(5)
    gallery, probe = embed(vectors(rng, 30, "plain")), embed(vectors(rng, 3, "plain"), start=30)
    pipeline = made([EXPANSIONS[0]], RERANKED, True)
    shared = SharedSides(probe, gallery, ONE).comparison(pipeline)
    np.testing.assert_array_equal(shared.rows(0, 3), pipeline.distances(probe, gallery))
