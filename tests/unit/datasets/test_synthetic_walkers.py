from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gaitprint.archives import open_files
from gaitprint.components import find_component
from gaitprint.datasets.synthetic import CONDITIONS, VIEWS, SyntheticSettings, component, walkers
from gaitprint.errors import ConfigError, DataError
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.silhouettes.reading import load_frames
from gaitprint.types import Frames


def collect(**settings: object) -> dict[str, Frames]:
    return {record.key: frames for record, frames in walkers(SyntheticSettings(**settings))}


@pytest.fixture(scope="module")
def two() -> dict[str, Frames]:
    return collect(subjects=2, frames=12)


def test_all_sequences_come_in_key_order_with_their_records(two):
    assert list(two) == sorted(f"{s}/{c}/{v}" for s in ("001", "002") for c in CONDITIONS for v in VIEWS)
    assert all(f.shape == (12, 64, 64) and f.dtype == np.uint8 for f in two.values())
    record, _ = next(walkers(SyntheticSettings(1, conditions=("cl-02",), views=("036",), start=40)))
    assert (record.key, record.subject, record.condition, record.view) == ("040/cl-02/036", "040", "cl-02", "036")


def test_normalisation_leaves_them_as_they_are(two):
    for key, frames in two.items():
        result = normalize_sequence(frames)
        assert result.kept.all(), key
        assert np.array_equal(result.frames, frames), key


def test_the_same_numbers_give_the_same_bytes_whatever_else_is_drawn(two):
    alone = collect(subjects=1, start=2, conditions=("nm-03", "bg-02"), views=("126", "018"), frames=12)
    assert len(alone) == 4
    assert all(np.array_equal(two[key], frames) for key, frames in alone.items())


def test_another_seed_subject_condition_or_view_gives_other_frames(two):
    assert len({f.tobytes() for f in two.values()}) == len(two)
    other = collect(subjects=1, seed=1, frames=12, conditions=("nm-01",), views=("090",))
    assert not np.array_equal(other["001/nm-01/090"], two["001/nm-01/090"])


def test_silhouettes_are_one_body_with_soft_edges(two):
    for key, frames in two.items():
        share = frames.mean(axis=(1, 2)) / 255
        assert (share > 0.08).all(), key
        assert (share < 0.45).all(), key
        grey = ((frames > 0) & (frames < 255)).mean()
        assert 0.01 < grey < 0.12, key
        assert not frames[:, :, [0, 63]].any(), f"{key} touches the side of its frame"


def test_frames_follow_each_other_smoothly(two):
    for key in ("001/nm-01/090", "002/cl-01/054"):
        frames = two[key].astype(float)
        steps = [np.abs(b - a).mean() for a, b in pairwise(frames)]
        apart = np.abs(frames[:6] - frames[6:]).mean()
        assert 0 < max(steps) < 1.5 * apart


def test_people_are_known_by_their_mean_image_but_not_too_well():
    """The trivial method does well from one view, worse with bags, worse still with coats, and badly across views."""
    views, conditions = ("000", "054", "090"), ("nm-01", "nm-02", "nm-05", "bg-01", "cl-01")
    made = collect(subjects=16, conditions=conditions, views=views, frames=20)
    subjects = sorted({key[:3] for key in made})

    def means(view: str, *chosen: str) -> np.ndarray:
        """Mean images [S C 4096]."""
        return np.array([[made[f"{s}/{c}/{view}"].mean(axis=0).ravel() for c in chosen] for s in subjects])

    def rank1(gallery_view: str, probe_view: str, condition: str) -> float:
        gallery, probes = means(gallery_view, "nm-01", "nm-02"), means(probe_view, condition)[:, 0]
        distances = [[np.linalg.norm(g - p, axis=-1).min() for g in gallery] for p in probes]
        return float((np.argmin(distances, axis=1) == np.arange(len(subjects))).mean())

    nm, bg, cl = (np.mean([rank1(v, v, condition) for v in views]) for condition in ("nm-05", "bg-01", "cl-01"))
    across = (rank1("000", "090", "nm-05") + rank1("090", "000", "nm-05")) / 2
    assert 0.6 < nm < 0.97
    assert nm - 0.1 > bg > cl > 0.25
    assert across < 0.3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"subjects": 0}, "subjects must be at least 1, found 0"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"frames": 0}, "frames must be at least 1"),
        ({"start": -1}, "start must be at least 0"),
        ({"views": []}, "at least one entry"),
        ({"views": ["90"]}, "three digits of degrees below 360, such as '090', found '90'"),
        ({"conditions": ["nm-1"]}, "nm-01, bg-01, cl-01 or the like, found 'nm-1'"),
    ],
)
def test_impossible_settings_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        component.make(wrong)


def test_the_miniature_is_found_again(tmp_path: Path):
    layout = find_component("dataset", "synthetic").make({})
    layout.write_miniature(tmp_path)
    found = layout.scan(open_files(tmp_path))
    assert len(found) == 4 * 4 * 2
    assert found[0].record.key == "001/bg-01/000"
    drawn = collect(subjects=1, frames=6, conditions=("bg-01",), views=("000",))
    assert np.array_equal(load_frames(tmp_path / found[0].place), drawn["001/bg-01/000"])


def test_the_first_half_trains():
    split = component.make({}).split(None, ["003", "001", "002", "004", "005"])
    assert (split.train, split.test) == (("001", "002", "003"), ("004", "005"))
    with pytest.raises(DataError, match="no split 'third'"):
        component.make({}).split("third", ["001"])
