"""Every transform and every scorer here keeps what it promises, and some things that are ours alone."""

import itertools

import numpy as np
import pytest

from gaitprint.components import component_names, find_component
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.testing import check_scorer, check_transform
from gaitprint.testing.embeddings import drawn_sides
from gaitprint.testing.steps import compared

BLOCKS = ((3, 4), (2, 6))
TRANSFORMS, SCORERS = component_names("transform"), component_names("scorer")
PIPELINES = list(itertools.product([None, *TRANSFORMS], SCORERS))


def test_the_components_are_found() -> None:
    assert {"unit-length", "cluster-expansion", "alpha-expansion"} <= set(TRANSFORMS)
    assert {"euclidean", "part-mean", "part-cosine", "k-reciprocal"} <= set(SCORERS)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_keeps_what_it_promises(name: str) -> None:
    check_transform(name)


@pytest.mark.parametrize("name", SCORERS)
def test_a_scorer_keeps_what_it_promises(name: str) -> None:
    check_scorer(name)


@pytest.mark.parametrize(("transform", "scorer"), PIPELINES)
def test_nothing_is_half_precision(transform: str | None, scorer: str) -> None:
    """Nor rounded to a few values otherwise."""
    pipeline = Pipeline.from_settings({"transforms": [transform] if transform else [], "scorer": scorer})
    whole = pipeline.distances(*drawn_sides(BLOCKS, 17, 8))
    assert whole.dtype == np.float32
    assert len(np.unique(whole)) > 100
    assert not np.array_equal(whole, whole.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_of_each_sequence_by_itself_looks_at_no_other_probe(name: str) -> None:
    step = find_component("transform", name).make()
    assert step.per_sequence == (not step.transductive)


@pytest.mark.parametrize("name", ["alpha-expansion", "cluster-expansion", "k-reciprocal"])
def test_what_can_look_at_one_probe_at_a_time_is_tried_so_as_well(name: str) -> None:
    component = find_component("scorer" if name in SCORERS else "transform", name)
    assert [component.make(dict(e.settings)).inductive for e in component.examples] == [False, True]


def test_the_nearest_of_few_items_is_ones_own_copy() -> None:
    _, gallery = drawn_sides(BLOCKS, 1, 8, seed=4)
    found = compared(find_component("scorer", "k-reciprocal").make({"k1": 2, "k2": 1}), gallery, gallery)
    np.testing.assert_array_equal(found.argmin(axis=1), np.arange(8))
