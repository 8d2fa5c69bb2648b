"""The world `bodies`: the street's days, clothes and cameras, with meshes."""

import numpy as np
import pytest

from gaitprint import extras
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ConfigError
from gaitprint.silhouettes._body_faults import body_areas, piece_share
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.synthetic.camera import Camera
from gaitprint.synthetic.flesh import come_into_view, meet_in_the_flesh, photograph_flesh, walk_in_the_flesh

CONDITIONS = ("nm-01", "nm-02", "bg-01", "cl-01", "cl-02")


def collect(**settings):
    found = SyntheticSettings(**{"world": "bodies", "frames": 8, "views": ("000", "090", "225"), **settings})
    return {record.key: frames for record, frames in walkers(found)}


def walk(seed=1, kind="nm", frames=8):
    person = meet_in_the_flesh(np.random.default_rng(seed))
    return walk_in_the_flesh(person, kind, frames, np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2]))


@pytest.fixture(scope="module")
def bodies():
    return collect(subjects=3, conditions=CONDITIONS)


def test_walks_are_normalised_silhouettes_and_each_is_another(bodies):
    assert len({f.tobytes() for f in bodies.values()}) == len(bodies) == 3 * len(CONDITIONS) * 3
    for key, frames in bodies.items():
        assert np.array_equal(normalize_sequence(frames).frames, frames), key
        assert 0.08 < frames.mean() / 255 < 0.45, key
        assert frames[:, 0].any(axis=1).all(), f"{key}: the crown"
        assert frames[:, -1].any(axis=1).all(), f"{key}: the soles"


@pytest.mark.parametrize("kind", ["nm", "bg", "cl"])
def test_silhouettes_of_whole_figures_are_one_body(kind):
    cameras = tuple(Camera(view, 6.0, 8.0) for view in (0.0, 54.0, 90.0, 200.0))
    for seed in range(3):
        frames = photograph_flesh(walk(seed, kind), cameras, np.zeros((2, 4, 8, 128), np.float32), np.zeros((4, 8)))
        for view, seen in zip(cameras, frames, strict=True):
            assert piece_share(body_areas(seen)) == 0.0, (seed, view)
            assert not seen[:, :, [0, 63]].any(), f"{view} touches the side of its frame"


def test_a_walk_is_the_same_whatever_else_is_drawn(bodies):
    alone = collect(subjects=1, start=2, conditions=("cl-01",), views=("225", "090"))
    assert len(alone) == 2
    assert all(np.array_equal(bodies[key], frames) for key, frames in alone.items())


def test_a_person_is_nearer_to_himself_than_to_others():
    """Mean images of one person on two days, from the side: nearer to each other than to those of others."""
    people = collect(subjects=12, conditions=("nm-01", "nm-03"), views=("090",), frames=27)
    walks = [f.astype(np.float64).mean(axis=0).ravel() for f in people.values()]
    first, second = np.array(walks[::2]), np.array(walks[1::2])
    apart = np.linalg.norm(first[:, None] - second[None], axis=2)
    own, others = np.diag(apart).mean(), apart[~np.eye(12, dtype=bool)].mean()
    assert own < 0.9 * others


def test_thick_clothes_and_bags_widen_the_walk():
    shares = {}
    for kind in ("nm", "bg", "cl"):
        found = collect(subjects=20, conditions=(f"{kind}-01", f"{kind}-02"), views=("000",), frames=4)
        shares[kind] = np.mean([f.mean() for f in found.values()])
    assert shares["nm"] < shares["bg"]
    assert 1.05 * shares["nm"] < shares["cl"]


def test_people_are_wider_from_before_than_from_the_side():
    found = collect(subjects=6, conditions=("nm-01",), views=("000", "090"))
    chest = {view: [] for view in ("000", "090")}
    for key, frames in found.items():
        chest[key[-3:]].append((frames[:, 13:20] > 127).sum(axis=2).mean())
    assert 1.4 * np.mean(chest["090"]) < np.mean(chest["000"])


def test_a_camera_that_turns_sees_the_view_change():
    moving, still = walk(frames=10), np.zeros((2, 2, 10, 128), np.float32)
    whole = np.zeros((2, 10))
    frames = photograph_flesh(moving, (Camera(0.0), Camera(0.0, turn=10.0)), still, whole)
    assert np.array_equal(frames[0, 0], frames[1, 0])
    wanted = photograph_flesh(moving, (Camera(90.0),), still[:, :1], whole[:1])
    assert np.array_equal(frames[1, 9], wanted[0, 9])


def test_some_walks_are_cut_for_a_few_frames_where_they_begin_or_end():
    generator = np.random.default_rng(0)
    found = [come_into_view(30, generator) for _ in range(400)]
    cut = [h for h in found if h.any()]
    assert 0.2 < len(cut) / len(found) < 0.4
    for hidden in cut:
        where = np.flatnonzero(hidden)
        assert len(where) <= 6
        assert where[0] == 0 or where[-1] == 29
        assert np.abs(hidden).max() <= 0.5
    assert {np.sign(h.sum()) for h in cut} == {-1.0, 1.0}
    assert come_into_view(1, generator).shape == (1,)


def test_what_is_around_the_mesh_is_of_the_condition():
    assert set(walk(kind="nm").around.parts) == {"hair"}
    assert "bag" in walk(kind="bg").around.parts
    coats = [walk(seed, "cl").around.parts for seed in range(12)]
    assert any("skirt" in parts for parts in coats)
    assert any("skirt" not in parts for parts in coats), "jackets"


def test_without_numba_one_line_says_what_brings_it(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs numba, which is not installed: pip install 'gaitprint\[runtime\]'"):
        collect(subjects=1, conditions=("nm-01",))
