"""A folder on disk: no link leads out, and only regular files are read."""

import errno
import os
import socket
import threading
from pathlib import Path

import pytest
from source_trees import write_folder

from gaitprint.archives import open_files
from gaitprint.archives.folder import FolderFiles
from gaitprint.errors import DataError

SECRET = b"secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data set beside what it must not reach."""
    write_folder(tmp_path / "outside", {"secret.png": SECRET, "deep/secret.png": SECRET})
    return write_folder(tmp_path / "data", {"001/nm/a.png": b"a", "002/nm/b.png": b"b"})


def refused(use, *words: object) -> str:
    with pytest.raises(DataError) as caught:
        use(*words)
    assert str(caught.value).isprintable()
    return str(caught.value)


def link(at: Path, to: Path | str, **how: bool) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to, **how)


@pytest.mark.parametrize("absolute", [True, False])
def test_a_file_that_is_a_link_out_is_not_read(root: Path, absolute: bool) -> None:
    link(root / "001/nm/x.png", root.parent / "outside/secret.png" if absolute else "../../../outside/secret.png")
    files = open_files(root)
    assert "x.png is a link out of" in refused(files.read, "001/nm/x.png", 100)
    assert "x.png is a link out of" in refused(files.list, "001/nm")
    assert files.list("002") == open_files(root / "002").list(), "nothing else is lost"


def test_a_folder_that_is_a_link_out_is_not_entered(root: Path) -> None:
    link(root / "001/out", root.parent / "outside")
    files = open_files(root)
    for use in (
        lambda: files.read("001/out/secret.png", 100),
        lambda: files.read("001/out/deep/secret.png", 100),
        lambda: files.list("001/out"),
        lambda: files.list("001/out/deep"),
        lambda: files.stamp("001/out"),
        lambda: files.stamp("001/out/secret.png"),
        lambda: files.is_folder("001/out/deep"),
        lambda: files.list("001"),
    ):
        assert "is a link out of" in refused(use)
    assert files.read("001/nm/a.png", 10) == b"a"


def test_a_link_in_a_link_is_followed_to_its_end(root: Path) -> None:
    link(root / "first", "second")
    link(root / "second", root.parent / "outside")
    link(root.parent / "outside" / "back", root)
    files = open_files(root)
    assert "is a link out of" in refused(files.read, "first/secret.png", 100)
    assert "is a link out of" in refused(files.list, "first")
    assert files.read("first/back/001/nm/a.png", 10) == b"a", "out and in again: it lies inside"


def test_links_that_stay_inside_are_followed(root: Path) -> None:
    link(root / "003", "001")
    link(root / "002/nm/c.png", root / "001/nm/a.png")
    files = open_files(root)
    assert files.list().folders == ("001", "002", "003")
    assert files.read("003/nm/a.png", 10) == b"a"
    assert files.read("002/nm/c.png", 10) == b"a"
    assert files.stamp("003/nm") == files.stamp("001/nm")


def test_a_folder_whose_name_begins_like_the_root_is_outside(root: Path) -> None:
    write_folder(root.parent / "data-of-others", {"secret.png": SECRET})
    link(root / "x", root.parent / "data-of-others")
    assert "is a link out of" in refused(open_files(root).read, "x/secret.png", 100)


def test_the_root_may_be_a_link_itself(root: Path) -> None:
    link(root.parent / "shortcut", root)
    files = open_files(root.parent / "shortcut")
    assert files.read("001/nm/a.png", 10) == b"a"
    assert files.called("001") == str(root.parent / "shortcut/001")
    link(root / "up", "..")
    assert "is a link out of" in refused(files.list, "up")


def test_a_wider_boundary_lets_links_lead_as_far(root: Path) -> None:
    link(root / "001/out", root.parent / "outside")
    files = FolderFiles(root, boundary=root.parent)
    assert files.read("001/out/secret.png", 100) == SECRET
    link(root / "far", "/")
    assert "is a link out of" in refused(files.list, "far")


