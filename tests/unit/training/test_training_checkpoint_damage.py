"""Whatever happens to a checkpoint or to its writer, the newest sound one is found and the bad one named."""

import gc
import os
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from gaitprint.errors import ArtefactError, DataError
from gaitprint.training import checkpoint
from gaitprint.training._tensor_file import read_tensors
from gaitprint.training.checkpoint import CheckpointHeader, newest_checkpoint, read_checkpoint, save_checkpoint

TENSORS = {
    "model.weight": torch.linspace(-1, 1, 60).reshape(3, 20),
    "model.bias": torch.linspace(2, 3, 60).reshape(3, 20),
    "model.seen": torch.tensor(7),
    "optimizer.weight.exp_avg": torch.linspace(0, 1e-3, 60).reshape(3, 20),
    "average.model.weight": torch.linspace(-1, 1, 60).reshape(3, 20),
    "half": torch.linspace(0, 1, 6, dtype=torch.bfloat16),
}
NOTES = {"guard": {"in_a_row": 1}, "best": {"score": 1e-5}, "ä": [None, "x\\y"]}


@pytest.fixture
def two(tmp_path):
    """Checkpoints 6 and 9, both sound: the folder and the newest."""
    save_checkpoint(tmp_path, CheckpointHeader(6, "me"), TENSORS)
    return tmp_path, save_checkpoint(tmp_path, CheckpointHeader(9, "me", NOTES), TENSORS)


def falls_back(folder: Path, bad: Path) -> str:
    found, complaints = newest_checkpoint(folder)
    assert found is not None
    assert found.state.iteration == 6
    assert all(torch.equal(found.tensors[k], v) for k, v in TENSORS.items())
    (line,) = complaints
    assert str(bad) in line
    assert "\n" not in line
    return line


def test_every_single_byte_counts(two):
    """One bit flipped in each byte of lengths, header, card, digest, padding and tensors."""
    folder, newest = two
    sound = newest.read_bytes()
    bits = np.random.default_rng(0).integers(0, 8, len(sound)).tolist()
    for place, bit in enumerate(bits):
        changed = bytearray(sound)
        changed[place] ^= 1 << bit
        newest.write_bytes(changed)
        with pytest.raises(ArtefactError, match=r"00000009\.safetensors is damaged") as error:
            read_checkpoint(newest)
        assert "\n" not in str(error.value)
        if place % 50 == 0:
            falls_back(folder, newest)
    newest.write_bytes(sound)
    assert read_checkpoint(newest).state == CheckpointHeader(9, "me", NOTES)


def test_a_card_spelt_otherwise_is_not_the_card_that_was_sealed(two):
    folder, newest = two
    sound = newest.read_bytes()
    for old, new in ((b"1e-05", b"1E-05"), (b'\\"me\\"', b'\\"no\\"'), (b"threads", b"Threads")):
        assert sound.count(old) == 1
        newest.write_bytes(sound.replace(old, new))
        assert "its digest does not fit" in falls_back(folder, newest)


def resealed(path: Path, tensors) -> bytes:
    """Other tensors under the same card and digest."""
    return save(tensors, read_tensors(path)[0])


def swapped(path):
    return resealed(path, {**TENSORS, "model.weight": TENSORS["model.bias"], "model.bias": TENSORS["model.weight"]})


def retyped(path):
    return resealed(path, {**TENSORS, "model.seen": TENSORS["model.seen"].int()})


def reshaped(path):
    return resealed(path, {**TENSORS, "model.bias": TENSORS["model.bias"].reshape(20, 3)})


def renamed(path):
    return resealed(path, {("model.other" if k == "model.bias" else k): v for k, v in TENSORS.items()})


def missing(path):
    return resealed(path, {k: v for k, v in TENSORS.items() if k != "average.model.weight"})


def added(path):
    return resealed(path, {**TENSORS, "model.more": torch.ones(1)})


@pytest.mark.parametrize("change", [swapped, retyped, reshaped, renamed, missing, added], ids=lambda c: c.__name__)
def test_other_tensors_under_the_same_card_are_found(two, change):
    folder, newest = two
    newest.write_bytes(change(newest))
    assert load(newest.read_bytes())  # a sound file to the library
    assert "its digest does not fit" in falls_back(folder, newest)


def test_the_library_s_own_spelling_of_the_same_checkpoint_is_sound(two):
    newest = two[1]
    newest.write_bytes(resealed(newest, TENSORS))
    assert read_checkpoint(newest).state.iteration == 9


@pytest.mark.parametrize(
    "card", ["{}", "[]", "7", '{"iteration":"x","run":"","notes":{},"environment":{}}', "[" * 9999]
)
def test_a_card_with_a_fitting_digest_is_still_checked(two, card):
    folder, newest = two
    newest.write_bytes(save(TENSORS, {"gaitprint": card, "sha256": checkpoint._seal(card, TENSORS)}))
    falls_back(folder, newest)


def test_a_checkpoint_under_another_number_is_not_that_one(two):
    folder, newest = two
    other = newest.rename(folder / "00000012.safetensors")
    assert "it says iteration 9" in falls_back(folder, other)


