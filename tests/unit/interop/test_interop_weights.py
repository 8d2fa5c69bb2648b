"""Other people's files: recognised by their keys, refused by name."""

import argparse
import collections
import datetime
import decimal
import fractions
import io
import os
import pickle
import uuid
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch

from gaitprint.components import find_component
from gaitprint.errors import DataError
from gaitprint.interop.weights import import_weights

PARTS = 16


def toolkit(form: str = "casia-b", neck: bool = False, classes: int = 5) -> dict[str, torch.Tensor]:
    """Random weights as the reference toolkit names them."""
    generator = torch.Generator().manual_seed(0)
    a, b, c = 2, 3, 4
    d = c if form == "casia-b" else 5
    shapes: dict[str, tuple[int, ...]] = {"conv3d.0.conv3d.weight": (a, 1, 3, 3, 3)}
    if form == "oumvlp":
        shapes["conv3d.2.conv3d.weight"] = (a, a, 3, 3, 3)
    shapes["LTA.0.conv3d.weight"] = (a, a, 3, 1, 1)
    single = {"GLConvA0": (b, a), "GLConvA1": (c, b), "GLConvB2": (c, c)}
    double = {
        "GLConvA0.0": (b, a),
        "GLConvA0.1": (b, b),
        "GLConvA1.0": (c, b),
        "GLConvA1.1": (c, c),
        "GLConvB2.0": (d, c),
        "GLConvB2.1": (d, d),
    }
    for layer, widths in (single if form == "casia-b" else double).items():
        for branch in ("global", "local"):
            shapes[f"{layer}.{branch}_conv3d.conv3d.weight"] = (*widths, 3, 3, 3)
    shapes |= {"HPP.p": (1,), "Head0.fc_bin": (PARTS, d, d)}
    norm, width = ("BNNecks.bn1d", PARTS * d) if neck else ("Bn", d)
    shapes |= {f"{norm}.{k}": (width,) for k in ("weight", "bias", "running_mean", "running_var")}
    shapes["BNNecks.fc_bin" if neck else "Head1.fc_bin"] = (PARTS, d, classes)
    made = {k: torch.rand(shape, generator=generator) + 0.5 for k, shape in shapes.items()}
    return made | {f"{norm}.num_batches_tracked": torch.tensor(7)}


