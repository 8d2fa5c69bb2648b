"""Pictures that swell, break off, lie about what they are, or show no body."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from hostile_kinds import BAD, EITHER, KEPT, LEFT_OUT, Family, Scene, is_cut

from gaitprint.layouts.miniature import figure

IMAGES = Family("image")
BODY = figure(2, height=100, width=80)[0]
COLOUR = cv2.cvtColor(BODY, cv2.COLOR_GRAY2BGR)
MAGIC = b"\x89PNG\r\n\x1a\n"
INTERLACED = 1


def encoded(ending: str, image: np.ndarray = BODY, *options: int) -> bytes:
    return cv2.imencode(ending, image, options)[1].tobytes()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int = 8, colour: int = 0, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(
    width: int, height: int, pixels: bytes, *more: bytes, depth: int = 8, colour: int = 0, interlace: int = 0
) -> bytes:
    """A PNG with any header and any pixels, packed; `more` chunks stand before them."""
    head = MAGIC + header(width, height, depth, colour, interlace) + b"".join(more)
    return head + chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND")


def rows(image: np.ndarray = BODY) -> bytes:
    """The unpacked content of a PNG: a byte of no filter before each row."""
    return b"".join(b"\0" + row.tobytes() for row in image)


def kind(called: str, data: bytes, holds: Any, says: str, outcome: str = LEFT_OUT, file: str = "1.png") -> None:
    """Sound pictures lie beside the bad one where that one alone decides."""

    def spoil(scene: Scene) -> None:
        if outcome == LEFT_OUT and says != "none of":
            scene.put(f"{BAD}/0.png", GOOD)
        scene.put(f"{BAD}/{file}", data)
        assert holds(data) if callable(holds) else holds in data

    IMAGES.add(called, says, outcome)(spoil)


def jpeg(called: str, data: bytes, holds: Any, says: str, outcome: str = LEFT_OUT) -> None:
    kind(called, data, holds, says, outcome, "1.jpg")


def sized(data: bytes, width: int, height: int) -> bytes:
    """A JPEG with another size in its header."""
    place = next(p for p in range(2, len(data)) if data[p : p + 1] == b"\xff" and data[p + 1] in (0xC0, 0xC2))
    return data[: place + 5] + struct.pack(">HH", height, width) + data[place + 9 :]


def starts(magic: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magic)


GOOD, WIDTH, HEIGHT = encoded(".png"), 80, 100
GREY, PHOTO = encoded(".jpg"), encoded(".jpg", COLOUR)
PROGRESSIVE = encoded(".jpg", BODY, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)

# Sizes
kind(
    "a hundred thousand pixels squared",
    png(100_000, 100_000, b""),
    struct.pack(">II", 100_000, 100_000),
    "expected 1 to",
)
kind("two thousand million pixels squared", png(2**31 - 1, 2**31 - 1, b""), b"\x7f\xff\xff\xff" * 2, "expected 1 to")
kind("negative sizes", png(2**32 - 1, 2**32 - 1, b""), b"\xff" * 8, "expected 1 to")
kind("a bomb just over the limit", png(8193, 8193, bytes(8194 * 8193)), struct.pack(">II", 8193, 8193), "expected 1 to")
kind("a bomb just under the limit, all black", png(8192, 8192, bytes(8193 * 8192)), b"IDAT", "none of")
kind(
    "a million columns in one row", png(1_000_000, 1, b"\0" + b"\xff" * 1_000_000), b"\0\x0f\x42\x40\0\0\0\1", "none of"
)
kind("a million rows of one column", png(1, 1_000_000, b"\0\xff" * 1_000_000), b"\0\0\0\1\0\x0f\x42\x40", "none of")
kind("no width", png(0, 100, b""), struct.pack(">II", 0, 100), "expected 1 to")
kind("no height", png(100, 0, b""), struct.pack(">II", 100, 0), "expected 1 to")
kind("one pixel", png(1, 1, b"\0\xff"), struct.pack(">II", 1, 1), "none of")
kind("one row", png(64, 1, b"\0" + b"\xff" * 64), struct.pack(">II", 64, 1), "", KEPT)
kind("more pixels than its size", png(WIDTH, HEIGHT, rows() + bytes(2**27)), lambda d: len(d) < 2**20, "", KEPT)
kind("fewer pixels than its size", png(WIDTH, HEIGHT, rows()[:500]), b"IDAT", "cannot be decoded")
kind("all black", png(80, 64, bytes(81 * 64)), b"IDAT", "none of")

# PNG
kind("cut after its mark", GOOD[:8], is_cut(GOOD), "truncated")
kind("cut in its header", GOOD[:20], is_cut(GOOD), "truncated")
kind("cut in its pixels", GOOD[: len(GOOD) // 2], is_cut(GOOD), "truncated")
kind("cut before its end", GOOD[:-12], is_cut(GOOD), "truncated")
kind("its end cut", GOOD[:-2], is_cut(GOOD), "truncated")
_IDAT = GOOD.index(b"IDAT")
kind("a wrong checksum of its header", GOOD[:30] + b"\0" + GOOD[31:], lambda d: d != GOOD, "checksum")
kind(
    "a flipped bit in its pixels",
    GOOD[: _IDAT + 9] + bytes([GOOD[_IDAT + 9] ^ 4]) + GOOD[_IDAT + 10 :],
    b"IDAT",
    "checksum",
)
kind(
    "pixels that are no zlib", MAGIC + header(80, 100) + chunk(b"IDAT", b"hello") + chunk(b"IEND"), b"hello", "decoded"
)
kind("no pixels", MAGIC + header(80, 100) + chunk(b"IEND"), lambda d: b"IDAT" not in d, "cannot be decoded")
kind("no header", MAGIC + chunk(b"IDAT", zlib.compress(rows())) + chunk(b"IEND"), lambda d: b"IHDR" not in d, "header")
kind("two headers", GOOD[:33] + header(9, 9) + GOOD[33:], lambda d: d.count(b"IHDR") == 2, "header")
kind("a header that is short", MAGIC + chunk(b"IHDR", b"\0\0\0\x50\0\0\0\x64") + GOOD[33:], b"IHDR", "1.png")
kind("a piece of four gigabytes", GOOD[:33] + b"\xff\xff\xff\xffIDAT" + GOOD[41:], b"\xff\xff\xff\xffIDAT", "truncated")
kind("a piece of negative length", GOOD[:33] + b"\x80\0\0\0IDAT" + GOOD[41:], b"\x80\0\0\0IDAT", "truncated")
kind("an animation", GOOD[:33] + chunk(b"acTL", struct.pack(">II", 9, 0)) + GOOD[33:], b"acTL", "animated")
kind("an animation without pictures", png(80, 100, rows(), chunk(b"acTL", bytes(8))), b"acTL", "animated")
kind("an unknown piece that matters", png(80, 100, rows(), chunk(b"EVIL", b"x")), b"EVIL", "cannot be decoded")
kind("three bits a pixel", png(80, 100, rows(), depth=3), b"IHDR", "cannot be decoded")
kind("a kind of colour that is none", png(80, 100, rows(), colour=5), b"IHDR", "cannot be decoded")
kind("a way of interlacing that is none", png(80, 100, rows(), interlace=9), b"IHDR", "cannot be decoded")
kind("a palette without colours", png(80, 100, rows(), colour=3), b"IHDR", "cannot be decoded")
kind("a filter that is none", png(80, 100, b"\x09" + rows()[1:]), b"IDAT", "cannot be decoded")
kind(
    "a colour profile that swells",
    png(80, 100, rows(), chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2**26), 9))),
    b"iCCP",
    "",
    KEPT,
)
kind(
    "a text that swells",
    png(80, 100, rows(), chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(2**26), 9))),
    b"zTXt",
    "",
    KEPT,
)
kind("ten thousand empty pieces", png(80, 100, rows(), *[chunk(b"tEXt", b"a\0b")] * 10_000), b"tEXt", "", KEPT)

# JPEG; of damage to its pixels alone the library says a line and goes on, so that it cannot be told here
jpeg("JPEG, nothing but its mark", GREY[:3], is_cut(GREY), "truncated")
jpeg("JPEG, cut in its header", GREY[:100], is_cut(GREY), "truncated")
jpeg("JPEG, cut in its pixels", GREY[: len(GREY) * 2 // 3], is_cut(GREY), "truncated")
jpeg("JPEG, its end cut", GREY[:-2], is_cut(GREY), "truncated")
jpeg("JPEG, progressive and cut", PROGRESSIVE[: len(PROGRESSIVE) // 2], is_cut(PROGRESSIVE), "truncated")
jpeg("JPEG, cut and an end put on", GREY[: len(GREY) // 2 + 80] + b"\xff\xd9", b"\xff\xd9", "", EITHER)
jpeg("JPEG, its pixels flipped", GREY[:-200] + bytes(100) + GREY[-100:], bytes(100), "", KEPT)
jpeg("JPEG, sixty-five thousand pixels squared", sized(GREY, 65_500, 65_500), b"\xff\xdc" * 2, "expected 1 to")
jpeg("JPEG, one row more than the limit", sized(GREY, 65_500, 1025), struct.pack(">HH", 1025, 65_500), "expected 1 to")
jpeg("JPEG, of no size", sized(GREY, 0, 0), b"\0" * 4, "expected 1 to")
jpeg("JPEG, larger than its pixels", sized(GREY, 4000, 4000), struct.pack(">HH", 4000, 4000), "", EITHER)
_SOF = GREY.index(b"\xff\xc0")
jpeg(
    "JPEG, two sizes",
    GREY[:_SOF] + GREY[_SOF : _SOF + 13] + sized(GREY, 9, 9)[_SOF:],
    lambda d: d.count(b"\xff\xc0") > 1,
    "two sizes",
)
jpeg("JPEG, no size", GREY[:_SOF] + GREY[_SOF + 13 :], lambda d: b"\xff\xc0" not in d, "no size")
jpeg("JPEG, no tables", GREY[:2] + GREY[_SOF:], lambda d: b"\xff\xdb" not in d, "cannot be decoded")
jpeg("JPEG, a piece that is longer than the file", GREY[:4] + b"\xff\xff" + GREY[6:], b"\xff\xff", "truncated")
jpeg("JPEG, a marker that is none", GREY[:20] + b"\x12\x34" + GREY[22:], b"\x12\x34", "marker")
jpeg("JPEG, of arithmetic coding", GREY[:_SOF] + b"\xff\xc9" + GREY[_SOF + 2 :], b"\xff\xc9", "", EITHER)
jpeg("JPEG, of no loss", GREY[:_SOF] + b"\xff\xc3" + GREY[_SOF + 2 :], b"\xff\xc3", "cannot be decoded")
jpeg("JPEG, of nine channels", GREY[: _SOF + 9] + b"\x09" + GREY[_SOF + 10 :], b"\x09", "cannot be decoded")

# Other files under its name
OTHERS = {
    "a GIF": b"GIF89a\x40\0\x40\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x40\0\x40\0\0\2\2D\1\0;",
    "a WebP": encoded(".webp", COLOUR),
    "a JPEG 2000": encoded(".jp2"),
    "a picture of text": encoded(".pgm"),
    "an HDR": encoded(".hdr", COLOUR.astype(np.float32)),
    "an SVG with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "an SVG of outer entities": b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><svg>&y;</svg>",
    "a PDF": b"%PDF-1.7\n1 0 obj <</Type/Catalog/OpenAction 2 0 R>>",
    "a page of HTML": b"<!doctype html><p>403 Forbidden</p>",
    "a program of Linux": b"\x7fELF\x02\x01\x01" + bytes(64),
    "a program of Windows": b"MZ\x90\0" + bytes(64),
    "a script": b"#!/bin/sh\ntouch canary\n",
    "PostScript": b"%!PS\n(canary) (w) file closefile",
    "a command of ImageMagick": b"push graphic-context\nfill 'url(https://x/\"|touch canary\")'\n",
    "a film": b"\0\0\0\x18ftypmp42" + bytes(64),
    "a zip": b"PK\x03\x04" + bytes(64),
    "a pickle": b"cos\nsystem\n(S'touch canary'\ntR.",
    "an AVIF": b"\0\0\0\x1cftypavif" + bytes(64),
    "an EXR": b"\x76\x2f\x31\x01" + bytes(64),
    "zeros": bytes(3000),
    "line breaks and escapes": b"\n\r\x1b[2J\x07" * 9,
}
for _called, _data in OTHERS.items():
    kind(f"{_called} called .png", _data, starts(_data[:4]), "expected a whole PNG, JPEG, BMP or TIFF image")
kind("nothing called .png", b"", lambda d: not d, "is empty")
kind("a cut bitmap", encoded(".bmp")[:-9], starts(b"BM"), "is a truncated image", LEFT_OUT, "1.bmp")
kind("a cut TIFF", encoded(".tiff")[:-9], starts(b"II*"), "is a truncated image", LEFT_OUT, "1.tif")


@IMAGES.add("a read-me among them", "", KEPT)
def _(scene: Scene) -> None:
    scene.put(f"{BAD}/0.png", GOOD)
    scene.put(f"{BAD}/readme.txt", b"Silhouettes of subject 2")


@IMAGES.add("a read-me alone", "is no image")
def _(scene: Scene) -> None:
    scene.put(f"{BAD}/readme.txt", b"Silhouettes of subject 2")


# Harmless
kind("a TIFF called .png", encoded(".tiff"), starts(b"II*"), "", KEPT)
kind("a bitmap called .png", encoded(".bmp"), starts(b"BM"), "", KEPT)
_SIXTEEN = encoded(".png", BODY.astype(np.uint16) * 257)
kind("sixteen bits", _SIXTEEN, b"\x10\0", "", KEPT)
kind("colours", encoded(".png", COLOUR), b"IHDR", "", KEPT)
kind("transparency", encoded(".png", cv2.cvtColor(BODY, cv2.COLOR_GRAY2BGRA)), b"IHDR", "", KEPT)
kind("one bit", png(64, 64, (b"\0\0\xff\xff\xff\xff\xff\xff\0") * 64, depth=1), b"IHDR", "", KEPT)
kind(
    "a palette",
    png(80, 100, rows(BODY // 255), chunk(b"PLTE", bytes(3) + b"\xff" * 3), colour=3),
    b"PLTE",
    "",
    KEPT,
)
kind("bytes behind its end", GOOD + b"<?php system('touch canary') ?>", b"<?php", "", KEPT)
kind("a zip behind its end", GOOD + b"PK\x05\x06" + bytes(18), b"PK\x05\x06", "", KEPT)
kind("a JPEG called .png", GREY, starts(b"\xff\xd8\xff"), "", KEPT)
jpeg("a PNG called .jpg", GOOD, starts(MAGIC), "", KEPT)
jpeg("JPEG, progressive", PROGRESSIVE, b"\xff\xc2", "", KEPT)
jpeg("JPEG, in colour", PHOTO, b"\xff\xc0", "", KEPT)
