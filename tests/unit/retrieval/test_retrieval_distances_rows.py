"""The distances of one vector to all are those of its pairs."""

import numpy as np
import pytest

from gaitprint.retrieval.distances import metric as module
from gaitprint.retrieval.distances.metrics import METRICS, metric_named
from gaitprint.types import PartLayout


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e15])
def test_a_row_is_its_pairs_digit_by_digit(name, scale, monkeypatch):
    monkeypatch.setattr(module, "_PAIR_VALUES", 12 * 7)  # portions of seven
    y = (np.random.default_rng(0).normal(size=(50, 12)) * scale).astype(np.float32)
    y[8], y[9] = 0, y[3]
    metric = metric_named(name, PartLayout(((3, 4),)))
    for i in (3, 8, 20):
        row = metric.row(y[i], y)
        np.testing.assert_array_equal(row, metric.pairs(y, np.full(50, i), y, np.arange(50)))
        np.testing.assert_allclose(row, metric.block(y[i : i + 1], y)[0], rtol=1e-6, atol=1e-6 * float(row.max()))
    assert metric.row(y[0], y[:0]).shape == (0,)
    np.testing.assert_array_equal(y[9], y[3])
