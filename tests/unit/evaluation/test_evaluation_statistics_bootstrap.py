import numpy as np
import pytest
from scipy.special import ndtri

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.evaluation.statistics.bootstrap import draw_subjects, shares_of_pairs, shares_of_subjects


def test_shares_against_loops():
    generator = np.random.default_rng(1)
    counts = generator.integers(0, 5, (6, 4))
    found = shares_of_subjects(counts, draw_subjects(6, generator, 50))
    for k in range(3):
        accepted = [sum(counts[s, : k + 1]) for s in range(6)]
        assert found.observed[k] == pytest.approx(sum(accepted) / counts.sum())
        assert found.touched[k] == sum(a > 0 for a in accepted)
        assert found.spared[k] == sum(counts[s].sum() > a for s, a in enumerate(accepted))


def test_drawn_shares_are_those_of_drawn_subjects():
    """With many subjects the shift on the scale of log odds is the share of the subjects drawn."""
    generator = np.random.default_rng(2)
    accepted = generator.binomial(10, generator.beta(2, 8, 400))
    draws = draw_subjects(400, generator, 200)
    found = shares_of_subjects(np.stack([accepted, 10 - accepted], 1), draws)
    plain = (draws.weights @ accepted) / (10 * draws.weights.sum(axis=1))
    np.testing.assert_allclose(found.drawn[:, 0], plain, atol=0.002)


def test_drawn_pairs_are_those_of_both_subjects_drawn():
    generator = np.random.default_rng(3)
    level = generator.normal(size=150)
    accepted = (level[:, None] + level[None, :] + generator.normal(size=(150, 150)) < -1).astype(int)
    np.fill_diagonal(accepted, 0)
    draws = draw_subjects(150, generator, 200)
    touched = accepted.sum(axis=0) + accepted.sum(axis=1)
    found = shares_of_pairs(np.stack([touched, 2 * 149 - touched], 1), draws)
    w = draws.weights
    slow = [(w_ @ accepted @ w_) / (w_.sum() ** 2 - (w_**2).sum()) for w_ in w]
    assert found.observed[0] == pytest.approx(accepted.sum() / (150 * 149))
    assert np.corrcoef(found.drawn[:, 0], slow)[0, 1] > 0.99
    assert np.std(found.drawn[:, 0]) == pytest.approx(np.std(slow), rel=0.1)


def test_nothing_and_everything_accepted_stay():
    counts = np.array([[0, 3, 0], [0, 2, 0], [0, 9, 0]])
    found = shares_of_subjects(counts, draw_subjects(3, np.random.default_rng(0), 20))
    assert (found.drawn[:, 0] == 0).all()
    assert (found.drawn[:, 1] == 1).all()


@pytest.mark.parametrize(("subjects", "rate"), [(50, 0.1), (50, 0.2)])
def test_intervals_of_pairs_cover_the_truth(subjects, rate):
    """The truth is known: distances are normal, with an effect of either person."""
    generator = np.random.default_rng(5)
    spread, runs, hits = np.sqrt(2 * 0.5**2 + 1.0), 300, 0
    for _ in range(runs):
        effect = 0.5 * generator.normal(size=subjects)
        distance = effect[:, None] + effect[None, :] + generator.normal(size=(subjects, subjects))
        accepted = (distance <= spread * ndtri(rate)).astype(int)
        np.fill_diagonal(accepted, 0)
        touched = accepted.sum(axis=0) + accepted.sum(axis=1)
        draws = draw_subjects(subjects, generator, 300)
        found = shares_of_pairs(np.stack([touched, 2 * (subjects - 1) - touched], 1), draws)
        low, high = draws.ends(found.drawn[:, 0])
        hits += low <= rate <= high
    assert 0.91 <= hits / runs <= 0.985


def test_wrong_draws():
    generator = np.random.default_rng(0)
    with pytest.raises(ProtocolError, match="at least two of them, found 1"):
        draw_subjects(1, generator)
    with pytest.raises(ConfigError, match="resamples are 1 or more"):
        draw_subjects(5, generator, 0)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        draw_subjects(5, generator, 10, 1.0)
