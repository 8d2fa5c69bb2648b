"""Other frames in files of the same names, sizes and times are noticed, whatever the files lie in."""

import io
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gaitprint.archives import Watched, as_it_was, full_stamp, open_files
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store

TIME = 1_600_000_000
Tree = dict[str, bytes]


def walk(value: int) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.full((6, 64, 64), value, np.uint8))
    return stream.getvalue()


def tree(**values: int) -> Tree:
    made = {"001": 201, "002": 202, "003": 203} | {key.lstrip("_"): v for key, v in values.items()}
    return {f"{s}/nm-01/090/090.npy": walk(v) for s, v in made.items()}


def folder(path: Path, files: Tree) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
        os.utime(path / name, (TIME, TIME))
    return path


def tar(path: Path, files: Tree, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 0
            archive.addfile(member, io.BytesIO(data))
    os.utime(path, (TIME, TIME))
    return path


def zipped(path: Path, files: Tree) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    os.utime(path, (TIME, TIME))
    return path


WRITERS: dict[str, Callable[[Path, Tree], Path]] = {
    "data": folder,
    "data.tar": tar,
    "data.tar.gz": lambda path, files: tar(path, files, "w:gz"),
    "data.zip": zipped,
}
every_kind = pytest.mark.parametrize("name", WRITERS)


@every_kind
def test_other_frames_of_the_same_size_and_time_are_taken(tmp_path: Path, name: str) -> None:
    write = WRITERS[name]
    prepare(write(tmp_path / name, tree()), tmp_path / "store", LayoutChoice("opengait"))
    report = prepare(write(tmp_path / name, tree(_002=199)), tmp_path / "store", LayoutChoice("opengait"))
    assert (report.changed, report.unchanged) == (("002/nm-01/090",), 2)
    store = Store.open(tmp_path / "store")
    assert [int(store.frames(i).max()) for i in range(3)] == [201, 199, 203]
    again = prepare(tmp_path / name, tmp_path / "store", LayoutChoice("opengait"))
    assert (again.changed, again.unchanged) == ((), 3)


@every_kind
def test_the_same_frames_written_anew_are_no_change(tmp_path: Path, name: str) -> None:
    write = WRITERS[name]
    prepare(write(tmp_path / name, tree()), tmp_path / "store", LayoutChoice("opengait"))
    made = (tmp_path / "store/store.json").stat().st_ino
    write(tmp_path / name, tree())
    os.utime(tmp_path / name, (TIME + 9, TIME + 9))
    assert prepare(tmp_path / name, tmp_path / "store", LayoutChoice("opengait")).unchanged == 3
    assert (tmp_path / "store/store.json").stat().st_ino == made


@every_kind
def test_frames_exchanged_between_people_are_noticed(tmp_path: Path, name: str) -> None:
    write = WRITERS[name]
    prepare(write(tmp_path / name, tree()), tmp_path / "store", LayoutChoice("opengait"))
    report = prepare(write(tmp_path / name, tree(_001=202, _002=201)), tmp_path / "store", LayoutChoice("opengait"))
    assert (len(report.changed), report.unchanged) == (2, 1)


@every_kind
def test_renamed_removed_and_new_sequences_follow(tmp_path: Path, name: str) -> None:
    write = WRITERS[name]
    prepare(write(tmp_path / name, tree()), tmp_path / "store", LayoutChoice("opengait"))
    files = tree(_004=203, _005=205)
    del files["003/nm-01/090/090.npy"]
    report = prepare(write(tmp_path / name, files), tmp_path / "store", LayoutChoice("opengait"))
    assert (report.unchanged, report.changed, report.gone) == (2, (), ("003/nm-01/090",))
    store = Store.open(tmp_path / "store")
    assert [int(store.frames(i).max()) for i in range(4)] == [201, 202, 203, 205]


@pytest.mark.parametrize("name", ["data", "data.tar", "data.tar.gz"])
def test_times_are_trusted_only_where_that_is_asked(tmp_path: Path, name: str) -> None:
    write = WRITERS[name]
    prepare(write(tmp_path / name, tree()), tmp_path / "store", LayoutChoice("opengait"))
    write(tmp_path / name, tree(_002=199))
    trusting = prepare(tmp_path / name, tmp_path / "store", LayoutChoice("opengait"), trust_times=True)
    assert (trusting.changed, trusting.unchanged) == ((), 3)
    assert prepare(tmp_path / name, tmp_path / "store", LayoutChoice("opengait")).changed == ("002/nm-01/090",)


@every_kind
def test_a_preparation_goes_on_only_with_frames_that_are_still_there(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = WRITERS[name]
    source = write(tmp_path / name, tree())

    def leave(done: int, total: int, key: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(source, tmp_path / "store", LayoutChoice("opengait"), progress=leave)
    report = prepare(write(tmp_path / name, tree(_002=199)), tmp_path / "store", LayoutChoice("opengait"))
    store = Store.open(tmp_path / "store")
    assert report.resumed == 1
    assert [int(store.frames(i).max()) for i in range(3)] == [201, 199, 203]


def test_a_sequence_that_lost_a_frame_or_had_two_exchanged_is_read_again(tmp_path: Path) -> None:
    leaf = tmp_path / "data/anna/day/left"
    leaf.mkdir(parents=True)
    for number in range(4):
        (leaf / f"{number}.png").write_bytes(b"frame %d" % number)
        os.utime(leaf / f"{number}.png", (TIME, TIME))

    def same() -> bool:
        return as_it_was(Watched(open_files(tmp_path / "data")), "anna/day/left", stamp)

    stamp = full_stamp(Watched(open_files(tmp_path / "data")), "anna/day/left")
    assert same()
    (leaf / "0.png").rename(leaf / "x")
    (leaf / "1.png").rename(leaf / "0.png")
    assert not same(), "one is gone, another has its name"
    (leaf / "x").rename(leaf / "1.png")
    assert not same(), "exchanged"


def test_a_link_in_place_of_a_file_is_what_it_leads_to(tmp_path: Path) -> None:
    source = folder(tmp_path / "data", tree())
    prepare(source, tmp_path / "store", LayoutChoice("opengait"))
    first, second = (source / f"{s}/nm-01/090/090.npy" for s in ("001", "002"))
    first.unlink()
    first.symlink_to(second)
    assert prepare(source, tmp_path / "store", LayoutChoice("opengait")).changed == ("001/nm-01/090",)
    first.unlink()
    (tmp_path / "elsewhere.npy").write_bytes(walk(201))
    first.symlink_to(tmp_path / "elsewhere.npy")
    ((key, reason),) = prepare(source, tmp_path / "store", LayoutChoice("opengait")).quarantined
    assert (key, "is a link out of" in reason) == ("001/nm-01/090", True)


def test_what_is_read_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Watched(open_files(folder(tmp_path / "data", tree())))
    read: list[str] = []
    real = type(files.files).read
    monkeypatch.setattr(type(files.files), "read", lambda self, n, limit: read.append(n) or real(self, n, limit))
    files.read("001/nm-01/090/090.npy", 10**6)
    assert full_stamp(files, "001/nm-01/090")
    assert read == ["001/nm-01/090/090.npy"]
