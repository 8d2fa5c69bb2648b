"""A tar archive as a source, packed or not: members are read from where they lie, nothing is unpacked to disk.

A packed archive can only be read forwards; `order` says where folders lie, so that a reader who keeps to it goes
through the archive once: the files of a folder, which lie in any order, are read together and kept until the next.
"""

import lzma
import tarfile
import weakref
import zlib
from contextlib import suppress
from pathlib import Path

from gaitprint.archives._archive import ArchiveFiles, open_archive
from gaitprint.archives._names import inside, parent
from gaitprint.archives._tar_headers import StrictMember
from gaitprint.archives.printable import shown, unreadable
from gaitprint.errors import DataError

TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
AHEAD = 2**26
"""Bytes of the folders of a packed archive that are read together."""
_DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)


class TarFiles(ArchiveFiles[tarfile.TarInfo]):
    """The regular members of a tar archive. Links and devices are no data: they are there and cannot be read.

    Raises:
        DataError: no sound archive, or one whose names lead out of it or stand twice.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._folder: str | None = None
        """Of a packed archive the folder read last; its files are `_ahead`."""
        self._ahead: dict[str, bytes] = {}
        try:
            self._archive = tarfile.open(path, "r:*", tarinfo=StrictMember)  # noqa: SIM115 - until this is gone
            weakref.finalize(self, self._archive.close)
            # all headers are read here, so that a damaged one refuses the archive at once and not in the middle of an
            # epoch
            for member in self._archive:
                name = self._tree.add(member.name, member.isdir())
                if name is not None and not member.isdir():
                    self._members[name] = member
        except _DAMAGE as error:
            reason = shown(" ".join(str(error).split())[:100])
            raise DataError(f"{shown(path)} is no sound tar archive ({reason}): pack it anew") from None
        except OSError as error:
            # a damaged stream of gzip or bzip2 is an OSError too, but not one of the system's
            if error.strerror:
                raise unreadable(path, error) from None
            raise DataError(f"{shown(path)} is no sound tar archive ({error}): pack it anew") from None
        self._packed = path.suffix.lower() != ".tar"

    @property
    def checksums(self) -> bool:
        """See `Files.checksums`."""
        return False

    def read(self, name: str, limit: int) -> bytes:
        """See `Files.read`."""
        member = self._member(name)
        place = self.called(name)
        if not member.isreg():
            raise DataError(f"{place} is a link or a device: pack the file itself")
        if member.size > limit:
            raise DataError(f"{place} has {member.size} bytes, the limit is {limit}: split or check the file")
        try:
            with self._lock:
                data = self._kept(name) if self._packed else self._bytes(member)
        except (*_DAMAGE, OSError) as error:
            raise DataError(f"{place} is damaged ({str(error)[:100]!r}): pack it anew") from None
        if len(data) != member.size:
            raise DataError(f"{place} is damaged (the archive ends before it does): pack it anew")
        return data

    def order(self, name: str) -> int:
        """See `Files.order`."""
        if not self._packed:
            return 0
        return min((self._member(n).offset for n in self._names(name)), default=0)

    def _traits(self, member: tarfile.TarInfo) -> tuple[object, ...]:
        return member.size, member.mtime

    def _kept(self, name: str) -> bytes:
        """The bytes of one file of a packed archive."""
        # the packed stream cannot go back: a member in front of the last one read costs unpacking all from the start
        if parent(name) != self._folder:
            self._folder = parent(name)
            self._ahead = self._together(self._folder)
        data = self._ahead.get(name)
        return self._bytes(self._members[name]) if data is None else data

    def _together(self, folder: str) -> dict[str, bytes]:
        """The files of a folder, read in the order they lie in; none where they are large."""
        members = {n: self._members[n] for n in (inside(folder, f) for f in self._tree.list(folder).files)}
        members = {n: m for n, m in members.items() if m.isreg()}
        contents: dict[str, bytes] = {}
        if sum(m.size for m in members.values()) <= AHEAD:
            with suppress(*_DAMAGE, OSError):  # the one that is damaged says so when it is asked for
                for name, member in sorted(members.items(), key=lambda item: item[1].offset):
                    contents[name] = self._bytes(member)
        return contents

    def _bytes(self, member: tarfile.TarInfo) -> bytes:
        stream = self._archive.extractfile(member)
        return stream.read() if stream is not None else b""


def open_tar(path: Path) -> TarFiles:
    """A tar archive; see `open_archive`."""
    return open_archive(TarFiles, path)
