"""A zip archive as a source: members are read from where they lie, nothing is unpacked to disk."""

import hashlib
import threading
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from gaitprint.archives._identity import identity
from gaitprint.archives._names import Listing, NameTree, inside
from gaitprint.archives._zip_names import member_name
from gaitprint.archives.printable import shown, unreadable
from gaitprint.errors import DataError

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others the library unpacks 4 KiB at once, however much that becomes: 4 GiB of bzip2."""
_ENCRYPTED = 0x1
_LINK = 0o120000


class ZipFiles:
    """The members of a zip archive.

    Raises:
        DataError: no sound archive, or one whose names lead out of it or stand twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._tree = NameTree(shown(path))
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._guessed: list[str] = []
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise DataError(f"{shown(path)} is no sound zip archive ({str(error)[:100]}): pack it anew") from None
        except OSError as error:
            raise unreadable(path, error) from None
        try:
            for member in self._archive.infolist():
                called, guessed = member_name(member)
                is_folder = called.endswith(("/", "\\"))
                name = self._tree.add(called, is_folder)
                if name is None:
                    continue
                if guessed:
                    self._guessed.append(name)
                if not is_folder:
                    self._members[name] = member
        except DataError:
            self._archive.close()
            raise

    def __reduce__(self) -> tuple[Callable[..., "ZipFiles"], tuple[Path]]:
        return open_zip, (self._path,)

    @property
    def where(self) -> str:
        return shown(self._path)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Files.notes`."""
        if not self._guessed:
            return self._tree.notes
        guess = (
            f"{self.where}: {len(self._guessed)} names are no UTF-8 and are read by the format's code page 437, such "
            f"as {self._guessed[0]!r}: where that is wrong, pack the archive anew with names in UTF-8"
        )
        return (*self._tree.notes, guess)

    @property
    def checksums(self) -> bool:
        """See `Files.checksums`."""
        return True

    def called(self, name: str) -> str:
        """See `Files.called`."""
        return f"{shown(self._path)}: {shown(name)}" if name else shown(self._path)

    def list(self, folder: str = "") -> Listing:
        """See `Files.list`."""
        return self._tree.list(folder)

    def is_folder(self, name: str) -> bool:
        """See `Files.is_folder`."""
        return self._tree.is_folder(name)

    def read(self, name: str, limit: int) -> bytes:
        """See `Files.read`. What unpacks to more than it said is caught, too."""
        member = self._member(name)
        place = self.called(name)
        if member.file_size > limit:
            raise DataError(f"{place} unpacks to {member.file_size} bytes, the limit is {limit}: check the archive")
        if (member.external_attr >> 16) & 0o170000 == _LINK:
            raise DataError(f"{place} is a link: pack the file itself")
        if member.flag_bits & _ENCRYPTED:
            raise DataError(f"{place} is encrypted: pack it without a password")
        if member.compress_type not in _METHODS:
            raise DataError(f"{place} is packed by method {member.compress_type}, which is not read: pack it anew")
        try:
            with self._lock, self._archive.open(member) as stream:
                data = stream.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
            raise DataError(f"{place} is damaged ({str(error)[:100]!r}): pack it anew") from None
        if len(data) != member.file_size:
            raise DataError(f"{place} is damaged (it unpacks to another size than it says): pack it anew")
        return data

    def stamp(self, name: str) -> str:
        """See `Files.stamp`. An archive's checksums are better than times."""
        names = [inside(name, f) for f in self.list(name).files] if self.is_folder(name) else [name]
        members = [(n, self._member(n)) for n in names]
        text = "\n".join(f"{n}\0{m.file_size}\0{m.CRC}" for n, m in members)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def order(self, name: str) -> int:
        """See `Files.order`."""
        del name
        return 0

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise DataError(f"{shown(self._path)} has no file {name!r}: check the path")
        return self._members[name]


def open_zip(path: Path) -> ZipFiles:
    """A zip archive; opened once a process, however many tasks ask for it."""
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    return _opened(path, identity(status))


@lru_cache(maxsize=4)
def _opened(path: Path, which: tuple[int, ...]) -> ZipFiles:
    del which  # another file under the same name is another archive
    return ZipFiles(path)
