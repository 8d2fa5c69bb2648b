"""Calibrations against slow fits, a known truth, and people they have not seen."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from gaitprint.errors import ArtefactError, ConfigError, ProtocolError
from gaitprint.evaluation.statistics.bootstrap import draw_subjects
from gaitprint.evaluation.verification.calibration import Calibration, at_prior, fit_calibration
from gaitprint.evaluation.verification.calibration_file import load_calibration, save_calibration
from gaitprint.evaluation.verification.pair_errors import PairCounts
from gaitprint.evaluation.verification.reliability import (
    cross_fitted,
    deal_folds,
    fit_outside,
    reliability,
    subjects_needed,
)

STEPS = {"transforms": [], "scorer": {"name": "euclidean"}}


def counted(seed=0, bins=12, many=400):
    generator = np.random.default_rng(seed)
    distances = np.sort(generator.uniform(1.0, 9.0, bins))
    share = expit(4.0 - distances)
    return distances, generator.binomial(many, share).astype(float), generator.binomial(3 * many, 1 - share) + 0.0


def test_the_logistic_fit_against_a_slow_one():
    distances, same, other = counted()
    made = fit_calibration("logistic", distances, same, other, 10_000)
    n, m = same.sum(), other.sum()

    def loss(b):
        z = b[0] + b[1] * distances
        right, wrong = np.logaddexp(0, -z), np.logaddexp(0, z)
        high, low = (n + 1) / (n + 2), 1 / (m + 2)
        one = same / n * (high * right + (1 - high) * wrong)
        two = other / m * (low * right + (1 - low) * wrong)
        return (one + two).sum() / 2

    slow = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14, "maxiter": 5000}).x
    np.testing.assert_allclose(made.log_ratio(distances), slow[0] + slow[1] * distances, atol=1e-4)


def test_the_isotonic_fit_against_all_falling_functions():
    """Pooling adjacent violators is the best of all ways to cut the distances into groups of falling shares."""
    distances, same, other = counted(3, bins=6, many=20)
    made = fit_calibration("isotonic", distances, same, other, 10_000)
    a, b = same / same.sum(), other / other.sum()
    best, shares = np.inf, None
    for cuts in itertools.product([0, 1], repeat=5):
        group = np.concatenate([[0], np.cumsum(cuts)])
        mean = np.array([a[group == g].sum() / (a + b)[group == g].sum() for g in range(group[-1] + 1)])[group]
        error = (a * (1 - mean) ** 2 + b * mean**2).sum()
        if (np.diff(mean) <= 1e-12).all() and error < best - 1e-15:
            best, shares = error, mean
    np.testing.assert_allclose(made.probability(distances), shares.clip(3 / 10_003, 1 - 3 / 10_003), atol=1e-9)


@given(st.integers(0, 1000), st.sampled_from(["logistic", "isotonic"]), st.floats(0.001, 0.999))
def test_probabilities_fall_with_the_distance_and_a_prior_shifts_the_log_odds(seed, method, prior):
    distances, same, other = counted(seed, bins=8, many=9)
    if not same.sum() or not other.sum():
        return
    made = fit_calibration(method, distances, same, other, 60)
    asked = np.linspace(-5.0, 20.0, 50)
    stated = made.probability(asked, prior)
    assert (np.diff(stated) <= 1e-12).all()
    odds = np.log(stated) - np.log1p(-stated)
    np.testing.assert_allclose(odds - made.log_ratio(asked), np.log(prior / (1 - prior)), atol=1e-6)
    assert np.abs(made.log_ratio(asked)).max() <= np.log(20) + 1e-9


def test_distances_that_say_nothing_or_the_wrong_thing_are_not_believed():
    distances = np.array([1.0, 2.0, 3.0])
    for same, other in (([1, 2, 9], [9, 2, 1]), ([3, 3, 3], [5, 5, 5])):
        made = fit_calibration("logistic", distances, np.array(same, float), np.array(other, float), 50)
        np.testing.assert_allclose(made.probability(distances, 0.3), 0.3, atol=1e-6)


def test_kinds_that_are_apart_are_certain_to_the_limit_only():
    distances = np.array([1.0, 2.0, 3.0, 4.0])
    for method in ("logistic", "isotonic"):
        same, other = np.array([50.0, 50, 0, 0]), np.array([0.0, 0, 50, 50])
        made = fit_calibration(method, distances, same, other, 90)
        np.testing.assert_allclose(made.probability(distances[[0, 3]]), [30 / 31, 1 / 31])


def test_few_people_or_one_kind_of_pair_give_none():
    distances, same, other = counted()
    with pytest.raises(ProtocolError, match=r"30 subjects or more .* found 29"):
        fit_calibration("logistic", distances, same, other, 29)
    with pytest.raises(ProtocolError, match="only one of them"):
        fit_calibration("logistic", distances, same, np.zeros(12), 50)
    with pytest.raises(ConfigError, match="prior"):
        at_prior(np.zeros(1), 0.0)


def made_up_counts(subjects=60, folds=4, bins=25, seed=0, harder=0.0):
    """Pairs whose truth is known: at distance d the likelihood ratio is exp(10 - 2 d)."""
    generator = np.random.default_rng(seed)
    edges = np.linspace(1.0, 9.0, bins - 1).astype(np.float32)
    fold = deal_folds(subjects, folds, generator)
    same, other = np.zeros((subjects, bins), np.int64), np.zeros((subjects, folds, bins), np.int64)
    for s in range(subjects):
        same[s] = np.bincount(np.searchsorted(edges, generator.normal(4.0, 1.0, 60)), minlength=bins)
        for t in range(s):
            drawn = np.searchsorted(edges, generator.normal(6.0 - harder, 1.0, 6))
            other[s, fold[t]] += np.bincount(drawn, minlength=bins)
            other[t, fold[s]] += np.bincount(drawn, minlength=bins)
    middle = np.concatenate([[edges[0]], (edges[1:] + edges[:-1]) / 2, [edges[-1]]]).astype(float)
    return PairCounts(edges, same, other), middle, fold


def test_a_known_truth_is_found_and_holds():
    counts, middle, folds = made_up_counts(bins=400)
    draws = draw_subjects(60, np.random.default_rng(1), 200)
    fitted = fit_outside((), "logistic", counts, middle, folds)
    inside = np.abs(10.0 - 2.0 * middle) < 2.0
    np.testing.assert_allclose(fitted.log_ratio(middle)[inside], (10.0 - 2.0 * middle)[inside], atol=0.35)
    ratios = cross_fitted("logistic", counts, middle, folds)
    found = reliability(ratios, counts, folds, draws, 0.5)
    for some in found.bins[1:-1]:
        assert some.observed_low - 0.05 <= some.stated <= some.observed_high + 0.05
    assert sum(b.weight for b in found.bins) == pytest.approx(1.0)
    assert found.log_loss < 0.5


def test_reliability_against_loops():
    counts, _, folds = made_up_counts(subjects=32, folds=4, bins=6)
    generator = np.random.default_rng(2)
    ratios = -np.sort(generator.normal(size=(4, 4, 6)), axis=2)
    ratios = (ratios + ratios.transpose(1, 0, 2)) / 2
    found = reliability(ratios, counts, folds, draw_subjects(32, generator, 20), 0.2)
    same_total, other_total = counts.same.sum(), counts.other.sum() / 2
    rows, loss = {}, 0.0
    for s in range(32):
        for k in range(6):
            p = expit(ratios[folds[s], folds[s], k] + np.log(0.25))
            w = 0.2 * counts.same[s, k] / same_total
            loss -= w * np.log(p)
            rows.setdefault(int(p * 10), []).append((w, p, 1.0))
            for f in range(4):
                p = expit(ratios[folds[s], f, k] + np.log(0.25))
                w = 0.8 * counts.other[s, f, k] / 2 / other_total
                loss -= w * np.log(1 - p)
                rows.setdefault(int(p * 10), []).append((w, p, 0.0))
    assert found.log_loss == pytest.approx(loss)
    for some in found.bins:
        w, p, y = np.array(rows[round(10 * some.low)]).T
        assert some.weight == pytest.approx(w.sum())
        assert some.stated == pytest.approx((w * p).sum() / w.sum())
        assert some.observed == pytest.approx((w * y).sum() / w.sum())
    error = sum(b.weight * abs(b.observed - b.stated) for b in found.bins)
    assert found.calibration_error == pytest.approx(error)


def test_a_pair_is_tried_by_a_fit_that_saw_neither_person():
    """Whatever the people of two folds did, the ratios between these folds stay as they are."""
    counts, middle, folds = made_up_counts()
    before = cross_fitted("logistic", counts, middle, folds)
    same, other = counts.same.copy(), counts.other.copy()
    touched = np.isin(folds, (0, 2))
    same[touched] = same[touched][:, ::-1]
    other[touched] = other[touched][:, :, ::-1]
    other[:, [0, 2]] = other[:, [0, 2]][:, :, ::-1]
    after = cross_fitted("logistic", PairCounts(counts.thresholds, same, other), middle, folds)
    np.testing.assert_array_equal(before[0, 2], after[0, 2])
    np.testing.assert_array_equal(before[2, 2] == after[2, 2], False)


def test_how_many_people_folds_need():
    assert subjects_needed(5) == 50
    assert subjects_needed(3) == 90
    with pytest.raises(ConfigError, match="3 or more, found 2"):
        subjects_needed(2)
    counts, middle, folds = made_up_counts(subjects=40, folds=4)
    with pytest.raises(ProtocolError, match=r"30 subjects or more .* found 20"):
        cross_fitted("logistic", counts, middle, folds)
    with pytest.raises(ProtocolError, match="3 folds or more, found 2"):
        cross_fitted("logistic", *made_up_counts(folds=2))


def test_a_file_comes_back_and_refuses_what_it_was_not_made_for(tmp_path):
    distances, same, other = counted()
    for method in ("logistic", "isotonic"):
        made = fit_calibration(method, distances, same, other, 50)
        path = tmp_path / f"{method}.json"
        save_calibration(path, made, source="abc", pipeline=STEPS, facts={"subjects": 50})
        back = load_calibration(path, source="abc", pipeline=STEPS)
        np.testing.assert_array_equal(back.log_ratio(distances), made.log_ratio(distances))
    with pytest.raises(ArtefactError, match=r"made for embeddings of 'abc', these are of 'abd'.*calibrate anew"):
        load_calibration(path, source="abd", pipeline=STEPS)
    with pytest.raises(ArtefactError, match=r"pipeline .*euclidean.* found .*part-mean"):
        load_calibration(path, source="abc", pipeline={"transforms": [], "scorer": {"name": "part-mean"}})
    with pytest.raises(ArtefactError, match="calibration is missing"):
        load_calibration(tmp_path / "none.json", source="abc", pipeline=STEPS)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "spline"},
        {"distances": [3.0, 1.0]},
        {"distances": "near"},
        {"log_ratios": [0.0, 1.0]},
        {"log_ratios": [1.0]},
        {"log_ratios": [float("inf"), 0.0]},
        {"limit": -1},
        {"limit": None},
        {"distances": [[1.0, 2.0]], "log_ratios": [[1.0, 0.0]]},
    ],
)
def test_damaged_files(tmp_path, change):
    made = Calibration("logistic", np.array([1.0, 2.0]), np.array([1.0, -1.0]), 2.0)
    path = tmp_path / "c.json"
    save_calibration(path, made, source="abc", pipeline=STEPS, facts={})
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ArtefactError, match=r"c.json is damaged .*calibrate anew"):
        load_calibration(path, source="abc", pipeline=STEPS)
    path.write_text('{"format": "other"}')
    with pytest.raises(ArtefactError, match="no gaitprint-calibration of version 1"):
        load_calibration(path, source="abc", pipeline=STEPS)
