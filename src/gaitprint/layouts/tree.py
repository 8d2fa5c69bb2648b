"""Walking a tree of folders of known depth, on disk or in an archive."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gaitprint.archives import Files, inside
from gaitprint.errors import DataError
from gaitprint.layouts.contract import FoundSequence
from gaitprint.types import SequenceRecord

ARRAYS = frozenset({".pkl", ".npy", ".npz"})
PAGED = frozenset({".tif", ".tiff"})
"""One image, or a whole sequence."""
IMAGES = PAGED | {".png", ".jpg", ".jpeg", ".bmp", ".pgm"}
_DATA = ARRAYS | IMAGES


@dataclass(frozen=True)
class Level:
    """One level of folders: what it stands for, a name for example, and the pattern all its names fit."""

    name: str
    example: str
    pattern: str = ".+"
    optional: bool = False
    """The last level may be left out: a folder above it without folders is then the leaf."""


@dataclass(frozen=True)
class Tree:
    """A layout's name for messages, and its levels from the root down."""

    layout: str
    levels: tuple[Level, ...]
    silhouettes: str = ""
    """Where leaves hold files of several kinds, the pattern of the one of silhouettes, without its ending."""
    usual: str = ""
    """And how that one is usually called in a leaf `{leaf}`: what is missed where it is not there."""

    @property
    def example(self) -> str:
        """A path from the root to a leaf, for messages."""
        return "/".join(level.example for level in self.levels)


@dataclass(frozen=True)
class Leaf:
    """A folder that holds one sequence: the names that lead to it, and what to read (a file, or itself)."""

    names: tuple[str, ...]
    place: str


def walk(files: Files, tree: Tree, top: str = "") -> list[Leaf]:
    """The leaves of a tree in the order of their keys, the names joined by `/`.

    Hidden entries and files that are no data (a read-me) are passed over. An empty leaf is kept, and one that cannot
    be listed: its reader says so.

    Args:
        files: the data set.
        tree: the levels to expect.
        top: the folder of `files` to start in.

    Raises:
        DataError: no leaf in it; a name, file or folder that the layout has not; a folder that is a link out of it.
    """
    leaves = sorted(_descend(files, top, (), tree), key=lambda leaf: "/".join(leaf.names))
    if not leaves:
        example = f"folders like {tree.example!r}"
        raise DataError(f"{tree.layout}: expected {example} in {files.called(top)}, found no sequence: check the path")
    return leaves


def scan_levels(files: Files, tree: Tree) -> list[FoundSequence]:
    """The sequences of a tree of three levels, which stand for subject, condition and view.

    Raises:
        DataError: see `walk`.
    """
    return [FoundSequence(SequenceRecord("/".join(leaf.names), *leaf.names), leaf.place) for leaf in walk(files, tree)]


def data_files(names: Sequence[str]) -> list[str]:
    """Pick the file names that end as an array or an image does."""
    return [n for n in names if _ending(n) in _DATA]


def _ending(name: str) -> str:
    """In small letters, with its dot: asked of a million names, so no path is made of them."""
    return name[name.rfind(".") :].lower()


def sequence_place(files: Files, folder: str, names: Sequence[str], tree: Tree) -> str:
    """What to read in a leaf: the folder of images, or its one array file.

    Of several arrays (modalities of one sequence) it is the one that fits the tree's pattern, or is named like the
    folder. Where the tree has a pattern and nothing fits it, it is the file that should be there: its reader says so.
    Of images and arrays of other names, such as times, the reader takes the images.

    Raises:
        DataError: several files and no way to choose.
    """
    # hundreds of files are frames, one each, and never modalities of one sequence
    arrays = [n for n in names if _ending(n) in ARRAYS] if len(names) < 100 else []
    if not arrays:
        return folder
    folder_name = PurePosixPath(folder).name
    if tree.silhouettes:
        fitting = [n for n in arrays if re.fullmatch(tree.silhouettes, PurePosixPath(n).stem)]
        named = (
            fitting
            or [n for n in arrays if PurePosixPath(n).stem == folder_name]
            or [tree.usual.format(leaf=folder_name)]
        )
    else:
        named = arrays if len(names) == 1 else [n for n in arrays if PurePosixPath(n).stem == folder_name]
        # images beside arrays of other names: the arrays are times or labels
        if not named and len(arrays) < len(names):
            return folder
    if len(named) != 1:
        raise DataError(
            f"{files.called(folder)} holds several files ({', '.join(names[:6])}): keep one, or name the silhouettes "
            f"'{folder_name}{PurePosixPath(arrays[0]).suffix}'"
        )
    return inside(folder, named[0])


def _descend(files: Files, folder: str, names: tuple[str, ...], tree: Tree) -> Iterator[Leaf]:
    is_leaf = len(names) == len(tree.levels)
    may_be = is_leaf or (len(names) == len(tree.levels) - 1 and tree.levels[-1].optional)
    try:
        listing = files.list(folder)
    except DataError:
        if not may_be:
            raise
        yield Leaf(names, folder)  # its reader says what is wrong with it, and the others are read
        return
    data = data_files(listing.files)
    if is_leaf or (may_be and not listing.folders):
        if listing.folders:
            raise DataError(
                f"{tree.layout}: expected the frames in {files.called(folder)}, {len(names)} levels down "
                f"({tree.example!r}), found the folder {listing.folders[0]!r}: the tree is too deep, or {files.where} "
                "is not its root"
            )
        yield Leaf(names, sequence_place(files, folder, data, tree))
        return
    level = tree.levels[len(names)]
    expected = f"{level.name} folders like {level.example!r} at level {len(names) + 1} ({tree.example!r})"
    if data:
        one_each = data[0].lower().endswith(tuple(ARRAYS))
        way = "; where every file is a sequence, list them in a CSV (path,subject,condition,view)" if one_each else ""
        raise DataError(
            f"{tree.layout}: expected {expected}, found the file {data[0]!r} in {files.called(folder)}: the tree is "
            f"too shallow, or {files.where} is not its root{way}"
        )
    for name in listing.folders:
        if not re.fullmatch(level.pattern, name):
            if level.optional:
                raise DataError(
                    f"{tree.layout}: expected the frames in {files.called(folder)}, or in its folder "
                    f"{level.example!r}, found the folder {name!r}: the tree is too deep, or {files.where} is not its "
                    "root"
                )
            raise DataError(
                f"{tree.layout}: expected {expected}, found {name!r} in {files.called(folder)}: rename or move it away"
            )
        yield from _descend(files, inside(folder, name), (*names, name), tree)
