"""A folder on disk as a source: quick, regular files only, and no way out of it by links."""

import os
import stat
from pathlib import Path

from gaitprint.archives._identity import short_digest
from gaitprint.archives._names import Listing, check_printable, is_clutter, parent
from gaitprint.archives.printable import shown, unreadable
from gaitprint.errors import DataError

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
# opening a pipe waits for whoever writes to it; Windows translates line ends without O_BINARY
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class FolderFiles:
    """The files under a folder. Links are followed as long as they stay inside."""

    def __init__(self, root: Path | str, boundary: Path | str | None = None) -> None:
        """Open a folder; links may lead as far as `boundary`, which is the folder itself where none is given."""
        self._root = str(root)
        try:
            self._boundary = os.path.realpath(root if boundary is None else boundary)
        except (OSError, ValueError) as error:
            raise unreadable(root, error) from None
        self._entered = {""}
        """Folders below the root that are known to lie inside."""

    def __reduce__(self) -> tuple[type["FolderFiles"], tuple[str, str]]:
        return FolderFiles, (self._root, self._boundary)

    @property
    def where(self) -> str:
        return shown(self._root)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Files.notes`."""
        return ()

    @property
    def checksums(self) -> bool:
        """See `Files.checksums`."""
        return False

    def called(self, name: str) -> str:
        """See `Files.called`."""
        return shown(self._path(name))

    def list(self, folder: str = "") -> Listing:
        """See `Files.list`."""
        folders: list[str] = []
        files: list[str] = []
        place = self._enter(folder)
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if is_clutter(entry.name):
                        continue
                    check_printable(shown(place), entry.name)
                    if entry.is_symlink():
                        self._check_inside(entry.path)
                    (folders if entry.is_dir() else files).append(entry.name)
        except (OSError, ValueError) as error:
            raise unreadable(place, error) from None
        return Listing(tuple(sorted(folders)), tuple(sorted(files)))

    def is_folder(self, name: str) -> bool:
        """See `Files.is_folder`."""
        return os.path.isdir(self._place(name))

    def read(self, name: str, limit: int) -> bytes:
        """See `Files.read`."""
        place = self._place(name)
        try:
            try:
                # open first, ask afterwards: what is asked of a path may have been exchanged before it is opened, a
                # handle stays what it is. A link is told by the failed call, so that plain files cost no call more
                handle = os.open(place, os.O_RDONLY | _NO_LINKS | _NO_WAITING)
            except OSError:
                if not os.path.islink(place):
                    raise
                self._check_inside(place)
                handle = os.open(place, os.O_RDONLY | _NO_WAITING)
            try:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    raise DataError(f"{shown(place)} is no regular file: expected a file of data")
                if status.st_size > limit:
                    raise DataError(
                        f"{shown(place)} has {status.st_size} bytes, the limit is {limit}: split or check the file"
                    )
                with os.fdopen(handle, "rb", buffering=0, closefd=False) as stream:
                    # the file may have grown since it was measured
                    return stream.readall()[:limit]
            finally:
                os.close(handle)
        except (OSError, ValueError) as error:
            raise unreadable(place, error) from None

    def stamp(self, name: str) -> str:
        """See `Files.stamp`."""
        place = self._place(name)
        try:
            if not os.path.isdir(place):
                return _digest([(name, os.stat(place))])
            files: list[tuple[str, os.stat_result]] = []
            with os.scandir(self._enter(name)) as entries:
                for entry in entries:
                    place = entry.path  # a link that leads nowhere is called by its own name
                    if not is_clutter(entry.name) and not entry.is_dir():
                        files.append((entry.name, entry.stat()))
        except (OSError, ValueError) as error:
            raise unreadable(place, error) from None
        return _digest(sorted(files, key=lambda f: f[0]))

    def order(self, name: str) -> int:
        """See `Files.order`."""
        del name
        return 0

    def _place(self, name: str) -> str:
        """The path of an entry whose folder lies inside; links on the way may not lead out."""
        self._check_name(name)
        self._enter(parent(name))
        return self._path(name)

    def _enter(self, folder: str) -> str:
        """The path of a folder that lies inside."""
        place = self._path(folder)
        if folder not in self._entered:
            self._check_name(folder)
            self._check_inside(place)
            self._entered.add(folder)
        return place

    def _path(self, name: str) -> str:
        return os.path.join(self._root, name) if name else self._root

    def _check_name(self, name: str) -> None:
        if os.path.isabs(name) or ".." in name.split("/"):
            raise DataError(f"{shown(name)} is no name below {self.where}: check the path")

    def _check_inside(self, place: str) -> None:
        try:
            real = os.path.realpath(place, strict=True)
            # by parts, not by letters: /data2 does not lie in /data
            outside = os.path.commonpath([real, self._boundary]) != self._boundary
        except (OSError, ValueError) as error:
            raise unreadable(place, error) from None
        if outside:
            raise DataError(f"{shown(place)} is a link out of {self._boundary}: copy the data into the tree instead")


def _digest(files: list[tuple[str, os.stat_result]]) -> str:
    return short_digest((name, s.st_size, s.st_mtime_ns) for name, s in files)
