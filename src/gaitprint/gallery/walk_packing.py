"""Frames of a walk as a row holds them: nothing is lost, about a sixteenth of the bytes, and checked when read.

Each pixel's course over time stands together, where it repeats most; black and white take a bit a pixel. A head of
fixed length says form, T, H and W, so that a damaged row cannot ask for any memory.
"""

import struct
from hashlib import sha256

import numpy as np
import zstandard

from gaitprint.errors import ArtefactError, DataError
from gaitprint.types import Frames, check_frames

_HEAD = struct.Struct("<4sBIHH")
_MAGIC = b"GWLK"
_GREY, _BITS = 0, 1
_LEVEL = 9
LARGEST = 2**30
"""Pixels of a walk: ten minutes at 30 frames a second of 240 x 240."""


def pack_walk(frames: Frames) -> tuple[bytes, bytes]:
    """The bytes of a walk, and their SHA-256.

    Raises:
        ShapeError: not uint8 [T, H, W]. DataError: too long to be kept.
    """
    check_frames(frames, "a walk")
    length, height, width = frames.shape
    if frames.size > LARGEST or max(height, width) > 0xFFFF:
        raise DataError(f"a walk of {list(frames.shape)} is too large to be kept: cut it, or keep no walks")
    courses = np.ascontiguousarray(frames.transpose(1, 2, 0))
    form = _BITS if bool(np.isin(courses, (0, 255)).all()) else _GREY
    plain = np.packbits(courses > 0) if form == _BITS else courses
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(plain.tobytes())
    data = _HEAD.pack(_MAGIC, form, length, height, width) + body
    return data, sha256(data).digest()


def unpack_walk(data: bytes, digest: bytes, what: str) -> Frames:
    """The frames of checked bytes.

    Raises:
        ArtefactError: they are not what was kept.
    """
    if sha256(data).digest() != digest:
        raise ArtefactError(f"{what} is damaged (SHA-256 differs): use a backup, or purge it and enrol it again")
    try:
        magic, form, length, height, width = _HEAD.unpack_from(data)
        count = length * height * width
        if magic != _MAGIC or form not in (_GREY, _BITS) or not 0 < count <= LARGEST:
            raise ValueError("no walk")
        size = count if form == _GREY else -(-count // 8)
        # the size of the body's own head is asked first: it decides how much memory is taken
        body = data[_HEAD.size :]
        if zstandard.frame_content_size(body) != size:
            raise ValueError("another length")
        plain = np.frombuffer(zstandard.ZstdDecompressor().decompress(body, max_output_size=size), np.uint8)
    except (struct.error, ValueError, zstandard.ZstdError) as error:
        raise ArtefactError(f"{what} cannot be read ({error}): a newer package may have written it") from None
    courses = plain if form == _GREY else np.unpackbits(plain, count=count) * np.uint8(255)
    return np.ascontiguousarray(courses.reshape(height, width, length).transpose(2, 0, 1))
