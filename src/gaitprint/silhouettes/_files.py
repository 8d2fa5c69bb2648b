"""Bytes of files from outside: regular files only, a limit on their size, no way out of the data folder."""

import stat
from pathlib import Path

from gaitprint.errors import DataError


def read_limited(path: Path, limit: int, root: Path | None = None) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Args:
        path: the file.
        limit: the largest size that is read, bytes.
        root: the data folder; a path that leads out of it, by a link or by "..", is refused.

    Raises:
        DataError: missing, no regular file, too large, outside `root`, or not readable.
    """
    try:
        if root is not None:
            check_inside(path, root)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{shown(path)} is no regular file: expected a file of data")
        if status.st_size > limit:
            raise DataError(f"{shown(path)} has {status.st_size} bytes, the limit is {limit}: split or check the file")
        with path.open("rb") as stream:
            return stream.read(limit)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None


def check_inside(path: Path, root: Path) -> None:
    """Raise DataError where `path`, links followed, does not lie in the folder `root`."""
    try:
        inside = path.resolve(strict=True).is_relative_to(root.resolve(strict=True))
    except RuntimeError:
        raise DataError(f"{shown(path)} is a link that leads to itself: remove it") from None
    if not inside:
        raise DataError(f"{shown(path)} leads out of the data folder {shown(root)}: copy the data into the folder")


def unreadable(path: Path, error: OSError | ValueError) -> DataError:
    """What the system said, as one line."""
    if isinstance(error, FileNotFoundError):
        return DataError(f"{shown(path)} does not exist: check the path")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(f"{shown(path)} cannot be read: {reason}")


def shown(path: Path) -> str:
    """A path as one printable line; file names may hold line breaks and worse."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in str(path))
