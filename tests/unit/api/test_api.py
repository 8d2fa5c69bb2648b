"""The short public interface."""

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.errors import ArtefactError, ConfigError, DataError, ShapeError
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.stages.embed import embed as embed_stage
from gaitprint.stages.train import train
from gaitprint.training.request import TrainingRequest

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def models(walkers_store, recipe_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [
        Path(train(walkers_store, folder / name, TrainingRequest(str(recipe_file(name, iterations=1)))).model)
        for name in ("gaitgl", "gaitmask")
    ]


@pytest.fixture(scope="module")
def walk():
    """Twelve normalised frames."""
    settings = SyntheticSettings(1, frames=12, conditions=("nm-01",), views=("090",))
    ((_, frames),) = walkers(settings)
    return frames


def scene(frames):
    """The walker in a picture of 120 x 160 pixels, twice as large, away from the middle."""
    large = np.repeat(np.repeat(frames, 2, axis=1), 2, axis=2)[:, ::1, 20:108]
    return np.pad(large, ((0, 0), (4, 8), (60, 12)))


def write(frames, path, kind):
    if kind == "png":
        path.mkdir()
        for i, frame in enumerate(frames):
            assert cv2.imwrite(str(path / f"frame{i + 1}.png"), frame)
    elif kind == "npy":
        np.save(path, frames)
        path = path.with_suffix(".npy")
    else:
        path = path.with_suffix(".pkl")
        path.write_bytes(pickle.dumps(frames))
    return path


@pytest.mark.parametrize("kind", ["png", "npy", "pkl"])
def test_normalised_frames_are_taken_as_they_are(tmp_path, walk, kind):
    path = write(walk, tmp_path / "walk", kind)
    made = gp.load_silhouettes(path, subject="anna", condition="nm-01", view="090")
    assert np.array_equal(made.frames, walk)
    assert made.record == gp.SequenceRecord(str(path), "anna", "nm-01", "090")
    assert gp.load_silhouettes(str(path)).record.subject is None


@pytest.mark.parametrize("kind", ["png", "npy", "pkl"])
def test_raw_silhouettes_are_normalised(tmp_path, walk, kind):
    raw = scene(walk)
    made = gp.load_silhouettes(write(raw, tmp_path / "walk", kind))
    assert made.frames.shape == (12, 64, 64)
    assert np.array_equal(made.frames, normalize_sequence(raw).frames)
    assert gp.load_silhouettes(write(raw, tmp_path / "more", kind), size=32).frames.shape == (12, 32, 32)


def test_frames_as_high_as_normalised_ones_but_of_different_widths_are_normalised(tmp_path, walk):
    mixed = [np.pad(frame, ((0, 0), (0, i % 3))) for i, frame in enumerate(walk[:, :, 8:56])]
    made = gp.load_silhouettes(write(mixed, tmp_path / "walk", "png"))
    assert np.array_equal(made.frames, normalize_sequence(mixed).frames)


def test_cut_frames_are_taken_as_they_are(tmp_path, walk):
    assert gp.load_silhouettes(write(walk[:, :, 10:54], tmp_path / "x", "npy")).frames.shape == (12, 64, 44)


def test_files_that_are_none(tmp_path):
    with pytest.raises(DataError):
        gp.load_silhouettes(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        gp.load_silhouettes(tmp_path / "empty")
    np.save(tmp_path / "dark.npy", np.zeros((3, 80, 80), np.uint8))
    with pytest.raises(DataError):
        gp.load_silhouettes(tmp_path / "dark.npy")
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(print))
    with pytest.raises(DataError):
        gp.load_silhouettes(tmp_path / "bad.pkl")


@pytest.fixture(scope="module")
def people():
    """Three walkers, two walks each, of different lengths."""
    settings = SyntheticSettings(3, frames=12, conditions=("nm-01", "nm-02"), views=("090",))
    return [gp.Silhouettes(frames[: 6 + i], record) for i, (record, frames) in enumerate(walkers(settings))]


def test_embedding_is_what_the_stage_does(walkers_store, models, tmp_path):
    from gaitprint.store import Store

    store = Store.open(walkers_store)
    expected = embed_stage(walkers_store, models, part="all")
    walks = [gp.Silhouettes(np.array(store.frames(i)), r) for i, r in enumerate(store.records)]
    made = gp.embed(walks, models)
    assert (made.records, made.source, made.layout) == (expected.records, expected.source, expected.layout)
    assert np.allclose(made.vectors, expected.vectors, rtol=1e-5, atol=1e-6)
    unit = gp.embed(walks[:2], [str(m) for m in models], fusion="unit")
    assert np.allclose(np.linalg.norm(unit.vectors[:, :64], axis=1), 1, rtol=1e-5)
    assert np.array_equal(gp.embed(walks[0], models[0]).vectors[0], gp.embed(walks[:1], str(models[0])).vectors[0])


def test_comparing_and_ranking_by_hand(people, models):
    made = gp.embed(people, models[0])
    distances = [
        [float(np.linalg.norm(a.astype(np.float64) - b)) for b in made.vectors] for a in made.vectors
    ]  # fmt: skip
    assert gp.compare(made.select([0]), made.select([1])) == pytest.approx(distances[0][1], rel=1e-5)
    probe, gallery = made.select([4, 1]), made.select([0, 2, 3, 5])
    ranked = gp.rank(probe, gallery, top=3)
    for row, q in zip(ranked, (4, 1), strict=True):
        order = sorted((0, 2, 3, 5), key=lambda g: distances[q][g])[:3]
        assert [m.key for m in row] == [people[g].record.key for g in order]
        assert [m.subject for m in row] == [people[g].record.subject for g in order]
        assert [m.place for m in row] == [1, 2, 3]
        assert [m.distance for m in row] == pytest.approx([distances[q][g] for g in order], rel=1e-4)
    assert [len(row) for row in gp.rank(probe, gallery, top=99)] == [4, 4]
    twins = made.select([0, 0, 0])
    assert [m.place for m in gp.rank(made.select([0]), twins)[0]] == [1, 2, 3]


def test_other_pipelines(people, models):
    made = gp.embed(people, models[0])
    pipeline = {"scorer": {"name": "part-mean"}}
    parts = made.vectors.reshape(6, 16, 4)
    expected = float(np.linalg.norm(parts[0] - parts[1], axis=1).mean())
    assert gp.compare(made.select([0]), made.select([1]), pipeline) == pytest.approx(expected, rel=1e-4)
    first = gp.rank(made.select([0]), made.select([1, 2]), pipeline=pipeline)[0]
    assert expected == pytest.approx(next(m.distance for m in first if m.key == people[1].record.key), rel=1e-4)


def test_refusals(people, models):
    with pytest.raises(ConfigError, match="at least one walk and one model file"):
        gp.embed([], models)
    with pytest.raises(ConfigError, match="at least one walk and one model file"):
        gp.embed(people, [])
    with pytest.raises(ArtefactError, match="no model file at nowhere"):
        gp.embed(people, "nowhere")
    with pytest.raises(ShapeError, match="frames are 64 x 64"):
        gp.embed(gp.Silhouettes(np.full((3, 20, 20), 255, np.uint8), people[0].record), models[0])
    one, other = gp.embed(people[0], models[0]), gp.embed(people[0], models[1])
    with pytest.raises(ArtefactError, match="embed both with the same networks"):
        gp.compare(one, other)
    with pytest.raises(ArtefactError, match="embed both with the same networks"):
        gp.rank(one, other)
    with pytest.raises(ConfigError):
        gp.rank(one, one, pipeline={"scorer": {"name": "part-mean", "metric": "x"}})


def test_the_public_names():
    assert set(gp.__all__) <= set(dir(gp))
    assert all(getattr(gp, name) is not None for name in gp.__all__)
    with pytest.raises(AttributeError, match="no attribute 'enroll'"):
        gp.enroll  # noqa: B018


def test_without_a_model_the_shipped_weights_are_used(people, shipped_weights, tiny_weights):
    model = gp.Model.load()
    assert model.path == shipped_weights
    named = gp.Model.load(tiny_weights)
    assert model.source == named.source == gp.Model.load("default").source
    expected = named.embed(people)
    for made in (model.embed(people), gp.embed(people), gp.embed(people, "default")):
        assert made.source == expected.source
        assert np.allclose(made.vectors, expected.vectors, rtol=1e-5, atol=1e-6)
    with pytest.raises(ConfigError, match="at least one walk"):
        gp.embed([])
    shipped_weights.unlink()
    for refused in (gp.Model.load, lambda: gp.embed(people)):
        with pytest.raises(ArtefactError, match="no weights called 'default' come with this gaitprint"):
            refused()