def test_files_of_other_names_are_named_and_never_deleted(two):
    folder, newest = two
    copy = newest.rename(folder / "mine.safetensors")
    assert "mine.safetensors is no checkpoint's name" in falls_back(folder, copy)
    save_checkpoint(folder, CheckpointHeader(20, "me"), TENSORS)
    assert copy.exists()
    assert newest_checkpoint(folder)[0].state.iteration == 20


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "loop", "nothing", "secret"])
def test_what_is_no_file_in_place_of_the_newest(two, kind):
    folder, newest = two
    newest.unlink()
    {
        "folder": lambda: (newest / "inner").mkdir(parents=True),
        "pipe": lambda: os.mkfifo(newest),
        "device": lambda: newest.symlink_to("/dev/zero"),
        "loop": lambda: newest.symlink_to(newest),
        "nothing": lambda: newest.symlink_to(folder / "none"),
        "secret": lambda: newest.write_bytes(b"\0" * 8 + b"{}"),
    }[kind]()
    falls_back(folder, newest)
    # and the next one is written; what can be removed of the other is gone
    save_checkpoint(folder, CheckpointHeader(8, "me"), TENSORS)
    assert os.path.lexists(newest) == (kind == "folder")
    assert newest_checkpoint(folder)[0].state.iteration == 8


def test_a_folder_where_the_checkpoint_belongs_is_one_line(two):
    folder, _ = two
    (folder / "00000012.safetensors").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*12\.safetensors: a folder is there.* run again: it goes on"):
        save_checkpoint(folder, CheckpointHeader(12, "me"), TENSORS)
    assert newest_checkpoint(folder)[0].state.iteration == 9


def test_a_bad_sector_is_an_error_and_not_the_end_of_the_process(two, monkeypatch):
    folder, newest = two
    whole = checkpoint.read_tensors

    def failing(path):
        if path == newest:
            raise OSError(5, "Input/output error")
        return whole(path)

    monkeypatch.setattr(checkpoint, "read_tensors", failing)
    assert "Input/output error" in falls_back(folder, newest)


def test_one_checkpoint_at_a_time_is_in_memory(tmp_path, monkeypatch):
    for iteration in range(1, 6):
        name = f"{iteration:08d}.safetensors"
        (tmp_path / name).write_bytes(save(TENSORS, {"gaitprint": "{}", "sha256": ""}))
    whole, alive = checkpoint.read_tensors, []

    def counted(path):
        assert not any(tensor() is not None for tensor in alive), "the one before is still held"
        metadata, tensors = whole(path)
        alive.extend(weakref.ref(t) for t in tensors.values())
        return metadata, tensors

    monkeypatch.setattr(checkpoint, "read_tensors", counted)
    gc.disable()  # it must not take the collector to let go of them
    try:
        assert len(newest_checkpoint(tmp_path)[1]) == 5
    finally:
        gc.enable()
    assert len(alive) == 5 * len(TENSORS)


def test_a_hundred_injections_and_none_is_written(tmp_path):
    """Into every tensor that has fractions, at any place, with any of the three values."""
    save_checkpoint(tmp_path, CheckpointHeader(1, "me"), TENSORS)
    generator = np.random.default_rng(0)
    names = [k for k, v in TENSORS.items() if v.is_floating_point()]
    for i in range(100):
        name = names[i % len(names)]
        broken = TENSORS[name].clone()
        broken.view(-1)[int(generator.integers(broken.numel()))] = (float("nan"), float("inf"), -float("inf"))[i % 3]
        with pytest.raises(ArtefactError, match=f"checkpoint 2 is not written: {name} is not finite"):
            save_checkpoint(tmp_path, CheckpointHeader(2, "me"), {**TENSORS, name: broken})
    assert [p.name for p in tmp_path.iterdir()] == ["00000001.safetensors"]


def test_large_numbers_whose_sum_overflows_are_finite(tmp_path):
    large = {"a": torch.full((9,), 3e38), "b": torch.full((9,), 6e4, dtype=torch.float16), "c": torch.empty(0)}
    found = read_checkpoint(save_checkpoint(tmp_path, CheckpointHeader(1, "me"), large))
    assert all(torch.equal(found.tensors[k], v) for k, v in large.items())
    large["a"][4] = float("inf")
    with pytest.raises(ArtefactError, match="a is not finite"):
        save_checkpoint(tmp_path, CheckpointHeader(2, "me"), large)


def test_the_older_ones_go_only_after_the_new_one_was_read_back(two, monkeypatch):
    folder, _ = two
    names = []
    whole = checkpoint._read_back

    def watched(path, expected):
        names.extend(sorted(p.name for p in folder.iterdir()))
        whole(path, expected)

    monkeypatch.setattr(checkpoint, "_read_back", watched)
    save_checkpoint(folder, CheckpointHeader(12, "me"), TENSORS)
    assert names == ["00000006.safetensors", "00000009.safetensors", "00000012.safetensors"]
    assert sorted(p.name for p in folder.iterdir()) == names[1:]


def test_a_rename_that_the_disk_forgot_is_noticed(two, monkeypatch):
    """The same number is written again, and an older file of that number comes back."""
    folder, newest = two
    monkeypatch.setattr(checkpoint, "write_tensors", lambda *_: None)
    with pytest.raises(DataError, match="another file is there"):
        save_checkpoint(folder, CheckpointHeader(9, "me", {"later": True}), TENSORS)
    assert not newest.exists()
    assert newest_checkpoint(folder)[0].state.iteration == 6


def test_it_is_read_back_from_the_disk_and_not_from_what_the_system_remembers(tmp_path, monkeypatch):
    if not hasattr(os, "posix_fadvise"):
        pytest.skip("this system cannot be asked to forget a file")
    asked = []
    monkeypatch.setattr(os, "posix_fadvise", lambda handle, *rest: asked.append((os.fstat(handle).st_ino, *rest)))
    path = save_checkpoint(tmp_path, CheckpointHeader(1, "me"), TENSORS)
    assert asked == [(path.stat().st_ino, 0, 0, os.POSIX_FADV_DONTNEED)]
