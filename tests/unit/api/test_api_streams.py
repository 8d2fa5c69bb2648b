"""A walk pushed frame by frame into a model held open: the embedding of the whole walk, and answers on the way."""

from pathlib import Path

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ConfigError, DataError, ShapeError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def walk() -> gp.Silhouettes:
    ((record, frames),) = walkers(SyntheticSettings(1, frames=40, conditions=("nm-01",), views=("090",)))
    return gp.Silhouettes(frames, record)


@pytest.fixture
def model(drawn_model: Path) -> gp.Model:
    return gp.Model.load(drawn_model, backend="winograd")


def alike(found: gp.Embeddings, expected: gp.Embeddings) -> None:
    np.testing.assert_allclose(
        found.vectors, expected.vectors, rtol=0, atol=1e-6 * float(np.abs(expected.vectors).max())
    )
    assert (found.records, found.layout, found.source) == (expected.records, expected.layout, expected.source)
    assert found.settings == expected.settings, "the data's fingerprint is that of the frames, however they came"


def test_a_streamed_walk_is_the_embedded_walk(model: gp.Model, walk: gp.Silhouettes) -> None:
    stream = model.stream(record=walk.record)
    for frame in walk.frames[:7]:
        assert stream.push(frame) == 1
    alike(stream.answer().embeddings, model.embed(gp.Silhouettes(walk.frames[:7], walk.record)))
    assert stream.push(walk.frames[7:20]) == 13
    assert stream.push(gp.Silhouettes(walk.frames[20:], walk.record)) == 20
    last = stream.finish()
    alike(last.embeddings, model.embed(walk))
    assert (last.frames, last.start, stream.frames) == (40, 0, 40)
    assert 0 < stream.nbytes < 10**6
    with pytest.raises(ConfigError, match="is finished"):
        stream.push(walk.frames)


def test_an_answer_says_how_far_it_lies_from_the_one_before(model: gp.Model, walk: gp.Silhouettes) -> None:
    stream = model.stream()
    stream.push(walk.frames[:10])
    first = stream.answer()
    assert (first.moved, first.settling) == (None, None)
    assert stream.answer().moved == 0.0
    stream.push(walk.frames[10:25])
    second = stream.answer()
    assert second.moved == pytest.approx(gp.compare(first.embeddings, second.embeddings, "part-mean"), rel=1e-5)
    assert second.embeddings.records[0].subject is None


def test_a_walk_that_shows_nothing_new_settles(model: gp.Model, walk: gp.Silhouettes) -> None:
    stream, settling = model.stream(), list[float | None]()
    for frame in range(0, 240, 12):
        stream.push(walk.frames[np.arange(frame, frame + 12) % 36])  # the same three seconds again and again
        settling.append(stream.answer().settling)
    known = [value for value in settling if value is not None]
    assert settling[:3] == [None] * 3
    assert known[0] > 0
    assert known[-5:] == [0.0] * 5


def test_a_window_forgets(model: gp.Model, walk: gp.Silhouettes) -> None:
    stream = model.stream(window=12)
    stream.push(walk.frames)
    answer = stream.answer()
    assert (answer.frames, answer.start) == (40, 24)
    assert gp.compare(answer.embeddings, model.embed(walk)) > 0


def test_frames_without_a_body_are_left_out(model: gp.Model, walk: gp.Silhouettes) -> None:
    with_gaps = np.insert(walk.frames, (0, 5, 5), 0, axis=0)
    stream = model.stream(record=walk.record)
    assert stream.push(with_gaps[0]) == 0
    assert stream.push(with_gaps[1:]) == 40
    alike(stream.finish().embeddings, model.embed(walk))


def test_what_would_be_mended_or_refused_is_refused(model: gp.Model, walk: gp.Silhouettes) -> None:
    stream = model.stream()
    with pytest.raises(ShapeError, match="no frame yet"):
        stream.answer()
    with pytest.raises(ShapeError, match="a body is 255"):
        stream.push(walk.frames // 255)
    with pytest.raises(ShapeError, match="uint8"):
        stream.push(walk.frames.astype(np.float32))
    with pytest.raises(ShapeError, match="64 x 64"):
        stream.push(walk.frames[:, :32, :32])
    with pytest.raises(DataError, match="inverted"):
        stream.push(255 - walk.frames)
    assert stream.frames == 0


@pytest.mark.parametrize("backend", ["torch", "onnxruntime"])
def test_other_back_ends_take_whole_walks_only(drawn_model: Path, backend: str) -> None:
    with pytest.raises(ConfigError, match=f"{backend} takes whole walks only: stream by winograd"):
        gp.Model.load(drawn_model, backend="torch").stream(backend=backend)


def test_averaged_clips_cannot_be_streamed(drawn_model: Path) -> None:
    with pytest.raises(ConfigError, match="without flip and windows"):
        gp.Model.load(drawn_model, flip=True).stream()
    with pytest.raises(ConfigError, match="window is 0"):
        gp.Model.load(drawn_model).stream(window=-1)
