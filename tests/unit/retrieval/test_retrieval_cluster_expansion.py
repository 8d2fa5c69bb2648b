from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metric import Metric
from gaitprint.retrieval.distances.metrics import metric_named
from gaitprint.retrieval.expansion import clusterings as clusterings
from gaitprint.testing.steps import transformed
from gaitprint.types import PartLayout, SequenceRecord

CLUSTERINGS = ["neighbours", "mutual", "components", "agglomerative", "dbscan"]
PARTITIONS = CLUSTERINGS[2:]
ONE = ComputeBudget(threads=1)


def euclid(width: int) -> Metric:
    return metric_named("euclidean", PartLayout(((1, width),)))


def line(*places: float) -> np.ndarray:
    return np.array(places, np.float32)[:, None]


def groups(labels: np.ndarray) -> list[list[int]]:
    """The members of each cluster, in the order of their first."""
    found: dict[int, list[int]] = {}
    for i, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(i)
    return list(found.values())


def expand(embed, vectors, probes=1, blocks=None, **settings) -> np.ndarray:
    vectors = np.asarray(vectors, np.float32)
    step = find_component("transform", "cluster-expansion").make(settings)
    p, g = transformed(step, embed(vectors[:probes], blocks), embed(vectors[probes:], blocks, start=probes))
    assert p.vectors.dtype == g.vectors.dtype == np.float32
    return np.concatenate([p.vectors, g.vectors])


