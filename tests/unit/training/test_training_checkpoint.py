"""Checkpoints: whole or not there, verified, never of non-finite numbers, and the older one where the newest is bad."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from gaitprint.errors import ArtefactError, DataError
from gaitprint.models.model_file import tensors_digest
from gaitprint.training import checkpoint
from gaitprint.training.checkpoint import (
    Checkpoint,
    CheckpointHeader,
    newest_checkpoint,
    read_checkpoint,
    save_checkpoint,
)
from gaitprint.training.state_tensors import model_tensors, optimizer_tensors, restore


def trained(seed=0, steps=2):
    """A network with buffers, a frozen and an unused parameter, in a memory format of its own, and its Adam."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv3d(1, 3, 3, bias=False), nn.BatchNorm3d(3), nn.Linear(2, 2), nn.Linear(4, 5))
    model.to(memory_format=torch.channels_last_3d)
    model[1].bias.requires_grad_(False)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        model[:3](torch.rand(4, 1, 4, 4, 4)).square().sum().backward()
        optimizer.step()
    return model, optimizer


def save(folder, state, model, optimizer):
    return save_checkpoint(folder, state, model_tensors(model) | optimizer_tensors(model, optimizer))


def everything(model, optimizer):
    """All tensors of both, by name."""
    names = {id(p): n for n, p in model.named_parameters()}
    found = {f"model.{k}": v for k, v in model.state_dict().items()}
    for p, entries in optimizer.state.items():
        found |= {f"optimizer.{names[id(p)]}.{k}": torch.as_tensor(v) for k, v in entries.items()}
    return found


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) and a[k].dtype == b[k].dtype for k in a)


def test_what_is_saved_comes_back_bit_for_bit_and_in_the_same_memory_format(tmp_path):
    model, optimizer = trained()
    path = save(tmp_path, CheckpointHeader(7, "me"), model, optimizer)
    assert path == tmp_path / "00000007.safetensors"
    other, fresh = trained(seed=1, steps=0)
    found = read_checkpoint(path)
    assert found.state == CheckpointHeader(7, "me")
    restore(found, other, fresh)
    before, after = everything(model, optimizer), everything(other, fresh)
    assert same(before, after)
    assert "optimizer.3.weight.exp_avg" not in after  # its parameter never had a gradient
    assert "optimizer.1.bias.exp_avg" not in after
    assert after["model.1.num_batches_tracked"] == 2
    for name, tensor in before.items():
        assert after[name].stride() == tensor.stride(), name
    for m, o in ((model, optimizer), (other, fresh)):
        o.zero_grad()
        m[:3](torch.ones(4, 1, 4, 4, 4)).square().sum().backward()
        o.step()
    assert same(everything(model, optimizer), everything(other, fresh))


def test_only_the_newest_two_stay(tmp_path):
    model, optimizer = trained()
    for iteration in (5, 10, 100, 15, 99_999_999):
        save(tmp_path, CheckpointHeader(iteration, "me"), model, optimizer)
        numbers = sorted(int(p.stem) for p in tmp_path.iterdir())
        assert numbers == {5: [5], 10: [5, 10], 100: [10, 100], 15: [10, 15], 99_999_999: [15, 99_999_999]}[iteration]


def test_a_new_checkpoint_outlives_damaged_ones_with_higher_numbers(tmp_path):
    model, optimizer = trained()
    for iteration in (20, 30):
        save(tmp_path, CheckpointHeader(iteration, "me"), model, optimizer).write_bytes(b"broken")
    (tmp_path / ".00000030.safetensors.0a1b2c3d.tmp").write_bytes(b"of a killed writer")
    found, complaints = newest_checkpoint(tmp_path)
    assert found is None
    assert len(complaints) == 2
    save(tmp_path, CheckpointHeader(10, "me"), model, optimizer)
    assert [p.name for p in tmp_path.iterdir()] == ["00000010.safetensors"]


def damage_tail(path):
    path.write_bytes(path.read_bytes()[:-5])


def damage_head(path):
    path.write_bytes(path.read_bytes()[:100])


def damage_byte(path):
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))


def damage_empty(path):
    path.write_bytes(b"")


def damage_number(path):
    path.write_bytes(path.read_bytes().replace(b'\\"iteration\\":9', b'\\"iteration\\":8'))


def damage_foreign(path):
    save_file({"x": torch.ones(2)}, path)


