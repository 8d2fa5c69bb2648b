"""The steps that look for neighbours, told to look approximately."""

import numpy as np
import pytest

from gaitprint.errors import ConfigError
from gaitprint.retrieval.budget import ComputeBudget
from gaitprint.retrieval.knn import approximate
from gaitprint.retrieval.pipeline import Pipeline

RERANK = {"name": "k-reciprocal", "k1": 6, "k2": 3}
EXPAND = {"name": "cluster-expansion", "k": 5}
STEPS = {
    "re-ranking": ({"scorer": RERANK}, ("scorer", RERANK)),
    "neighbours": ({"transforms": [EXPAND]}, ("transforms", EXPAND)),
    "mutual": ({"transforms": [EXPAND | {"clustering": "mutual"}]}, ("transforms", EXPAND | {"clustering": "mutual"})),
    "alpha": ({"transforms": [{"name": "alpha-expansion"}]}, ("transforms", {"name": "alpha-expansion"})),
}


def told(step, recall):
    """The pipeline of a step with and without an approximate search."""
    exact, (where, table) = STEPS[step]
    table = table | {"search": "approximate", "recall": recall}
    return Pipeline.from_settings(exact), Pipeline.from_settings({where: [table] if where == "transforms" else table})


@pytest.fixture
def sides(embed, monkeypatch):
    pytest.importorskip("faiss", reason="faiss is not installed: pip install 'gaitprint[faiss]'")
    monkeypatch.setattr(approximate, "_FEW", 100)
    monkeypatch.setattr(approximate, "_FAR", 64)
    monkeypatch.setattr(approximate, "_LOOK", 1e-6)
    monkeypatch.setattr(approximate, "_COMPARE", 1e-6)
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(60, 16)), 8, axis=0) + 0.4 * rng.normal(size=(480, 16))
    x = x[rng.permutation(480)]
    return embed(x[:120], start=0), embed(x[120:], start=120)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_searches_approximately_says_so_and_hardly_differs(step, sides):
    exact, told_so = told(step, 0.97)
    said = []
    found = told_so.comparison(*sides, ComputeBudget(threads=1, say=said.append)).rows(0, 120)
    (line,) = said
    assert "wanted 97 %" in line
    assert "lists looked at" in line
    expected = exact.distances(*sides)
    assert (found.argmin(axis=1) == expected.argmin(axis=1)).mean() > 0.9
    assert not np.array_equal(found, expected)
    assert "search approximate, recall 0.97" in told_so.label
    assert told_so.transductive
    assert Pipeline.from_settings(told_so.settings) == told_so


@pytest.mark.parametrize("step", STEPS)
def test_with_all_neighbours_wanted_the_figures_are_the_exact_ones(step, sides):
    exact, told_so = told(step, 1.0)
    np.testing.assert_array_equal(exact.distances(*sides), told_so.distances(*sides))


def test_each_round_of_expansion_says_its_own(sides):
    said = []
    steps = Pipeline.from_settings({"transforms": [EXPAND | {"search": "approximate", "rounds": 2, "recall": 0.9}]})
    steps.comparison(*sides, ComputeBudget(threads=1, say=said.append))
    assert len(said) == 2


@pytest.mark.parametrize("clustering", ["components", "agglomerative", "dbscan"])
def test_partitions_are_made_exactly(clustering):
    with pytest.raises(ConfigError, match=f"'neighbours' and 'mutual', found '{clustering}'"):
        Pipeline.from_settings({"transforms": [EXPAND | {"clustering": clustering, "search": "approximate"}]})


@pytest.mark.parametrize("step", STEPS)
def test_one_probe_at_a_time_is_searched_exactly(step):
    where, table = STEPS[step][1]
    alone = table | {"search": "approximate", "inductive": True}
    with pytest.raises(ConfigError, match="with inductive leave search at 'exact'"):
        Pipeline.from_settings({where: [alone] if where == "transforms" else alone})
