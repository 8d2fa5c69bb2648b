"""Zip archives: damaged, hostile, or unusual."""

import os
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from source_trees import TREE, everything, write_zip

from gaitprint.archives import open_files
from gaitprint.archives._names import MAX_DEPTH, MAX_NAME
from gaitprint.errors import DataError, GaitprintError


def refused(use, *words: object) -> str:
    with pytest.raises(DataError) as caught:
        use(*words)
    assert str(caught.value).isprintable()
    return str(caught.value)


def patched(path: Path, name: str, local: dict[int, bytes], central: dict[int, bytes]) -> Path:
    """Overwrite fields of a member's two headers, by their offsets in them."""
    data = bytearray(path.read_bytes())
    place = data.find(name.encode(), data.find(b"PK\x01\x02")) - 46
    start = struct.unpack_from("<I", data, place + 42)[0]
    for begin, fields in ((start, local), (place, central)):
        for offset, value in fields.items():
            data[begin + offset : begin + offset + len(value)] = value
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../x.png",
        "a/../../x.png",
        "a/..",
        "..",
        "/x.png",
        "/etc/passwd",
        "C:/x.png",
        "C:x.png",
        "a\\..\\..\\b.png",
        "\\\\server\\b.png",
        "a/..\\b.png",
        "\\b.png",
        "C:\\b.png",
        "..\\x",
    ],
)
def test_a_name_that_leads_out_refuses_the_archive(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "a.zip", {"ok.png": b"ok", name: b"x"})
    assert "leads out of the archive: pack it anew" in refused(open_files, path)


def test_a_name_with_nul_refuses_the_archive(tmp_path: Path) -> None:
    """The library cuts it off there, so that `good.png\\0.exe` would be taken for good.png."""
    path = write_zip(tmp_path / "a.zip", {"good.png#.exe": b"x"})
    path.write_bytes(path.read_bytes().replace(b"good.png#", b"good.png\0"))
    assert "leads out of the archive" in refused(open_files, path)


@pytest.mark.parametrize("name", ["a\nb.png", "a\x1b[2J", "a/\u202eb.png"])
def test_a_name_that_cannot_be_told_refuses_the_archive(tmp_path: Path, name: str) -> None:
    assert "unprintable characters: rename it" in refused(open_files, write_zip(tmp_path / "a.zip", {name: b""}))


@pytest.mark.parametrize(
    "names",
    [("a.png", "a.png"), ("x/a.png", "x//a.png"), ("x/a.png", "./x/a.png"), ("a", "a/b.png"), ("a/b.png", "a")],
)
def test_a_name_that_stands_twice_refuses_the_archive(tmp_path: Path, names: tuple[str, str]) -> None:
    """Also a file that is a folder as well: which of the two is meant nobody can say."""
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        for name in names:
            archive.writestr(name, b"x")
    assert "stands in it twice: pack it anew" in refused(open_files, tmp_path / "a.zip")


def test_folders_may_have_entries_of_their_own_or_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a/", "a/b/", "./", "a/b/x.png", "c/d/y.png", "empty/"):
            archive.writestr(name, b"" if name.endswith("/") else b"x")
    files = open_files(tmp_path / "a.zip")
    assert files.list().folders == ("a", "c", "empty")
    assert files.list("empty") == files.list("empty")
    assert everything(files) == {"a/b/x.png": b"x", "c/d/y.png": b"x"}


def test_depth_and_length_of_names_have_a_limit(tmp_path: Path) -> None:
    """A name of 32,000 levels took a gigabyte of memory."""
    deep = "/".join("d" * MAX_DEPTH)
    assert everything(open_files(write_zip(tmp_path / "a.zip", {deep: b"x", "n" * MAX_NAME: b"y"}))).keys() == {
        deep,
        "n" * MAX_NAME,
    }
    for number, name in enumerate((deep + "/x", "n" * (MAX_NAME + 1), "a/" * 32_000 + "x")):
        path = write_zip(tmp_path / f"{number}.zip", {name: b"x"})
        assert "is too long or too deep" in refused(open_files, path)


def test_an_encrypted_member_is_not_read_and_the_others_are(tmp_path: Path) -> None:
    path = patched(write_zip(tmp_path / "a.zip", {"a.png": b"a", "b.png": b"b"}), "a.png", {6: b"\1\0"}, {8: b"\1\0"})
    files = open_files(path)
    assert "a.png is encrypted: pack it without a password" in refused(files.read, "a.png", 100)
    assert files.read("b.png", 100) == b"b"


