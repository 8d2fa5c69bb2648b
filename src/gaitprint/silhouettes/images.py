"""One image file as a grey frame: formats are allow-listed and told by their first bytes, sizes checked first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np
from jaxtyping import Shaped, UInt8
from kornia_rs.io import decode_image_png_u8

from gaitprint.errors import DataError
from gaitprint.silhouettes._image_headers import ImageHeader, read_header
from gaitprint.silhouettes.arrays import OPACITY, Remark, brightness, by_opacity, unremarked

MAX_PIXELS = 2**26
"""Of one image: 64 megapixels."""
MAX_SEQUENCE_PIXELS = 2**29
"""Of all pages of one file."""
_EXPECTED = "expected a whole PNG, JPEG, BMP or TIFF image"


def decode_images(data: bytes, name: str, remark: Remark = unremarked) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The grey frames 0..255 of a PNG, JPEG, BMP or TIFF image: one, or those of a TIFF's pages.

    Of a colour image the first channel in OpenCV's order is taken, blue, as the field's references do; where no body is
    seen in it but in another, as in masks of a palette, the brightest; where parts are transparent, what is opaque.

    Args:
        data: the whole file.
        name: of the file, for errors.
        remark: told where another channel than the first was taken.

    Raises:
        DataError: another format, damaged, truncated, a page of over 64 megapixels, or all of over 512.
    """
    header = _checked_header(data, name)
    if sum(page.height * page.width for page in header.pages) > MAX_SEQUENCE_PIXELS:
        raise DataError(f"{name} holds more than {MAX_SEQUENCE_PIXELS} pixels: split the sequence")
    mode = cv2.IMREAD_GRAYSCALE if header.grey else cv2.IMREAD_COLOR
    if header.pages:
        images = _decode_pages(data, mode)
        if [i.shape[:2] for i in images] != [(page.height, page.width) for page in header.pages]:
            raise DataError(f"{name} cannot be decoded: {_EXPECTED}")
        return [_one_channel(image, remark) for image in images]
    image = _decode_plain_png(data, header) if header.plain_png else None
    if image is None:
        deep = mode | cv2.IMREAD_ANYDEPTH if header.deep else mode
        image = _decode_any(data, cv2.IMREAD_UNCHANGED if header.opacity else deep)
    if image is None:
        raise DataError(f"{name} cannot be decoded: {_EXPECTED}")
    return [_one_channel(_eight_bits(image), remark)]


def decode_image(data: bytes, name: str, remark: Remark = unremarked) -> UInt8[np.ndarray, "_h _w"]:
    """The one frame of an image; see `decode_images`.

    Raises:
        DataError: as there, or several pages.
    """
    frames = decode_images(data, name, remark)
    if len(frames) > 1:
        raise DataError(f"{name} holds {len(frames)} pages, expected one image: a TIFF of a whole sequence lies alone")
    return frames[0]


def decode_colour(data: bytes, name: str) -> UInt8[np.ndarray, "_h _w 3"]:
    """A PNG, JPEG, BMP or TIFF image in red, green and blue, turned as the camera's mark in it says.

    Args:
        data: the whole file; of a TIFF the first page is taken.
        name: of the file, for errors.

    Raises:
        DataError: another format, damaged, truncated, or over 64 megapixels.
    """
    _checked_header(data, name)
    image = _decode_any(data, cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{name} cannot be decoded: {_EXPECTED}")
    colour: np.ndarray = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return colour


def image_pixels(data: bytes, name: str) -> int:
    """How many pixels an image has, of all its pages, by its header: nothing is decoded.

    Raises:
        DataError: another format, or damaged; a page of over 64 megapixels.
    """
    header = _checked_header(data, name)
    return sum(page.height * page.width for page in header.pages or (header,))


def _checked_header(data: bytes, name: str) -> ImageHeader:
    """What the image says of itself, its size held against the limit."""
    try:
        header = read_header(data)
    except DataError as error:
        raise DataError(f"{name} {error}: {_EXPECTED}") from None
    for page in header.pages or (header,):
        if not 1 <= page.height * page.width <= MAX_PIXELS:
            raise DataError(f"{name} is {page.height} x {page.width} pixels: expected 1 to {MAX_PIXELS} pixels")
    return header


def _one_channel(image: UInt8[np.ndarray, "_h _w *_c"], remark: Remark) -> UInt8[np.ndarray, "_h _w"]:
    if image.ndim == 2:
        return image
    opaque = by_opacity(image) if image.shape[2] == 4 else None
    if opaque is not None:
        remark(OPACITY)
        return opaque
    image = image[:, :, :3]
    # GaitSet's preparation takes `imread(path)[:, :, 0]`, and features are compared to those of such frames
    blue = np.ascontiguousarray(image[:, :, 0])
    if _shows(blue, image) and (blue.max() > 127 or image.max() <= blue.max()):
        return blue
    channel, how = brightness(image)
    remark(f"coloured masks were taken by their {how}")
    return channel


def _shows(channel: UInt8[np.ndarray, "_h _w"], image: UInt8[np.ndarray, "_h _w 3"]) -> bool:
    """Whether a channel shows at least half of the differences that are there."""
    return 2 * (int(channel.max()) - int(channel.min())) >= int(image.max()) - int(image.min())


def _eight_bits(image: Shaped[np.ndarray, "_h _w *_c"]) -> UInt8[np.ndarray, "_h _w *_c"]:
    """The upper byte of sixteen bits, as OpenCV has it, unless nothing is in it: numbers up to 255 are meant so."""
    # a mask of 0 and 1, or of 0 and 255, saved with 16 bits: its upper byte is black
    if image.dtype != np.uint16:
        return image
    return np.asarray(image if image.max() < 256 else image >> 8).astype(np.uint8)


def _decode_pages(data: bytes, mode: int) -> Sequence[UInt8[np.ndarray, "_h _w *_c"]]:
    try:
        with _silent():
            sound, pages = cv2.imdecodemulti(np.frombuffer(data, np.uint8), mode)
    except cv2.error:
        return []
    return pages if sound else []


def _decode_plain_png(data: bytes, header: ImageHeader) -> UInt8[np.ndarray, "_h _w"] | None:
    """A grey PNG of eight bits by a decoder that takes a third of OpenCV's time; None leaves the word to OpenCV."""
    try:
        image: np.ndarray = decode_image_png_u8(data, (header.height, header.width), "mono")
    except Exception:  # the library raises nothing more particular
        return None
    return image[:, :, 0]


def _decode_any(data: bytes, mode: int) -> Shaped[np.ndarray, "_h _w *_c"] | None:
    try:
        with _silent():
            image: np.ndarray | None = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error:
        return None
    return image


@contextmanager
def _silent() -> Iterator[None]:
    """OpenCV writes to stderr about a damaged file; the error says it."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
