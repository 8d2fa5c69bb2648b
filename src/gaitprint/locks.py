"""One writer at a time: a lock that the system frees when its process ends, however it ends.

The lock is a file of its own (flock), removed at the end. It holds between the processes of one machine, and of several
where the file system carries locks over the network, as NFS does from Linux 2.6.12 on. Where a file system knows no
locks, and on Windows, nothing is held.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from gaitprint.atomic_files import unwritable
from gaitprint.errors import DataError

LOCK = ".lock"
"""The lock of a folder, in it; that of a file is called as the file and lies beside it, hidden."""
_TAKEN = (errno.EWOULDBLOCK, errno.EACCES)


@contextmanager
def sole_writer(path: Path, folder: bool = False) -> Iterator[None]:
    """Be the only process that writes a file, or into a folder, for the length of a block.

    Raises:
        DataError: another process is writing there; or no lock can be made there, for nothing can be written.
    """
    path = Path(path)
    place = path / LOCK if folder else path.with_name(f".{path.name[:100]}{LOCK}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        stream = open_locked(place, path)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    try:
        yield
    finally:
        with suppress(OSError):
            place.unlink()
        stream.close()


def open_locked(place: Path, what: Path) -> FileIO:
    """A file opened for appending and locked; opened again where its holder removed it in between.

    Raises:
        DataError: another process holds it; `what` is what it is writing.
    """
    while True:
        stream = place.open("ab", buffering=0)
        try:
            _lock(stream)
        except OSError as error:
            if error.errno in _TAKEN:
                stream.close()
                raise DataError(
                    f"another process is writing {what}: wait for it to end, or choose another place"
                ) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(stream.fileno()), place.stat()):
                return stream
        stream.close()


def _lock(stream: FileIO) -> None:
    if os.name == "posix":
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
