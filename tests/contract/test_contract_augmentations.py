"""What every augmentation keeps, whoever wrote it: found by name, tested alike."""

import numpy as np
import pytest

from gaitprint.components import component_names, find_component

NAMES = component_names("augmentation")
ALWAYS = {"probability": 1.0}
SIZES = [(30, 64, 44), (4, 32, 22), (3, 128, 88), (1, 64, 44), (2, 2, 2), (2, 1, 1)]


def walker(frames: int, height: int, width: int) -> np.ndarray:
    """Read-only float32 [T, H, W]: a body of a head, a trunk and two legs that move, grey at its left edge."""
    rows = (np.arange(height)[:, None] + 0.5) / height
    columns = (np.arange(width)[None, :] + 0.5) / height - width / height / 2
    clip = np.zeros((frames, height, width), np.float32)
    for t in range(frames):
        stride = 0.15 * np.sin(t)
        trunk = (abs(columns) < 0.12) & (rows < 0.6) & ((rows > 0.15) | (abs(columns) < 0.06))
        legs = [(abs(columns - side * (rows - 0.6)) < 0.05) & (rows >= 0.6) for side in (stride, -stride)]
        clip[t] = trunk | legs[0] | legs[1]
        clip[t, :, : width // 2] *= np.float32(0.75)
    clip.setflags(write=False)
    return clip


def same_frames(clip: np.ndarray) -> bool:
    return all(np.array_equal(frame, clip[0]) for frame in clip)


def test_the_components_are_found():
    assert {"flip", "erase", "rotate", "perspective", "affine", "part-dilate", "part-blur"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_shape_type_and_range_are_kept_and_the_input_is_left_alone(name, size):
    augment = find_component("augmentation", name).make(ALWAYS)
    clip = walker(*size)
    before = clip.tobytes()
    for seed in range(20):
        found = augment(clip, np.random.default_rng(seed))
        assert found.shape == size
        assert found.dtype == np.float32
        assert found.min() >= 0
        assert found.max() <= 1
        assert clip.tobytes() == before
        assert found is clip or not np.shares_memory(found, clip)


@pytest.mark.parametrize("name", NAMES)
def test_chance_is_the_generators_alone(name):
    augment, again = (find_component("augmentation", name).make(ALWAYS) for _ in range(2))
    clip = walker(5, 64, 44)
    outcomes = [augment(clip, np.random.default_rng(seed)).tobytes() for seed in range(12)]
    assert outcomes == [again(clip, np.random.default_rng(seed)).tobytes() for seed in range(12)]
    assert len(set(outcomes)) > 6 or name == "flip"


@pytest.mark.parametrize("name", NAMES)
def test_probability_0_never_changes_and_1_does(name):
    component = find_component("augmentation", name)
    never, always = component.make({"probability": 0.0}), component.make(ALWAYS)
    clip = walker(4, 64, 44)
    generator = np.random.default_rng(0)
    assert all(np.array_equal(never(clip, generator), clip) for _ in range(20))
    changed = [not np.array_equal(always(clip, generator), clip) for _ in range(20)]
    # an erased rectangle can lie beside the body
    assert np.mean(changed) > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_some_are_changed_at_the_given_rate(name):
    augment = find_component("augmentation", name).make({"probability": 0.4})
    clip = np.zeros((1, 64, 44), np.float32)
    clip[:, :, ::3] = 1
    generator = np.random.default_rng(3)
    assert 0.3 < np.mean([not np.array_equal(augment(clip, generator), clip) for _ in range(400)]) < 0.5


@pytest.mark.parametrize("name", NAMES)
def test_all_frames_of_a_clip_are_changed_alike(name):
    """Otherwise the way somebody walks would be destroyed; in frames that are the same nothing may move."""
    augment = find_component("augmentation", name).make(ALWAYS)
    standing = np.repeat(walker(1, 64, 44), 6, axis=0)
    assert all(same_frames(augment(standing, np.random.default_rng(seed))) for seed in range(10))
    clip = walker(6, 64, 44)
    whole = augment(clip, np.random.default_rng(7))
    alone = [augment(clip[t : t + 1], np.random.default_rng(7))[0] for t in range(6)]
    assert np.array_equal(whole, np.stack(alone))


@pytest.mark.parametrize("name", NAMES)
def test_views_of_other_arrays_are_taken(name):
    augment = find_component("augmentation", name).make(ALWAYS)
    clip = walker(4, 64, 44)[::-1, :, ::-1]
    expected = augment(np.ascontiguousarray(clip), np.random.default_rng(2))
    assert np.array_equal(augment(clip, np.random.default_rng(2)), expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_means_the_same_at_twice_the_resolution(name):
    """Averaged over 2 x 2 pixels, the change of a larger clip is nearly the larger clip's change, averaged."""
    augment = find_component("augmentation", name).make(ALWAYS)
    large = walker(3, 256, 176)
    small = large.reshape(3, 128, 2, 88, 2).mean(axis=(2, 4))
    for seed in range(8):
        found = augment(small, np.random.default_rng(seed))
        expected = augment(large, np.random.default_rng(seed)).reshape(3, 128, 2, 88, 2).mean(axis=(2, 4))
        assert np.abs(found - expected).mean() < 0.02
