import errno
import hashlib
import os
from pathlib import Path

import pytest

from gaitprint import atomic_files as storage
from gaitprint.atomic_files import (
    atomic_file,
    read_json,
    sha256_file,
    sha256_json,
    sync_folder,
    way_out,
    write_bytes,
    write_json,
    write_text,
)
from gaitprint.errors import ArtefactError, DataError


def test_bytes_text_and_json_come_back(tmp_path: Path):
    write_bytes(tmp_path / "a" / "b" / "c.bin", b"\x00\xff")
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == b"\x00\xff"
    write_text(tmp_path / "t", "\u00e9\n")
    assert (tmp_path / "t").read_bytes() == b"\xc3\xa9\n"
    value = {"a": [1, 2.5, None, "\u00e9"]}
    write_json(tmp_path / "j.json", value)
    assert read_json(tmp_path / "j.json", "x") == value
    assert (tmp_path / "j.json").read_text(encoding="utf-8").endswith("}\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "j.json", "t"]


class _Stop(BaseException):
    pass


def _fail_within(path: Path, error: BaseException) -> None:
    with atomic_file(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
        raise error


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "f"
    write_bytes(path, b"old")
    with pytest.raises(_Stop):
        _fail_within(path, _Stop())
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_nan_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "j", float("nan"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("failing", ["fsync", "replace", "sync_folder", "write"])
def test_a_failing_disk_is_one_line_and_keeps_the_old_file(tmp_path: Path, monkeypatch, failing: str):
    path = tmp_path / "f"
    write_bytes(path, b"old")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    owner, name = {"fsync": (os, "fsync"), "replace": (Path, "replace")}.get(failing, (storage, "sync_folder"))
    if failing != "write":
        monkeypatch.setattr(owner, name, fail)
    error = OSError(28, "No space left on device")
    with pytest.raises(DataError, match=r"cannot write .*f: No space left on device; make room"):
        _fail_within(path, error) if failing == "write" else write_bytes(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == (b"new" if failing == "sync_folder" else b"old")
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("name", ["file/below", "nul\0", "n" * 300, "folder"])
def test_places_that_cannot_be_written_are_one_line(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="cannot write") as caught:
        write_bytes(tmp_path / name, b"")
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="cannot write"):
        write_bytes(Path("/"), b"")


@pytest.mark.parametrize("content", [b"{", b"\xff", b"", b"[" * 100_000])
def test_damaged_json_names_what_it_was(tmp_path: Path, content: bytes):
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(ArtefactError, match="the card cannot be read"):
        read_json(tmp_path / "j", "the card")


def test_empty_json_is_called_empty(tmp_path: Path):
    (tmp_path / "j").write_text(" \n")
    with pytest.raises(ArtefactError, match=r"the card cannot be read \(.*\): it is empty$"):
        read_json(tmp_path / "j", "the card")


def test_missing_json_names_what_it_was(tmp_path: Path):
    with pytest.raises(ArtefactError, match="the card is missing: no file"):
        read_json(tmp_path / "j", "the card")
    with pytest.raises(ArtefactError, match="the card cannot be read"):
        read_json(tmp_path, "the card")


def test_sums(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"abc" * 100_000)
    assert sha256_file(tmp_path / "f") == hashlib.sha256(b"abc" * 100_000).hexdigest()
    assert (
        sha256_json({"b": 1, "a": [1.5, "\u00e9"]}) == hashlib.sha256('{"a":[1.5,"\u00e9"],"b":1}'.encode()).hexdigest()
    )
    assert sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
    assert sha256_json([1, 2]) != sha256_json([2, 1])
    with pytest.raises(DataError, match="cannot read"):
        sha256_file(tmp_path / "missing")


def test_folders_that_cannot_be_opened_are_left_alone_elsewhere(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(storage.os, "fsync", lambda *_: pytest.fail("opened"))
    monkeypatch.setattr(storage.os, "name", "nt")
    sync_folder(tmp_path)


@pytest.mark.parametrize(
    ("code", "helps", "misleads"),
    [
        (errno.ENOSPC, "make room", "right"),
        (errno.EDQUOT, "quota", "right"),
        (errno.EFBIG, "ulimit -f", "right"),
        (errno.EACCES, "the right to it", "room"),
        (errno.EPERM, "the right to it", "room"),
        (errno.EROFS, "mount it for writing", "room"),
        (errno.ENOTDIR, "stands where a folder should", "room"),
        (errno.EISDIR, "name a file", "another place"),
        (errno.ENAMETOOLONG, "a shorter name", "another place"),
        (errno.EMFILE, "ulimit -n", "another place"),
        (errno.EIO, "check the disk", "room"),
        (errno.EXDEV, "choose another place", "room"),
    ],
)
def test_what_helps_depends_on_what_is_wrong(tmp_path, monkeypatch, code, helps, misleads):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DataError) as error:
        write_text(tmp_path / "f", "x")
    assert os.strerror(code) in str(error.value)
    assert helps in str(error.value)
    assert misleads not in str(error.value).partition(";")[2]
    assert "another place" not in way_out(OSError(code, ""), "run again"), "elsewhere it would not go on"
    assert way_out(OSError(code, ""), "run again").endswith("run again")


@pytest.mark.parametrize("text", ['{"a": 1, "b": 2, "a": 1}', '{"x": [{"a": {}, "a": []}]}'])
def test_of_a_key_that_stands_twice_no_value_is_lost(tmp_path, text):
    (tmp_path / "j").write_text(text)
    with pytest.raises(ArtefactError, match=r"the card cannot be read \(.*j\): the key 'a' stands twice"):
        read_json(tmp_path / "j", "the card")