def test_a_link_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    files = open_files(tmp_path / "a.zip")
    assert files.list().files == ("link.png",)
    assert "link.png is a link: pack the file itself" in refused(files.read, "link.png", 100)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_not_read(tmp_path: Path, method: int) -> None:
    files = open_files(write_zip(tmp_path / "a.zip", {"a.png": b"a"}, method=method))
    assert f"a.png is packed by method {method}, which is not read: pack it anew" in refused(files.read, "a.png", 100)


BOMB = 2**26


def bomb(path: Path, claims: int) -> Path:
    """64 MiB of zeros that say to be `claims` bytes."""
    made = write_zip(path, {"bomb.png": bytes(BOMB)})
    assert made.stat().st_size < BOMB / 500
    return patched(made, "bomb.png", {22: struct.pack("<I", claims)}, {24: struct.pack("<I", claims)})


def test_a_bomb_that_says_so_is_not_unpacked(tmp_path: Path) -> None:
    files = open_files(bomb(tmp_path / "a.zip", BOMB))
    assert f"unpacks to {BOMB} bytes, the limit is 1000: check the archive" in refused(files.read, "bomb.png", 1000)


@pytest.mark.parametrize("claims", [0, 10, 5000])
def test_a_bomb_that_lies_is_unpacked_as_far_as_it_said(tmp_path: Path, claims: int, monkeypatch) -> None:
    asked: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, *how: object) -> None:
            self.inner = real(*how)

        def decompress(self, data: bytes, most: int = 0) -> bytes:
            found = self.inner.decompress(data, most)
            asked.append(len(found))
            return found

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Watched)
    files = open_files(bomb(tmp_path / "a.zip", claims))
    assert "is damaged" in refused(files.read, "bomb.png", 10_000)
    assert sum(asked) <= 10_000
    assert asked or claims == 0


def test_a_member_that_says_more_than_it_has_is_damaged(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.png": b"abc" * 9}, method=zipfile.ZIP_DEFLATED)
    files = open_files(patched(path, "a.png", {22: struct.pack("<I", 99)}, {24: struct.pack("<I", 99)}))
    assert "is damaged (it unpacks to another size than it says)" in refused(files.read, "a.png", 100)


def test_changed_content_is_noticed(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.png": b"abcdefgh", "b.png": b"b"}, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"abcdefgh", b"abcdefgH"))
    files = open_files(path)
    assert "a.png is damaged ('Bad CRC-32" in refused(files.read, "a.png", 100).replace('"', "'")
    assert files.read("b.png", 100) == b"b"


def test_truncated_at_any_hundredth_byte_it_is_refused(tmp_path: Path) -> None:
    data = write_zip(tmp_path / "a.zip").read_bytes()
    for size in [*range(0, len(data), 100), len(data) - 1]:
        path = tmp_path / "cut.zip"
        path.write_bytes(data[:size])
        assert "cut.zip is no sound zip archive" in refused(open_files, path)


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"PK", b"hello" * 100, b"PK\5\6" + bytes(10), bytes(2000))):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        assert "is no sound zip archive (" in refused(open_files, path)


def test_damage_anywhere_is_refused_or_read_and_never_worse(tmp_path: Path) -> None:
    data = write_zip(tmp_path / "a.zip").read_bytes()
    rng = np.random.default_rng(0)
    seen = {"refused": 0, "read": 0}
    for number in range(400):
        bad = bytearray(data)
        for _ in range(1 + number % 4):
            # three of four in the directory at the end
            bad[-1 - int(rng.integers(len(bad) if number % 4 == 0 else 700))] = rng.integers(256)
        path = tmp_path / f"{number}.zip"
        path.write_bytes(bad)
        try:
            everything(open_files(path))
            seen["read"] += 1
        except GaitprintError as error:
            seen["refused" if str(error).isprintable() else "refused in several lines"] += 1
        path.unlink()
    assert min(seen.values()) > 20


def test_a_member_beyond_four_gigabytes_by_its_own_words_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, archive.open("a.png", "w", force_zip64=True) as member:
        member.write(b"x" * 50)
    files = open_files(tmp_path / "a.zip")
    assert files.read("a.png", 50) == b"x" * 50
    assert "the limit is 49" in refused(files.read, "a.png", 49)


def test_another_archive_under_the_same_name_is_another(tmp_path: Path) -> None:
    first = open_files(write_zip(tmp_path / "a.zip", {"a.png": b"one"}))
    assert open_files(tmp_path / "a.zip") is first, "opened once a process"
    write_zip(tmp_path / "b.zip", {"a.png": b"another"}).replace(tmp_path / "a.zip")
    second = open_files(tmp_path / "a.zip")
    assert second.read("a.png", 100) == b"another"
    assert first.read("a.png", 100) == b"one"
    assert first.stamp("a.png") != second.stamp("a.png")


