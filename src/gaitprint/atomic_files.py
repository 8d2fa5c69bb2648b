"""Files that are either whole or not there: temporary file, fsync, rename, fsync of the folder."""

import errno
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from gaitprint.errors import ArtefactError, DataError
from gaitprint.texts import read_text

_LOG = logging.getLogger(__name__)
_CURES = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there, for your quota is used up,",
    errno.EFBIG: "allow larger files (`ulimit -f`), make room there",
    errno.EACCES: "ask for the right to it",
    errno.EPERM: "ask for the right to it",
    errno.EROFS: "mount it for writing",
    errno.ENOTDIR: "move the file that stands where a folder should",
    errno.ENOENT: "make the folder that is missing",
    errno.EIO: "check the disk",
}
"""By the system's number of the error; another place would help as well."""
_NO_PLACE_HELPS = {
    errno.EISDIR: "name a file, not a folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "links lead in a circle, check the path",
    errno.EMFILE: "allow more open files (`ulimit -n`) or use fewer workers",
    errno.ENFILE: "allow more open files or use fewer workers",
    errno.ENOMEM: "free memory or use fewer workers",
}


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes its name only when the block ends without an error.

    Raises:
        DataError: the folder cannot be written to, or the disk is full; then nothing has changed.
    """
    path = Path(path)
    try:
        _check_replaceable(path)
        temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = temporary.open("wb")
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
        _LOG.info("wrote %s, %d bytes", path, path.stat().st_size)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_writable(path: Path) -> None:
    """Find out before long work whether a file can be written at `path`; nothing stays behind.

    Raises:
        DataError: it is a folder or a device, or no file can be made in the nearest folder above it that exists.
    """
    path = Path(path)
    try:
        _check_replaceable(path)
        above = next(p for p in path.absolute().parents if os.path.lexists(p))
        probe = above / f".{secrets.token_hex(4)}.tmp"
        probe.touch(exist_ok=False)
        probe.unlink()
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from None


def _check_replaceable(path: Path) -> None:
    """A rename would put a file in place of a device such as /dev/null."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder is there")
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")


def unwritable(path: Path, error: OSError | ValueError, then: str = "") -> DataError:
    """What the system said of writing at `path`, and what helps against that.

    >>> str(unwritable(Path("run"), OSError(errno.ENOSPC, "No space left on device"), "run again, it goes on"))
    'cannot write run: No space left on device; make room there and run again, it goes on'

    Args:
        then: what to do when it is mended, where that goes on from what is there.
    """
    return DataError(f"cannot write {path}: {reason_and_way_out(error, then)}")


def reason_and_way_out(error: OSError | ValueError, then: str = "") -> str:
    """What the system said, and what helps; see `unwritable`."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{reason}; {way_out(error, then)}"


def way_out(error: OSError | ValueError, then: str = "") -> str:
    """What helps against an error of the system; see `unwritable`.

    >>> way_out(PermissionError(errno.EACCES, "Permission denied"))
    'ask for the right to it or choose another place'
    """
    code = error.errno if isinstance(error, OSError) and error.errno is not None else 0
    cure = _CURES.get(code) or _NO_PLACE_HELPS.get(code, "")
    last = then or ("" if code in _NO_PLACE_HELPS else "choose another place")
    return (" and " if then else " or ").join(part for part in (cure, last) if part)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing."""
    with atomic_file(path) as stream:
        stream.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file, or nothing."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a whole JSON file, or nothing; NaN is refused."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, what: str) -> Any:
    """The value of a JSON file; `what` names the file in errors, for example "the store's index".

    It may begin with a byte order mark, as editors put there.

    Raises:
        ArtefactError: missing or damaged, a device or pipe, which may never end, or with a key that stands twice, of
            whose values one would be lost.
    """
    try:
        text = read_text(path)
        if not text.strip():
            raise ValueError("it is empty")
        return json.loads(text, object_pairs_hook=_each_key_once)
    except FileNotFoundError:
        raise ArtefactError(f"{what} is missing: no file {path}") from None
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{what} cannot be read ({path}): {error}") from None


def json_object(path: Path) -> dict[str, Any]:
    """The object of a JSON file that is a record and no reason to stop: empty where there is none, or it is damaged."""
    try:
        value = read_json(path, "a record")
    except ArtefactError:
        return {}
    return value if isinstance(value, dict) else {}


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in table if keys.count(key) > 1)!r} stands twice")
    return table


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, hexadecimal.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}") from None


def sha256_of(data: str | bytes | memoryview) -> str:
    """The SHA-256 of bytes, or of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(data.encode("utf-8") if isinstance(data, str) else data).hexdigest()


def sha256_json(value: Any) -> str:
    """The SHA-256 of a JSON value in canonical form (sorted keys), hexadecimal: a fingerprint of settings."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return sha256_of(text)


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable; a no-op where folders cannot be opened (Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
