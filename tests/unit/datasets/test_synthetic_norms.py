"""Joint angles of drawn people against norms of level walking.

Source of the norms: J. Perry and J. M. Burnfield, Gait Analysis: Normal and Pathological Function, 2nd edition, 2010
(sagittal angles, their moments in the stride, cadence, stride length); spreads between healthy adults of about 5 to 7
degrees are those of M. H. Schwartz et al., The effect of walking speed on the gait of typically developing children,
J. Biomechanics 41, 2008.
"""

import numpy as np
import pytest

from gaitprint.synthetic.gait import joint_paths, stride_length
from gaitprint.synthetic.street import meet

PHASE = np.linspace(0, 1, 200, endpoint=False)


def angles(person):
    """Degrees of the right leg over one stride from its heel strike: hip and knee, bending positive."""
    body, manner = person
    at = joint_paths(body, manner, PHASE)
    thigh = at["right_knee"] - at["right_hip"]
    shank = at["right_ankle"] - at["right_knee"]
    hip = np.degrees(np.arctan2(thigh[:, 0], -thigh[:, 2]))
    return {"hip": hip, "knee": hip - np.degrees(np.arctan2(shank[:, 0], -shank[:, 2]))}


@pytest.fixture(scope="module")
def people():
    return [meet(np.random.default_rng(seed)) for seed in range(60)]


@pytest.fixture(scope="module")
def curves(people):
    found = [angles(person) for person in people]
    return {joint: np.stack([c[joint] for c in found]) for joint in ("hip", "knee")}


@pytest.mark.parametrize(
    ("joint", "share", "norm"),
    [
        ("hip", 0.0, 30.0),  # heel strike: flexed
        ("hip", 0.5, -10.0),  # opposite heel strike: extended
        ("knee", 0.0, 5.0),
        ("knee", 0.13, 18.0),  # loading response
        ("knee", 0.40, 5.0),  # terminal stance
        ("knee", 0.72, 60.0),  # swing
    ],
)
def test_the_mean_angle_is_within_a_spread_of_the_norm(curves, joint, share, norm):
    # two spreads of healthy adults: a mean of people who walk as healthy adults do
    assert curves[joint][:, round(share * len(PHASE))].mean() == pytest.approx(norm, abs=12.0)


@pytest.mark.parametrize(("joint", "norm"), [("hip", 40.0), ("knee", 60.0)])
def test_ranges_of_motion_are_those_of_healthy_adults(curves, joint, norm):
    ranges = np.ptp(curves[joint], axis=1)
    assert ranges.mean() == pytest.approx(norm, abs=12.0)
    assert 3.0 < ranges.std() < 12.0


def test_the_knee_bends_most_in_the_swing_and_a_little_under_load(curves):
    mean = curves["knee"].mean(axis=0)
    assert 0.68 < PHASE[mean.argmax()] < 0.77
    loading = mean[: len(PHASE) // 3]
    assert 0.10 < PHASE[loading.argmax()] < 0.20


def test_cadence_and_stride_are_those_of_adults(people):
    cadence = np.array([120.0 * 25.0 / stride_length(manner) for _, manner in people])
    assert cadence.mean() == pytest.approx(113.0, abs=8.0)
    assert 5.0 < cadence.std() < 12.0
    strides = []
    for body, manner in people:
        at = joint_paths(body, manner, np.zeros(1))
        # two steps: at heel strike the ankles are one step apart
        strides.append(2.0 * abs(float(at["right_ankle"][0, 0] - at["left_ankle"][0, 0])))
    # 1.41 m at a height of about 1.7 m
    assert np.mean(strides) == pytest.approx(0.83, abs=0.10)
