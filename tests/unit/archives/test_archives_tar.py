"""Tar archives: damaged, hostile, or unusual."""

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from source_trees import TREE, entry, everything, write_entries, write_tar

from gaitprint.archives import open_files, tar
from gaitprint.archives._names import MAX_DEPTH
from gaitprint.archives._tar_headers import MAX_EXTENDED
from gaitprint.errors import DataError, GaitprintError

BLOCK = 512
PLAIN, PACKED = ".tar", ".tar.gz"


def refused(use, *words: object) -> str:
    with pytest.raises(DataError) as caught:
        use(*words)
    assert str(caught.value).isprintable()
    return str(caught.value)


def raw(name: str, size: bytes = b"0" * 11 + b"\0", kind: bytes = b"0", data: bytes = b"") -> bytes:
    """A member whose header is written by hand, checksum and all."""
    header = bytearray(BLOCK)
    header[: len(name)] = name.encode()
    header[100:108], header[124:136], header[156:157], header[257:265] = b"0000644\0", size, kind, b"ustar\x0000"
    header[136:148] = b"0" * 11 + b"\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data + bytes(-len(data) % BLOCK)


def octal(size: int) -> bytes:
    return b"%011o\0" % size


def save(path: Path, *members: bytes, end: bytes = bytes(2 * BLOCK)) -> Path:
    data = b"".join(members) + end
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


OUT = ["../x.png", "a/../../x.png", "a/..", "/x.png", "/etc/passwd", "C:/x.png"]
OUT += ["a\\..\\..\\b.png", "\\\\s\\b.png", "C:\\b.png"]


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_out_refuses_the_archive(tmp_path: Path, name: str) -> None:
    path = write_entries(tmp_path / "a.tar", [entry("ok.png", b"ok"), entry(name, b"x")])
    assert "leads out of the archive: pack it anew" in refused(open_files, path)


def test_a_name_with_nul_or_line_breaks_refuses_the_archive(tmp_path: Path) -> None:
    for number, (name, words) in enumerate({"a\0b.png": "leads out", "a\nb.png": "unprintable"}.items()):
        record = b"%d path=%s\n" % (len(name) + 9, name.encode())
        assert int(record.split()[0]) == len(record)
        path = save(tmp_path / f"{number}.tar", raw("pax", octal(len(record)), b"x", record), raw("short"))
        assert words in refused(open_files, path)


@pytest.mark.parametrize("names", [("a.png", "a.png"), ("x/a.png", "./x//a.png"), ("a", "a/b.png"), ("a/b.png", "a")])
def test_a_name_that_stands_twice_refuses_the_archive(tmp_path: Path, names: tuple[str, str]) -> None:
    path = write_entries(tmp_path / "a.tar", [entry(n, b"x") for n in names])
    assert "stands in it twice: pack it anew" in refused(open_files, path)


def test_folders_may_have_entries_of_their_own_or_none(tmp_path: Path) -> None:
    folders = [entry(n, type=tarfile.DIRTYPE) for n in (".", "./a", "a/b/", "empty")]
    files = open_files(
        write_entries(tmp_path / "a.tar", [*folders, entry("./a/b/x.png", b"x"), entry("c/y.png", b"y")])
    )
    assert files.list().folders == ("a", "c", "empty")
    assert everything(files) == {"a/b/x.png": b"x", "c/y.png": b"y"}


NO_DATA = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]