def test_links_that_lead_nowhere_or_in_circles_are_one_line(root: Path) -> None:
    link(root / "001/nm/gone.png", "nothing")
    link(root / "002/nm/circle.png", "circle.png")
    files = open_files(root)
    assert "gone.png does not exist" in refused(files.read, "001/nm/gone.png", 10)
    assert "gone.png does not exist" in refused(files.list, "001/nm")
    assert "gone.png does not exist" in refused(files.stamp, "001/nm")
    for use in (
        lambda: files.read("002/nm/circle.png", 10),
        lambda: files.list("002/nm"),
        lambda: files.stamp("002/nm"),
    ):
        assert "cannot be read: " + os.strerror(errno.ELOOP) in refused(use)


def test_what_is_no_regular_file_is_not_read_and_nobody_waits_for_it(root: Path) -> None:
    os.mkfifo(root / "001/nm/pipe.png")
    link(root / "001/nm/link.png", "pipe.png")
    files = open_files(root)
    for name in ("pipe.png", "link.png"):
        assert f"{name} is no regular file: expected a file of data" in refused(files.read, f"001/nm/{name}", 100)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "s.png"))
        refused(files.read, "s.png", 100)


def test_a_device_is_not_read(root: Path) -> None:
    link(root / "zero.png", "/dev/zero")
    assert "is a link out of" in refused(open_files(root).read, "zero.png", 100)
    assert "is no regular file" in refused(FolderFiles(root, boundary="/").read, "zero.png", 100)


def test_reading_what_is_no_file_leaves_nothing_open(root: Path) -> None:
    files = open_files(root)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        assert "001 is no regular file" in refused(files.read, "001", 100)
        assert "the limit is 0" in refused(files.read, "001/nm/a.png", 0)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\u202eb", b"a\xff"])
def test_a_name_that_cannot_be_told_refuses_its_folder(root: Path, name: str | bytes) -> None:
    (root / "001/nm" / os.fsdecode(name)).touch()
    files = open_files(root)
    assert "holds unprintable characters: rename it" in refused(files.list, "001/nm")
    assert files.list("002/nm").files == ("b.png",)
    assert files.read(f"001/nm/{os.fsdecode(name)}", 10) == b""


def test_a_name_that_is_too_long_is_one_line(root: Path) -> None:
    files = open_files(root)
    for use in (lambda: files.read("x" * 300, 10), lambda: files.list("x" * 300), lambda: files.stamp("x" * 300)):
        refused(use)
    assert not files.is_folder("x" * 300)


def test_a_file_that_grows_while_it_is_read_keeps_to_the_limit(root: Path, monkeypatch) -> None:
    real = os.fstat

    def before_it_grew(handle: int) -> os.stat_result:
        status = real(handle)
        with (root / "001/nm/a.png").open("ab") as stream:
            stream.write(b"more" * 100)
        return status

    monkeypatch.setattr(os, "fstat", before_it_grew)
    assert open_files(root).read("001/nm/a.png", 10) == b"amoremorem"


def test_a_stamp_is_of_regular_files_and_links_by_what_they_lead_to(root: Path) -> None:
    link(root / "001/nm/c.png", root / "002/nm/b.png")
    files = open_files(root)
    before = files.stamp("001/nm")
    os.utime(root / "002/nm/b.png", (5, 5))
    assert files.stamp("001/nm") != before
    before = files.stamp("001/nm")
    (root / "001/nm/sub").mkdir()
    (root / "001/nm/.hidden").write_bytes(b"x")
    assert files.stamp("001/nm") == before


def test_a_stamp_of_nanoseconds(root: Path) -> None:
    file = root / "001/nm/a.png"
    files = open_files(root)
    stamps = set()
    for nanoseconds in (10**18, 10**18 + 1000):
        os.utime(file, ns=(nanoseconds, nanoseconds))
        stamps |= {files.stamp("001/nm"), files.stamp("001/nm/a.png")}
    assert len(stamps) == 4


def test_the_working_folder_is_a_source(root: Path, monkeypatch) -> None:
    monkeypatch.chdir(root)
    files = open_files(Path())
    assert files.read("001/nm/a.png", 10) == b"a"
    assert files.list("001").folders == ("nm",)


def test_threads_enter_folders_at_once(root: Path) -> None:
    for number in range(50):
        write_folder(root, {f"{number}/x/a.png": b"%d" % number})
    files = open_files(root)
    found: dict[int, bytes] = {}
    workers = [
        threading.Thread(target=lambda n=n: found.update({n: files.read(f"{n}/x/a.png", 10)})) for n in range(50)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == {n: b"%d" % n for n in range(50)}
