"""The walker's Kalman filter equals the textbook's with whole matrices, and time may be cut anywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import chi2

from gaitprint.video.tracking import box_motion
from gaitprint.video.tracking.box_motion import GATE, BoxMotion, BoxState

MOTION = BoxMotion(speed=0.8, persistence=4.0)
BOX = np.array([100, 50, 140, 150], np.float32)
LAST = np.array([4.0, 4.0, box_motion._ASPECT_PERSISTENCE, box_motion._SIZE_PERSISTENCE])
SPREAD = np.array([0.8, 0.8, box_motion._ASPECT_SPEED, box_motion._SIZE_SPEED])


def whole(state: BoxState) -> tuple[np.ndarray, np.ndarray]:
    """Mean [8] and covariance [8, 8]: values first, then velocities."""
    variance, cross, pace = (np.diag(c) for c in state.covariance.T)
    return state.mean.T.ravel(), np.block([[variance, cross], [cross, pace]])


def units(height: float) -> np.ndarray:
    return np.array([height, height, 1.0, height])


def slowly_predicted(state: BoxState, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """The transition as a matrix exponential; the noise summed up over 500 short times."""
    mean, covariance = whole(state)
    drift = np.block([[np.zeros((4, 4)), np.eye(4)], [np.zeros((4, 4)), -np.diag(1 / LAST)]])
    step = expm(drift * seconds)
    drawn = np.diag(np.concatenate([np.zeros(4), 2 * (SPREAD * units(state.scale)) ** 2 / LAST]))
    short = seconds / 500
    carries = (expm(drift * (i + 0.5) * short) for i in range(500))
    noise = sum(short * carry @ drawn @ carry.T for carry in carries)
    return step @ mean, step @ covariance @ step.T + noise


def slowly_updated(state: BoxState, box: np.ndarray, doubt: float) -> tuple[np.ndarray, np.ndarray]:
    mean, covariance = whole(state)
    left, top, right, bottom = box.astype(float)
    value = np.array([(left + right) / 2, (top + bottom) / 2, (right - left) / (bottom - top), bottom - top])
    looks = np.hstack([np.eye(4), np.zeros((4, 4))])
    noise = np.zeros((4, 4))
    for i, usual in enumerate((0.04, 0.04, 0.08, 0.05)):
        noise[i, i] = (doubt * usual * units(state.scale)[i]) ** 2
        surprise = value[i] - mean[i]
        while surprise**2 > 9 * (covariance[i, i] + noise[i, i]) * (1 + 1e-9):
            noise[i, i] = surprise**2 / 9 - covariance[i, i]
    gain = covariance @ looks.T @ np.linalg.inv(looks @ covariance @ looks.T + noise)
    return mean + gain @ (value - looks @ mean), (np.eye(8) - gain @ looks) @ covariance


def moving() -> BoxState:
    state = MOTION.begin(BOX)
    for i in range(1, 6):
        state = MOTION.update(MOTION.predict(state, 0.1), BOX + np.float32(9 * i) * np.array([1, 0, 1, 0], np.float32))
    return state


@pytest.mark.parametrize("seconds", [0.0, 0.04, 0.5, 3.0])
def test_prediction_is_the_textbooks(seconds: float) -> None:
    state = moving()
    mean, covariance = whole(MOTION.predict(state, seconds))
    wanted_mean, wanted = slowly_predicted(state, seconds)
    np.testing.assert_allclose(mean, wanted_mean, rtol=1e-9)
    np.testing.assert_allclose(covariance, wanted, rtol=2e-3, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("doubt", [1.0, 4.0])
@pytest.mark.parametrize("shift", [0.0, 3.0, 80.0])
def test_update_is_the_textbooks_and_far_boxes_count_less(shift: float, doubt: float) -> None:
    state = MOTION.predict(moving(), 0.1)
    box = (state.box() + np.float32(shift)).astype(np.float32)
    mean, covariance = whole(MOTION.update(state, box, doubt))
    wanted_mean, wanted = slowly_updated(state, box, doubt)
    np.testing.assert_allclose(mean, wanted_mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(covariance, wanted, rtol=1e-6, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 5), st.floats(0, 1))
def test_time_may_be_cut_anywhere(seconds: float, share: float) -> None:
    state = moving()
    at_once = MOTION.predict(state, seconds)
    in_two = MOTION.predict(MOTION.predict(state, share * seconds), (1 - share) * seconds)
    np.testing.assert_allclose(at_once.mean, in_two.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(at_once.covariance, in_two.covariance, rtol=1e-7, atol=1e-7)


def test_a_pace_is_learned_kept_and_in_the_end_forgotten() -> None:
    state = moving()
    assert state.mean[0, 1] == pytest.approx(90, abs=15)
    ahead = MOTION.predict(state, 1.0)
    assert ahead.mean[0, 0] - state.mean[0, 0] == pytest.approx(4 * (1 - np.exp(-0.25)) * state.mean[0, 1])
    late = MOTION.predict(state, 100.0)
    assert abs(late.mean[0, 1]) < 1e-6
    assert late.covariance[0, 2] == pytest.approx((0.8 * state.scale) ** 2)
    assert late.mean[3, 0] > 0
    left, top, right, bottom = late.box()
    assert left < right
    assert top < bottom


def test_distances_are_those_of_the_textbook() -> None:
    state = MOTION.predict(moving(), 0.2)
    boxes = np.stack([state.box(), BOX, BOX + np.float32(200)])
    found = MOTION.distances(state, boxes)
    for box, distance in zip(boxes.astype(float), found, strict=True):
        value = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[3] - box[1]])
        noise = (np.array([0.04, 0.04, 0.05]) * state.scale) ** 2
        spread = np.diag(state.covariance[[0, 1, 3], 0] + noise)
        off = value - state.mean[[0, 1, 3], 0]
        assert distance == pytest.approx(off @ np.linalg.inv(spread) @ off, rel=1e-5, abs=1e-6)
    assert found[0] == pytest.approx(0, abs=1e-6)
    assert chi2.ppf(0.999, 3) == pytest.approx(GATE, abs=0.01)