@pytest.mark.parametrize("ending", [PLAIN, PACKED])
@pytest.mark.parametrize("kind", NO_DATA)
@pytest.mark.parametrize("to", ["/etc/passwd", "../../x", "ok.png"])
def test_links_and_devices_are_there_and_cannot_be_read(tmp_path: Path, kind: bytes, to: str, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    mode = "w:gz" if ending == PACKED else "w"
    files = open_files(write_entries(path, [entry("x.png", type=kind, linkname=to), entry("ok.png", b"ok")], mode))
    assert files.list().files == ("ok.png", "x.png")
    assert "x.png is a link or a device: pack the file itself" in refused(files.read, "x.png", 100)
    assert files.read("ok.png", 100) == b"ok"
    assert files.stamp("x.png")


def test_a_link_to_a_folder_is_no_folder(tmp_path: Path) -> None:
    path = write_entries(
        tmp_path / "a.tar", [entry("out", type=tarfile.SYMTYPE, linkname="/etc"), entry("out/passwd", b"x")]
    )
    assert "stands in it twice" in refused(open_files, path)


def test_a_sparse_file_is_read_whole_or_not(tmp_path: Path) -> None:
    """Ten bytes stored of a file of 3000: five at its beginning, five at 2000."""
    header = bytearray(raw("s.png", octal(10), b"S"))
    header[257:265] = b"ustar  \0"
    header[386:434] = b"".join(b"%011o\0" % n for n in (0, 5, 2000, 5))
    header[483:495] = octal(3000)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = save(tmp_path / "a.tar", bytes(header), b"helloworld" + bytes(BLOCK - 10), raw("b", octal(1), data=b"b"))
    files = open_files(path)
    assert files.read("s.png", 3000) == b"hello" + bytes(1995) + b"world" + bytes(995)
    assert files.read("b", 10) == b"b"
    assert "has 3000 bytes, the limit is 2999" in refused(files.read, "s.png", 2999)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_name_of_300_characters_is_read(tmp_path: Path, form: int) -> None:
    for name in ("x" * 300, "歩" * 300, "d" * 200 + "/" + "x" * 99):
        assert everything(open_files(write_tar(tmp_path / "a.tar", {name: b"x"}, 5, form))) == {name: b"x"}


def test_depth_of_names_has_a_limit(tmp_path: Path) -> None:
    deep = "/".join("d" * MAX_DEPTH)
    assert everything(open_files(write_tar(tmp_path / "a.tar", {deep: b"x"}))) == {deep: b"x"}
    for number, name in enumerate((deep + "/x", "x/" * 200_000 + "x")):
        assert "is too long or too deep" in refused(open_files, write_tar(tmp_path / f"{number}.tgz", {name: b"x"}))


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g", b"X"])
def test_a_long_name_that_is_a_bomb_is_not_read_into_memory(tmp_path: Path, kind: bytes) -> None:
    size = 4 * MAX_EXTENDED
    path = save(tmp_path / "a.tar.gz", raw("ok"), raw("long", octal(size), kind, b"x" * size), raw("a"))
    assert path.stat().st_size < size / 100
    assert f"no sound tar archive (a header of {size} bytes)" in refused(open_files, path)


HUGE = b"\x80" + (2**70).to_bytes(11, "big")
NEGATIVE = b"\xff" * 10 + b"\xfe\x00"


@pytest.mark.parametrize("ending", [PLAIN, PACKED])
@pytest.mark.parametrize("kind", [b"0", b"L", b"x", b"S", b"7", b"5", b"Z"])
@pytest.mark.parametrize("size", [HUGE, NEGATIVE, b"\x80" + (2**62).to_bytes(11, "big"), octal(2**33 - 1)])
def test_a_size_that_cannot_be_ends_in_an_error_and_never_in_a_circle(
    tmp_path: Path, size: bytes, kind: bytes, ending: str
) -> None:
    path = save(tmp_path / f"a{ending}", raw("ok", octal(2), data=b"ok"), raw("bad", size, kind, b"x"), raw("b"))
    try:
        files = open_files(path)
    except DataError as error:
        found = str(error)
    else:
        found = refused(everything, files) if kind != b"5" else ""
        assert kind == b"5", "a folder has no data, whatever its size says"
    assert found.isprintable()


def test_a_negative_size_in_an_attribute_ends_too(tmp_path: Path) -> None:
    record = b"15 size=-10240\n"
    path = save(
        tmp_path / "a.tar", raw("ok"), raw("pax", octal(len(record)), b"x", record), raw("bad", octal(3), data=b"x")
    )
    assert "no sound tar archive (a member of -10240 bytes)" in refused(open_files, path)


def test_headers_in_headers_without_end_are_refused(tmp_path: Path) -> None:
    record = b"9 a=bcde\n"
    path = save(tmp_path / "a.tar", *[raw("pax", octal(len(record)), b"x", record)] * 3000, raw("a"))
    assert "is no sound tar archive" in refused(open_files, path)


@pytest.mark.parametrize("ending", [PLAIN, PACKED, ".tar.xz", ".tar.bz2"])
def test_truncated_at_any_hundredth_byte_it_is_refused(tmp_path: Path, ending: str) -> None:
    """Also between two members, where the library takes it for the end: what follows would be taken for deleted."""
    data = write_tar(tmp_path / f"a{ending}").read_bytes()
    zeros = len(data) - len(data.rstrip(b"\0")) if ending == PLAIN else 0
    cuts = {*range(0, len(data) - zeros, 100), *range(0, len(data) - zeros, BLOCK)}
    refusals = 0
    for size in sorted(cuts):
        path = tmp_path / f"cut{ending}"
        path.write_bytes(data[:size])
        try:
            found = everything(open_files(path))
        except DataError as error:
            refusals += "is no sound tar archive" in str(error)
        else:  # all is there but the end of the packing
            assert found == TREE
            refusals += len(data) - size < 50
    assert refusals == len(cuts)
    path.write_bytes(data)
    assert everything(open_files(path)) == TREE


@pytest.mark.parametrize("ending", [PLAIN, PACKED])
def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path, ending: str) -> None:
    members = [raw(n, octal(1), data=b"x") for n in ("a", "b", "c")]
    assert everything(open_files(save(tmp_path / f"whole{ending}", *members))) == dict.fromkeys("abc", b"x")
    for place in (0, 3, 124, 148, 300, 511):
        bad = bytearray(members[1])
        bad[place] ^= 4
        path = save(tmp_path / f"a{ending}", members[0], bytes(bad), members[2])
        assert "where a member or the end mark should be" in refused(open_files, path)
    assert "no sound tar archive" in refused(open_files, save(tmp_path / f"b{ending}", *members, end=b""))
    one_block = save(tmp_path / f"c{ending}", *members, end=bytes(BLOCK))
    assert len(everything(open_files(one_block))) == 3


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"x", b"hello" * 1000, b"\x1f\x8b" + bytes(50), b"BZh9" + bytes(50))):
        for ending in (PLAIN, PACKED, ".tar.xz"):
            path = tmp_path / f"{number}{ending}"
            path.write_bytes(data)
            assert "is no sound tar archive (" in refused(open_files, path)


