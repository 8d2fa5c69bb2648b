"""Embedding a part of a store by one network or several."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file

from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.inference.embed_settings import EmbedSettings
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.inference.fusion import fuse
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.model_file import load_model, read_card, read_model_file
from gaitprint.provenance.seen_warnings import seen_warnings
from gaitprint.stages.embed import embed, open_embedder
from gaitprint.stages.train import train
from gaitprint.store import Store, StorePlan, StoreWriter
from gaitprint.training.request import TrainingRequest
from gaitprint.types import SequenceRecord

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def models(walkers_store, recipe_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [
        Path(train(walkers_store, folder / name, TrainingRequest(str(recipe_file(name, iterations=1)))).model)
        for name in ("gaitgl", "gaitmask")
    ]


def subjects(embeddings):
    return sorted({r.subject for r in embeddings.records if r.subject})


def test_parts_of_the_split(walkers_store, models):
    parts = {part: embed(walkers_store, models[:1], part=part) for part in ("test", "train", "all")}
    assert subjects(parts["train"]) == ["001", "002", "003"]
    assert subjects(parts["test"]) == ["004", "005", "006"]
    assert parts["all"].records == Store.open(walkers_store).records
    assert embed(walkers_store, models[:1]).records == parts["test"].records
    whole = {r.key: v for r, v in zip(parts["all"].records, parts["all"].vectors, strict=True)}
    for part in ("train", "test"):
        assert len(parts[part]) == 30
        for record, vector in zip(parts[part].records, parts[part].vectors, strict=True):
            assert np.allclose(vector, whole[record.key], rtol=1e-5, atol=1e-6)
    named = embed(walkers_store, models[:1], part="train", selection=StoreSelection(subjects=["002", "005"]))
    assert subjects(named) == ["002", "005"]


def test_two_networks_are_fused_in_the_given_order(walkers_store, models, tmp_path):
    each = [embed(walkers_store, [model]) for model in models]
    for scale in ("raw", "unit"):
        both, expected = embed(walkers_store, models, settings=EmbedSettings(fusion=scale)), fuse(each, scale)
        assert np.array_equal(both.vectors, expected.vectors)
        assert (both.source, both.layout, both.records) == (expected.source, expected.layout, expected.records)
    assert both.layout.blocks == ((16, 4), (16, 4))
    turned = embed(walkers_store, models[::-1])
    assert np.array_equal(turned.vectors[:, :64], each[1].vectors)
    assert turned.source != embed(walkers_store, models).source


def test_the_file_holds_what_is_returned_and_every_run_writes_the_same_bytes(walkers_store, models, tmp_path):
    calls = []
    made = embed(walkers_store, models, tmp_path / "a.safetensors", progress=lambda *x: calls.append(x))
    again = embed(walkers_store, models, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    loaded = load_embeddings(tmp_path / "a.safetensors")
    assert np.array_equal(loaded.vectors, made.vectors)
    assert np.array_equal(again.vectors, made.vectors)
    assert (loaded.records, loaded.source, loaded.layout) == (made.records, made.source, made.layout)
    names = [c[2] for c in calls if c[0] == c[1]]
    assert names == ["gaitgl (model.safetensors)", "gaitmask (model.safetensors)"]


def test_facts_for_reports(walkers_store, models):
    (facts,) = embed(walkers_store, models[:1]).settings["networks"]
    card = load_model(models[0]).card
    assert facts.pop("seen") == card.training["seen"]
    assert facts == {k: card.to_dict()[k] for k in ("network", "settings", "preprocessing", "title", "sha256")}
    assert facts["preprocessing"] == {"size": 64, "cut": 12, "reduce": 4}


def test_sequences_of_nobody_belong_to_the_test_part(tmp_path, models):
    generator = np.random.default_rng(0)
    with StoreWriter(tmp_path / "store", StorePlan("synthetic", (64, 64))) as writer:
        for i, subject in enumerate(["a", None, "b", None, "c", "d"]):
            record = SequenceRecord(f"{i}", subject, "nm-01", "090")
            writer.add(record, generator.integers(0, 256, (1 + i % 5, 64, 64), dtype=np.uint8))
    store = Store.open(tmp_path / "store")
    keys = {part: [r.key for r in StoreSelection().choose(store, part).records] for part in ("train", "test", "all")}
    assert keys == {"train": ["0", "2"], "test": ["1", "3", "4", "5"], "all": ["0", "1", "2", "3", "4", "5"]}
    made = embed(tmp_path / "store", models)
    assert [r.subject for r in made.records] == [None, None, "c", "d"]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"part": "probe"}, ConfigError, "the part to embed is 'test', 'train' or 'all', found 'probe'"),
        ({"selection": StoreSelection(subjects=["001", "999"])}, ConfigError, "subject '999' is not in the store"),
        ({"selection": StoreSelection(subjects=[])}, DataError, "there is no sequence to embed"),
        ({"selection": StoreSelection(split="third")}, DataError, "third"),
        ({"settings": EmbedSettings(device="tpu")}, ConfigError, "no device is called 'tpu'"),
    ],
)
def test_refusals(walkers_store, models, tmp_path, kwargs, error, message):
    with pytest.raises(error, match=message) as found:
        embed(walkers_store, models, tmp_path / "out.safetensors", **kwargs)
    assert "\n" not in str(found.value)
    assert not (tmp_path / "out.safetensors").exists()


def test_settings_are_checked_when_they_are_made():
    with pytest.raises(ConfigError, match="fusion scales 'raw' or 'unit', found 'sum'"):
        EmbedSettings(fusion="sum")


def test_models_that_are_none(walkers_store, models, tmp_path):
    with pytest.raises(ConfigError, match="give at least one model file"):
        embed(walkers_store, [])
    with pytest.raises(ArtefactError, match="no model file at"):
        embed(walkers_store, [tmp_path / "none"])
    _, tensors = read_model_file(models[0])
    for i, preprocessing in enumerate((None, {"size": 64, "crop": 3}, {"size": 64, "cut": 40})):
        card = {**read_card(models[0]).to_dict(), "preprocessing": preprocessing}
        del card["card_sha256"]
        if preprocessing is None:
            del card["preprocessing"]
        save_file(tensors, tmp_path / f"{i}", {"gaitprint": json.dumps(card)})
        with pytest.raises(ArtefactError, match="does not say how frames become its input") as error:
            open_embedder(tmp_path / f"{i}")
        assert "\n" not in str(error.value)


def test_embeddings_say_whom_their_networks_have_seen(walkers_store, models, tmp_path):
    """Of both networks, through the file, a selection and the fusion; nothing is said of people never seen."""
    trained = embed(walkers_store, models, tmp_path / "e.safetensors", part="train")
    for data in (trained, load_embeddings(tmp_path / "e.safetensors"), trained.select([0, 1])):
        part, seen = seen_warnings([data])
        assert part.startswith("The sequences are of the training part of their split")
        count = len(subjects(data))
        assert seen.startswith(f"Trained people: {count} of the {count} subjects (001")
    assert seen_warnings([embed(walkers_store, models)]) == []
    named = embed(walkers_store, models[:1], selection=StoreSelection(subjects=["002", "005"]))
    assert [w[:45] for w in seen_warnings([named])] == ["Trained people: 1 of the 2 subjects (002) tra"]


def test_weights_remember_everybody_through_fine_tuning(walkers_store, recipe_file, models, tmp_path):
    recipe = str(recipe_file("gaitgl", iterations=1))
    request = TrainingRequest(recipe, init=models[0], selection=StoreSelection(subjects=["004", "005"]))
    tuned = Path(train(walkers_store, tmp_path / "r", request).model)
    seen = load_model(tuned).card.seen
    assert [s.subjects for s in seen.people] == [("001", "002", "003"), ("004", "005")]
    assert seen.unknown == ()
    (said,) = seen_warnings([embed(walkers_store, [tuned])])
    assert said.startswith("Trained people: 2 of the 3 subjects (004, 005) trained tiny")
