"""A walk pushed frame by frame into a model held open: the embedding of the whole walk, and answers on the way."""

from pathlib import Path

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ConfigError, DataError, GaitprintError, ShapeError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def walk() -> gp.Silhouettes:
    ((record, frames),) = walkers(SyntheticSettings(1, frames=40, conditions=("nm-01",), views=("090",)))
    return gp.Silhouettes(frames, record)


@pytest.fixture
def model(drawn_model: Path) -> gp.Model:
    return gp.Model.load(drawn_model, backend="winograd")


def alike_vectors(found: gp.Embeddings, expected: gp.Embeddings) -> None:
    np.testing.assert_allclose(
        found.vectors, expected.vectors, rtol=0, atol=1e-6 * float(np.abs(expected.vectors).max())
    )


def alike(found: gp.Embeddings, expected: gp.Embeddings) -> None:
    alike_vectors(found, expected)
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


def test_windows_that_there_are_not(drawn_model: Path, model: gp.Model) -> None:
    with pytest.raises(ConfigError, match="load the model without windows"):
        gp.Model.load(drawn_model, windows=2).stream()
    for given, said in (
        ({"window": -1}, "window is 0"),
        ({"stride": 6}, "a stride is frames from one window to the next, 0 or more; found 6, window 0"),
        ({"window": 12, "stride": -3}, "a stride is frames"),
        ({"window": 12, "stride": 5}, "multiples of 3, found 12 and 5; or cut windows out of the walk"),
        ({"window": 13, "stride": 6}, "multiples of 3, found 13 and 6"),
        ({"cut": True}, "a window that is cut out has frames"),
        ({"window": 6, "cut": True, "backend": "auto"}, "auto"),
    ):
        with pytest.raises(GaitprintError, match=said):
            model.stream(**given)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no windows one after another: open it with window and stride"):
        model.stream(window=12).windows()


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("window", "stride"), [(12, 6), (9, 21), (7, 5), (40, 3)])
@pytest.mark.parametrize("backend", ["winograd", "torch"])
def test_windows_that_are_cut_out_are_embedded_walks(
    drawn_model: Path, walk: gp.Silhouettes, backend: str, flip: bool, window: int, stride: int
) -> None:
    """Be the frames pushed singly or together."""
    model = gp.Model.load(drawn_model, backend=backend, flip=flip)
    for pieces in ([slice(t, t + 1) for t in range(40)], [slice(0, 23), slice(23, 40)]):
        stream = model.stream(record=walk.record, window=window, stride=stride, cut=True, backend=backend)
        made = []
        for piece in pieces:
            stream.push(walk.frames[piece])
            made += stream.windows()
        assert [(w.start, w.stop) for w in made] == [(k, k + window) for k in range(0, 41 - window, stride)]
        for found in made:
            alone = model.embed(gp.Silhouettes(walk.frames[found.start : found.stop], walk.record))
            # torch computes a clip and its mirror image together in `embed`, which may alter the last bit
            assert np.array_equal(found.embeddings.vectors, alone.vectors) or (flip and backend == "torch")
            alike(found.embeddings, alone)
        last = stream.finish()
        assert stream.windows() == []
        assert last.start == 40 - window
        alike_vectors(last.embeddings, model.embed(gp.Silhouettes(walk.frames[-window:], walk.record)))


def test_a_window_within_the_walk_is_that_of_the_whole_walk(model: gp.Model, walk: gp.Silhouettes) -> None:
    """Of all its frames: the embedded walk; of some: a clip cut out, but for what its ends see around them."""
    stream = model.stream(record=walk.record, window=39, stride=3)
    stream.push(walk.frames[:39])
    stream.finish()
    (only,) = stream.windows()
    alike(only.embeddings, model.embed(gp.Silhouettes(walk.frames[:39], walk.record)))
    stream = model.stream(record=walk.record, window=12, stride=6)
    made = []
    for frame in walk.frames:
        stream.push(frame)
        made += stream.windows()
    early = len(made)
    stream.finish()
    made += stream.windows()
    assert 0 < early < len(made), "those at the end wait for frames that may come"
    assert [w.start for w in made] == [0, 6, 12, 18, 24]
    for found in made:
        alone = model.embed(gp.Silhouettes(walk.frames[found.start : found.stop], walk.record))
        assert found.embeddings.settings == alone.settings
        assert gp.compare(found.embeddings, alone) > 0


def test_flips_are_averaged_as_the_model_does(drawn_model: Path, walk: gp.Silhouettes) -> None:
    model = gp.Model.load(drawn_model, backend="winograd", flip=True)
    stream = model.stream(record=walk.record)
    stream.push(walk.frames[:25])
    assert stream.answer().settling is None
    stream.push(walk.frames[25:])
    alike(stream.finish().embeddings, model.embed(walk))
    plain = gp.Model.load(drawn_model, backend="winograd").stream(record=walk.record)
    plain.push(walk.frames)
    assert stream.nbytes > 1.9 * plain.nbytes


def test_an_endless_walk_takes_no_more_memory_than_a_long_one(model: gp.Model, walk: gp.Silhouettes) -> None:
    stream, most, count = model.stream(window=24, stride=12), list[int](), 0
    for _ in range(30):
        for piece in np.split(walk.frames[np.arange(36)], [5, 20]):
            stream.push(piece)
        most.append(stream.nbytes)
        count += len(stream.windows())
    assert max(most[3:]) == max(most[:4])
    stream.finish()
    assert count + len(stream.windows()) == (30 * 36 - 24) // 12 + 1