def write(path: Path, state: dict[str, torch.Tensor], legacy: bool = False) -> Path:
    value = {"model": state, "optimizer": {}, "scheduler": {}, "iteration": 1000}
    torch.save(value, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize("form", ["casia-b", "oumvlp"])
@pytest.mark.parametrize("neck", [False, True])
@pytest.mark.parametrize("keep", [False, True])
def test_form_and_head_follow_from_the_keys(tmp_path, form, neck, keep) -> None:
    weights = import_weights(write(tmp_path / "x.pt", toolkit(form, neck)), keep_classifier=keep)
    assert weights.network == "gaitgl"
    assert weights.settings == {
        "form": form,
        "channels": [2, 3, 4] if form == "casia-b" else [2, 3, 4, 5],
        "strips": 8 if form == "casia-b" else 2,
        "head": "separate-bnneck" if neck else "shared-bn",
        "height": PARTS,
        "short_clip": "opengait",
    }
    assert weights.classes == (5 if keep else None)
    component = find_component("network", weights.network)
    network = component.make(weights.settings, classes=weights.classes, generator=torch.Generator())
    network.load_state_dict(weights.state)
    assert weights.notes[0] == "a checkpoint of iteration 1000"
    assert any("dropped the classifier" in note for note in weights.notes) != keep


def test_separate_norms_are_turned_from_channels_first_to_parts_first(tmp_path) -> None:
    state = toolkit("oumvlp", neck=True)
    weights = import_weights(write(tmp_path / "x.pt", state), keep_classifier=True)
    for entry in ("weight", "bias", "running_mean", "running_var"):
        theirs = state[f"BNNecks.bn1d.{entry}"].view(5, PARTS)
        assert torch.equal(weights.state[f"head.norm.{entry}"].view(PARTS, 5), theirs.T)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_bare_state_dict_and_the_old_file_format_are_read(tmp_path, prefix) -> None:
    state = {prefix + k: v for k, v in toolkit().items()}
    torch.save(state, tmp_path / "x.ptm", _use_new_zipfile_serialization=False)
    weights = import_weights(tmp_path / "x.ptm")
    assert torch.equal(weights.state["stem.0.weight"], state[prefix + "conv3d.0.conv3d.weight"])


def test_global_and_local_branches_are_not_swapped(tmp_path) -> None:
    state = toolkit()
    weights = import_weights(write(tmp_path / "x.pt", state))
    assert torch.equal(weights.state["before_pool.0.whole.weight"], state["GLConvA0.global_conv3d.conv3d.weight"])
    assert torch.equal(weights.state["before_pool.0.local.weight"], state["GLConvA0.local_conv3d.conv3d.weight"])


def test_a_classifier_that_is_not_there_cannot_be_kept(tmp_path) -> None:
    state = toolkit()
    del state["Head1.fc_bin"]
    assert import_weights(write(tmp_path / "x.pt", state), keep_classifier=True).classes is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: s.update({"Extra.weight": torch.zeros(2, 3)}),
            r"does not match .*Extra.weight \[2, 3\] has no place",
        ),
        (lambda s: s.pop("HPP.p"), r"does not match .*HPP.p is missing"),
        (lambda s: s.pop("Bn.running_var"), r"does not match .*Bn.running_var is missing"),
        (lambda s: s.update({"HPP.p": torch.tensor([float("nan")])}), r"not finite \(pooling.power\)"),
        (
            lambda s: s.update({"HPP.p": torch.tensor([6.5]).double()}),
            r"not float32: pooling.power of type torch.float64",
        ),
        (lambda s: s.update({"Bn.bias": torch.zeros(7)}), r"wrong shape: head.norm.bias is \[7\], wanted \[4\]"),
        (lambda s: s.update({"Head0.fc_bin": torch.zeros(4, 4)}), r"not 5-D or a head that is not \[parts, in, out\]"),
        (lambda s: s.update({"Head0.fc_bin": torch.zeros(17, 4, 4)}), r"shapes that no GaitGL has: .*height 17"),
        (lambda s: s.clear(), r"no state dict"),
        (lambda s: s.update({"HPP.p": 6.5}), r"no state dict"),
        (lambda s: s.update({"HPP.p": torch.ones(1).expand(10**9)}), r"declares tensors of more than"),
    ],
)
def test_what_does_not_fit_is_an_error_that_lists_it(tmp_path, change, message) -> None:
    state = toolkit()
    change(state)
    with pytest.raises(DataError, match=message) as caught:
        import_weights(write(tmp_path / "x.pt", state), max_bytes=10**9)
    assert "\n" not in str(caught.value)


def test_every_unmatched_tensor_is_counted(tmp_path) -> None:
    state = toolkit() | {f"Extra{i:02}": torch.zeros(1) for i in range(20)}
    with pytest.raises(DataError, match=r"Extra11 \[1\] has no place; and 8 more$"):
        import_weights(write(tmp_path / "x.pt", state))


def test_an_unknown_network_is_refused_with_its_keys(tmp_path) -> None:
    with pytest.raises(DataError, match=r"no GaitGL.* known here: .*; its tensors are layer1.weight"):
        import_weights(write(tmp_path / "x.pt", {"layer1.weight": torch.zeros(1)}))


def test_a_network_larger_than_memory_is_refused_by_its_shapes_alone(tmp_path) -> None:
    state = toolkit()
    for layer in ("GLConvA0", "GLConvA1"):
        state[f"{layer}.global_conv3d.conv3d.weight"] = torch.zeros(2_000_000, 1, 1, 1, 1)
    with pytest.raises(DataError, match=r"wrong shape"):
        import_weights(write(tmp_path / "x.pt", state))


