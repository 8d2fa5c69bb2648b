"""Meshes of bodies: what the package brings, what properties do to it, and that it moves as the joints say."""

from itertools import pairwise

import numpy as np
import pytest

from gaitprint.synthetic.bodies import Shape, draw_properties, draw_shape, mesh, place_of, rest, vary_shape
from gaitprint.synthetic.clothing import choose, clothe, normals
from gaitprint.synthetic.flesh import meet_in_the_flesh, suited
from gaitprint.synthetic.gait import joint_paths
from gaitprint.synthetic.measuring import measure
from gaitprint.synthetic.posing import PARENTS, place, skin, turns
from gaitprint.synthetic.street import dress_up
from gaitprint.synthetic.traits import Body, Manner

AVERAGE = {
    "gender": 0.5, "age": 0.7, "muscle": 0.5, "weight": 0.5, "height": 0.5, "proportions": 0.5, "cupsize": 0.5,
    "firmness": 0.5, "african": 0.3, "asian": 0.3, "caucasian": 0.3,
}  # fmt: skip
PHASE = np.linspace(0, 1, 100, endpoint=False)


def body(**properties):
    return rest(Shape(place_of(AVERAGE | properties), np.zeros(len(mesh().change_names))))


def measured(**properties):
    return measure(*body(**properties), Body())


@pytest.fixture(scope="module")
def walker():
    """The joints of a walk, the resting mesh, and where the mesh's joints go."""
    vertices, joints = rest(draw_shape(np.random.default_rng(2)))
    found = measure(vertices, joints, Body())
    paths = joint_paths(found, Manner(), PHASE)
    turned = turns(paths, joints, Manner(), found)
    return paths, (vertices, joints), turned, dict(zip(mesh().parts, place(turned, joints), strict=True))


def test_the_mesh_is_closed_and_looks_outwards():
    faces = mesh().faces.astype(int)
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, back = ({tuple(e) for e in edges} for edges in (directed, directed[:, ::-1]))
    assert len(there) == len(directed), "no edge twice the same way"
    assert there == back
    a, b, c = (mesh().mean[faces[:, i]].astype(float) for i in range(3))
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(0.06, abs=0.02), "the litres of a person, in m3"


def test_every_vertex_follows_parts_that_hang_on_the_pelvis():
    assert np.allclose(mesh().follow.sum(axis=1), 1.0)
    assert set(PARENTS) | {"pelvis"} == set(mesh().parts)
    assert list(PARENTS) == [p for p in PARENTS if PARENTS[p] == "pelvis" or PARENTS[p] in list(PARENTS)]


def test_bodies_stand_upright_with_height_one_and_their_left_to_the_left():
    for seed in range(5):
        vertices, joints = rest(draw_shape(np.random.default_rng(seed)))
        at = dict(zip(mesh().parts, joints, strict=True))
        assert vertices[:, 2].min() == pytest.approx(0.0)
        assert vertices[:, 2].max() == pytest.approx(1.0)
        assert at["left_hand"][1] > 0.1 > -0.1 > at["right_hand"][1]
        assert at["left_toes"][0] > at["left_foot"][0], "toes are before the ankle"


def test_properties_do_what_they_say():
    thin, stout = measured(weight=0.1), measured(weight=0.9)
    assert stout.waist_radius > 1.1 * thin.waist_radius
    assert stout.thigh_radius > 1.1 * thin.thigh_radius
    man, woman = measured(gender=0.0), measured(gender=1.0)
    assert man.shoulder_width / man.hip_width > woman.shoulder_width / woman.hip_width
    child, grown = measured(age=0.4), measured(age=0.7)
    assert child.head_radius > grown.head_radius
    assert 0.45 < grown.hip_height < 0.56


def test_people_differ_and_a_person_hardly():
    generator = np.random.default_rng(0)
    found = [draw_shape(generator) for _ in range(12)]
    others = np.mean([np.abs(rest(a)[0] - rest(b)[0]).mean() for a, b in pairwise(found)])
    own = np.mean([np.abs(rest(a)[0] - rest(vary_shape(a, 0.05, generator))[0]).mean() for a in found])
    assert own < 0.12 * others


def test_girths_of_people_go_together():
    found = [measure(*rest(draw_shape(np.random.default_rng(seed))), Body()) for seed in range(60)]
    chest, waist, seat, leg = (
        [getattr(b, f"{part}_radius") for b in found] for part in ("chest", "waist", "seat", "thigh")
    )
    assert np.std(waist) > 0.1 * np.mean(waist)
    for other in (chest, seat, leg):
        assert np.corrcoef(waist, other)[0, 1] > 0.3


def test_properties_are_of_adults_mostly():
    generator = np.random.default_rng(1)
    found = [draw_properties(0.0, generator) for _ in range(400)]
    ages, sexes = (np.array([p[name] for p in found]) for name in ("age", "gender"))
    assert 0.7 < ((ages > 0.62) & (ages < 0.85)).mean() < 0.9
    assert 0.4 < (sexes > 0.5).mean() < 0.6
    assert all(0.0 <= v <= 1.0 for p in found for v in p.values())