@pytest.mark.parametrize("ending", [PLAIN, PACKED, ".tar.xz", ".tar.bz2"])
def test_damage_anywhere_is_refused_or_read_and_never_worse(tmp_path: Path, ending: str) -> None:
    data = write_tar(tmp_path / f"a{ending}", form=tarfile.GNU_FORMAT).read_bytes()
    rng = np.random.default_rng(0)
    seen = {"refused": 0, "read": 0}
    for number in range(150):
        bad = bytearray(data)
        for _ in range(1 + number % 3):
            bad[rng.integers(len(bad))] ^= rng.integers(1, 256)
        path = tmp_path / f"{number}{ending}"
        path.write_bytes(bad)
        try:
            everything(open_files(path))
            seen["read"] += 1
        except GaitprintError as error:
            seen["refused" if str(error).isprintable() else "refused in several lines"] += 1
        path.unlink()
    assert seen["refused"] > 20
    assert sum(seen.values()) == 150


def test_frames_in_any_order_are_read_in_one_pass(tmp_path: Path, monkeypatch) -> None:
    """Archives hold files as the disk lists them, and frames are read by name: going back means starting again."""
    rng = np.random.default_rng(0)
    names = [f"{s}/{i}.png" for s in range(20) for i in rng.permutation(30)]
    tree = {name: rng.bytes(400) for name in names}
    files = open_files(write_tar(tmp_path / "a.tar.gz", tree))
    rewinds = []
    real = gzip._GzipReader._rewind
    monkeypatch.setattr(gzip._GzipReader, "_rewind", lambda self: (rewinds.append(1), real(self)))
    for folder in sorted(files.list().folders, key=files.order):
        for name in files.list(folder).files:
            assert files.read(f"{folder}/{name}", 400) == tree[f"{folder}/{name}"]
    assert len(rewinds) <= 1, "from the end of the archive, where opening it has led, to its beginning"


def test_folders_too_large_to_be_read_together_are_read_one_by_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tar, "AHEAD", 100)
    tree = {"big/b": b"b" * 60, "big/a": b"a" * 60, "small/b": b"b" * 50, "small/a": b"a" * 50}
    files = open_files(write_tar(tmp_path / "a.tgz", tree))
    assert everything(files) == tree
    assert everything(files) == tree
    assert len(files._ahead) == 2


def test_a_damaged_file_of_a_packed_folder_is_named_and_those_before_it_are_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tree = {f"x/{n}.png": rng.bytes(4000) for n in range(4)}
    path = write_tar(tmp_path / "a.tgz", tree)
    files = open_files(path)
    data = bytearray(path.read_bytes())
    data[-6000:] = bytes(6000)
    path.write_bytes(data)  # behind its back: the bytes are read when they are asked for
    assert files.read("x/0.png", 4000) == tree["x/0.png"]
    assert "x/3.png is damaged" in refused(files.read, "x/3.png", 4000)


def test_a_packed_archive_may_be_called_tar(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tgz").rename(tmp_path / "a.tar")
    assert everything(open_files(tmp_path / "a.tar")) == TREE


def test_a_bomb_of_a_file_is_not_unpacked_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    size = 2**26
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(entry("ok/a.png", b"ok")[0], io.BytesIO(b"ok"))
        bomb = entry("bomb/b.png")[0]
        bomb.size = size
        with (tmp_path / "zeros").open("wb+") as zeros:
            zeros.truncate(size)
            archive.addfile(bomb, zeros)
    tracemalloc.start()
    files = open_files(path)
    assert f"b.png has {size} bytes, the limit is 1000: split or check the file" in refused(
        files.read, "bomb/b.png", 1000
    )
    assert files.read("ok/a.png", 1000) == b"ok"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < size / 16


def test_another_archive_under_the_same_name_is_another(tmp_path: Path) -> None:
    first = open_files(write_tar(tmp_path / "a.tar", {"a.png": b"one"}))
    assert open_files(tmp_path / "a.tar") is first
    write_tar(tmp_path / "b.tar", {"a.png": b"another"}, 5).replace(tmp_path / "a.tar")
    assert open_files(tmp_path / "a.tar").read("a.png", 100) == b"another"
    assert first.read("a.png", 100) == b"one"


def test_backslashes_part_folders_as_in_a_zip(tmp_path: Path) -> None:
    path = write_entries(tmp_path / "a.tar", [entry("001\\nm-01\\1.png", b"1"), entry("001/nm-01/2.png", b"2")])
    files = open_files(path)
    assert everything(files) == {"001/nm-01/1.png": b"1", "001/nm-01/2.png": b"2"}
    assert "1 names have backslashes between their folders" in files.notes[0]
