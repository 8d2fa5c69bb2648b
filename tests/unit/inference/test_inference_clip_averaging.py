"""Mirror images and windows: which clips, and that a vector is the mean of theirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_inference_engine import PLAIN, embedder, sequences

from gaitprint.errors import ConfigError
from gaitprint.inference.clip_averaging import ClipAveraging
from gaitprint.inference.engine import Embedder
from gaitprint.store import MemorySequences


def averaged(**settings):
    plain = embedder()
    return Embedder(plain.network, PLAIN, "weights", {"network": "gaitgl"}, averaging=ClipAveraging(**settings))


@given(st.integers(1, 200), st.integers(0, 12), st.integers(1, 40))
def test_windows_lie_inside_are_different_and_reach_both_ends(length, windows, frames):
    spans = ClipAveraging(windows=windows, frames=frames).spans(length)
    assert len(set(spans)) == len(spans)
    assert all(0 <= start < stop <= length for start, stop in spans)
    if windows == 0 or length <= frames:
        assert spans == [(0, length)]
    else:
        assert {stop - start for start, stop in spans} == {frames}
        assert len(spans) == min(windows, length - frames + 1)
        if windows > 1:
            assert (spans[0][0], spans[-1][1]) == (0, length)


@pytest.mark.parametrize("frames", [1, 7, 600])
def test_a_vector_is_the_mean_of_its_clips(frames):
    data, plain = sequences(), embedder()
    memory = int(frames * plain.bytes_a_frame)
    made = averaged(flip=True, windows=2, frames=3).embed(data, memory)
    for i, record in enumerate(data.records):
        walk = data.frames(i)
        spans = [(0, len(walk))] if len(walk) <= 3 else [(0, 3), (len(walk) - 3, len(walk))]
        clips = [clip for a, b in spans for clip in (walk[a:b], walk[a:b, :, ::-1])]
        alone = [plain.embed(MemorySequences((record,), (np.ascontiguousarray(c),))).vectors[0] for c in clips]
        assert made.vectors[i] == pytest.approx(np.mean(alone, axis=0), rel=1e-4, abs=1e-6)


def test_a_flipped_vector_is_that_of_the_mirror_image():
    data, made = sequences(), averaged(flip=True)
    mirrored = MemorySequences(
        data.records, tuple(np.ascontiguousarray(data.frames(i)[:, :, ::-1]) for i in range(len(data.records)))
    )
    assert made.embed(data).vectors == pytest.approx(made.embed(mirrored).vectors, rel=1e-4, abs=1e-6)


def test_each_setting_has_a_source_of_its_own_and_plain_keeps_the_old_one():
    given = [{}, {"flip": True}, {"windows": 1}, {"windows": 2}, {"windows": 2, "frames": 9}]
    sources = [averaged(**settings).source for settings in given]
    assert len(set(sources)) == len(given)
    assert sources[0] == embedder().source == averaged(frames=9).source
    made = averaged(windows=2).embed(sequences())
    assert made.settings["networks"] == [
        {"network": "gaitgl", "averaging": {"flip": False, "windows": 2, "frames": 30}}
    ]


@pytest.mark.parametrize("settings", [{"windows": -1}, {"frames": 0}])
def test_settings_that_are_none(settings):
    with pytest.raises(ConfigError, match="window"):
        ClipAveraging(**settings)
