"""The street: the person is kept, all else is drawn anew for every walk."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.synthetic.camera import Camera, aim, photograph
from gaitprint.synthetic.gait import joint_paths
from gaitprint.synthetic.solids import dress
from gaitprint.synthetic.street import at_speed, dress_up, meet, put_on, stand_somewhere, walk_in_the_street
from gaitprint.synthetic.traits import Body, Manner, Outfit

CONDITIONS = ("nm-01", "nm-02", "bg-01", "cl-01", "cl-02")


def collect(**settings):
    found = SyntheticSettings(**{"world": "street", "frames": 8, "views": ("000", "090", "225"), **settings})
    return {record.key: frames for record, frames in walkers(found)}


@pytest.fixture(scope="module")
def street():
    return collect(subjects=3, conditions=CONDITIONS)


@pytest.fixture
def generator():
    return np.random.default_rng(4)


def test_walks_are_normalised_silhouettes_and_each_is_another(street):
    assert len({f.tobytes() for f in street.values()}) == len(street) == 3 * len(CONDITIONS) * 3
    for key, frames in street.items():
        assert np.array_equal(normalize_sequence(frames).frames, frames), key
        assert 0.05 < frames.mean() / 255 < 0.5, key


def test_a_walk_is_the_same_whatever_else_is_drawn(street):
    alone = collect(subjects=1, start=2, conditions=("cl-01",), views=("225", "090"))
    assert len(alone) == 2
    assert all(np.array_equal(street[key], frames) for key, frames in alone.items())


def test_a_person_is_nearer_to_himself_than_to_others():
    """Mean images of one person from the side: nearer to each other than to those of others."""
    people = collect(subjects=12, conditions=("nm-01", "nm-02"), views=("090",), frames=27)
    walks = [f.astype(np.float64).mean(axis=0).ravel() for f in people.values()]
    first, second = np.array(walks[::2]), np.array(walks[1::2])
    apart = np.linalg.norm(first[:, None] - second[None], axis=2)
    own, others = np.diag(apart).mean(), apart[~np.eye(12, dtype=bool)].mean()
    assert own < 0.9 * others


def test_thick_clothes_widen_the_walk_and_light_ones_hardly(generator):
    shares = {}
    for kind in ("nm", "bg", "cl"):
        found = collect(subjects=8, conditions=(f"{kind}-01", f"{kind}-02"), views=("000",))
        shares[kind] = np.mean([f.mean() for f in found.values()])
    assert shares["nm"] < shares["bg"]
    assert 1.05 * shares["nm"] < shares["cl"]


def test_clothes_are_put_on_from_outside(generator):
    body = Body()
    for kind in ("nm", "bg", "cl"):
        for _ in range(50):
            clothes = dress_up(kind, generator)
            worn = put_on(body, clothes, clothes.coat)
            assert clothes.bag or kind != "bg"
            assert kind == "cl" or not clothes.coat
            for name in ("chest", "waist", "seat", "arm", "thigh", "knee", "calf", "ankle", "foot", "head"):
                assert getattr(worn, f"{name}_radius") >= getattr(body, f"{name}_radius"), name
            bare = replace(clothes, trunk=0.0, sleeves=0.0)
            assert not clothes.coat or put_on(body, bare, True) == worn, "a coat widens what it covers by itself"


def test_who_walks_faster_takes_more_and_longer_steps():
    usual, fast = at_speed(Manner(), 1.0), at_speed(Manner(), 1.2)
    assert usual == Manner()
    speed = fast.cadence / usual.cadence * fast.hip_swing / usual.hip_swing
    assert speed == pytest.approx(1.2)
    assert fast.arm_swing > usual.arm_swing


def test_an_outfit_lasts_a_day(generator):
    """The widths of two walks of one day are nearer to each other than those of two days, of one camera."""
    same, other = [], []
    for seed in range(30):
        person = meet(np.random.default_rng([seed, 0]))
        walks = [
            walk_in_the_street(
                person, "nm", 27, np.random.default_rng([seed, day]), np.random.default_rng([seed, walk])
            )
            for day, walk in ((1, 2), (1, 3), (4, 5))
        ]
        widths = [s.start_radii for s in walks]
        same.append(np.abs(widths[0] - widths[1]).mean())
        other.append(np.abs(widths[0] - widths[2]).mean())
    assert np.mean(same) < 0.5 * np.mean(other)


def test_a_walk_with_a_bag_is_in_the_clothes_of_its_day():
    plain, loaded = (dress_up(kind, np.random.default_rng(3)) for kind in ("nm", "bg"))
    assert replace(loaded, bag=False) == replace(plain, bag=False)
    assert loaded.bag
    assert not plain.bag


def test_a_bag_and_a_coat_can_be_worn_together():
    parts = {
        worn: dress(joint_paths(Body(), Manner(), np.zeros(1)), Body(), Outfit(), worn).parts
        for worn in ("nm", "nm+bg", "nm+bg+cl")
    }
    assert [("bag" in p, "skirt" in p) for p in parts.values()] == [(False, False), (True, False), (True, True)]


def test_a_near_camera_sees_what_is_near_larger():
    solids = dress(joint_paths(Body(), Manner(), np.linspace(0, 1, 9)), Body(), Outfit(), "nm")
    far, near = (aim(solids, (Camera(0.0, 0.0, d),)) for d in (math.inf, 3.0))
    ahead = solids.starts[:, :, 0] > 0
    ratio = near[0].radius / far[0].radius
    # both fill the height, so only the share of one ball to another tells
    assert ratio[ahead].mean() > ratio[~ahead].mean()
    very_far = aim(solids, (Camera(0.0, 0.0, 1e9),))
    assert np.allclose(very_far[0].x, far[0].x, atol=1e-3)


def test_a_slow_version_of_the_perspective_agrees(generator):
    solids = walk_in_the_street((Body(), Manner()), "nm", 5, generator, generator)
    camera = Camera(50.0, 12.0, 6.0, 2.0)
    starts, ends = aim(solids, (camera,))
    p = math.radians(camera.pitch)
    for t in range(5):
        a = math.radians(camera.view + camera.turn * t)
        # unit vectors of the camera: to its right, up, and from the body to the camera
        to = np.array([math.cos(a) * math.cos(p), math.sin(a) * math.cos(p), math.sin(p)])
        right = np.array([-math.sin(a), math.cos(a), 0.0])
        up = np.cross(to, right)
        balls = []
        for points, radii in ((solids.starts, solids.start_radii), (solids.ends, solids.end_radii)):
            for point, radius in zip(points[:, t], radii, strict=True):
                zoom = camera.distance / (camera.distance - point @ to)
                balls.append((zoom * (point @ right), zoom * (point @ up), zoom * radius))
        x, y, r = np.array(balls).T
        scale = 64 / ((y + r).max() - (y - r).min())
        found = np.concatenate([starts.x[:, t], ends.x[:, t]])
        assert np.allclose(found, scale * x, atol=1e-3)
        assert np.allclose(np.concatenate([starts.y[:, t], ends.y[:, t]]), scale * ((y + r).max() - y), atol=1e-3)


def test_a_camera_that_turns_sees_the_view_change():
    solids = dress(joint_paths(Body(), Manner(), np.zeros(20)), Body(), Outfit(), "nm")
    still = np.zeros((2, 2, 20, 128), np.float32)
    frames = photograph(solids, (Camera(0.0), Camera(0.0, turn=4.5)), still)
    assert all(np.array_equal(f, frames[0, 0]) for f in frames[0])
    wanted = photograph(solids, (Camera(85.5),), still[:, :1])
    assert np.abs(frames[1, 19].astype(int) - wanted[0, 19]).mean() < 0.5
    assert not np.array_equal(frames[1, 0], frames[1, 19])


def test_cameras_stand_about_where_they_are_asked(generator):
    found = [stand_somewhere(90.0, generator) for _ in range(300)]
    assert all(81 <= c.view <= 99 and -2 <= c.pitch <= 24 and 3 < c.distance <= 25 for c in found)
    assert np.ptp([c.view for c in found]) > 15
