"""A model held open: read once, the same vectors as the file, and settings that keep vectors apart."""

from pathlib import Path

import numpy as np
import pytest

import gaitprint as gp
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.stages import embed as stage

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_model_held_open_gives_the_vectors_of_its_file(walks, drawn_model, other_model):
    model = gp.Model.load(drawn_model)
    made, expected = model.embed(walks), gp.embed(walks, drawn_model)
    assert np.array_equal(made.vectors, expected.vectors)
    assert (made.records, made.source) == (expected.records, model.source)
    assert np.array_equal(model.embed(walks[2]).vectors[0], gp.embed(walks[2], str(drawn_model)).vectors[0])
    fused = gp.embed(walks, [model, other_model])
    assert np.array_equal(fused.vectors, gp.embed(walks, [drawn_model, other_model]).vectors)
    assert model.card["network"] == "gaitgl"
    assert model.card["title"] == "drawn 1"


def test_a_model_reads_its_file_once(walks, drawn_model, tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    path.write_bytes(drawn_model.read_bytes())
    reads = []
    load = stage.load_model
    monkeypatch.setattr(stage, "load_model", lambda *given: reads.append(given) or load(*given))
    model = gp.Model.load(path)
    path.unlink()
    first, second = model.embed(walks[:2]), model.embed(walks[:2])
    assert len(reads) == 1
    assert np.array_equal(first.vectors, second.vectors)
    with pytest.raises(ArtefactError, match="no model file"):
        gp.embed(walks[:2], path)


@pytest.mark.parametrize(
    "given", [{"flip": True}, {"windows": 2, "window_frames": 4}, {"flip": True, "windows": 2, "window_frames": 4}]
)
def test_averaged_vectors_do_not_meet_plain_ones(walks, drawn_model, given):
    plain, averaged = gp.Model.load(drawn_model), gp.Model.load(drawn_model, **given)
    a, b = plain.embed(walks[0]), averaged.embed(walks[0])
    assert plain.source != averaged.source
    with pytest.raises(ArtefactError, match="embed both with the same networks"):
        gp.compare(a, b)
    assert gp.compare(b, averaged.embed(walks[0])) == 0.0
    assert averaged.card["averaging"]["flip"] == given.get("flip", False)


def test_a_back_end_gives_the_vectors_of_torch(walks, drawn_model):
    plain, fast = (gp.Model.load(drawn_model, backend=name) for name in ("torch", "winograd"))
    a, b = plain.embed(walks), fast.embed(walks)
    np.testing.assert_allclose(a.vectors, b.vectors, atol=1e-5 * np.abs(a.vectors).max())
    assert gp.compare(a.select([0]), b.select([0])) < 1e-3
    with pytest.raises(ConfigError, match="did you mean 'winograd'"):
        gp.Model.load(drawn_model, backend="winogard")


def test_a_path_is_a_walk(walks, drawn_model, tmp_path):
    np.save(tmp_path / "walk.npy", walks[0].frames)
    model = gp.Model.load(drawn_model)
    for path in (tmp_path / "walk.npy", str(tmp_path / "walk.npy")):
        assert np.array_equal(gp.embed(path, drawn_model).vectors, model.embed(walks[0]).vectors)
        assert np.array_equal(gp.embed([path, walks[1]], model).vectors, model.embed(walks[:2]).vectors)


@pytest.mark.parametrize(("setting", "words"), [({"windows": -1}, "windows"), ({"window_frames": 0}, "window")])
def test_settings_that_are_none(drawn_model, setting, words):
    with pytest.raises(ConfigError, match=words):
        gp.Model.load(drawn_model, **setting)


def test_nothing_to_embed(drawn_model):
    with pytest.raises(ConfigError, match="at least one walk"):
        gp.Model.load(drawn_model).embed([])
    with pytest.raises(ArtefactError, match="no model file"):
        gp.Model.load(Path("nowhere"))
