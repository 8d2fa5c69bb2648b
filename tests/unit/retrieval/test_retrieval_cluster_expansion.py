import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.retrieval.transforms import _clusterings as clusterings

CLUSTERINGS = ["neighbours", "mutual", "components", "agglomerative", "dbscan"]
PARTITIONS = CLUSTERINGS[2:]


def expand(embed, vectors, probes=1, blocks=None, **settings) -> np.ndarray:
    vectors = np.asarray(vectors, np.float32)
    step = find_component("transform", "cluster-expansion").make(settings)
    p, g = step(embed(vectors[:probes], blocks), embed(vectors[probes:], blocks, start=probes))
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
@pytest.mark.parametrize("settings", [{}, {"alpha": 2.0}, {"include_self": True}, {"times": 2}])
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
    np.testing.assert_array_equal(expand(embed, x, 8, k=3, times=2), expand(embed, once, 8, k=3))
    assert not np.allclose(once, x)


def test_part_mean_neighbours_may_differ_from_flat_ones(embed):
    x = np.array([[0, 0], [3, 3], [0, 4.5]], np.float32)
    assert expand(embed, x, blocks=((2, 1),), k=1)[0].tolist() == [3, 3]
    assert expand(embed, x, blocks=((2, 1),), k=1, distance="part_mean")[0].tolist() == [0, 4.5]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["average", "complete", "single"]))
def test_linkage_against_plain_merging(seed, linkage):
    x = np.random.default_rng(seed).normal(size=(12, 3))
    d = np.linalg.norm(x[:, None] - x[None], axis=-1).astype(np.float32)
    join = {"average": np.mean, "complete": np.max, "single": np.min}[linkage]
    groups = [[i] for i in range(12)]
    while len(groups) > 1:
        gaps = [
            (join(d[np.ix_(a, b)].astype(float)), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups[:i])
        ]
        gap, i, j = min(gaps)
        if gap > 1.0:
            break
        groups[j] += groups.pop(i)
    found = {tuple(sorted(c.members.tolist())) for c in clusterings.agglomerative(d, 1.0, linkage)}
    assert found == {tuple(sorted(g)) for g in groups}


def test_components_follow_chains_and_the_threshold_itself_counts():
    line = np.array([0.0, 1.0, 2.0, 3.0, 4.5])
    d = np.abs(line[:, None] - line).astype(np.float32)
    for found in (
        clusterings.components(d, 1.0),
        clusterings.agglomerative(d, 1.0, "single"),
        clusterings.dbscan(d, 1.0, 2),
    ):
        assert [c.members.tolist() for c in found] == [[0, 1, 2, 3], [4]]


def test_dbscan_leaves_noise_alone():
    line = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 30.0])
    d = np.abs(line[:, None] - line).astype(np.float32)
    assert [c.members.tolist() for c in clusterings.dbscan(d, 1.0, 3)] == [[0, 1, 2], [3], [4], [5]]


def test_mutual_neighbours_list_each_other():
    line = np.array([0.0, 1.0, 1.5, 4.0])
    d = np.abs(line[:, None] - line).astype(np.float32)
    assert [c.members.tolist() for c in clusterings.neighbours(d, 1, mutual=True)] == [[0], [1, 2], [2, 1], [3]]
    assert [c.members.tolist() for c in clusterings.neighbours(d, 1, mutual=False)] == [[0, 1], [1, 2], [2, 1], [3, 2]]


def test_quantile_thresholds_have_no_scale(embed):
    line = np.array([0.0, 1.0, 3.0, 6.0])
    d = np.abs(line[:, None] - line).astype(np.float32)
    assert clusterings.quantile_threshold(d, 0.5, 1) == 1.5
    assert clusterings.quantile_threshold(d, 1.0, 1) == 3
    assert clusterings.quantile_threshold(d, 0.0, 2) == 2
    assert clusterings.quantile_threshold(d, 0.0, 9) == 3
    x = np.random.default_rng(6).normal(size=(20, 6)).astype(np.float32)
    for clustering in PARTITIONS:
        scaled = expand(embed, 64 * x, 5, clustering=clustering) / 64
        np.testing.assert_allclose(scaled, expand(embed, x, 5, clustering=clustering), rtol=1e-6)
        assert not np.array_equal(scaled, x)


def test_source_stays_and_the_step_is_noted(embed):
    step = find_component("transform", "cluster-expansion").make({"k": 2})
    p, g = step(embed(np.eye(3)), embed(np.eye(3)))
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
        ({"times": 0}, "times is at least 1"),
        ({"clustering": "ward"}, "clustering is one of"),
        ({"clusterings": "dbscan"}, "did you mean 'clustering'"),
    ],
)
def test_settings_out_of_range_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        find_component("transform", "cluster-expansion").make(values)
