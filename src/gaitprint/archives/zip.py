"""A zip archive as a source: members are read from where they lie, nothing is unpacked to disk."""

import zipfile
import zlib
from pathlib import Path

from gaitprint.archives._archive import ArchiveFiles, open_archive
from gaitprint.archives._zip_names import member_name
from gaitprint.archives.printable import shown, unreadable
from gaitprint.errors import DataError

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others the library unpacks 4 KiB at once, however much that becomes: 4 GiB of bzip2."""
_ENCRYPTED = 0x1
_LINK = 0o120000


class ZipFiles(ArchiveFiles[zipfile.ZipInfo]):
    """The members of a zip archive.

    Raises:
        DataError: no sound archive, or one whose names lead out of it or stand twice.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
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

    def read(self, name: str, limit: int) -> bytes:
        """See `Files.read`. What unpacks to more than it said is caught, too."""
        member = self._member(name)
        place = self.called(name)
        if member.file_size > limit:
            raise DataError(f"{place} unpacks to {member.file_size} bytes, the limit is {limit}: check the archive")
        # Unix programs keep the file's mode in the upper half
        if (member.external_attr >> 16) & 0o170000 == _LINK:
            raise DataError(f"{place} is a link: pack the file itself")
        if member.flag_bits & _ENCRYPTED:
            raise DataError(f"{place} is encrypted: pack it without a password")
        if member.compress_type not in _METHODS:
            raise DataError(f"{place} is packed by method {member.compress_type}, which is not read: pack it anew")
        try:
            # one byte more than promised is asked for: it tells a bomb from a sound member, and no more than that is
            # unpacked
            with self._lock, self._archive.open(member) as stream:
                data = stream.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
            raise DataError(f"{place} is damaged ({str(error)[:100]!r}): pack it anew") from None
        if len(data) != member.file_size:
            raise DataError(f"{place} is damaged (it unpacks to another size than it says): pack it anew")
        return data

    def _traits(self, member: zipfile.ZipInfo) -> tuple[object, ...]:
        return member.file_size, member.CRC


def open_zip(path: Path) -> ZipFiles:
    """A zip archive; see `open_archive`."""
    return open_archive(ZipFiles, path)
