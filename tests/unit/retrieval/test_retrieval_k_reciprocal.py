import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.exact import (
    flat_euclidean,
    flat_euclidean_squared,
    part_mean_cosine,
    part_mean_euclidean,
)
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.knn import items
from gaitprint.retrieval.knn.items import VectorItems
from gaitprint.retrieval.reranking.k_reciprocal import Reranked, k_reciprocal
from gaitprint.testing.steps import compared
from gaitprint.types import PartLayout

TIES = ["integer_grid", "few_duplicates", "many_duplicates", "k_larger_than_n", "one_query", "one_query_one_gallery"]


def parameters(name: str) -> dict[str, float]:
    """`k1_20_k2_6_lam_0p3` as arguments."""
    _, k1, _, k2, _, lam = name.split("_")
    return {"k1": int(k1), "k2": int(k2), "lambda_": float(lam.replace("p", "."))}


def cases(arrays: dict[str, np.ndarray], prefix: str) -> list[tuple[dict[str, float], np.ndarray]]:
    found = [(parameters(k.rsplit("/", 1)[1]), v) for k, v in arrays.items() if k.startswith(prefix + "/")]
    assert found
    return found


def flat(features: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(features.transpose(0, 2, 1)).reshape(len(features), -1)


def test_golden_original_in_double_precision(golden):
    arrays = golden("rerank")
    union = np.concatenate([flat(arrays["query"]), flat(arrays["gallery"])])
    squared = flat_euclidean_squared(union, union)
    for arguments, expected in cases(arrays, "zh_ranklist"):
        found = k_reciprocal(squared, 240, **arguments)
        assert found.dtype == np.float32
        assert np.abs(found - expected).max() <= 5e-7, arguments


def test_golden_toolkit_on_its_own_distances(golden):
    arrays = golden("rerank")
    for arguments, expected in cases(arrays, "og_f64buffers"):
        found = k_reciprocal(arrays["dist_og_part_mean_all"], 240, **arguments)
        assert np.abs(found - expected).max() <= 5e-7, arguments
    for arguments, expected in cases(arrays, "og"):
        assert np.abs(k_reciprocal(arrays["dist_og_part_mean_all"], 240, **arguments) - expected).max() <= 5e-3


@pytest.mark.parametrize("group", TIES)
def test_golden_ties_by_index(golden, group):
    arrays = golden("rerank_ties")
    probes = len(arrays[f"{group}/query"])
    for arguments, expected in cases(arrays, f"{group}/zh_ranklist_stable"):
        found = k_reciprocal(arrays[f"{group}/dist_flat_all"] ** 2, probes, **arguments)
        assert np.abs(found - expected).max() <= 5e-7, arguments
    for arguments, expected in cases(arrays, f"{group}/og_stable"):
        found = k_reciprocal(arrays[f"{group}/dist_og_part_mean_all"], probes, **arguments)
        assert np.abs(found - expected).max() <= 5e-3, arguments


@pytest.mark.parametrize("group", TIES)
def test_golden_ties_from_features(golden, group, embed):
    """Our own distances of tied features are tied as well, so the whole scorer meets the reference."""
    arrays = golden("rerank_ties")
    probe, gallery = embed(flat(arrays[f"{group}/query"])), embed(flat(arrays[f"{group}/gallery"]))
    for arguments, expected in cases(arrays, f"{group}/zh_ranklist_stable"):
        found = compared(find_component("scorer", "k-reciprocal").make(arguments), probe, gallery)
        assert np.abs(found - expected).max() <= 5e-7, arguments


@pytest.mark.parametrize("base", ["euclidean_squared", "euclidean", "part_mean", "part_cosine"])
def test_the_scorer_re_ranks_the_named_base_distance(embed, base):
    rng = np.random.default_rng(0)
    blocks = ((3, 4), (2, 5))
    x = rng.normal(size=(30, 22)).astype(np.float32)
    probe, gallery = embed(x[:20], blocks), embed(x[20:], blocks)
    matrix = {
        "euclidean_squared": flat_euclidean_squared(x, x),
        "euclidean": flat_euclidean(x, x),
        "part_mean": part_mean_euclidean(x, x, probe.layout),
        "part_cosine": part_mean_cosine(x, x, probe.layout),
    }[base]
    scorer = find_component("scorer", "k_reciprocal").make({"base": base, "k1": 5, "k2": 2, "lambda_": 0.4})
    np.testing.assert_allclose(compared(scorer, probe, gallery), k_reciprocal(matrix, 20, 5, 2, 0.4), rtol=0, atol=1e-6)
    assert scorer.transductive
    assert "k-reciprocal on" in scorer.distance


def test_lambda_one_is_the_distance_over_the_row_maximum():
    x = np.random.default_rng(1).normal(size=(12, 5)).astype(np.float32)
    d = flat_euclidean(x, x)
    found = k_reciprocal(d, 7, 3, 2, 1.0)
    np.testing.assert_allclose(found, d[:7, 7:] / d[:7].max(axis=1, keepdims=True), rtol=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 6, 20]), st.sampled_from([1, 2, 6]))
