"""What every source offers, and which one a path is."""

import os
import re
from pathlib import Path
from typing import Protocol, runtime_checkable

from gaitprint.archives._names import Listing
from gaitprint.archives.folder import FolderFiles
from gaitprint.archives.printable import shown
from gaitprint.archives.tar import TAR_ENDINGS, open_tar
from gaitprint.archives.zip import open_zip
from gaitprint.errors import DataError

_PACKED = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".lzma")
"""Endings of what people pack with, and what is not read."""


@runtime_checkable
class Files(Protocol):
    """A tree of files. Names are relative, joined by "/"; the root is "". Can be handed to another process."""

    @property
    def where(self) -> str:
        """The path of the folder or archive, for messages."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done about the names in it, a line each, for people."""

    @property
    def checksums(self) -> bool:
        """Whether stamps are made of checksums; elsewhere they are of sizes and times, and `contents` knows better."""

    def called(self, name: str) -> str:
        """How a file or folder is called in messages: one printable line."""

    def list(self, folder: str = "") -> Listing:
        """What lies directly in a folder.

        Raises:
            DataError: no such folder, unreadable, a name that cannot be printed, a link out of the source.
        """

    def is_folder(self, name: str) -> bool:
        """Whether a name is a folder."""

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of one file.

        Raises:
            DataError: missing, no regular file, over `limit` bytes, damaged, a link out of the source.
        """

    def stamp(self, name: str) -> str:
        """A short text that changes when the file, or any file directly in the folder, does: from sizes and times, or
        from checksums.

        Raises:
            DataError: it is not there.
        """

    def order(self, name: str) -> int:
        """Where reading is cheapest to come by: places in ascending order; 0 where it does not matter."""


def is_archive(path: Path) -> bool:
    """Whether a path has the ending of an archive that is read."""
    return Path(path).name.lower().endswith((".zip", *TAR_ENDINGS))


def open_files(path: Path) -> Files:
    """The files of a folder, or of a zip or tar archive, which is read by member and never unpacked to disk.

    Raises:
        DataError: neither, or a damaged or hostile archive.
    """
    path = Path(path)
    try:
        # a folder may be called like an archive
        if path.is_file() and is_archive(path):
            return open_zip(path) if path.name.lower().endswith(".zip") else open_tar(path)
        if path.is_dir():
            return FolderFiles(path)
        instead = found_instead(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"cannot open {str(path)!a}: {reason}; check the path") from None
    raise DataError(f"expected a folder or a .zip or .tar archive at {shown(path)}, {instead}")


def found_instead(path: Path) -> str:
    """What is at a path where no source is, and the way out."""
    if not os.path.lexists(path):
        web = "; nothing is downloaded, give a path on this machine" if re.match(r"[a-z]+:/", str(path)) else ""
        return f"found nothing: check the path{web}"
    if path.suffix.lower() in _PACKED:
        return f"found a file: unpack it, or pack it anew as .zip or .tar, for {path.suffix} is not read"
    return "found a file: check the path, or give the folder that it lies in"
