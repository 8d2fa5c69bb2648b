"""The size of an image from its first bytes, and whether its file is whole, before anything is decoded."""

import struct
import zlib
from dataclasses import dataclass

from gaitprint.errors import DataError

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class ImageHeader:
    """What a file says of itself; the decoder is asked only when this is within limits."""

    height: int
    width: int
    grey: bool
    """One channel: the decoder need not make three."""
    plain_png: bool = False
    """A PNG of one channel of eight bits."""


def read_header(data: bytes) -> ImageHeader:
    """The header of a PNG or JPEG file, told by its first bytes, whatever its name.

    Raises:
        DataError: another format, damaged, truncated or animated; without the file's name.
    """
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(_JPEG):
            return _jpeg(data)
    except (struct.error, IndexError):
        raise DataError("is a truncated image") from None
    if not data:
        raise DataError("is empty")
    raise DataError(f"is neither PNG nor JPEG (it starts with {data[:8]!r})")


def _png(data: bytes) -> ImageHeader:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        if kind == b"acTL":
            raise DataError("is an animated PNG, expected one image a file")
        if zlib.crc32(memoryview(data)[place + 4 : place + 8 + length]) != checksum:
            raise DataError("is a damaged PNG (its checksum is wrong)")
        if (place == len(_PNG)) != (kind == b"IHDR"):
            raise DataError("is a damaged PNG (its header is not where it belongs)")
        place += length + 12
    return ImageHeader(height, width, grey=colour == 0, plain_png=colour == 0 and depth == 8)


def _jpeg(data: bytes) -> ImageHeader:
    place = 2
    header = None
    while True:
        while data[place] == 0xFF and data[place + 1] == 0xFF:
            place += 1
        if data[place] != 0xFF:
            raise DataError("is a damaged JPEG (a marker is missing)")
        marker = data[place + 1]
        (length,) = struct.unpack_from(">H", data, place + 2)
        if marker in _START_OF_FRAME:
            _precision, height, width, channels = struct.unpack_from(">BHHB", data, place + 4)
            if header is not None:
                raise DataError("is a damaged JPEG (it has two sizes)")
            header = ImageHeader(height, width, grey=channels == 1)
        place += 2 + length
        if marker == 0xDA:
            break
    if header is None:
        raise DataError("is a damaged JPEG (it has no size)")
    if data.find(b"\xff\xd9", place) < 0:
        raise DataError("is a truncated image")
    return header
