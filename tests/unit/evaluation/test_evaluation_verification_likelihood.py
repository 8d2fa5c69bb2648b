"""The ratio is the true one where the truth is known, is bounded by the people, and says how sure it is."""

import numpy as np
import pytest

from gaitprint.errors import ConfigError
from gaitprint.evaluation.verification.likelihood import learn_likelihood


def pairs(people, each, means, seed=0, others=None):
    """log10 distances, normal with spread 0.1 around `means` (same, other), a column each."""
    generator = np.random.default_rng(seed)
    same = np.repeat(np.arange(people), each)
    left = generator.integers(0, people, others or people * each)
    right = (left + generator.integers(1, people, len(left))) % people
    codes = np.concatenate([np.stack([same, same], 1), np.stack([left, right], 1)])
    is_same = np.arange(len(codes)) < len(same)
    middle = np.where(is_same[:, None], np.array([m[0] for m in means]), np.array([m[1] for m in means]))
    return 10 ** generator.normal(middle, 0.1), is_same, codes


def learnt(*args, **kwargs):
    return learn_likelihood(*pairs(*args, **kwargs), np.random.default_rng(1), resamples=60)


def test_it_finds_the_true_ratio():
    """Two normal distributions of one spread: log ratio = (m_o - m_s)(m_o + m_s - 2x) / 2 s^2, natural."""
    found = learnt(400, 10, [(0.0, 0.15), (0.3, 0.35)])
    for x in (0.0, 0.075, 0.15):
        true = 0.15 * (0.15 - 2 * x) / (2 * 0.01) / np.log(10)
        assert found.at(10 ** np.array([x, 0.3]))[0, 0] == pytest.approx(true, abs=0.06)
    weak = found.at(10 ** np.array([0.0, 0.25]))[1, 0]
    assert weak == pytest.approx(0.05 * (0.65 - 0.5) / 0.02 / np.log(10), abs=0.06)


def test_its_interval_holds_the_truth_mostly():
    inside = 0
    for seed in range(20):
        low, high = learnt(40, 4, [(0.0, 0.15)], seed=seed).at(np.array([1.0]))[0, 1:]
        inside += low <= 0.15 * 0.15 / 0.02 / np.log(10) <= high
    assert inside >= 16


def test_few_people_say_less_and_less_surely():
    few, many = (learnt(n, 6, [(0.0, 0.15)]).at(np.array([1.0]))[0] for n in (8, 200))
    assert few[2] - few[1] > 2 * (many[2] - many[1])


@pytest.mark.parametrize("people", [6, 50])
def test_no_ratio_beyond_the_number_of_people(people):
    """Kinds of pair that never overlap: the ratio would be infinite."""
    found = learnt(people, 5, [(0.0, 3.0)])
    near, far = found.at(np.array([1e-9])), found.at(np.array([1e9]))
    assert near[0, 0] == pytest.approx(np.log10(people))
    assert far[0, 0] == pytest.approx(-np.log10(people))
    assert np.abs([near, far]).max() <= np.log10(people)
    assert found.people == people


def test_a_column_that_says_nothing_says_nothing():
    found = learnt(50, 6, [(0.2, 0.0), (0.0, 0.0)])
    assert found.at(np.array([0.1, 0.1]))[0].tolist() == [0, 0, 0]
    assert abs(found.at(np.array([0.9, 0.9]))[1, 0]) < 0.1
    distances, same, people = pairs(10, 3, [(0.0, 0.1)])
    flat = learn_likelihood(0 * distances, same, people, np.random.default_rng(0))
    assert flat.at(np.array([0.0]))[0].tolist() == [0, 0, 0]


def test_each_person_has_the_same_weight():
    """One person with a thousand pairs far apart, and fifty with one pair each nearby."""
    distances, same, people = pairs(50, 1, [(0.0, 0.4)], others=2000)
    expected = learn_likelihood(distances, same, people, np.random.default_rng(1)).at(np.array([1.0]))[0, 0]
    crowd = np.full((1000, 1), distances[same][0, 0])
    found = learn_likelihood(
        np.concatenate([distances, crowd]),
        np.concatenate([same, np.ones(1000, bool)]),
        np.concatenate([people, np.zeros((1000, 2), np.int64)]),
        np.random.default_rng(1),
    )
    assert found.at(np.array([1.0]))[0, 0] == pytest.approx(expected)


def test_the_same_chance_gives_the_same():
    a, b = (learnt(20, 3, [(0.0, 0.2)]).at(np.array([1.1])) for _ in range(2))
    assert np.array_equal(a, b)


def test_both_kinds_of_pair_are_needed():
    distances, same, people = pairs(10, 3, [(0.0, 0.1)])
    for only in (same, ~same):
        with pytest.raises(ConfigError, match="pairs of one person and of two"):
            learn_likelihood(distances[only], same[only], people[only], np.random.default_rng(0))