def islands(seed: int, sizes: list[int], width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Far apart groups of near points, and their labels, shuffled."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = 100 * np.eye(len(sizes), width)
    return (centres[labels] + rng.normal(size=(len(labels), width))).astype(np.float32), labels


def test_by_default_the_mean_of_the_nine_nearest_others(embed):
    x, labels = islands(0, [10, 10, 10])
    found = expand(embed, x, 12)
    for i, label in enumerate(labels):
        others = [j for j in np.flatnonzero(labels == label) if j != i]
        np.testing.assert_allclose(found[i], x[others].astype(float).mean(axis=0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("clustering", PARTITIONS)
def test_partitions_average_the_other_members(embed, clustering):
    x, labels = islands(1, [1, 2, 5])
    found = expand(embed, x, 3, clustering=clustering, threshold=20.0, threshold_unit="absolute")
    for i, label in enumerate(labels):
        others = [j for j in np.flatnonzero(labels == label) if j != i]
        expected = x[others].astype(float).mean(axis=0) if others else x[i]
        np.testing.assert_allclose(found[i], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("clustering", PARTITIONS)
def test_a_cluster_of_two_swaps_and_one_of_m_reflects_and_shrinks(embed, clustering):
    x, labels = islands(2, [2, 6])
    found = expand(embed, x, 3, clustering=clustering, threshold=20.0, threshold_unit="absolute")
    a, b = np.flatnonzero(labels == 0)
    np.testing.assert_array_equal(found[[a, b]], x[[b, a]])
    six = np.flatnonzero(labels == 1)
    mean = x[six].astype(float).mean(axis=0)
    np.testing.assert_allclose(found[six], mean - (x[six] - mean) / 5, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("clustering", PARTITIONS)
def test_with_itself_a_cluster_collapses_to_its_mean(embed, clustering):
    x, labels = islands(3, [3, 4])
    found = expand(embed, x, 2, clustering=clustering, threshold=20.0, threshold_unit="absolute", include_self=True)
    for label in (0, 1):
        rows = np.flatnonzero(labels == label)
        np.testing.assert_allclose(found[rows], np.tile(x[rows].mean(axis=0), (len(rows), 1)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("clustering", CLUSTERINGS)
def test_a_lone_sample_keeps_its_own_feature(embed, clustering):
    x = np.array([[0, 0], [1, 0], [500, 500], [0, 1]], np.float32)
    settings = {"k": 1} if clustering == "mutual" else {"threshold": 2.0, "threshold_unit": "absolute"}
    if clustering == "neighbours":
        assert not np.array_equal(expand(embed, x, clustering=clustering, k=1)[2], x[2])
    else:
        np.testing.assert_array_equal(expand(embed, x, clustering=clustering, **settings)[2], x[2])


@pytest.mark.parametrize("clustering", CLUSTERINGS)
@pytest.mark.parametrize("settings", [{}, {"alpha": 2.0}, {"include_self": True}, {"rounds": 2}])
def test_two_items_and_identical_items_survive(embed, clustering, settings):
    x = np.array([[1, 2], [3, 4]], np.float32)
    assert np.isfinite(expand(embed, x, clustering=clustering, **settings)).all()
    same = np.ones((7, 3), np.float32)
    np.testing.assert_allclose(expand(embed, same, 3, clustering=clustering, **settings), same, rtol=1e-6)
    zeros = np.zeros((4, 3), np.float32)
    np.testing.assert_array_equal(expand(embed, zeros, clustering=clustering, **settings), zeros)


@pytest.mark.parametrize("clustering", CLUSTERINGS)
def test_permuting_items_permutes_the_answer(embed, clustering):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(25, 6)).astype(np.float32)
    order = rng.permutation(25)
    settings = {"clustering": clustering, "k": 4, "alpha": 1.5}
    np.testing.assert_allclose(
        expand(embed, x[order], 9, **settings), expand(embed, x, 9, **settings)[order], rtol=1e-6
    )


def test_alpha_weighs_by_cosine_and_opposed_members_not_at_all(embed):
    x = np.array([[1, 0], [2, 2], [-1, 0]], np.float32)
    found = expand(embed, x, k=2, alpha=2.0)
    np.testing.assert_allclose(found[0], [2, 2], rtol=1e-6)
    found = expand(embed, x, k=2, alpha=2.0, include_self=True)
    np.testing.assert_allclose(found[0], (np.array([1, 0]) + 0.5 * np.array([2, 2])) / 1.5, rtol=1e-6)


def test_times_repeats_on_the_outcome(embed):
    x = np.random.default_rng(5).normal(size=(20, 6)).astype(np.float32)
    once = expand(embed, x, 8, k=3)
    np.testing.assert_array_equal(expand(embed, x, 8, k=3, rounds=2), expand(embed, once, 8, k=3))
    assert not np.allclose(once, x)


def test_part_mean_neighbours_may_differ_from_flat_ones(embed):
    x = np.array([[0, 0], [3, 3], [0, 4.5]], np.float32)
    assert expand(embed, x, blocks=((2, 1),), k=1)[0].tolist() == [3, 3]
    assert expand(embed, x, blocks=((2, 1),), k=1, distance="part_mean")[0].tolist() == [0, 4.5]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["average", "complete", "single"]), st.sampled_from([None, 3]))
def test_linkage_against_plain_merging(seed, linkage, clusters):
    x = np.random.default_rng(seed).normal(size=(12, 3)).astype(np.float32)
    d = np.linalg.norm(x[:, None] - x[None], axis=-1).astype(np.float32)
    join = {"average": np.mean, "complete": np.max, "single": np.min}[linkage]
    merged = [[i] for i in range(12)]
    while len(merged) > (clusters or 1):
        gaps = [
            (join(d[np.ix_(a, b)].astype(float)), i, j) for i, a in enumerate(merged) for j, b in enumerate(merged[:i])
        ]
        gap, i, j = min(gaps)
        if clusters is None and gap > 1.0:
            break
        merged[j] += merged.pop(i)
    found = groups(clusterings.agglomerative(x, euclid(3), 1.0, linkage, ONE, clusters))
    assert {tuple(g) for g in found} == {tuple(sorted(g)) for g in merged}


def test_ward_finds_islands_with_all_pairs_and_with_near_ones_only():
    x, labels = islands(7, [30] * 6)
    for times, memory in ((1, 2 << 30), (12, 64 << 20)):  # 2,160 rows have 93 MB of pairs
        truth = np.repeat(labels, times)
        rows, work = np.repeat(x, times, axis=0), ComputeBudget(memory=memory, threads=1)
        found = groups(clusterings.agglomerative(rows, euclid(6), 0.0, "ward", work, 6))
        assert sorted(found) == sorted(np.flatnonzero(truth == k).tolist() for k in range(6))


def test_what_does_not_fit_the_memory_is_refused():
    x = np.zeros((2000, 2), np.float32)
    small = ComputeBudget(memory=64 << 20, threads=1)
    with pytest.raises(ConfigError, match=r"agglomerative clustering of 2,000 samples .* 0.1 GiB are allowed: choose"):
        clusterings.agglomerative(x, euclid(2), 1.0, "average", small)
    with pytest.raises(ConfigError, match="pairs are within 1, which 64 MiB do not hold: lower the threshold"):
        clusterings.dbscan(x, euclid(2), 1.0, 2, small)
    assert len(set(clusterings.components(x, euclid(2), 1.0, small).tolist())) == 1  # joins as it goes


def test_components_follow_chains_and_the_threshold_itself_counts():
    x = line(0.0, 1.0, 2.0, 3.0, 4.5)
    for found in (
        clusterings.components(x, euclid(1), 1.0, ONE),
        clusterings.agglomerative(x, euclid(1), 1.0, "single", ONE),
        clusterings.dbscan(x, euclid(1), 1.0, 2, ONE),
    ):
        assert groups(found) == [[0, 1, 2, 3], [4]]


def test_dbscan_leaves_noise_alone():
    x = line(0.0, 1.0, 2.0, 10.0, 11.0, 30.0)
    assert groups(clusterings.dbscan(x, euclid(1), 1.0, 3, ONE)) == [[0, 1, 2], [3], [4], [5]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.floats(0.1, 2.0))
def test_dbscan_is_that_of_scikit_learn(seed, samples, threshold):
    x = np.round(np.random.default_rng(seed).normal(size=(40, 2)), 1).astype(np.float32)
    metric = euclid(2)
    found = clusterings.dbscan(x, metric, threshold, samples, ONE)
    expected = DBSCAN(eps=threshold, min_samples=samples, metric="precomputed").fit_predict(metric.block(x, x))
    noise = expected < 0
    expected[noise] = 100 + np.flatnonzero(noise)
    assert groups(found) == groups(expected)


def test_mutual_neighbours_list_each_other():
    x = line(0.0, 1.0, 1.5, 4.0)
    members, use = clusterings.mutual(x, euclid(1), 1, ONE)
    assert [m[u].tolist() for m, u in zip(members, use, strict=True)] == [[], [2], [1], []]
    members, use = clusterings.neighbours(x, euclid(1), 1, ONE)
    assert (members.tolist(), use.all()) == ([[1], [2], [1], [2]], True)


def test_as_many_clusters_as_the_gallery_knows_subjects(embed):
    x, labels = islands(8, [4, 6, 2])
    step = find_component("transform", "cluster-expansion")
    settings = {"clustering": "agglomerative", "threshold_unit": "subjects"}
    first = [int(np.flatnonzero(labels == k)[0]) for k in range(3)]
    rest = [i for i in range(len(x)) if i not in first]
    gallery = replace(embed(x[first]), records=tuple(SequenceRecord(f"g{k}", f"{k}", "nm", "0") for k in range(3)))
    for linkage in ("average", "ward"):
        probe, _ = transformed(step.make({**settings, "linkage": linkage}), embed(x[rest], start=3), gallery)
        for i, vector in zip(rest, probe.vectors, strict=True):
            others = [j for j in np.flatnonzero(labels == labels[i]) if j != i]
            np.testing.assert_allclose(vector, x[others].astype(float).mean(axis=0), rtol=1e-5, atol=1e-5)
    with pytest.raises(ConfigError, match="'subjects' is for clustering 'agglomerative', found 'dbscan'"):
        step.make({"clustering": "dbscan", "threshold_unit": "subjects"})
    with pytest.raises(ConfigError, match="linkage 'ward' is of distance 'euclidean' alone"):
        step.make({"clustering": "agglomerative", "linkage": "ward", "distance": "part_mean"})
    unnamed = tuple(SequenceRecord(f"u{k}", None, "nm", "0") for k in range(3))
    with pytest.raises(ConfigError, match="needs a gallery with named subjects"):
        transformed(step.make(settings), embed(x[rest], start=3), replace(gallery, records=unnamed))


def test_quantile_thresholds_have_no_scale(embed):
    x = line(0.0, 1.0, 3.0, 6.0)
    found = [clusterings.quantile_threshold(x, euclid(1), *at, ONE) for at in ((0.5, 1), (1.0, 1), (0.0, 2), (0.0, 9))]
    assert found == [1.5, 3, 2, 3]
    x = np.random.default_rng(6).normal(size=(20, 6)).astype(np.float32)
    for clustering in PARTITIONS:
        scaled = expand(embed, 64 * x, 5, clustering=clustering) / 64
        np.testing.assert_allclose(scaled, expand(embed, x, 5, clustering=clustering), rtol=1e-6)
        assert not np.array_equal(scaled, x)


def test_source_stays_and_the_step_is_noted(embed):
    step = find_component("transform", "cluster-expansion").make({"k": 2})
    p, g = transformed(step, embed(np.eye(3)), embed(np.eye(3)))
    assert p.source == g.source == "weights-a"
    assert p.settings["transforms"][0]["name"] == "cluster-expansion"
    assert p.settings["transforms"][0]["k"] == 2
    assert step.transductive


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"k": 0}, "k counts neighbours"),
        ({"threshold": -1.0}, "threshold is at least 0"),
        ({"threshold": 2.0}, "as a quantile is at most 1"),
        ({"threshold_neighbour": 0}, "threshold_neighbour is at least 1"),
        ({"min_samples": 0}, "min_samples is at least 1"),
        ({"alpha": -0.5}, "alpha is at least 0"),
        ({"rounds": 0}, "rounds is at least 1"),
        ({"clustering": "ward"}, "clustering is one of"),
        ({"clusterings": "dbscan"}, "did you mean 'clustering'"),
    ],
)
def test_settings_out_of_range_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        find_component("transform", "cluster-expansion").make(values)