def test_bones_point_as_the_walkers_do(walker):
    paths, _, _, at = walker
    for side in ("left", "right"):
        for (start, end), (first, last) in {
            ("hip", "knee"): ("thigh", "shank"),
            ("knee", "ankle"): ("shank", "foot"),
            ("shoulder", "elbow"): ("upper_arm", "forearm"),
            ("elbow", "wrist"): ("forearm", "hand"),
        }.items():
            wanted = paths[f"{side}_{end}"] - paths[f"{side}_{start}"]
            found = at[f"{side}_{last}"] - at[f"{side}_{first}"]
            cosine = (wanted * found).sum(axis=1) / np.linalg.norm(wanted, axis=1) / np.linalg.norm(found, axis=1)
            assert np.allclose(cosine, 1.0, atol=1e-9), (side, start)


def test_bones_keep_their_lengths_and_the_hips_their_place(walker):
    _, (_, joints), _, at = walker
    rests = dict(zip(mesh().parts, joints, strict=True))
    for part, parent in PARENTS.items():
        length = np.linalg.norm(at[part] - at[parent], axis=1)
        assert np.allclose(length, np.linalg.norm(rests[part] - rests[parent])), part
    assert np.allclose(at["left_thigh"] + at["right_thigh"], 0.0)


def test_turns_are_rotations(walker):
    for part, turned in walker[2].items():
        assert np.allclose(turned @ turned.transpose(0, 2, 1), np.eye(3), atol=1e-9), part
        assert np.allclose(np.linalg.det(turned), 1.0), part


def test_joint_angles_of_meshes_are_those_of_healthy_adults():
    """Hip and knee of the mesh's own bones; sources of the norms as in `test_synthetic_norms`."""
    curves = {"hip": [], "knee": []}
    for seed in range(40):
        person = meet_in_the_flesh(np.random.default_rng(seed))
        vertices, joints = rest(person.shape)
        manner, found = suited(person.manner), measure(vertices, joints, person.hair)
        turned = turns(joint_paths(found, manner, PHASE), joints, manner, found)
        at = dict(zip(mesh().parts, place(turned, joints), strict=True))
        thigh, shank = at["right_shank"] - at["right_thigh"], at["right_foot"] - at["right_shank"]
        hip, leg = (np.degrees(np.arctan2(v[:, 0], -v[:, 2])) for v in (thigh, shank))
        curves["hip"].append(hip)
        curves["knee"].append(hip - leg)
    mean = {joint: np.mean(found, axis=0) for joint, found in curves.items()}
    norms = [("hip", 0, 30.0), ("hip", 50, -10.0), ("knee", 0, 5.0), ("knee", 13, 18.0), ("knee", 72, 60.0)]
    for joint, at_percent, norm in norms:
        assert mean[joint][at_percent] == pytest.approx(norm, abs=12.0), (joint, at_percent)
    assert np.ptp(mean["hip"]) == pytest.approx(40.0, abs=12.0)


def test_a_mesh_that_is_not_turned_stays_as_it_is():
    vertices, joints = body()
    still = {part: np.eye(3)[None] for part in mesh().parts}
    placed = place(still, joints)
    moved = skin(vertices, joints, still, placed)[0]
    assert np.allclose(moved - moved.mean(axis=0), vertices - vertices.mean(axis=0))


def test_the_sole_is_flat_under_the_standing_leg(walker):
    _, (vertices, joints), turned, _ = walker
    moved = skin(vertices, joints, turned, place(turned, joints))
    foot = mesh().follow[:, [mesh().parts.index(f"right_{p}") for p in ("foot", "toes")]].sum(axis=1) > 0.9
    standing = moved[30, foot]  # of the stride from the right heel strike, 0.3: mid-stance
    low = standing[:, 2] < standing[:, 2].min() + 0.012
    assert np.ptp(standing[low, 0]) > 0.08, "heel and ball are on the ground together"


def test_normals_look_outwards():
    vertices, _ = body()
    chest = mesh().follow[:, mesh().parts.index("chest")] > 0.9
    before = chest & (vertices[:, 0] > vertices[chest, 0].max() - 0.02)
    assert (normals(vertices)[before, 0] > 0).all()
    assert np.allclose(np.linalg.norm(normals(vertices), axis=1), 1.0)


@pytest.mark.parametrize("kind", ["nm", "bg", "cl"])
def test_clothes_widen_the_body(kind):
    vertices, joints = body()
    trunk = mesh().follow[:, [mesh().parts.index(p) for p in ("belly", "waist", "chest")]].sum(axis=1) > 0.95
    # an axis of the trunk, from which what is worn is farther away
    for seed in range(6):
        generator = np.random.default_rng(seed)
        clothes = dress_up(kind, generator)
        worn = clothe(vertices, joints, clothes, choose(kind, generator))
        distance = [np.hypot(v[trunk, 0] - vertices[trunk, 0].mean(), v[trunk, 1]) for v in (vertices, worn)]
        assert (distance[1] > distance[0] - 1e-9).mean() > 0.95
        assert worn[:, 2].min() < 0.0, "shoes have soles"


def test_a_walk_with_a_bag_has_the_cut_of_its_day():
    plain, loaded = (choose(kind, np.random.default_rng(3)) for kind in ("nm", "bg"))
    assert plain == loaded
    assert choose("cl", np.random.default_rng(3)).long_sleeves
