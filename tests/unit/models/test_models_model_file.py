"""Model files: whole, self-describing, verified."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from gaitprint.atomic_files import sha256_json
from gaitprint.components import find_component
from gaitprint.errors import ArtefactError
from gaitprint.models.card import ModelCard, ModelDescription
from gaitprint.models.model_file import load_model, load_state, read_card, save_model, tensors_digest
from gaitprint.silhouettes.clips import Preprocessing

ABOUT = ModelDescription(
    Preprocessing(size=64, cut=10, reduce=1),
    title="a test",
    training={"dataset": "synthetic", "subjects": ["001", "002"]},
    licence="none needed",
    metrics={"rank1": 0.5},
)


def network(name: str = "gaitgl", classes: int | None = 5, seed: int = 0, **settings: object) -> nn.Module:
    values = {"form": "casia-b", "channels": [2, 3, 4], "height": 16, **settings} if name == "gaitgl" else settings
    made = find_component("network", name).make(values, classes=classes, generator=torch.Generator().manual_seed(seed))
    assert isinstance(made, nn.Module)
    return made


def rewrite(path: Path, change_card: Any = None, change_tensors: Any = None, seal: bool = True) -> None:
    """Change a model file, with a digest that fits unless `seal` is False."""
    with safe_open(str(path), "pt") as stream:
        card = json.loads(stream.metadata()["gaitprint"])
        tensors = {k: stream.get_tensor(k) for k in stream.keys()}  # noqa: SIM118
    if change_tensors:
        change_tensors(tensors)
    if seal:
        card["sha256"] = tensors_digest(tensors)
    if change_card:
        change_card(card)
    if seal:
        card["card_sha256"] = sha256_json({k: v for k, v in card.items() if k != "card_sha256"})
    save_file(tensors, path, {"gaitprint": json.dumps(card)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_model(tmp_path / "m.safetensors", network(), ABOUT)
    return tmp_path / "m.safetensors"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gaitgl", {}),
        ("gaitgl", {"head": "separate-bnneck", "trunk_norm": "batch"}),
        ("gaitmask", {"channels": [2, 3, 4], "height": 16, "mask_mode": "gated"}),
    ],
)
def test_a_model_comes_back_as_it_was(tmp_path, name, settings) -> None:
    made = network(name, **settings).train()
    made(torch.rand(3, 1, 6, 16, 8), torch.Generator())
    card = save_model(tmp_path / "m.safetensors", made, ABOUT)
    loaded = load_model(tmp_path / "m.safetensors")
    assert loaded.card == card == read_card(tmp_path / "m.safetensors")
    assert {f.name: getattr(card, f.name) for f in fields(ABOUT)} == {
        f.name: getattr(ABOUT, f.name) for f in fields(ABOUT)
    }
    assert ModelCard.from_dict(card.to_dict(), Path("x")) == card
    assert card.network == name
    assert card.classes == made.classes
    assert not loaded.model.training
    assert made.training
    for key, value in made.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[key], value)
    x = torch.rand(1, 1, 4, 16, 8)
    assert torch.equal(loaded.model(x).embedding, made.eval()(x).embedding)


def test_channels_last_weights_are_saved_alike(tmp_path) -> None:
    plain = save_model(tmp_path / "a.safetensors", network(), ABOUT)
    other = save_model(tmp_path / "b.safetensors", network().to(memory_format=torch.channels_last_3d), ABOUT)
    assert plain.sha256 == other.sha256
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_weights_that_are_not_finite_are_never_written(tmp_path) -> None:
    made = network()
    with torch.no_grad():
        made.head.linear.weight[1, 2, 3] = float("nan")
    with pytest.raises(ArtefactError, match=r"not written: head.linear.weight not finite"):
        save_model(tmp_path / "m.safetensors", made, ABOUT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [{"metrics": {"rank1": float("nan")}}, {"training": {"path": Path()}}])
def test_a_card_that_is_no_json_is_refused(tmp_path, bad) -> None:
    with pytest.raises(ArtefactError, match=r"not written: its card is not plain JSON"):
        save_model(tmp_path / "m.safetensors", network(), replace(ABOUT, **bad))
    assert list(tmp_path.iterdir()) == []


def test_a_card_that_contradicts_the_model_is_refused(path, tmp_path) -> None:
    with pytest.raises(ArtefactError, match=r"card says network = 'gaitmask', the model 'gaitgl'"):
        save_model(tmp_path / "m.safetensors", network(), replace(read_card(path), network="gaitmask"))


@pytest.mark.parametrize(
    ("training", "same"),
    [
        ({}, True),
        ({"dataset": "synthetic", "subjects": ["001", "002"]}, True),
        ({"dataset": "synthetic", "subjects": ["002", "001"]}, False),
        ({"dataset": "casia-b", "subjects": ["001", "002"]}, False),
        ({"subjects": ["001", "002"]}, False),
    ],
)
def test_a_card_knows_whose_its_classes_are(path, training, same) -> None:
    assert replace(read_card(path), training=training).classifies("synthetic", ("001", "002")) is same


def test_a_changed_bit_is_found(path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ArtefactError, match=r"damaged or was changed: its card says sha256"):
        load_model(path)


@pytest.mark.parametrize("length", [0, 4, 100, 5000])
def test_a_truncated_file_is_refused_in_one_line(path, length) -> None:
    path.write_bytes(path.read_bytes()[:length])
    for read in (load_model, read_card):
        with pytest.raises(ArtefactError, match=r"no sound safetensors file") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_missing_file_names_the_way_out(tmp_path) -> None:
    with pytest.raises(ArtefactError, match=r"no model file at .*train one"):
        load_model(tmp_path / "nothing.safetensors")


def test_a_safetensors_file_of_others_is_refused(tmp_path) -> None:
    save_file({"a": torch.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(ArtefactError, match=r"has no card: .*convert"):
        load_model(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format="else"), r"no readable card"),
        (lambda c: c.update(version=2), r"of version 2 and this gaitprint reads 1: update"),
        (lambda c: c.pop("classes"), r"lacks a proper 'classes'"),
        (lambda c: c.update(settings=[]), r"lacks a proper 'settings'"),
        (lambda c: c.update(training=None), r"lacks a proper 'training'"),
        (lambda c: c.update(training=[]), r"lacks a proper 'training'"),
        (lambda c: c.update(title=3), r"lacks a proper 'title'"),
        (lambda c: c.pop("preprocessing"), r"does not say how frames become its input"),
        (lambda c: c.update(network="gaitgk"), r"cannot be built: .*did you mean 'gaitgl'"),
        (lambda c: c["settings"].update(strips=5), r"cannot be built: .*5 strips"),
    ],
)
def test_a_wrong_card_is_refused(path, change, message) -> None:
    rewrite(path, change)
    with pytest.raises(ArtefactError, match=message):
        load_model(path)


def test_a_card_that_is_no_json_object_is_refused(tmp_path) -> None:
    for text in ("{", "[1]", "[" * 100_000):
        save_file({"a": torch.zeros(2)}, tmp_path / "x.safetensors", {"gaitprint": text})
        with pytest.raises(ArtefactError, match=r"no readable card"):
            read_card(tmp_path / "x.safetensors")


def test_tensors_that_are_not_finite_are_not_loaded(path) -> None:
    rewrite(path, None, lambda t: t["stem.0.weight"].fill_(float("inf")))
    with pytest.raises(ArtefactError, match=r"not used: stem.0.weight not finite"):
        load_model(path)


def test_the_difference_is_listed_key_by_key(path) -> None:
    def change(tensors: dict[str, torch.Tensor]) -> None:
        tensors["extra"] = torch.zeros(3)
        del tensors["aggregation.weight"]
        tensors["stem.0.weight"] = torch.zeros(2, 1, 3, 3, 1)

    rewrite(path, None, change)
    with pytest.raises(ArtefactError) as caught:
        load_model(path)
    for line in (
        "aggregation.weight [2, 2, 3, 1, 1] is missing",
        "extra [3] is not the network's",
        "stem.0.weight is [2, 1, 3, 3, 1], wanted [2, 1, 3, 3, 3]",
    ):
        assert line in str(caught.value)


def test_a_long_difference_is_cut(path) -> None:
    rewrite(path, None, lambda t: t.update({f"extra{i:02}": torch.zeros(1) for i in range(20)}))
    with pytest.raises(ArtefactError, match=r"extra11 \[1\] is not the network's; and 8 more$"):
        load_model(path)


def test_a_start_takes_the_whole_file_where_the_classes_are_as_many(path) -> None:
    made = network(seed=1)
    assert load_state(made, path) == read_card(path).sha256
    assert all(
        torch.equal(a, b) for a, b in zip(made.state_dict().values(), network().state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("head", ["shared-bn", "separate-bnneck"])
@pytest.mark.parametrize(("there", "here"), [(5, 7), (5, None), (None, 7)])
def test_a_start_keeps_its_own_classifier_where_the_classes_differ(tmp_path, head, there, here) -> None:
    path = tmp_path / "m.safetensors"
    saved, made = network(classes=there, head=head), network(classes=here, head=head, seed=1)
    save_model(path, saved, ABOUT)
    fresh = {k: v.clone() for k, v in made.state_dict().items()}
    load_state(made, path)
    own = ("head.classifier.", "head.norm.") if head == "separate-bnneck" else ("head.classifier.",)
    for key, value in made.state_dict().items():
        expected = fresh if key.startswith(own) else saved.state_dict()
        assert torch.equal(value, expected[key]), key


def test_a_start_of_another_shape_is_refused_with_its_differences(path) -> None:
    with pytest.raises(
        ArtefactError, match=r"no start for this network: .*stem.0.weight is \[2, 1, 3, 3, 3\], wanted \[3"
    ):
        load_state(network(channels=[3, 3, 4]), path)


def test_the_digest_covers_names_types_shapes_and_values() -> None:
    base = {"a": torch.zeros(2, 3), "b": torch.ones(1)}
    others = [
        {"a": torch.zeros(3, 2), "b": torch.ones(1)},
        {"a": torch.zeros(2, 3), "c": torch.ones(1)},
        {"a": torch.zeros(2, 3), "b": torch.zeros(1)},
        {"a": torch.zeros(2, 3, dtype=torch.int32), "b": torch.ones(1)},
    ]
    assert len({tensors_digest(t) for t in [base, *others]}) == 5
    assert tensors_digest(base) == tensors_digest(dict(reversed(base.items())))
    assert tensors_digest({"n": torch.tensor(3)}) != tensors_digest({"n": torch.tensor(4)})


@pytest.mark.parametrize("change", [lambda c: c["preprocessing"].update(cut=11), lambda c: c.update(title="better")])
def test_a_changed_card_is_found(path, change) -> None:
    rewrite(path, change, seal=False)
    with pytest.raises(ArtefactError, match=r"its card has another sha256; get the file again$"):
        load_model(path)
