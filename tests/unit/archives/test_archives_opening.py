"""Which source a path is, and one folder of a source as a source of its own."""

import gc
import warnings
from pathlib import Path

import pytest
from source_trees import TREE, everything, write_folder, write_tar, write_zip

from gaitprint.archives import Within, is_archive, open_files, tar, zip  # noqa: A004
from gaitprint.archives.folder import FolderFiles
from gaitprint.archives.printable import shown
from gaitprint.archives.tar import TAR_ENDINGS, TarFiles
from gaitprint.archives.zip import ZipFiles
from gaitprint.errors import DataError


@pytest.mark.parametrize("ending", [*TAR_ENDINGS, ".TAR", ".Tar.Gz", ".zip", ".ZIP"])
def test_an_archive_is_known_by_its_ending(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    assert is_archive(path)
    (write_zip if ending.lower() == ".zip" else write_tar)(path)
    assert isinstance(open_files(path), ZipFiles if ending.lower() == ".zip" else TarFiles)
    assert everything(open_files(path)) == TREE


@pytest.mark.parametrize("name", ["a.gz", "a.7z", "a.zip.txt", "zip", "tar", "a.rar", "a.tar.zst"])
def test_other_files_are_no_source(tmp_path: Path, name: str) -> None:
    write_zip(tmp_path / name)
    assert not is_archive(tmp_path / name)
    with pytest.raises(
        DataError, match=r"^expected a folder or a \.zip or \.tar archive at .*, found a file: (check|unpack)"
    ):
        open_files(tmp_path / name)


def test_a_folder_may_be_called_like_an_archive(tmp_path: Path) -> None:
    files = open_files(write_folder(tmp_path / "a.zip"))
    assert isinstance(files, FolderFiles)
    assert everything(files) == TREE


@pytest.mark.parametrize("name", ["none", "none.zip", "x" * 300, "x" * 300 + ".zip", "a\0b", "a\nb.zip", "none/a.tar"])
def test_what_is_not_there_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"check the path$") as caught:
        open_files(tmp_path / name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("open_it", [zip.open_zip, tar.open_tar, FolderFiles("none").list])
def test_an_archive_that_is_gone_is_one_line(tmp_path: Path, open_it) -> None:
    with pytest.raises(DataError, match=r"does not exist: check the path$"):
        open_it(tmp_path / "gone") if open_it.__name__ != "list" else open_it()


@pytest.mark.parametrize(("write", "name"), [(write_zip, "a\nb.zip"), (write_tar, "a\nb.tar"), (write_folder, "a\nb")])
def test_a_path_with_a_line_break_stays_one_line(tmp_path: Path, write, name: str) -> None:
    files = open_files(write(tmp_path / name))
    assert files.where.isprintable()
    assert files.called("x\ny").isprintable()
    with pytest.raises(DataError) as caught:
        files.read("none", 10)
    assert str(caught.value).isprintable()


def test_archives_that_are_no_longer_needed_are_closed(tmp_path: Path) -> None:
    """Opened ones are kept, a few; of the others no file stays open."""
    for number in range(8):
        write_zip(tmp_path / f"{number}.zip")
        write_tar(tmp_path / f"{number}.tgz")
        write_tar(tmp_path / f"bad{number}.tar", {"../x": b""})
        write_zip(tmp_path / f"bad{number}.zip", {"../x": b""})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for path in sorted(tmp_path.iterdir()):
            if path.name.startswith("bad"):
                with pytest.raises(DataError):
                    open_files(path)
            else:
                open_files(path).list()
        gc.collect()
        held = [p.resolve() for p in Path("/proc/self/fd").iterdir() if p.exists()]
    assert [w for w in caught if issubclass(w.category, ResourceWarning)] == []
    assert len([p for p in held if tmp_path.resolve() in p.parents]) <= 8
    assert not [p for p in held if p.name.startswith("bad")]


def test_a_folder_of_a_folder_is_a_source(tmp_path: Path) -> None:
    write_folder(tmp_path / "data")
    write_folder(tmp_path / "data", {"top.txt": b"top"})
    outer = open_files(tmp_path / "data")
    files = Within(Within(outer, "001"), "nm-01")
    assert files.list().folders == ("090", "180")
    assert files.is_folder("")
    assert files.stamp("") == outer.stamp("001/nm-01")
    assert files.stamp("090") == outer.stamp("001/nm-01/090")
    assert files.order("090") == outer.order("001/nm-01/090")
    assert files.read("090/2.png", 10) == b"two"
    assert files.where == files.called("") == str(tmp_path / "data/001/nm-01")
    assert files.called("x\ny") == str(tmp_path / "data/001/nm-01") + r"/x\ny"


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_folder_of_an_archive_is_a_source(tmp_path: Path, write) -> None:
    outer = open_files(write(tmp_path / ("a.zip" if write is write_zip else "a.tar")))
    files = Within(outer, "001/nm-01")
    assert files.is_folder("")
    assert files.stamp("") == outer.stamp("001/nm-01")
    assert files.called("") == outer.called("001/nm-01")
    with pytest.raises(DataError, match="has no file '001/nm-01/x'"):
        files.read("x", 10)
    with pytest.raises(DataError):
        Within(outer, "001").read("../read me.txt", 10)


def test_a_folder_that_leads_out_is_no_source(tmp_path: Path) -> None:
    write_folder(tmp_path / "data")
    write_folder(tmp_path, {"secret": b"s"})
    with pytest.raises(DataError):
        Within(open_files(tmp_path / "data"), "..").read("secret", 10)


def test_what_is_shown_is_one_printable_line() -> None:
    assert shown("plain é 歩") == "plain é 歩"
    assert shown("a\nb\0c\x1b\udcff\u202e") == r"a\nb\x00c\x1b\udcff\u202e"