def damage_card(path):
    save_file({"x": torch.ones(2)}, path, {"gaitprint": "[1, 2"})


def damage_card_kind(path):
    save_file({"x": torch.ones(2)}, path, {"gaitprint": "[1, 2]"})


DAMAGES = [damage_tail, damage_head, damage_byte, damage_empty, damage_number, damage_foreign, damage_card]


@pytest.mark.parametrize("damage", [*DAMAGES, damage_card_kind], ids=lambda d: d.__name__)
def test_a_damaged_checkpoint_is_passed_over_aloud_and_the_older_one_taken(tmp_path, damage):
    model, optimizer = trained()
    save(tmp_path, CheckpointHeader(6, "me"), model, optimizer)
    newest = save(tmp_path, CheckpointHeader(9, "me"), model, optimizer)
    assert newest_checkpoint(tmp_path)[0].state.iteration == 9
    before = newest.read_bytes()
    damage(newest)
    assert newest.read_bytes() != before
    with pytest.raises(ArtefactError, match=r"checkpoint .*00000009\.safetensors is damaged"):
        read_checkpoint(newest)
    found, complaints = newest_checkpoint(tmp_path)
    assert found.state == CheckpointHeader(6, "me")
    assert same(found.tensors, everything(model, optimizer))
    (line,) = complaints
    assert "00000009.safetensors is damaged" in line
    assert "passed over" in line
    assert "\n" not in line


def test_every_flipped_byte_of_the_tensors_is_found(tmp_path):
    model, optimizer = trained()
    path = save(tmp_path, CheckpointHeader(1, "me"), model, optimizer)
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    for place in range(start, len(data), 37):
        changed = bytearray(data)
        changed[place] ^= 16
        path.write_bytes(bytes(changed))
        with pytest.raises(ArtefactError, match="damaged"):
            read_checkpoint(path)


def test_no_folder_no_checkpoint(tmp_path):
    assert newest_checkpoint(tmp_path / "none") == (None, ())


