"""What a view adds to vectors is measured, kept in the model file and taken away wherever the model embeds."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.errors import ConfigError
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.models.card import ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.model_file import load_model, load_state, save_model
from gaitprint.models.view_offsets import NO_OFFSETS, ViewOffsets, measure_offsets
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.adapt import AdaptSettings, adapt
from gaitprint.stages.embed import embed, open_embedder
from gaitprint.stages.export_model import export_model
from gaitprint.store import Store
from gaitprint.types import SequenceRecord


def records(*places: str) -> tuple[SequenceRecord, ...]:
    return tuple(SequenceRecord(f"{i}/{p}", p[0], "nm", p[1:]) for i, p in enumerate(places))


def test_offsets_are_the_means_of_views_less_the_mean_of_these_by_a_slow_version():
    some = records("a0", "a0", "b0", "a9", "c9", "d9", "e9")
    vectors = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    found = measure_offsets(vectors, some)
    means = {}
    for view in ("0", "9"):
        rows = [vectors[i].astype(float) for i, r in enumerate(some) if r.view == view]
        means[view] = sum(rows) / len(rows)
    for view, people in (("0", 2), ("9", 4)):
        wanted = (means[view] - (means["0"] + means["9"]) / 2) * people / (people + 2)
        np.testing.assert_allclose(found.by_view[view], wanted, rtol=1e-5, atol=1e-7)


def test_walks_without_names_are_people_each():
    some = (SequenceRecord("x", None, "", "0"), SequenceRecord("y", None, "", "0"), SequenceRecord("z", None, "", "9"))
    vectors = np.array([[4.0], [4.0], [0.0]], np.float32)
    found = measure_offsets(vectors, some)
    assert found.by_view["0"] == pytest.approx(2.0 * 2 / 4)
    assert found.by_view["9"] == pytest.approx(-2.0 * 1 / 3)


def test_each_walk_loses_what_its_view_adds_and_other_views_nothing():
    offsets = ViewOffsets({"0": np.array([1.0, 2.0], np.float32)})
    some = records("a0", "b9")
    vectors = np.array([[5.0, 5.0], [7.0, 7.0]], np.float32)
    assert offsets.subtract(vectors, some).tolist() == [[4.0, 3.0], [7.0, 7.0]]
    assert offsets.unknown(some) == ["9"]
    assert NO_OFFSETS.subtract(vectors, some) is vectors
    assert NO_OFFSETS.unknown(some) == []


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    settings = {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16, "trunk_norm": "batch"}
    network = make_network("gaitgl", settings, None, torch.Generator().manual_seed(0))
    save_model(path, network, ModelDescription(Preprocessing(cut=12, reduce=4), "tiny"))
    return path


@pytest.fixture
def adapted(model: Path, walkers_store: Path, tmp_path: Path) -> Path:
    """The model with an offset of one of the store's views."""
    loaded = load_model(model)
    view = Store.open(walkers_store).records[0].view
    width = open_embedder(model).layout.width
    out = tmp_path / "adapted.safetensors"
    offsets = ViewOffsets({view: np.linspace(-1, 1, width, dtype=np.float32)})
    description = ModelDescription(loaded.card.preprocessing, "tiny, adapted")
    save_model(out, loaded.model, description, offsets)
    return out


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_keeps_its_offsets_and_embeds_by_them(model, adapted, walkers_store, workers, caplog):
    plain = embed(walkers_store, [model], part="all", settings=EmbedSettings(backend="torch"))
    moved = embed(walkers_store, [adapted], part="all", settings=EmbedSettings(backend="torch", workers=workers))
    offsets = load_model(adapted).offsets
    np.testing.assert_allclose(moved.vectors, offsets.subtract(plain.vectors, plain.records), atol=1e-5)
    assert not np.allclose(moved.vectors, plain.vectors, atol=1e-2)
    assert moved.source != plain.source, "vectors of both are not compared"
    assert "the model knows no offset of" in caplog.text


def test_what_goes_on_from_a_file_with_offsets_leaves_them(model, adapted):
    one, other = load_model(model), load_model(adapted)
    for value in one.model.parameters():
        value.data.zero_()
    load_state(one.model, adapted)
    for key, value in other.model.state_dict().items():
        assert torch.equal(one.model.state_dict()[key], value), key


def test_offsets_are_neither_exported_nor_kept_by_other_weights(adapted, walkers_store, tmp_path):
    with pytest.raises(ConfigError, match="export what it was made of"):
        export_model(adapted, tmp_path / "x.onnx")
    with pytest.raises(ConfigError, match="adapt by views last"):
        adapt(walkers_store, adapted, tmp_path / "again.safetensors", AdaptSettings("norms", frames=8))
    assert [p.name for p in tmp_path.iterdir()] == ["adapted.safetensors"]
