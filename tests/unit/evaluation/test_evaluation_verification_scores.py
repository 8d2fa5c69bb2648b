import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gaitprint.evaluation.verification.scores import Counter

FLOATS = st.floats(0, 2.0**20, width=32)


@given(arrays.arrays(np.float32, st.integers(1, 60), elements=FLOATS), st.integers(0, 60))
def test_counts_at_the_ends_of_bins_are_exact(values, cut):
    counter, other = Counter(), Counter()
    counter.add(values[:cut])
    other.add(values[cut:])
    counter.join(other)
    found = counter.scores()
    assert found.total == len(values)
    assert (np.diff(found.distance) > 0).all()
    for end, below in zip(found.distance, found.at_most(found.distance), strict=True):
        assert below == (values <= end).sum()


@given(arrays.arrays(np.float32, st.integers(1, 60), elements=st.floats(0, 100, width=32)), st.floats(0, 1))
def test_levels_are_the_order_statistics_to_a_bin(values, share):
    counter = Counter()
    counter.add(values)
    level = float(counter.scores().level(np.array([share]))[0])
    wanted = np.sort(values)[max(int(np.ceil(share * len(values))), 1) - 1]
    assert wanted <= level <= wanted * (1 + 2**-14) + 1e-38


def test_distances_below_zero_keep_their_order():
    values = np.array([-3.0, -1e-45, 0.0, 2.0, -3.0], np.float32)
    counter = Counter()
    counter.add(values)
    found = counter.scores()
    assert found.count.tolist() == [2, 1, 1, 1]
    assert found.at_most(found.distance).tolist() == [(values <= end).sum() for end in found.distance]


def test_zero_and_minus_zero_are_one_distance_and_the_largest_stays_finite():
    counter = Counter()
    counter.add(np.array([0.0, -0.0, np.finfo(np.float32).max], np.float32))
    found = counter.scores()
    assert found.count.tolist() == [2, 1]
    assert np.isfinite(found.distance).all()
    assert Counter().scores().total == 0
