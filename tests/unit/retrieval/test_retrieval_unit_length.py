import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.retrieval.derived_embeddings import unit_rows
from gaitprint.testing.steps import transformed


def test_whole_vectors_and_blocks(embed):
    blocks = ((1, 2), (2, 1))
    probe, gallery = embed([[3, 4, 0, 5], [0, 0, 0, 0]], blocks), embed([[0, 2, 0, 0]], blocks)
    p, g = transformed(find_component("transform", "unit-length").make(), probe, gallery)
    np.testing.assert_allclose(p.vectors, [np.array([3, 4, 0, 5]) / np.sqrt(50), [0, 0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(g.vectors, [[0, 1, 0, 0]], rtol=1e-6)
    p, g = transformed(find_component("transform", "unit-length").make({"per": "block"}), probe, gallery)
    np.testing.assert_allclose(p.vectors, [[0.6, 0.8, 0, 1], [0, 0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(g.vectors, [[0, 1, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_lengths_neither_vanish_nor_overflow(scale):
    rows = (np.random.default_rng(0).normal(size=(5, 64)) * scale).astype(np.float32)
    unit = unit_rows(rows)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(unit.astype(np.float64), axis=1), 1, rtol=1e-6)


def test_records_layout_and_source_stay_and_the_step_is_noted(embed):
    probe, gallery = embed(np.eye(3), ((3, 1),)), embed(np.eye(3), ((3, 1),), start=3)
    step = find_component("transform", "unit_length").make({"per": "block"})
    once = transformed(step, probe, gallery)[0]
    twice = transformed(step, once, gallery)[0]
    assert (twice.records, twice.layout, twice.source) == (probe.records, probe.layout, probe.source)
    assert once.settings == {"networks": ["a"], "transforms": [{"name": "unit-length", "per": "block"}]}
    assert len(twice.settings["transforms"]) == 2
    assert probe.settings == {"networks": ["a"]}
    assert not step.transductive


def test_an_unknown_unit_is_refused():
    with pytest.raises(ConfigError, match="per is one of 'vector', 'block'"):
        find_component("transform", "unit-length").make({"per": "part"})
