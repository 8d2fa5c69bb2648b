from dataclasses import astuple, fields

import numpy as np
import pytest

from gaitprint.synthetic.camera import Camera, photograph
from gaitprint.synthetic.gait import joint_paths
from gaitprint.synthetic.solids import bag_kind, bag_side, dress
from gaitprint.synthetic.traits import Body, Manner, Outfit, draw, vary

BAGS = {
    "hand": Outfit(bag_choice=0.5, bag_side=1.0),
    "shoulder": Outfit(bag_choice=1.5, bag_side=-1.0),
    "back": Outfit(bag_choice=2.5),
}


def area(condition: str, outfit: Outfit, view: float) -> float:
    """Mean share of the frame that is body, over a stride."""
    joints = joint_paths(Body(), Manner(), np.linspace(0, 1, 16, endpoint=False))
    solids = dress(joints, Body(), outfit, condition)
    frames = photograph(solids, (Camera(view),), np.zeros((2, 1, 16, 128), np.float32))
    return float(frames.mean() / 255)


@pytest.mark.parametrize("kind", [Body, Manner, Outfit])
def test_people_differ_about_the_mean_by_the_spread(kind):
    people = np.array([astuple(draw(kind, np.random.default_rng(i))) for i in range(300)])
    means = np.array(astuple(kind()))
    spreads = np.array([f.metadata["spread"] for f in fields(kind)])
    assert np.abs((people.mean(axis=0) - means) / spreads).max() < 0.25
    assert np.abs(people.std(axis=0) / spreads - 0.95).max() < 0.15
    assert np.abs((people - means) / spreads).max() <= 2 + 1e-6


def test_somebody_varied_by_nothing_is_himself():
    someone = draw(Manner, np.random.default_rng(1))
    assert vary(someone, 0.0, np.random.default_rng(2)) == someone


def test_bags_are_of_three_kinds_on_two_sides():
    outfits = [draw(Outfit, np.random.default_rng(i)) for i in range(100)]
    assert {bag_kind(o) for o in outfits} == {"hand", "shoulder", "back"}
    assert {bag_side(o) for o in outfits} == {"left", "right"}
    assert {kind: bag_kind(outfit) for kind, outfit in BAGS.items()} == {kind: kind for kind in BAGS}


@pytest.mark.parametrize("kind", list(BAGS))
def test_a_bag_adds_area_from_the_side(kind):
    assert area("bg", BAGS[kind], 90.0) > 1.03 * area("nm", BAGS[kind], 90.0)


@pytest.mark.parametrize("view", [0.0, 54.0, 90.0, 180.0])
def test_a_coat_adds_area_from_everywhere_and_more_if_it_is_longer(view):
    bare, coat, long = (area(*x, view) for x in (("nm", Outfit()), ("cl", Outfit()), ("cl", Outfit(coat_length=0.95))))
    assert bare * 1.05 < coat < long


def test_an_extreme_body_still_fills_its_frame():
    joints = joint_paths(Body(), Manner(elbow_rest=-9.0, arm_spread=-9.0), np.linspace(0, 1, 4))
    for condition in ("nm", "bg", "cl"):
        solids = dress(joints, Body(hair_back=-0.02, hair_down=-0.05), Outfit(coat_thickness=-0.01), condition)
        frames = photograph(solids, (Camera(0.0), Camera(90.0)), np.zeros((2, 2, 4, 128), np.float32))
        assert frames[:, :, [0, 63]].any(axis=-1).all()
