"""Walking a tree of folders of known depth: quickly, and never out of its root."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gaitprint.errors import DataError

ARRAYS = frozenset({".pkl", ".npy", ".npz"})
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".pgm"})


@dataclass(frozen=True)
class Level:
    """One level of folders: what it stands for, a name for example, and the pattern all its names fit."""

    name: str
    example: str
    pattern: str = ".+"


@dataclass(frozen=True)
class Tree:
    """A layout's name for messages, and its levels from the root down."""

    layout: str
    levels: tuple[Level, ...]

    @property
    def example(self) -> str:
        """A path from the root to a leaf, for messages."""
        return "/".join(level.example for level in self.levels)


@dataclass(frozen=True)
class Leaf:
    """A folder that holds one sequence: the names that lead to it, and what to read (a file, or itself)."""

    names: tuple[str, ...]
    path: Path


def walk(root: Path, tree: Tree) -> list[Leaf]:
    """The leaves of a tree in the order of their keys, the names joined by `/`.

    Hidden entries and files that are no data (a read-me) are passed over. An empty leaf is kept: its reader says so.

    Raises:
        DataError: no such folder; no leaf in it; a name, file or folder that the layout has not; a link out of it.
    """
    root = Path(root)
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise DataError(f"{tree.layout}: expected a folder at {root}, found {found}: give the root of the tree")
    leaves = sorted(_descend(root, root, os.path.realpath(root), (), tree), key=lambda leaf: "/".join(leaf.names))
    if not leaves:
        wanted = f"folders like {tree.example!r}"
        raise DataError(f"{tree.layout}: expected {wanted} in {root}, found no sequence: check the path")
    return leaves


def list_folder(folder: Path, boundary: str) -> tuple[list[str], list[str]]:
    """Names of the folders and of the data files in `folder`, sorted; links may not lead out of `boundary`.

    Raises:
        DataError: the folder cannot be read, a name is unprintable, a link leads out of the tree.
    """
    folders, files = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") or name == "__MACOSX":
                    continue
                if not name.isprintable():
                    raise DataError(f"{folder}: the name {name!a} holds unprintable characters: rename it")
                if entry.is_symlink() and not _inside(entry.path, boundary):
                    raise DataError(f"{entry.path} is a link out of {boundary}: copy the data into the tree instead")
                if entry.is_dir():
                    folders.append(name)
                elif os.path.splitext(name)[1].lower() in ARRAYS | IMAGES:  # noqa: PTH122, a million names
                    files.append(name)
    except OSError as error:
        raise DataError(f"cannot list {str(folder)!a}: {error.strerror or error}: check its permissions") from None
    return sorted(folders), sorted(files)


def sequence_path(folder: Path, files: Sequence[str]) -> Path:
    """What to read in a leaf: the folder of images, or its one array file.

    Of several arrays (modalities of one sequence) it is the one named like the folder.

    Raises:
        DataError: several files and no way to choose.
    """
    arrays = [f for f in files if Path(f).suffix.lower() in ARRAYS] if len(files) < 100 else []
    if not arrays:
        return folder
    if len(files) == 1:
        return folder / arrays[0]
    named = [f for f in arrays if Path(f).stem == folder.name]
    if len(named) != 1:
        raise DataError(
            f"{folder} holds several files ({', '.join(files[:6])}): keep one, or name the silhouettes "
            f"'{folder.name}{Path(arrays[0]).suffix}'"
        )
    return folder / named[0]


def _descend(folder: Path, root: Path, boundary: str, names: tuple[str, ...], tree: Tree) -> Iterator[Leaf]:
    folders, files = list_folder(folder, boundary)
    if len(names) == len(tree.levels):
        if folders:
            raise DataError(
                f"{tree.layout}: expected the frames in {folder}, {len(names)} levels down ({tree.example!r}), found "
                f"the folder {folders[0]!r}: the tree is too deep, or {root} is not its root"
            )
        yield Leaf(names, sequence_path(folder, files))
        return
    level = tree.levels[len(names)]
    wanted = f"{level.name} folders like {level.example!r} at level {len(names) + 1} ({tree.example!r})"
    if files:
        raise DataError(
            f"{tree.layout}: expected {wanted}, found the file {files[0]!r} in {folder}: the tree is too shallow, or "
            f"{root} is not its root"
        )
    for name in folders:
        if not re.fullmatch(level.pattern, name):
            raise DataError(f"{tree.layout}: expected {wanted}, found {name!r} in {folder}: rename or move it away")
        yield from _descend(folder / name, root, boundary, (*names, name), tree)


def _inside(path: str, boundary: str) -> bool:
    return os.path.commonpath([os.path.realpath(path), boundary]) == boundary
