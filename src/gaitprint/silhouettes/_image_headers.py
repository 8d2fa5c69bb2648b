"""The size of an image from its first bytes, and whether its file is whole, before anything is decoded."""

import struct
import zlib
from dataclasses import dataclass

from gaitprint.errors import DataError
from gaitprint.silhouettes._tiff_headers import TIFF, Page, tiff_pages
from gaitprint.silhouettes.first_bytes import other_kind

_PNG = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3
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
    pages: tuple[Page, ...] = ()
    """Of a TIFF, of which the height and width are those of the first."""
    deep: bool = False
    """A PNG of 16 bits."""
    opacity: bool = False
    """A channel, or a palette, says how opaque pixels are."""


def read_header(data: bytes) -> ImageHeader:
    """The header of a PNG, JPEG, BMP or TIFF file, told by its first bytes, whatever its name.

    Raises:
        DataError: another format, damaged, truncated or animated; without the file's name.
    """
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(_JPEG):
            return _jpeg(data)
        if data.startswith(b"BM"):
            return _bmp(data)
        if data.startswith(TIFF):
            pages = tiff_pages(data)
            return ImageHeader(pages[0].height, pages[0].width, all(page.grey for page in pages), pages=pages)
    except (struct.error, IndexError):
        raise DataError("is a truncated image") from None
    if not data:
        raise DataError("is empty")
    raise DataError(f"is {other_kind(data) or f'no image (it starts with {data[:8]!r})'}")


def _png(data: bytes) -> ImageHeader:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    place, kind, opacity = len(_PNG), b"", colour in (4, 6)
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        (checksum,) = struct.unpack_from(">I", data, place + 8 + length)
        if kind == b"acTL":
            raise DataError("is an animated PNG, expected one image a file")
        opacity = opacity or (kind == b"tRNS" and colour == _PALETTE)
        if zlib.crc32(memoryview(data)[place + 4 : place + 8 + length]) != checksum:
            raise DataError("is a damaged PNG (its checksum is wrong)")
        if (place == len(_PNG)) != (kind == b"IHDR"):
            raise DataError("is a damaged PNG (its header is not where it belongs)")
        place += length + 12  # length, kind and checksum take four bytes each
    return ImageHeader(
        height, width, grey=colour == 0, plain_png=colour == 0 and depth == 8, deep=depth == 16, opacity=opacity
    )


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
        # the compressed pixels follow, in which the markers without a length stand (restarts, and the end)
        if marker == 0xDA:
            break
    if header is None:
        raise DataError("is a damaged JPEG (it has no size)")
    # libjpeg fills what is missing with grey, and warns on stderr alone
    if data.find(b"\xff\xd9", place) < 0:
        raise DataError("is a truncated image")
    return header


def _bmp(data: bytes) -> ImageHeader:
    """Of Windows' BITMAPINFOHEADER and its followers: rows of whole words of four bytes, not packed."""
    start, length, width, height, _planes, bits, packing = struct.unpack_from("<IIiiHHI", data, 10)
    if length < 40 or bits not in (1, 8, 24, 32) or packing not in (0, 3) or (packing == 3 and bits != 32):
        raise DataError(f"is a BMP of {bits} bits packed by method {packing}, expected a plain one: save it as PNG")
    height = abs(height)  # negative: the first row is the upper one
    if width < 1 or start + (width * bits + 31) // 32 * 4 * height > len(data):
        raise DataError("is a truncated image")
    return ImageHeader(height, width, grey=False)