BESIDE = {
    "an integer of numpy": np.int64(7),
    "another, of two bytes": np.int16(7),
    "one of the other order of bytes": np.array([7], ">i4")[0],
    "a tensor": torch.tensor(7),
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", BESIDE)
def test_an_iteration_that_is_no_plain_number_is_read(tmp_path, name, legacy) -> None:
    path = tmp_path / "x.pt"
    value = {"model": toolkit(), "iteration": BESIDE[name]}
    torch.save(value, path, _use_new_zipfile_serialization=not legacy)
    assert import_weights(path).notes[0] == "a checkpoint of iteration 7"


@pytest.mark.parametrize("legacy", [False, True])
def test_what_stands_beside_the_weights_is_no_harm(tmp_path, legacy) -> None:
    plain = import_weights(write(tmp_path / "plain.pt", toolkit()))
    beside = {
        "best": np.float64(0.5),
        "name": np.str_("gl"),
        "history": np.zeros(3),
        "objects": np.array([None]),
        "arguments": argparse.Namespace(rate=np.float32(1), out=PurePosixPath("runs")),
        "metrics": collections.defaultdict(list, rank=[1.0]),
        "when": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
        "last": collections.deque([1.0, 2.0], maxlen=5),
        "stages": (range(3), slice(1, 2), frozenset({1}), {2}, 1j),
        "types": [np.float32, decimal.Decimal("0.1"), fractions.Fraction(1, 3), uuid.UUID(int=1)],
        "ema": toolkit(),
    }
    for entry in ("model", "state_dict", "model_state_dict"):
        state = {f"module._orig_mod.{key}": tensor for key, tensor in toolkit().items()}
        torch.save({**beside, entry: state}, tmp_path / "x.pt", _use_new_zipfile_serialization=not legacy)
        found = import_weights(tmp_path / "x.pt")
        assert found.state.keys() == plain.state.keys()
        assert all(torch.equal(found.state[key], plain.state[key]) for key in plain.state)
        assert found.notes[0] == f"took the weights of {entry!r}, left out those of ema"


@pytest.mark.parametrize("prefix", ["model.", "net.module.", "backbone._orig_mod.", "encoder.", "network."])
def test_the_prefixes_of_wrappers_are_left_out(tmp_path, prefix) -> None:
    plain = import_weights(write(tmp_path / "plain.pt", toolkit()))
    state = {f"{prefix}{key}": tensor for key, tensor in toolkit().items()}
    found = import_weights(write(tmp_path / "x.pt", {"n_averaged": torch.tensor(9), **state}))
    assert found.state.keys() == plain.state.keys()
    assert all(torch.equal(found.state[key], plain.state[key]) for key in plain.state)


def test_a_class_that_is_not_known_is_named_with_the_way_out(tmp_path) -> None:
    torch.save({"model": toolkit(), "config": torch.nn.Linear(1, 1)}, tmp_path / "x.pt")
    with pytest.raises(DataError, match=r"refers to torch\.nn\.modules\.linear\.Linear.*: it is not unpickled.*save"):
        import_weights(tmp_path / "x.pt")


def test_one_tensor_with_and_without_a_prefix_is_refused(tmp_path) -> None:
    state = toolkit()
    key = next(iter(state))
    with pytest.raises(DataError, match="holds two tensors"):
        import_weights(write(tmp_path / "x.pt", {**state, f"module.{key}": state[key]}))


class Hostile:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize("legacy", [False, True])
def test_code_in_a_checkpoint_is_not_executed(tmp_path, legacy, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "x.pt", toolkit() | {"evil": Hostile()}, legacy)
    with pytest.raises(DataError, match=r"more than tensors and plain values.*: it is not unpickled"):
        import_weights(tmp_path / "x.pt")
    assert not (tmp_path / "executed").exists()


def test_a_bare_pickle_is_not_executed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.pt").write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(DataError, match=r"x.pt (is|has)"):
        import_weights(tmp_path / "x.pt")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02", b"some text", b"\x00" * 500])
def test_other_bytes_are_refused_in_one_line(tmp_path, content) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(DataError) as caught:
        import_weights(tmp_path / "x.pt")
    assert "\n" not in str(caught.value)


def test_truncated_and_damaged_checkpoints_are_refused_in_one_line(tmp_path) -> None:
    whole = write(tmp_path / "x.pt", toolkit()).read_bytes()
    for end in range(100, len(whole) - 1, len(whole) // 12):
        (tmp_path / "y.pt").write_bytes(whole[:end])
        with pytest.raises(DataError) as caught:
            import_weights(tmp_path / "y.pt")
        assert "\n" not in str(caught.value)
    damaged = whole.replace(b"PK\x01\x02", b"PK\x01\x03")
    (tmp_path / "y.pt").write_bytes(damaged)
    with pytest.raises(DataError, match=r"archive is damaged|no sound file"):
        import_weights(tmp_path / "y.pt")


def test_a_file_or_archive_beyond_the_budget_is_not_read(tmp_path) -> None:
    path = write(tmp_path / "x.pt", toolkit())
    with pytest.raises(DataError, match=r"holds \d+ bytes, more than the 1000 allowed"):
        import_weights(path, max_bytes=1000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", b"\x00" * 10_000_000)
    path.write_bytes(buffer.getvalue())
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match=r"holds 10000000 bytes, more than the 1000000 allowed"):
        import_weights(path, max_bytes=1_000_000)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match=r"no weights file at .*nothing.pt: check the path"):
        import_weights(tmp_path / "nothing.pt")