def test_bytes_before_the_archive_do_no_harm(tmp_path: Path) -> None:
    data = write_zip(tmp_path / "a.zip").read_bytes()
    (tmp_path / "b.zip").write_bytes(b"#!/bin/sh\n" * 9 + data)
    assert everything(open_files(tmp_path / "b.zip")) == TREE


def renamed(path: Path, raw: bytes, extra: bytes = b"") -> Path:
    """An archive of one member that is called so in bytes, without the flag that says they are UTF-8."""
    stand_in = "#" * len(raw)
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo(stand_in)
        member.extra = extra
        archive.writestr(member, b"x")
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), raw))
    return path


def unicode_path(text: str, raw: bytes, version: int = 1) -> bytes:
    field = struct.pack("<BL", version, zlib.crc32(raw)) + text.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field


@pytest.mark.parametrize("name", ["aü.png", "Jürgen/1.png", "Łukasz/ß.png", "歩行/1.png", "Ольга/1.png", "José/1.png"])
def test_names_in_utf_8_are_read_with_the_flag_and_without(tmp_path: Path, name: str) -> None:
    """As `zip -r` writes them; the same tree as a tar is."""
    files = open_files(renamed(tmp_path / "a.zip", name.encode()))
    assert everything(files) == {name: b"x"}
    assert files.notes == ()
    assert everything(open_files(write_zip(tmp_path / "b.zip", {name: b"x"}))) == {name: b"x"}


@pytest.mark.parametrize("name", ["aü.png", "Größe/é.png", "Ñandú.png"])
def test_names_in_the_old_code_page_are_read_and_that_is_said(tmp_path: Path, name: str) -> None:
    files = open_files(renamed(tmp_path / "a.zip", name.encode("cp437")))
    assert everything(files) == {name: b"x"}
    (note,) = files.notes
    assert f"code page 437, such as '{name}'" in note


def test_the_name_in_the_extra_field_counts_where_it_belongs_to_the_other(tmp_path: Path) -> None:
    raw = "Łukasz.png".encode("cp1250")
    files = open_files(renamed(tmp_path / "a.zip", raw, unicode_path("Łukasz.png", raw)))
    assert (everything(files), files.notes) == ({"Łukasz.png": b"x"}, ())
    stale = open_files(renamed(tmp_path / "b.zip", raw, unicode_path("Łukasz.png", b"another name")))
    assert everything(stale) == {raw.decode("cp437"): b"x"}
    newer = open_files(renamed(tmp_path / "c.zip", raw, unicode_path("Łukasz.png", raw, version=2)))
    assert everything(newer) == {raw.decode("cp437"): b"x"}
    out = renamed(tmp_path / "d.zip", raw, unicode_path("../out.png", raw))
    assert "leads out of the archive" in refused(open_files, out)


def test_backslashes_part_folders_and_that_is_said(tmp_path: Path) -> None:
    tree = {"001\\nm-01\\1.png": b"1", "001\\nm-01/2.png": b"2", "001/nm-01/3.png": b"3", "002\\": b"", "002\\a\\": b""}
    files = open_files(write_zip(tmp_path / "a.zip", tree))
    assert everything(files) == {f"001/nm-01/{n}.png": str(n).encode() for n in (1, 2, 3)}
    assert (files.list().folders, files.list("002").folders) == (("001", "002"), ("a",))
    (note,) = files.notes
    assert "4 names have backslashes between their folders, read as slashes" in note


def test_one_file_under_both_slashes_stands_twice(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a\\b.png": b"1", "a/b.png": b"2"})
    assert "stands in it twice" in refused(open_files, path)


def test_an_archive_put_in_the_place_of_another_with_its_time_is_another(tmp_path: Path) -> None:
    first = open_files(write_zip(tmp_path / "a.zip", {"a.png": b"one"}, method=zipfile.ZIP_STORED))
    when = (tmp_path / "a.zip").stat()
    write_zip(tmp_path / "b.zip", {"a.png": b"two"}, method=zipfile.ZIP_STORED).replace(tmp_path / "a.zip")
    os.utime(tmp_path / "a.zip", ns=(when.st_atime_ns, when.st_mtime_ns))
    assert (tmp_path / "a.zip").stat().st_size == when.st_size
    assert open_files(tmp_path / "a.zip").read("a.png", 9) == b"two"
    assert first.read("a.png", 9) == b"one"
