import numpy as np
import pytest

from gaitprint.synthetic.camera import Camera, photograph
from gaitprint.synthetic.gait import FRAMES_A_SECOND, joint_paths, stride_length
from gaitprint.synthetic.solids import dress
from gaitprint.synthetic.traits import Body, Manner, Outfit, draw

VIEWS = (0.0, 18.0, 36.0, 54.0, 72.0, 90.0)


def pictures(phase: np.ndarray, views: tuple[float, ...], manner: Manner, pitch: float = 5.0) -> np.ndarray:
    solids = dress(joint_paths(Body(), manner, phase), Body(), Outfit(), "nm")
    cameras = tuple(Camera(view, pitch) for view in views)
    return photograph(solids, cameras, np.zeros((2, len(views), len(phase), 128), np.float32))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Least intersection over union of any frame."""
    a, b = a.astype(float), b.astype(float)
    return float((np.minimum(a, b).sum(axis=(-2, -1)) / np.maximum(a, b).sum(axis=(-2, -1))).min())


def test_bones_keep_their_length():
    generator = np.random.default_rng(3)
    body, manner = draw(Body, generator), draw(Manner, generator)
    joints = joint_paths(body, manner, np.linspace(0, 2, 50))
    for side in ("left", "right"):
        for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("heel", "toe")):
            length = np.linalg.norm(joints[f"{side}_{end}"] - joints[f"{side}_{start}"], axis=1)
            assert np.ptp(length) < 0.02 * length.mean(), (side, start, end)


def test_a_stride_later_everything_is_where_it_was():
    phase = np.linspace(0, 1, 20)
    now, later = joint_paths(Body(), Manner(), phase), joint_paths(Body(), Manner(), phase + 1)
    assert all(np.allclose(now[name], later[name]) for name in now)


def test_a_symmetric_walker_is_his_own_mirror_half_a_stride_later():
    phase = np.linspace(0, 1, 20)
    now, later = joint_paths(Body(), Manner(), phase), joint_paths(Body(), Manner(), phase + 0.5)
    for name in ("hip", "knee", "toe", "shoulder", "hand"):
        assert np.allclose(now[f"left_{name}"], later[f"right_{name}"] * (1, -1, 1)), name


def test_the_arm_swings_against_the_leg_of_its_side():
    joints = joint_paths(Body(), Manner(arm_lag=0.0), np.linspace(0, 1, 40, endpoint=False))
    for side in ("left", "right"):
        leg, arm = joints[f"{side}_ankle"][:, 0], joints[f"{side}_hand"][:, 0]
        assert np.corrcoef(leg, arm)[0, 1] < -0.8


def test_a_held_arm_swings_less():
    phase = np.linspace(0, 1, 40)
    free, held = (joint_paths(Body(), Manner(), phase, shares) for shares in ((1.0, 1.0), (0.3, 1.0)))
    assert np.ptp(held["left_hand"][:, 0]) < 0.5 * np.ptp(free["left_hand"][:, 0])
    assert np.array_equal(held["right_hand"], free["right_hand"])


def test_some_foot_is_flat_on_the_ground_while_the_other_swings():
    joints = joint_paths(Body(), Manner(), np.array([0.3]))
    right, left = (joints[f"{side}_toe"][0, 2] - joints[f"{side}_heel"][0, 2] for side in ("right", "left"))
    assert abs(right) < 0.02
    assert joints["left_toe"][0, 2] > joints["right_toe"][0, 2]
    assert left < 0.05


@pytest.mark.parametrize("cadence", [90.0, 110.0, 126.0])
def test_the_cadence_can_be_measured_from_the_width_of_the_legs(cadence):
    manner = Manner(cadence=cadence)
    frames = pictures(np.arange(240) / stride_length(manner), (90.0,), manner)[0]
    columns = frames[:, 40:].any(axis=1)
    width = columns.shape[1] - columns[:, ::-1].argmax(axis=1) - columns.argmax(axis=1) - 0.0
    width -= width.mean()
    alike = [float(np.dot(width[:-lag], width[lag:]) / (len(width) - lag)) for lag in range(1, 24)]
    step = int(np.argmax(alike[7:])) + 8
    assert abs(step - 60 * FRAMES_A_SECOND / cadence) <= 0.6


@pytest.mark.parametrize("pitch", [0.0, 5.0])
def test_opposite_cameras_see_mirror_images(pitch):
    """For one far away the mirror is exact but for the half pixel of centring; looking down spoils it a little."""
    manner, phase = Manner(), np.linspace(0, 1, 12)
    seen = pictures(phase, VIEWS, manner, pitch)
    behind = pictures(phase, tuple(v + 180 for v in VIEWS), manner, pitch)
    assert overlap(np.roll(behind[..., ::-1], 1, axis=-1), seen) > (0.9 if pitch == 0 else 0.7)
    assert overlap(behind[1:], seen[1:]) < 0.7


def test_views_v_and_180_minus_v_see_the_same_half_a_stride_apart():
    """Both cameras stand on one side of the way: he goes to the left in both, his near and far side exchanged."""
    manner, phase = Manner(), np.linspace(0, 1, 12)
    seen = pictures(phase, VIEWS, manner, 0.0)
    later = pictures(phase + 0.5, tuple(180 - v for v in VIEWS), manner, 0.0)
    assert overlap(seen, later) > 0.93


def test_he_comes_towards_view_0_and_goes_left_in_view_90():
    joints = joint_paths(Body(), Manner(), np.linspace(0, 1, 8))
    assert (joints["right_toe"][:, 0] > joints["right_heel"][:, 0]).all()
    frames = pictures(np.linspace(0, 1, 24, endpoint=False), (90.0,), Manner(trunk_lean=12.0))[0].astype(float)
    rows = frames.mean(axis=0)
    middle = (rows * np.arange(64)).sum(axis=1) / rows.sum(axis=1)
    assert middle[4:10].mean() < middle[26:32].mean() - 2, "leaning forward, the head is left of the pelvis"