@pytest.mark.parametrize("where", ["weight", "buffer", "moment"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_never_written(tmp_path, where, value):
    model, optimizer = trained()
    save(tmp_path, CheckpointHeader(1, "me"), model, optimizer)
    broken = {
        "weight": model[0].weight.data,
        "buffer": model[1].running_var,
        "moment": optimizer.state[model[0].weight]["exp_avg"],
    }[where]
    broken[(0,) * broken.ndim] = value
    with pytest.raises(ArtefactError, match=r"checkpoint 2 is not written: .* is not finite"):
        save(tmp_path, CheckpointHeader(2, "me"), model, optimizer)
    assert [p.name for p in tmp_path.iterdir()] == ["00000001.safetensors"]


def test_a_checkpoint_of_another_network_is_refused_in_one_line():
    model, optimizer = trained()
    tensors = everything(model, optimizer)
    for wrong in (
        {**tensors, "model.0.weight": torch.ones(7, 7)},
        {k: v for k, v in tensors.items() if k != "model.0.weight"},
        {**tensors, "optimizer.9.weight.exp_avg": torch.ones(2)},
    ):
        with pytest.raises(ArtefactError, match=r"checkpoint 3 is not of this network .*: train in a new folder") as e:
            restore(Checkpoint(CheckpointHeader(3, "me"), wrong), *trained(steps=0))
        assert "\n" not in str(e.value)


def test_the_digest_sees_names_types_shapes_and_bytes():
    base = {"a": torch.arange(6.0), "b": torch.tensor(1.0)}
    assert tensors_digest(base) == tensors_digest(dict(reversed(base.items())))
    others = [
        {"c": base["a"], "b": base["b"]}, {**base, "a": base["a"].double()}, {**base, "a": base["a"].view(2, 3)},
        {**base, "a": base["a"] + 1}, {"a": base["a"]},
    ]  # fmt: skip
    assert len({tensors_digest(base), *(tensors_digest(o) for o in others)}) == 6


def test_the_file_is_a_safetensors_file_whose_card_is_json(tmp_path):
    path = save(tmp_path, CheckpointHeader(1, "me", {"best": [1.5, 3]}), *trained())
    with safe_open(Path(path), "pt") as stream:
        card = json.loads(stream.metadata()["gaitprint"])
        assert sorted(stream.keys()) == sorted(read_checkpoint(path).tensors)
    assert card["notes"] == {"best": [1.5, 3]}
    assert card.keys() == {"iteration", "run", "notes", "environment"}
    assert card["environment"]["threads"] == torch.get_num_threads()
    assert read_checkpoint(path).state == CheckpointHeader(1, "me", {"best": [1.5, 3]})


def test_of_two_hundred_damaged_files_none_is_taken_and_each_is_named(tmp_path):
    """Cut short, with a bit flipped, bytes swapped, zeroed or added, anywhere: in lengths, header, card and tensors."""
    model, optimizer = trained()
    save(tmp_path, CheckpointHeader(6, "me", {"row": 1}), model, optimizer)
    newest = save(tmp_path, CheckpointHeader(9, "me", {"row": 2}), model, optimizer)
    sound = newest.read_bytes()
    generator = np.random.default_rng(0)
    taken = 0
    for kind in range(200):
        data, place = bytearray(sound), int(generator.integers(len(sound) - 64))
        if kind % 5 == 0:
            del data[place:]
        elif kind % 5 == 1:
            data[place] ^= 1 << int(generator.integers(8))
        elif kind % 5 == 2:
            data[place : place + 64] = data[place : place + 64][::-1]
        elif kind % 5 == 3:
            data[place : place + 64] = bytes(64) if any(data[place : place + 64]) else b"\1" * 64
        else:
            data[place:place] = b"\0"
        assert data != sound
        newest.write_bytes(bytes(data))
        found, complaints = newest_checkpoint(tmp_path)
        assert found.state == CheckpointHeader(6, "me", {"row": 1})
        (line,) = complaints
        assert "00000009.safetensors is damaged" in line
        assert "\n" not in line
        taken += 1
    assert taken == 200
    newest.write_bytes(sound)
    assert newest_checkpoint(tmp_path)[0].state.iteration == 9


def test_two_hundred_writers_killed_at_any_byte_leave_the_newest_sound_one(tmp_path):
    """The temporary file takes its name last, so a killed writer leaves a part of it behind and no more."""
    model, optimizer = trained()
    sound = save(tmp_path, CheckpointHeader(3, "me"), model, optimizer).read_bytes()
    for place in np.random.default_rng(1).integers(0, len(sound), 200).tolist():
        (tmp_path / f".00000006.safetensors.{place:08x}.tmp").write_bytes(sound[:place])
        found, complaints = newest_checkpoint(tmp_path)
        assert (found.state.iteration, complaints) == (3, ())
    save(tmp_path, CheckpointHeader(6, "me"), model, optimizer)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00000003.safetensors", "00000006.safetensors"]


def test_a_full_disk_is_refused_before_a_byte_is_written(tmp_path, monkeypatch):
    model, optimizer = trained()
    save(tmp_path, CheckpointHeader(1, "me"), model, optimizer)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(DataError, match=r"it takes [\d,]+ bytes and the disk has 100 free; make room and run again"):
        save(tmp_path, CheckpointHeader(2, "me"), model, optimizer)
    assert [p.name for p in tmp_path.iterdir()] == ["00000001.safetensors"]


def test_a_disk_that_fills_up_meanwhile_leaves_the_older_one(tmp_path, monkeypatch):
    model, optimizer = trained()
    save(tmp_path, CheckpointHeader(1, "me"), model, optimizer)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match=r"No space left on device; make room .* then run again: it goes on"):
        save(tmp_path, CheckpointHeader(2, "me"), model, optimizer)
    assert [p.name for p in tmp_path.iterdir()] == ["00000001.safetensors"]


def test_a_disk_that_gives_back_other_bytes_loses_only_the_new_one(tmp_path, monkeypatch):
    model, optimizer = trained()
    for iteration in (1, 2):
        save(tmp_path, CheckpointHeader(iteration, "me"), model, optimizer)
    whole = checkpoint.write_tensors

    def lies(path, tensors, metadata):
        whole(path, tensors, metadata)
        damage_byte(path)

    monkeypatch.setattr(checkpoint, "write_tensors", lies)
    with pytest.raises(DataError, match="did not come back from the disk as it was written"):
        save(tmp_path, CheckpointHeader(3, "me"), model, optimizer)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00000001.safetensors", "00000002.safetensors"]


def test_notes_that_json_cannot_say_are_refused(tmp_path):
    with pytest.raises(ArtefactError, match="its notes are not plain JSON"):
        save(tmp_path, CheckpointHeader(1, "me", {"x": float("nan")}), *trained())
    assert not list(tmp_path.iterdir())
