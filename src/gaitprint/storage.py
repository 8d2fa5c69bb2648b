"""Files that are either whole or not there: temporary file, fsync, rename, fsync of the folder."""

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from gaitprint.errors import ArtefactError, DataError


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
        raise _unwritable(path, error) from None
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
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
        raise _unwritable(path, error) from None


def _check_replaceable(path: Path) -> None:
    """A rename would put a file in place of a device such as /dev/null."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder is there")
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")


def _unwritable(path: Path, error: OSError | ValueError) -> DataError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(f"cannot write {path}: {reason}; make room there or choose another place")


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

    Raises:
        ArtefactError: missing or damaged, or a device or pipe, which may never end.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise ValueError("it is no regular file")
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(f"{what} is missing: no file {path}") from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ArtefactError(f"{what} cannot be read ({path}): {error}") from None


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


def sha256_json(value: Any) -> str:
    """The SHA-256 of a JSON value in canonical form (sorted keys), hexadecimal: a fingerprint of settings."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable; a no-op where folders cannot be opened (Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