def test_permuting_items_permutes_the_answer_where_nothing_ties(seed, k1, k2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(18, 6)).astype(np.float32)
    d = flat_euclidean_squared(x, x)
    order = np.concatenate([rng.permutation(12), 12 + rng.permutation(6)])
    whole = k_reciprocal(d, 12, k1, k2, 0.3)
    permuted = k_reciprocal(d[order][:, order], 12, k1, k2, 0.3)
    np.testing.assert_allclose(permuted, whole[order[:12]][:, order[12:] - 12], rtol=2e-7, atol=1e-15)


def test_scaling_all_distances_changes_nothing():
    x = np.random.default_rng(2).normal(size=(15, 6)).astype(np.float32)
    d = flat_euclidean(x, x)
    np.testing.assert_array_equal(k_reciprocal(d, 9, 4, 3, 0.3), k_reciprocal(d * 1024, 9, 4, 3, 0.3))


def test_all_items_identical():
    found = k_reciprocal(np.zeros((6, 6), np.float32), 4, 20, 6, 0.3)
    np.testing.assert_allclose(found, 0, atol=1e-7)


def test_wrong_arguments_are_named():
    d = np.zeros((4, 4), np.float32)
    for probes in (0, 4):
        with pytest.raises(ShapeError, match=f"one probe and one gallery item, found {probes} of 4"):
            k_reciprocal(d, probes, 20, 6, 0.3)
    with pytest.raises(ShapeError, match="k1, k2 >= 1"):
        k_reciprocal(d, 2, 0, 6, 0.3)
    for bad in (np.nan, np.inf, -1.0):
        broken = d.copy()
        broken[1, 2] = bad
        with pytest.raises(ShapeError, match="finite distances >= 0"):
            k_reciprocal(broken, 2, 20, 6, 0.3)
    make = find_component("scorer", "k-reciprocal").make
    for values, message in [
        ({"k1": 0}, "k1 counts neighbours"),
        ({"k2": 0}, "k2 counts neighbours"),
        ({"lambda_": 1.5}, "lambda_ is a share"),
        ({"base": "part-mean"}, "base is one of"),
        ({"lambda": 0.3}, "did you mean 'lambda_'"),
    ]:
        with pytest.raises(ConfigError, match=message):
            make(values)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_distances_that_search_and_answer_share_are_those_of_each_alone(name, monkeypatch):
    x = np.random.default_rng(4).normal(size=(300, 8)).astype(np.float32)
    x[100:200] += x[:100]
    metric = metric_named(name, PartLayout(((2, 4),)))
    shared, apart = VectorItems(x, metric, ComputeBudget(threads=2), probes=90), VectorItems(x, metric, ComputeBudget())
    assert shared.corner is not None
    assert apart.corner is None
    one, other = (Reranked(found, 90, 6, 3, 0.3).rows(0, 90) for found in (shared, apart))
    np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_allclose(Reranked(shared, 90, 6, 3, 0.3).rows(17, 63), one[17:63], rtol=1e-6)
    assert VectorItems(x, metric, ComputeBudget(), recall=0.9, probes=90).corner is None
    monkeypatch.setattr(items, "_SHARE", 1 << 40)
    assert VectorItems(x, metric, ComputeBudget(), probes=90).corner is None, "where the memory does not allow"
