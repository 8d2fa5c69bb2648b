"""Composite clips show what their truth says, and the same of the same seed."""

import hashlib

import numpy as np
import pytest

from gaitprint.datasets.synthetic import walk_once
from gaitprint.errors import ConfigError
from gaitprint.video.composites.clip import composite_clip
from gaitprint.video.composites.settings import CompositeSettings
from gaitprint.video.composites.walker import draw_walker, dress_in_colours, look, pace_of

SMALL = CompositeSettings(160, 120, seconds=4.0, empty=0.0, fps=6.0, smallest=50.0, largest=70.0)


def frames(settings: CompositeSettings = SMALL, seed: int = 0, **more):
    return list(composite_clip(settings, np.random.default_rng(seed), **more))


def changed(**values) -> CompositeSettings:
    return CompositeSettings(**{**vars(SMALL), **values})


def digest(clip) -> str:
    return hashlib.sha256(b"".join(f.frame.image.tobytes() for f in clip)).hexdigest()


def test_the_same_seed_the_same_bytes_and_another_seed_other_ones() -> None:
    assert digest(frames()) == digest(frames())
    assert digest(frames()) != digest(frames(seed=1))


def test_times_and_sizes_are_those_of_the_settings() -> None:
    clip = frames()
    assert len(clip) == SMALL.frames == SMALL.info.frames == 24
    assert [f.frame.seconds for f in clip] == [i / 6 for i in range(24)]
    assert clip[0].frame.image.shape == (120, 160, 3)
    assert not clip[0].frame.image.flags.writeable


@pytest.mark.parametrize("pillar", [0.0, 0.2])
def test_the_truth_is_what_is_seen(pillar: float) -> None:
    """Without light and noise, exactly the pixels of masks differ from the empty scene, apart from the pillar."""
    still = {"noise": 0.0, "light": 0.0, "shadow": 0.0, "pillar": pillar}
    empty = frames(changed(subjects=(), **still))[0].frame.image
    clip = frames(changed(**still), place=None)
    place = frames(changed(subjects=(), **still), place=empty)[0].frame.image
    for shown in frames(changed(**still), place=empty):
        differs = (shown.frame.image != place).any(axis=2)
        body = np.zeros((120, 160), np.uint8)
        for person in shown.people:
            mask = person.mask
            rows = slice(mask.top, mask.top + mask.pixels.shape[0])
            columns = slice(mask.left, mask.left + mask.pixels.shape[1])
            body[rows, columns] = np.maximum(body[rows, columns], mask.pixels)
        assert not differs[body == 0].any()
        assert differs[body == 255].mean() > 0.95 if (body == 255).any() else True
    assert len(clip) == 24


def test_boxes_hold_all_of_the_body_and_visible_says_how_much_is_seen() -> None:
    clip = frames(changed(pillar=0.25, seconds=6.0))
    shares = []
    for person in (p for f in clip for p in f.people):
        whole = person.whole
        rows, columns = np.nonzero(whole.pixels)
        assert person.box[0] <= whole.left + columns.min() + 1e-3
        assert person.box[2] >= whole.left + columns.max() + 1 - 1e-3
        assert person.box[1] <= whole.top + rows.min() + 1e-3
        assert person.box[3] >= whole.top + rows.max() + 1 - 1e-3
        assert (person.mask.pixels <= whole.pixels).all()
        shares.append(person.visible)
    assert min(shares) < 0.2
    assert max(shares) == 1.0


def test_they_walk_at_a_walkers_pace_past_each_other() -> None:
    clip = frames(changed(seconds=4.0, empty=0.2))
    middles = {
        subject: [(p.box[0] + p.box[2]) / 2 for f in clip for p in f.people if p.subject == subject]
        for subject in ("001", "002")
    }
    pace = {subject: np.polyfit(range(len(c)), c, 1)[0] * 6 / 60 for subject, c in middles.items()}
    assert np.sign(pace["001"]) == -np.sign(pace["002"])
    assert all(0.3 < abs(p) < 1.1 for p in pace.values())


def test_a_walker_is_as_tall_as_asked_stands_on_the_ground_and_looks_the_way_they_go() -> None:
    solids = walk_once(0, 1, "nm-01", 30)
    clothes = dress_in_colours(np.random.default_rng(0))
    drawn = draw_walker(solids, 4.5, 270.0, 200.0, np.array([150.0, 250.0]), clothes)
    rows = np.flatnonzero((drawn.alpha > 127).any(axis=1)) + drawn.top
    assert rows[-1] + 1 == pytest.approx(250, abs=1)
    assert rows[-1] - rows[0] == pytest.approx(200, abs=14)
    # forward is to the right for a camera at the right side
    ahead, _ = look(np.array([[1.0, 0.0, 0.0]]), 270.0)
    assert ahead[0, 0] == pytest.approx(1.0)
    towards, near = look(np.array([[1.0, 0.0, 0.0]]), 0.0)
    assert near[0] == pytest.approx(1.0)
    assert towards[0, 0] == pytest.approx(0.0)
    assert 0.4 < pace_of(solids) * 25 < 1.1


def test_bags_coats_and_hair_have_colours_of_their_own() -> None:
    clothes = dress_in_colours(np.random.default_rng(3))
    for condition in ("bg-01", "cl-01"):
        drawn = draw_walker(walk_once(0, 2, condition, 3), 1.0, 90.0, 100.0, np.array([80.0, 110.0]), clothes)
        solid = drawn.colours[drawn.alpha == 255]
        assert len(np.unique(solid // 32, axis=0)) >= 5


@pytest.mark.parametrize(
    "values",
    [
        {"width": 10},
        {"fps": 0.0},
        {"subjects": (1, 1)},
        {"smallest": 90.0},
        {"largest": 500.0},
        {"pillar": 1.0},
        {"empty": -1.0},
        {"noise": -1.0},
    ],
)
def test_settings_that_mean_nothing_are_refused(values) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        changed(**values)


def test_a_place_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the place must be an image \[120, 160, 3\]"):
        frames(place=np.zeros((10, 10, 3), np.uint8))
