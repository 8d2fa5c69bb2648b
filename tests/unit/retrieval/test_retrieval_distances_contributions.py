"""What parts add is what the distances are made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ShapeError
from gaitprint.retrieval.distances.contributions import MeanOfLengths, SumOfSquares, part_contributions
from gaitprint.retrieval.distances.exact import flat_euclidean, part_mean_euclidean
from gaitprint.types import PartLayout

LAYOUT = PartLayout(((3, 4), (2, 5)))
EUCLIDEAN, PART_MEAN = SumOfSquares(), MeanOfLengths()


@given(st.integers(0, 99))
def test_they_add_up_to_the_distance(seed):
    x, y = np.random.default_rng(seed).normal(3, 2, (2, 4, LAYOUT.width)).astype(np.float32)
    euclid = np.diag(flat_euclidean(x, y))
    mean = np.diag(part_mean_euclidean(x, y, LAYOUT))
    for part_sum, expected in ((EUCLIDEAN, euclid), (PART_MEAN, mean)):
        found = part_contributions(x, y, LAYOUT, part_sum)
        assert found.shape == (4, 5)
        assert [part_sum.distance(row.sum()) for row in found] == pytest.approx(expected, rel=1e-6)


def test_each_is_its_parts_own():
    x, y = np.random.default_rng(0).normal(size=(2, 2, LAYOUT.width)).astype(np.float32)
    places = [(0, 4), (4, 8), (8, 12), (12, 17), (17, 22)]
    for i in range(2):
        lengths = [float(np.linalg.norm(x[i, a:b].astype(float) - y[i, a:b])) for a, b in places]
        assert part_contributions(x, y, LAYOUT, EUCLIDEAN)[i] == pytest.approx(np.square(lengths))
        assert part_contributions(x, y, LAYOUT, PART_MEAN)[i] == pytest.approx(np.array(lengths) / 5)


def test_widths_must_fit():
    x = np.zeros((1, LAYOUT.width), np.float32)
    with pytest.raises(ShapeError, match="one width, found 22 and 21"):
        part_contributions(x, x[:, 1:], LAYOUT, EUCLIDEAN)
    with pytest.raises(ShapeError, match="layout holds 22 floats, the vectors 21"):
        part_contributions(x[:, 1:], x[:, 1:], LAYOUT, EUCLIDEAN)
