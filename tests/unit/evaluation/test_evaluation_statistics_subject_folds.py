import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.statistics.subject_folds import paired_gain, simplest_within_error, subject_folds


def chance(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


@given(st.integers(4, 30), st.integers(2, 4), st.integers(1, 3))
def test_everybody_measures_once_a_repeat_and_never_what_they_chose(count, folds, repeats):
    names = [f"{i:02d}" for i in range(count)]
    if count < 2 * folds:
        with pytest.raises(ProtocolError, match=f"need {2 * folds} subjects at least"):
            subject_folds(names, folds, repeats, chance())
        return
    found = subject_folds(names[::-1], folds, repeats, chance())
    assert len(found) == folds * repeats
    for repeat in range(1, repeats + 1):
        own = [fold for fold in found if fold.repeat == repeat]
        assert sorted(n for fold in own for n in fold.measuring) == names
        sizes = [len(fold.measuring) for fold in own]
        assert max(sizes) - min(sizes) <= 1
    for fold in found:
        assert sorted(fold.choosing + fold.measuring) == names
    assert found == subject_folds(names, folds, repeats, chance())


def test_repeats_cut_anew():
    cuts = {fold.measuring for fold in subject_folds([f"{i}" for i in range(12)], 2, 4, chance())}
    assert len(cuts) == 8


def slow_rule(scores, keys):
    best = max(range(len(scores)), key=lambda i: (np.mean(scores[i]), -i))
    near = []
    for i, row in enumerate(scores):
        behind = [b - r for b, r in zip(scores[best], row, strict=True)]
        mean = sum(behind) / len(behind)
        spread = (sum((x - mean) ** 2 for x in behind) / (len(behind) - 1)) ** 0.5
        if mean <= spread / len(behind) ** 0.5 + 1e-9:
            near.append(i)
    return min(near, key=lambda i: keys[i])


@given(st.integers(0, 200))
def test_the_rule_against_its_slow_self(seed):
    generator = chance(seed)
    scores = generator.integers(0, 5, (6, 9)) * 25.0
    keys = [(float(k),) for k in generator.permutation(6)]
    assert simplest_within_error(scores, keys) == slow_rule(scores, keys)


def test_a_clear_winner_wins_and_a_narrow_one_does_not():
    simple, rich = np.full(10, 50.0), np.full(10, 60.0)
    assert simplest_within_error(np.stack([simple, rich]), [(0,), (1,)]) == 1
    narrow = simple + np.array([40.0, *[-3.0] * 9])
    assert narrow.mean() > simple.mean()
    assert simplest_within_error(np.stack([simple, narrow]), [(0,), (1,)]) == 0


def test_the_interval_of_a_gain():
    generator = chance()
    theirs = generator.normal(50, 20, 40)
    ours = theirs + generator.normal(5, 4, 40)
    found = paired_gain(ours, theirs, chance(1))
    error = (ours - theirs).std(ddof=1) / np.sqrt(40)
    assert found.mean == pytest.approx((ours - theirs).mean())
    assert found.low == pytest.approx(found.mean - 2.02 * error, abs=0.3)
    assert found.high == pytest.approx(found.mean + 2.02 * error, abs=0.3)
    same = paired_gain(ours, ours, chance())
    assert (same.mean, same.low, same.high, same.subjects) == (0.0, 0.0, 0.0, 40)


def test_false_alarms_are_few():
    """No gain at all: the lower end lies above 0 in at most about 2.5% of trials."""
    generator = chance(2)
    alarms = [
        paired_gain(generator.normal(size=16), generator.normal(size=16), generator, 300).low > 0 for _ in range(400)
    ]
    assert np.mean(alarms) < 0.05


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ConfigError, match="folds of subjects are 2 or more"):
        subject_folds(["a", "b", "c", "d"], 1, 1, chance())
    with pytest.raises(ConfigError, match="repeats are 1 or more"):
        subject_folds(["a", "b", "c", "d"], 2, 0, chance())
    with pytest.raises(ProtocolError, match="at least two of them, found 1"):
        paired_gain(np.ones(1), np.zeros(1), chance())
