import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.config import build_settings
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.silhouettes.clips import Preprocessing, to_clip


def _frames(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def _slow(frames: np.ndarray, cut: int, side: int) -> np.ndarray:
    cut_frames = frames[:, :, cut : frames.shape[2] - cut].astype(np.float64)
    t, h, w = cut_frames.shape
    result = np.zeros((t, h // side, w // side))
    for i in range(t):
        for y in range(h // side):
            for x in range(w // side):
                total = 0.0
                for dy in range(side):
                    for dx in range(side):
                        total += cut_frames[i, y * side + dy, x * side + dx]
                result[i, y, x] = total / (side * side) / 255
    return result


def test_every_value_is_divided_not_multiplied():
    values = np.arange(256, dtype=np.uint8)
    frames = np.broadcast_to(values[:, None, None], (256, 4, 4))
    clip = to_clip(frames, Preprocessing(size=4, cut=1))
    expected = np.array([np.float32(v) / np.float32(255) for v in range(256)], np.float32)
    assert clip.dtype == np.float32
    assert clip.shape == (256, 4, 2)
    assert (clip == expected[:, None, None]).all()
    assert (clip != (values.astype(np.float32) * np.float32(1 / 255))[:, None, None]).any()


def test_the_usual_sizes():
    assert to_clip(_frames(3, 64, 64), Preprocessing()).shape == (3, 64, 44)
    assert to_clip(_frames(3, 128, 128), Preprocessing(size=128, cut=20)).shape == (3, 128, 88)
    half = Preprocessing(reduce=2)
    assert (half.height, half.width) == (32, 22)
    assert to_clip(_frames(3, 64, 64), half).shape == (3, 32, 22)


@pytest.mark.parametrize("side", [1, 2, 4])
def test_a_clip_equals_the_plain_mean(side: int):
    frames = _frames(2, 24, 24)
    clip = to_clip(frames, Preprocessing(size=24, cut=4, reduce=side))
    np.testing.assert_allclose(clip, _slow(frames, 4, side), atol=1e-7, rtol=0)


def test_the_sums_of_the_largest_squares_do_not_overflow():
    clip = to_clip(np.full((1, 32, 32), 255, np.uint8), Preprocessing(size=32, cut=0, reduce=16))
    assert (clip == 1).all()


@given(cut=st.integers(0, 7), frames=st.integers(1, 4), side=st.sampled_from([1, 2]))
def test_frames_already_cut_give_the_same(cut: int, frames: int, side: int):
    preprocessing = Preprocessing(size=16, cut=cut, reduce=side)
    whole = _frames(frames, 16, 16, seed=cut)
    already = np.ascontiguousarray(whole[:, :, cut : 16 - cut])
    a, b = to_clip(whole, preprocessing), to_clip(already, preprocessing)
    assert a.shape == (frames, preprocessing.height, preprocessing.width)
    assert (a == b).all()


def test_a_clip_leaves_its_input_alone_and_is_new_memory():
    frames = _frames(2, 64, 64)
    before = frames.copy()
    for side in (1, 2):
        to_clip(frames, Preprocessing(reduce=side))[:] = 7
    assert (frames == before).all()


def test_a_read_only_input_is_fine():
    frames = _frames(2, 64, 64)
    frames.flags.writeable = False
    assert to_clip(frames, Preprocessing(reduce=2)).shape == (2, 32, 22)


def test_frames_of_another_size_are_refused():
    with pytest.raises(ShapeError, match=r"64 x 64 or 64 x 44 pixels, found 128 x 88"):
        to_clip(_frames(1, 128, 88), Preprocessing())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 0}, "size is at least 1"),
        ({"cut": -1}, "cut is 0 to 31"),
        ({"cut": 32}, "a side of 64, found 32"),
        ({"reduce": 0}, "reduce is 1 to 16"),
        ({"reduce": 32, "cut": 0}, "reduce is 1 to 16"),
        ({"reduce": 3}, "must divide 64 and 44"),
        ({"reduce": 8}, "must divide 64 and 44"),
        ({"sise": 64}, "did you mean 'size'"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        build_settings(Preprocessing, values)
