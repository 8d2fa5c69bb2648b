"""The pages of a TIFF file from its directories, and whether all their bytes are there, before anything is decoded.

TIFF revision 6.0, Adobe, 1992: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
"""

import struct
from dataclasses import dataclass

from gaitprint.errors import DataError

TIFF = (b"II*\0", b"MM\0*")
MAX_PAGES = 20_000
_MAX_ENTRIES = 200
_MAX_VALUES = 100_000
"""Of one entry: a page has at most one strip a row."""
_KINDS = {1: "B", 3: "H", 4: "I"}
"""The types of the numbers that are asked for, by TIFF's number of the type."""
_PACKINGS = {1: "none", 4: "CCITT 4", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits"}
_WIDTH, _HEIGHT, _BITS, _PACKING, _COLOURS, _CHANNELS, _PLANES, _FORMAT = 256, 257, 258, 259, 262, 277, 284, 339
_PLACES = ((273, 279), (324, 325))
"""Where the values of a page lie and how many bytes there are: of strips, of tiles."""


@dataclass(frozen=True)
class Page:
    """What a page says of itself."""

    height: int
    width: int
    grey: bool


def tiff_pages(data: bytes) -> tuple[Page, ...]:
    """The pages of a TIFF file in their order.

    Raises:
        DataError: damaged, truncated, too many pages, or values of other kinds than one or eight bits; without the
            file's name.
        struct.error: truncated.
    """
    order = "<" if data.startswith(b"II") else ">"
    pages: list[Page] = []
    seen: set[int] = set()
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    while place:
        # a page names the place of the next: one that names an earlier page makes an endless file of a few bytes
        if place in seen or len(pages) >= MAX_PAGES:
            raise DataError(f"is a TIFF whose pages lead in a circle, or of more than {MAX_PAGES} pages")
        seen.add(place)
        (count,) = struct.unpack_from(f"{order}H", data, place)
        if not 1 <= count <= _MAX_ENTRIES:
            raise DataError(f"is a damaged TIFF (a page with {count} entries)")
        entries = dict(struct.unpack_from(f"{order}H10s", data, place + 2 + 12 * i) for i in range(count))
        pages.append(_page(data, order, entries))
        (place,) = struct.unpack_from(f"{order}I", data, place + 2 + 12 * count)
    if not pages:
        raise DataError("is a TIFF without a page")
    return tuple(pages)


def _page(data: bytes, order: str, entries: dict[int, bytes]) -> Page:
    def values(tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        return _values(data, order, entries[tag]) if tag in entries else default

    width, height, packing = (values(tag, (default,))[0] for tag, default in ((_WIDTH, 0), (_HEIGHT, 0), (_PACKING, 1)))
    bits, channels, colours = set(values(_BITS, (1,))), values(_CHANNELS, (1,))[0], values(_COLOURS, (1,))[0]
    if packing not in _PACKINGS:
        known = ", ".join(dict.fromkeys(_PACKINGS.values()))
        raise DataError(f"is a TIFF packed by method {packing}, read are {known}: save it as PNG")
    # of eight bits "white is zero" is read as its opposite by some programs and not by others
    plain = bits <= {1, 8} and len(bits) == 1 and channels <= 4 and set(values(_FORMAT, (1,))) == {1}
    if not plain or colours not in (1, 2, 3) + ((0,) if bits == {1} else ()) or values(_PLANES, (1,))[0] != 1:
        raise DataError(
            f"is a TIFF of {'/'.join(map(str, sorted(bits)))} bits in {channels} channels, colours {colours}: save it "
            "with one or eight bits a value, black as zero"
        )
    _check_places(len(data), [(values(at), values(counted)) for at, counted in _PLACES])
    return Page(height, width, grey=channels == 1 and colours in (0, 1))


def _check_places(size: int, pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> None:
    starts, lengths = next((pair for pair in pairs if pair[0]), ((), ()))
    if not starts or len(starts) != len(lengths):
        raise DataError("is a damaged TIFF (it does not say where its pixels are)")
    if any(start + length > size for start, length in zip(starts, lengths, strict=True)):
        raise DataError("is a truncated image")


def _values(data: bytes, order: str, entry: bytes) -> tuple[int, ...]:
    kind, count = struct.unpack(f"{order}HI", entry[:6])
    letter = _KINDS.get(kind)
    if letter is None or not 1 <= count <= _MAX_VALUES:
        raise DataError("is a damaged TIFF (an entry that is no number)")
    form = f"{order}{count}{letter}"
    # values of up to four bytes stand in the entry itself instead of the place where they lie (section 2)
    if struct.calcsize(form) <= 4:
        return struct.unpack_from(form, entry, 6)
    return struct.unpack_from(form, data, struct.unpack(f"{order}I", entry[6:])[0])
