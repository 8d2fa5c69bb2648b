"""The same tree as a folder and as archives, and archives made by hand."""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from gaitprint.archives import Files, Within, open_files

TREE = {
    "001/nm-01/090/2.png": b"two",
    "001/nm-01/090/10.png": b"ten" * 900,
    "001/nm-01/090/1.png": b"",
    "001/nm-01/180/180.pkl": bytes(range(256)) * 5,
    "002/bg-01/090/a.png": b"a",
    "Ünïcode 歩/ß.png": b"x",
    "x" * 200 + "/" + "y" * 100 + "/" + "z" * 200 + ".png": b"long",
    "read me.txt": b"hello",
}
CLUTTER = {
    ".hidden": b"h",
    "001/.DS_Store": b"d",
    ".git/HEAD": b"g",
    "__MACOSX/001/._x": b"m",
    "001/Thumbs.db": b"t",
    "001/@eaDir/x.png/SYNOPHOTO": b"t",
    "001/Icon\r": b"",
    "desktop.ini": b"i",
}
TIME = 1_600_000_000
Entry = tuple[tarfile.TarInfo, bytes]


def write_folder(path: Path, tree: Mapping[str, bytes] = TREE, time: int = TIME) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, data in tree.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.utime(file, (time, time))
    return path


def write_zip(
    path: Path, tree: Mapping[str, bytes] = TREE, time: int = TIME, method: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in tree.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1 + time % 7, 0, 0, 0)), data, method)
    return path


def entry(name: str, data: bytes = b"", time: int = TIME, **fields) -> Entry:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(data), time
    for key, value in fields.items():
        setattr(member, key, value)
    return member, data


def write_entries(path: Path, entries: Iterable[Entry], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(path, mode, format=form) as archive:
        for member, data in entries:
            archive.addfile(member, io.BytesIO(data))
    return path


def write_tar(path: Path, tree: Mapping[str, bytes] = TREE, time: int = TIME, form: int = tarfile.PAX_FORMAT) -> Path:
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz", ".bz2": "w:bz2"}.get(path.suffix, "w")
    return write_entries(path, (entry(name, data, time) for name, data in tree.items()), mode, form)


def _wrapped(tree: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"top/{name}": data for name, data in tree.items()} | {"beside.txt": b"not of it"}


Maker = Callable[..., Files]
SOURCES: dict[str, Maker] = {
    "folder": lambda at, *how: open_files(write_folder(at / "folder", *how)),
    "zip": lambda at, *how: open_files(write_zip(at / "a.zip", *how)),
    "stored": lambda at, tree=TREE, time=TIME: open_files(write_zip(at / "a.ZIP", tree, time, zipfile.ZIP_STORED)),
    "tar": lambda at, *how: open_files(write_tar(at / "a.tar", *how)),
    "gnu": lambda at, tree=TREE, time=TIME: open_files(write_tar(at / "a.tar", tree, time, tarfile.GNU_FORMAT)),
    "gz": lambda at, *how: open_files(write_tar(at / "a.tar.gz", *how)),
    "tgz": lambda at, *how: open_files(write_tar(at / "a.tgz", *how)),
    "bz2": lambda at, *how: open_files(write_tar(at / "a.tar.bz2", *how)),
    "xz": lambda at, *how: open_files(write_tar(at / "a.tar.xz", *how)),
    "within a folder": lambda at, tree=TREE, *how: Within(SOURCES["folder"](at, _wrapped(tree), *how), "top"),
    "within a zip": lambda at, tree=TREE, *how: Within(SOURCES["zip"](at, _wrapped(tree), *how), "top"),
    "within a tar": lambda at, tree=TREE, *how: Within(SOURCES["gz"](at, _wrapped(tree), *how), "top"),
}


def inner(name: str) -> str:
    """The path of a source of `SOURCES` as it is called in messages."""
    return "top" if name.startswith("within") else ""


def everything(files: Files, folder: str = "") -> dict[str, bytes]:
    """Every file of a source, by walking it."""
    listing = files.list(folder)
    names = [f"{folder}/{n}" if folder else n for n in listing.files]
    found = {name: files.read(name, 2**20) for name in names}
    for name in listing.folders:
        found |= everything(files, f"{folder}/{name}" if folder else name)
    return found
