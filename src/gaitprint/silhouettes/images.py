"""One image file as a grey frame: formats are allow-listed and told by their first bytes, sizes checked first."""

import cv2
import numpy as np
from jaxtyping import UInt8
from kornia_rs.io import decode_image_png_u8

from gaitprint.errors import DataError
from gaitprint.silhouettes._image_headers import ImageHeader, read_header
from gaitprint.silhouettes.arrays import Remark, unremarked

MAX_PIXELS = 2**26
"""Of one image: 64 megapixels."""


def decode_image(data: bytes, name: str, remark: Remark = unremarked) -> UInt8[np.ndarray, "_h _w"]:
    """A PNG or JPEG image, of one or eight bits, as a grey frame 0..255.

    Of a colour image the first channel in OpenCV's order is taken, blue, as the field's references do; where no body is
    seen in it but in another, as in masks of a palette, the brightest.

    Args:
        data: the whole file.
        name: of the file, for errors.
        remark: told where another channel than the first was taken.

    Raises:
        DataError: another format, damaged, truncated, or over 64 megapixels.
    """
    try:
        header = read_header(data)
    except DataError as error:
        raise DataError(f"{name} {error}: expected a whole PNG or JPEG image") from None
    if not 1 <= header.height * header.width <= MAX_PIXELS:
        raise DataError(f"{name} is {header.height} x {header.width} pixels: expected 1 to {MAX_PIXELS} pixels")
    image = _decode_plain_png(data, header) if header.plain_png else None
    if image is None:
        image = _decode_any(data, cv2.IMREAD_GRAYSCALE if header.grey else cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{name} cannot be decoded: expected a whole PNG or JPEG image")
    return image if image.ndim == 2 else _one_channel(image, remark)


def _one_channel(image: UInt8[np.ndarray, "_h _w 3"], remark: Remark) -> UInt8[np.ndarray, "_h _w"]:
    blue = np.ascontiguousarray(image[:, :, 0])
    if blue.max() > 127 or image.max() <= blue.max():
        return blue
    remark("coloured masks were taken by their brightest channel")
    return np.asarray(image.max(axis=2))


def _decode_plain_png(data: bytes, header: ImageHeader) -> UInt8[np.ndarray, "_h _w"] | None:
    """A grey PNG of eight bits by a decoder that takes a third of OpenCV's time; None leaves the word to OpenCV."""
    try:
        image: np.ndarray = decode_image_png_u8(data, (header.height, header.width), "mono")
    except Exception:  # the library raises nothing more particular
        return None
    return image[:, :, 0]


def _decode_any(data: bytes, mode: int) -> UInt8[np.ndarray, "_h _w *_c"] | None:
    try:
        image: np.ndarray | None = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error:
        return None
    return image
