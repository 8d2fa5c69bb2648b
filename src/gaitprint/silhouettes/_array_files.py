"""Arrays out of .npy and .npz files: no pickles inside, sizes held against the bytes that are there."""

import io
import re
import zipfile
import zlib

import numpy as np

from gaitprint.errors import DataError
from gaitprint.silhouettes._plain_arrays import plain_array
from gaitprint.silhouettes.first_bytes import other_kind

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1000
_LENGTHS = {b"\x01": 10, b"\x02": 12, b"\x03": 12}
"""Where the header starts, by version: after its length in 2 or 4 bytes."""
# Stricter than NumPy, which evaluates the header as Python.
_HEADER = re.compile(
    rb"\{'descr': ?'([|<>=]?)([A-Za-z][0-9]{0,3})', ?'fortran_order': ?(True|False), ?'shape': ?\(([0-9, ]*)\),? ?\}\s*"
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def parse_npy(data: bytes, name: str, max_bytes: int) -> np.ndarray:
    """The array of a .npy file; an array cannot be larger than its file, so `max_bytes` is not needed here.

    Raises:
        DataError: damaged, truncated, or objects inside.
    """
    del max_bytes
    try:
        return _parse(data)
    except DataError as error:
        raise DataError(f"{name} {error}") from None


def parse_npz(data: bytes, name: str, max_bytes: int) -> np.ndarray:
    """The one array of a .npz file, or the one called ``frames``.

    Raises:
        DataError: damaged, truncated, objects inside, no or several arrays, or larger than `max_bytes` unpacked.
    """
    try:
        return _parse(_member(data, max_bytes))
    except DataError as error:
        raise DataError(f"{name} {error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{name} is no sound .npz file{_but(data) or f' ({reason})'}") from None


def _member(data: bytes, max_bytes: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
        # `frames` and `frames.npy` are one name to NumPy, and a zip may hold a name twice: which one is meant nobody
        # can say
        if len(members) != len(archive.infolist()):
            raise DataError("holds an array of one name twice")
        if "frames" not in members and len(members) != 1:
            names = ", ".join(sorted(members)[:5]) or "none"
            raise DataError(f"needs exactly one array or one called 'frames', found: {names[:200]!r}")
        chosen = members.get("frames") or next(iter(members.values()))
        if chosen.file_size > max_bytes:
            raise DataError(f"unpacks to {chosen.file_size} bytes, the limit is {max_bytes}")
        if chosen.compress_type not in _METHODS:
            raise DataError(f"is packed by method {chosen.compress_type}, only stored and deflated arrays are read")
        with archive.open(chosen) as stream:
            # without a limit all is unpacked, however much that is, and then cut to the size it claims
            unpacked = stream.read(chosen.file_size + 1)
        if len(unpacked) != chosen.file_size:
            raise DataError("is damaged: it unpacks to another size than it says")
        return unpacked


def _but(data: bytes) -> str:
    other = "" if data.startswith(b"PK") else other_kind(data)
    return f": it is {other}" if other else ""


def _parse(data: bytes) -> np.ndarray:
    start = _LENGTHS.get(data[6:7], 0)
    if not data.startswith(_MAGIC) or not start or len(data) < start:
        raise DataError(f"is no .npy array of version 1, 2 or 3{_but(data)}")
    # little-endian in all versions, whatever the order of the values is
    end = start + int.from_bytes(data[8:start], "little")
    header = _HEADER.fullmatch(data[start:end]) if end - start <= _MAX_HEADER else None
    if header is None:
        raise DataError("is no .npy array of plain numbers, or its header is damaged")
    order, kind, fortran, sizes = (group.decode("ascii") for group in header.groups())
    try:
        shape = tuple(int(n) for n in sizes.split(",") if n.strip())
    except ValueError:
        raise DataError("is damaged: the shape in its header is none") from None
    return plain_array(memoryview(data)[end:], kind, order or "=", shape, fortran == "True")
