"""What archives of all formats share: a tree of names, members by name, and one opening a process."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from gaitprint.archives._identity import identity, short_digest
from gaitprint.archives._names import Listing, NameTree, inside
from gaitprint.archives.printable import shown, unreadable
from gaitprint.errors import DataError

Member = TypeVar("Member")
Archive = TypeVar("Archive", bound="ArchiveFiles[Any]")


class ArchiveFiles(ABC, Generic[Member]):
    """The members of an archive, see `Files`; a format adds how they are listed and read."""

    def __init__(self, path: Path) -> None:
        """Begin with an empty tree, which the format fills.

        Args:
            path: the archive.
        """
        self._path = path
        # an open archive has one place in its file, which reading a member moves: threads take turns
        self._lock = threading.Lock()
        self._tree = NameTree(shown(path))
        self._members: dict[str, Member] = {}

    def __reduce__(self) -> tuple[Callable[..., "ArchiveFiles[Any]"], tuple[type, Path]]:
        # neither the open file nor the lock can travel: the archive is opened anew where it is needed
        return open_archive, (type(self), self._path)

    @property
    def where(self) -> str:
        return shown(self._path)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Files.notes`."""
        return self._tree.notes

    def called(self, name: str) -> str:
        """See `Files.called`."""
        return f"{self.where}: {shown(name)}" if name else self.where

    def list(self, folder: str = "") -> Listing:
        """See `Files.list`."""
        return self._tree.list(folder)

    def is_folder(self, name: str) -> bool:
        """See `Files.is_folder`."""
        return self._tree.is_folder(name)

    def stamp(self, name: str) -> str:
        """See `Files.stamp`."""
        return short_digest([(n, *self._traits(self._member(n))) for n in self._names(name)])

    def order(self, name: str) -> int:
        """See `Files.order`."""
        del name
        return 0

    @abstractmethod
    def _traits(self, member: Member) -> tuple[object, ...]:
        """What the stamp of a member is made of."""

    def _names(self, name: str) -> tuple[str, ...]:
        """A file alone, or the files that lie directly in a folder."""
        return tuple(inside(name, n) for n in self.list(name).files) if self.is_folder(name) else (name,)

    def _member(self, name: str) -> Member:
        if name not in self._members:
            raise DataError(f"{self.where} has no file {name!r}: check the path")
        return self._members[name]


def open_archive(kind: type[Archive], path: Path) -> Archive:
    """An archive of a kind; opened once a process, however many tasks ask for it.

    Raises:
        DataError: it cannot be read, or is none of this kind.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    archive: Archive = _opened(kind, path, identity(status))
    return archive


@lru_cache(maxsize=8)
def _opened(kind: type[Archive], path: Path, which: tuple[int, ...]) -> Archive:
    del which  # another file under the same name is another archive
    return kind(path)
