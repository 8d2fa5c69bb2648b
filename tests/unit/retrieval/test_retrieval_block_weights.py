import numpy as np
import pytest

from gaitprint.errors import ConfigError, ShapeError
from gaitprint.inference.fusion import fuse
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def network(seed, parts=2, channels=3):
    vectors = np.random.default_rng(seed).normal(size=(7, parts * channels)).astype(np.float32)
    records = tuple(SequenceRecord(f"{i}", f"{i}", "nm", "090") for i in range(7))
    return Embeddings(vectors, records, PartLayout(((parts, channels),)), f"{seed}", {})


def distances(weights, both, scorer="euclidean"):
    step = {"name": "block-weights", "weights": weights}
    return Pipeline.from_settings({"transforms": [step], "scorer": scorer}).distances(both, both)


def test_squared_distances_add_up_under_their_weights():
    a, b = network(0), network(1, 3, 2)
    both = fuse([a, b])
    one, other = (Pipeline.from_settings({}).distances(e, e).astype(float) for e in (a, b))
    expected = np.sqrt((0.5 * one) ** 2 + (3.0 * other) ** 2)
    np.testing.assert_allclose(distances([0.5, 3.0], both), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(distances([1.0, 0.0], both), one, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(distances([], both), distances([1.0, 1.0], both))


def test_weights_that_make_no_sense_are_refused():
    both = fuse([network(0), network(1)])
    with pytest.raises(ShapeError, match=r"3 weights were given for embeddings of 2 networks"):
        distances([1.0, 1.0, 1.0], both)
    for weights, message in (([-1.0, 1.0], "not negative, found"), ([0.0, 0.0], "above 0"), ([float("inf")], "finite")):
        with pytest.raises(ConfigError, match=message):
            distances(weights, both)
