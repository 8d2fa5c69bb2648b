import sys

import numpy as np
import pytest

from gaitprint.errors import ConfigError, ShapeError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.retrieval.knn import approximate as module
from gaitprint.retrieval.knn import short_codes as codes_module
from gaitprint.retrieval.knn.approximate import (
    Effort,
    check_search,
    compared,
    neighbours,
    other_neighbours,
    share_found,
)
from gaitprint.retrieval.knn.search import Neighbours, search, search_others
from gaitprint.retrieval.knn.short_codes import ShortCodes
from gaitprint.types import PartLayout

LAYOUT = PartLayout(((4, 8),))


@pytest.fixture
def faiss(monkeypatch):
    """Codes are made of few items too, and cost nothing: the choice among efforts is what is tested."""
    found = pytest.importorskip("faiss", reason="faiss is not installed: pip install 'gaitprint[faiss]'")
    monkeypatch.setattr(module, "_FEW", 100)
    monkeypatch.setattr(module, "_LOOK", 1e-6)
    monkeypatch.setattr(module, "_COMPARE", 1e-6)
    return found


def people(count, width=32, seed=0, each=8, noise=0.5):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(-(-count // each), width))
    x = np.repeat(centres, each, axis=0)[:count] + noise * rng.normal(size=(count, width))
    return x[rng.permutation(count)].astype(np.float32)


def listening():
    said = []
    return said, ComputeBudget(threads=1, say=said.append)


@pytest.mark.parametrize("name", METRICS)
def test_what_is_found_is_exact_in_order_and_as_much_as_was_wanted(faiss, name):
    x, metric = people(1000), metric_named(name, LAYOUT)
    said, work = listening()
    found, truth = neighbours(x, metric, 10, 0.95, work), search(x, x, metric, 10)
    (line,) = said
    assert "wanted 95 %" in line
    assert "10 candidates" not in line, "more are compared than are wanted"
    # distances are those of the pairs, nearest first, ties by index, nobody twice, each with itself
    i = np.repeat(np.arange(len(x)), 10)
    np.testing.assert_array_equal(found.distances.ravel(), metric.pairs(x, i, x, found.indices.ravel()))
    steps = np.diff(found.distances, axis=1)
    assert (steps >= 0).all()
    assert (np.diff(found.indices, axis=1)[steps == 0] > 0).all()
    assert all(len(set(row)) == 10 for row in found.indices.tolist())
    assert (found.indices == np.arange(len(x))[:, None]).any(axis=1).all()
    plain = (
        np.mean([len(set(a) & set(b)) - 1 for a, b in zip(found.indices.tolist(), truth.indices.tolist(), strict=True)])
        / 9
    )
    assert plain > 0.94
    assert share_found(found, truth) == pytest.approx(plain, abs=1e-12), "no ties here: both count the same"


def test_the_recall_that_is_said_is_that_of_rows_that_had_no_part_in_the_choice(faiss):
    x, metric = people(1000), metric_named("euclidean", LAYOUT)
    said, work = listening()
    found = neighbours(x, metric, 10, 0.9, work)
    rows = np.random.Generator(np.random.PCG64(0)).permutation(1000)[200:400]
    whole = np.sqrt(np.square(x[rows, None].astype(np.float64) - x).sum(axis=2))
    hits = 0
    for row, listed, distances in zip(rows, found.indices[rows], whole, strict=True):
        true = [j for j in np.argsort(distances, kind="stable")[:10] if j != row]
        hits += len(set(true) & set(listed.tolist()))
    assert said[0].startswith(f"approximate neighbours: recall {100 * hits / (200 * 9):.1f} % of 9 on 200 rows")
    lists = ShortCodes(x, metric, work).lists
    assert f" of {lists} lists looked at" in said[0]
    assert not said[0].split(", ")[1].startswith(f"{lists} of"), "few lists are enough for this"


@pytest.mark.parametrize("name", METRICS)
def test_all_lists_and_candidates_give_the_exact_answer(faiss, name):
    x, metric = people(400, each=1), metric_named(name, LAYOUT)
    codes = ShortCodes(x, metric, ComputeBudget())
    found = compared(codes, x, metric, 12, Effort(codes.lists, 400), np.arange(400), ComputeBudget())
    truth = search(x, x, metric, 12)
    np.testing.assert_array_equal(found.indices, truth.indices)
    np.testing.assert_array_equal(found.distances, truth.distances)


def test_ties_and_duplicates_come_in_the_order_of_the_items(faiss):
    x, metric = (
        np.repeat(people(60, each=1), 5, axis=0)[np.random.default_rng(1).permutation(300)],
        metric_named("euclidean", LAYOUT),
    )
    codes = ShortCodes(x, metric, ComputeBudget())
    found, truth = (
        compared(codes, x, metric, 7, Effort(codes.lists, 300), np.arange(300), ComputeBudget()),
        search(x, x, metric, 7),
    )
    np.testing.assert_array_equal(found.indices, truth.indices)
    assert (found.distances[:, :5] == 0).all()


def test_rows_with_too_few_candidates_see_all_items(faiss):
    x, metric = people(300, each=3, noise=0.01), metric_named("euclidean", LAYOUT)
    codes = ShortCodes(x, metric, ComputeBudget())
    smallest = np.bincount(codes.lists_of(np.arange(300))).min()
    found, truth = (
        compared(codes, x, metric, 40, Effort(1, 80), np.arange(300), ComputeBudget()),
        search(x, x, metric, 40),
    )
    short = np.bincount(codes.lists_of(np.arange(300)))[codes.lists_of(np.arange(300))] < 40
    assert smallest < 40
    np.testing.assert_array_equal(found.indices[short], truth.indices[short])
    np.testing.assert_array_equal(found.distances[short], truth.distances[short])


@pytest.mark.parametrize("kind", ["one point", "two points", "duplicates"])
@pytest.mark.parametrize("name", METRICS)
def test_items_that_hardly_differ_are_no_trouble(faiss, name, kind):
    points = {"one point": 1, "two points": 2, "duplicates": 50}[kind]
    x = people(points, each=1)[np.random.default_rng(2).integers(0, points, 300)]
    metric = metric_named(name, LAYOUT)
    found, truth = neighbours(x, metric, 6, 0.9, ComputeBudget(threads=1)), search(x, x, metric, 6)
    assert share_found(found, truth) >= 0.9
    others, exact = other_neighbours(x, metric, 6, 0.9), search_others(x, metric, 6)
    assert not (others.indices == np.arange(300)[:, None]).any()
    assert others.indices.shape == exact.indices.shape


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block", [1 << 24, 1 << 17])
def test_threads_memory_and_blocks_change_nothing(faiss, threads, block, monkeypatch):
    monkeypatch.setattr(module, "_FAR", 100)
    x, metric = people(1300), metric_named("part_mean", LAYOUT)
    usual = neighbours(x, metric, 10, 0.97, ComputeBudget(threads=1), farthest=True)
    monkeypatch.setattr(module, "_BLOCK", block)
    told, said = [], []
    work = ComputeBudget(64 << 20, threads, lambda *step: told.append(step), said.append)
    found = neighbours(x, metric, 10, 0.97, work, farthest=True)
    np.testing.assert_array_equal(found.indices, usual.indices)
    np.testing.assert_array_equal(found.distances, usual.distances)
    np.testing.assert_array_equal(found.farthest, usual.farthest)
    assert "lists looked at" in said[0]
    assert told[-1] == (1300, 1300, "neighbours")


def test_faiss_keeps_the_threads_that_it_had(faiss):
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(2)
    neighbours(people(300), metric_named("euclidean", LAYOUT), 5, 0.9, ComputeBudget(threads=1))
    assert faiss.omp_get_max_threads() == 2
    faiss.omp_set_num_threads(before)


def test_the_farthest_is_that_of_a_sample_and_of_the_neighbours(faiss, monkeypatch):
    monkeypatch.setattr(module, "_FAR", 60)
    x, metric = people(400), metric_named("euclidean", LAYOUT)
    said, work = listening()
    found = neighbours(x, metric, 5, 0.9, work, farthest=True)
    assert "lists looked at" in said[0]
    rng = np.random.Generator(np.random.PCG64(0))
    rng.permutation(400)  # for the rows that the effort is chosen on
    some = rng.choice(400, 60, replace=False)
    expected = np.maximum(metric.block(x, x[some]).max(axis=1), found.distances[:, -1])
    np.testing.assert_allclose(found.farthest, expected, rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5, 99])
def test_few_items_are_all_compared_and_that_is_said(faiss, count):
    x, metric = people(count), metric_named("euclidean", LAYOUT)
    said, work = listening()
    found, truth = neighbours(x, metric, 9, 0.9, work, farthest=True), search(x, x, metric, 9, farthest=True)
    np.testing.assert_array_equal(found.indices, truth.indices)
    np.testing.assert_array_equal(found.farthest, truth.farthest)
    assert said == [f"approximate neighbours: all {count} items are compared exactly, for they are few"]


def test_all_wanted_means_all_compared(faiss):
    x, metric = people(300), metric_named("euclidean", LAYOUT)
    said, work = listening()
    np.testing.assert_array_equal(neighbours(x, metric, 9, 1.0, work).indices, search(x, x, metric, 9).indices)
    assert said == ["approximate neighbours: all 300 items are compared exactly, for recall 100 % is wanted"]


def test_what_would_take_longer_than_all_is_not_done(faiss, monkeypatch):
    monkeypatch.setattr(module, "_LOOK", 1e9)
    x, metric = people(300), metric_named("euclidean", LAYOUT)
    said, work = listening()
    np.testing.assert_array_equal(neighbours(x, metric, 9, 0.9, work).indices, search(x, x, metric, 9).indices)
    assert said == [
        "approximate neighbours: all 300 items are compared exactly, for anything less that finds enough takes longer"
    ]


def test_without_a_recall_the_search_is_the_exact_one_and_says_nothing():
    x, metric = people(50), metric_named("euclidean", LAYOUT)
    said, work = listening()
    np.testing.assert_array_equal(neighbours(x, metric, 9, None, work).indices, search(x, x, metric, 9).indices)
    np.testing.assert_array_equal(
        other_neighbours(x, metric, 9, None, work).indices, search_others(x, metric, 9).indices
    )
    assert said == []


@pytest.mark.parametrize("width", [1, 2, 3, 5, 130, 200])
def test_any_width_will_do(faiss, width):
    x, metric = people(400, width), metric_named("euclidean", PartLayout(((1, width),)))
    assert share_found(neighbours(x, metric, 5, 0.9, ComputeBudget(threads=1)), search(x, x, metric, 5)) > 0.85


@pytest.mark.parametrize("scale", [1e-18, 1e15])
def test_any_scale_will_do(faiss, scale):
    x, metric = people(400) * np.float32(scale) + np.float32(scale), metric_named("euclidean", LAYOUT)
    said, work = listening()
    found = neighbours(x, metric, 5, 0.9, work)
    assert share_found(found, search(x, x, metric, 5)) > 0.85
    assert "lists looked at" in said[0]


def test_recall_counts_equal_distances_as_found_and_the_item_itself_not():
    truth = Neighbours(np.array([[0, 1, 2]]), np.array([[0, 1, 2]], np.float32))
    assert share_found(truth, truth) == 1
    assert share_found(Neighbours(np.array([[0, 3, 4]]), np.array([[0, 2, 2]], np.float32)), truth) == 1
    assert share_found(Neighbours(np.array([[0, 1, 5]]), np.array([[0, 1, 3]], np.float32)), truth) == 0.5
    assert share_found(Neighbours(np.array([[0, 5, 6]]), np.array([[0, 3, 3]], np.float32)), truth) == 0


def test_a_code_is_of_the_main_directions(faiss):
    rng = np.random.default_rng(4)
    x = np.zeros((500, 300), np.float32)
    x[:, :40] = rng.normal(size=(500, 40))
    codes = ShortCodes(x, metric_named("euclidean", PartLayout(((1, 300),))), ComputeBudget())
    assert codes.length == codes_module._DIRECTIONS // 2
    own = np.linalg.norm(codes.short[:50, None] - codes.short[None, :50], axis=2) / codes._scale
    np.testing.assert_allclose(own, np.linalg.norm(x[:50, None] - x[None, :50], axis=2), atol=1e-4)


def test_what_cannot_be_is_said(faiss, monkeypatch):
    metric = metric_named("euclidean", LAYOUT)
    x = people(200)
    x[7, 3] = np.nan
    with pytest.raises(ShapeError, match="finite vectors: check the embeddings"):
        neighbours(x, metric, 5, 0.9)
    with pytest.raises(ShapeError, match="found k = 0, 200 and 200"):
        neighbours(x, metric, 0, 0.9)
    with pytest.raises(ShapeError, match="at least two items, found 1"):
        other_neighbours(x[:1], metric, 3, 0.9)


@pytest.mark.parametrize("recall", [0.0, -1.0, 1.01])
def test_recall_is_a_share(recall):
    with pytest.raises(ConfigError, match="recall is a share above 0 and at most 1, found"):
        check_search("exact", recall, False)


def test_one_probe_at_a_time_is_searched_exactly():
    check_search("exact", 0.99, True)
    check_search("approximate", 0.99, False)
    with pytest.raises(ConfigError, match="with inductive leave search at 'exact'"):
        check_search("approximate", 0.99, True)


def test_without_faiss_the_way_out_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ConfigError, match=r"pip install 'gaitprint\[faiss\]', or leave search at 'exact'") as raised:
        neighbours(people(20), metric_named("euclidean", LAYOUT), 5, 0.9)
    assert "\n" not in str(raised.value)
    assert len(neighbours(people(20), metric_named("euclidean", LAYOUT), 5, None).indices) == 20
