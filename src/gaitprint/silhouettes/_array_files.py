"""Arrays out of .npy and .npz files: no pickles inside, sizes held against the bytes that are there."""

import io
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from gaitprint.errors import DataError
from gaitprint.silhouettes._files import read_limited, shown

_MAX_HEADER = 1000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_npy(path: Path, max_bytes: int, root: Path | None = None) -> np.ndarray:
    """The array of a .npy file.

    Raises:
        DataError: damaged, truncated, objects inside, or larger than `max_bytes`.
    """
    data = read_limited(path, max_bytes, root)
    try:
        return _parse(data)
    except DataError as error:
        raise DataError(f"{shown(path)} {error}") from None


def read_npz(path: Path, max_bytes: int, root: Path | None = None) -> np.ndarray:
    """The one array of a .npz file, or the one called ``frames``.

    Raises:
        DataError: damaged, truncated, objects inside, no or several arrays, or larger than `max_bytes` unpacked.
    """
    data = read_limited(path, max_bytes, root)
    try:
        return _parse(_member(data, max_bytes))
    except DataError as error:
        raise DataError(f"{shown(path)} {error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
        raise DataError(f"{shown(path)} is no sound .npz file: {str(error).splitlines()[:1]}") from None


def _member(data: bytes, max_bytes: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
        if "frames" not in members and len(members) != 1:
            names = ", ".join(sorted(members)[:5]) or "none"
            raise DataError(f"needs exactly one array or one called 'frames', found: {names[:200]!r}")
        chosen = members.get("frames") or next(iter(members.values()))
        if chosen.file_size > max_bytes:
            raise DataError(f"unpacks to {chosen.file_size} bytes, the limit is {max_bytes}")
        if chosen.compress_type not in _METHODS:
            raise DataError(f"is packed by method {chosen.compress_type}, only stored and deflated arrays are read")
        return archive.read(chosen)


def _parse(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    shape, fortran, dtype = _header(stream)
    if dtype.hasobject or dtype.names is not None or dtype.subdtype is not None:
        raise DataError(f"holds values of type {str(dtype)[:80]!r}, only numbers are read")
    found = len(data) - stream.tell()
    claimed = prod(shape) * dtype.itemsize
    if claimed != found:
        raise DataError(f"claims an array {str(list(shape))[:80]} of {str(claimed)[:40]} bytes and holds {found}")
    flat = np.frombuffer(data, dtype, offset=stream.tell())
    return np.array(flat.reshape(shape, order="F" if fortran else "C"), order="C")


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(stream)
        if version == (1, 0):
            return npy.read_array_header_1_0(stream, max_header_size=_MAX_HEADER)
        if version == (2, 0):
            return npy.read_array_header_2_0(stream, max_header_size=_MAX_HEADER)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError):
        raise DataError("is no sound .npy array") from None
    raise DataError(f"is a .npy array of version {version}, expected 1.0 or 2.0")
