"""Silhouette frames from what people have: a folder of images, or one array file of a whole sequence.

Every file is held to be hostile: formats are allow-listed and told by their first bytes, sizes are checked before
anything is decoded, nothing is unpickled, and an error is one line that names the file.
"""

import os
import re
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes._array_files import read_npy, read_npz
from gaitprint.silhouettes._files import check_inside, read_limited, shown, unreadable
from gaitprint.silhouettes._image_headers import read_header
from gaitprint.silhouettes.pickles import read_array_pickle
from gaitprint.types import Frames

MAX_PIXELS = 2**26
"""Of one image: 64 megapixels."""
MAX_FILE_BYTES = 2**28
"""Of one file, and of one array unpacked: 256 MiB, over an hour of 64 x 64 frames at 15 a second."""
MAX_SEQUENCE_BYTES = 2**30
"""Of all decoded frames of one folder."""

_READERS = {".pkl": read_array_pickle, ".npy": read_npy, ".npz": read_npz}
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})


def load_frames(path: Path, root: Path | None = None) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of one sequence, from a folder of images or from an array file.

    Args:
        path: the folder, or the .pkl, .npy or .npz file.
        root: the data folder, if links that lead out of it are to be refused.

    Raises:
        DataError: see `read_image_folder` and `read_sequence_file`.
    """
    path = Path(path)
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if is_folder:
        return read_image_folder(path, root)
    return list(read_sequence_file(path, root))


def read_image_folder(path: Path, root: Path | None = None) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The PNG and JPEG images of a folder in natural order (frame2 before frame10), as grey frames 0..255.

    Of a colour image the first channel in OpenCV's order is taken, blue, as the field's references do. Hidden files are
    skipped. Frames may differ in size.

    Raises:
        DataError: no images, another format, a damaged or oversized image, a link out of `root`.
    """
    path = Path(path)
    try:
        if root is not None:
            check_inside(path, root)
        with os.scandir(path) as entries:
            found = [e for e in entries if not e.name.startswith(".") and e.name.lower() not in _CLUTTER]
            files = {e.name: e.is_symlink() for e in found if not e.is_dir()}
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if not files:
        inside = f"only folders ({shown(Path(found[0].name))}, ...)" if found else "nothing"
        raise DataError(f"{shown(path)} should hold the images of one sequence, found {inside}")
    frames: list[np.ndarray] = []
    room = MAX_SEQUENCE_BYTES
    for name in sorted(files, key=natural_order):
        frame = read_image(path / name, root if files[name] else None)
        room -= frame.size
        if room < 0:
            raise DataError(f"{shown(path)} holds more than {MAX_SEQUENCE_BYTES} pixels: split the sequence")
        frames.append(frame)
    return frames


def read_image(path: Path, root: Path | None = None) -> UInt8[np.ndarray, "_h _w"]:
    """One PNG or JPEG image as a grey frame 0..255; see `read_image_folder`.

    Raises:
        DataError: another format, damaged, truncated, over 64 megapixels, or a link out of `root`.
    """
    path = Path(path)
    data = read_limited(path, MAX_FILE_BYTES, root)
    try:
        header = read_header(data)
    except DataError as error:
        raise DataError(f"{shown(path)} {error}: expected a whole PNG or JPEG image") from None
    if not 1 <= header.height * header.width <= MAX_PIXELS:
        raise DataError(f"{shown(path)} is {header.height} x {header.width} pixels: expected 1 to {MAX_PIXELS} pixels")
    try:
        mode = cv2.IMREAD_GRAYSCALE if header.grey else cv2.IMREAD_COLOR
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error:
        image = None
    if image is None:
        raise DataError(f"{shown(path)} cannot be decoded: expected a whole PNG or JPEG image")
    return np.ascontiguousarray(image if image.ndim == 2 else image[:, :, 0])


def read_sequence_file(path: Path, root: Path | None = None) -> Frames:
    """The frames of a whole sequence from one .pkl, .npy or .npz file; a single 2-D image becomes one frame.

    Values are uint8; bool becomes 0 and 255. The .npz holds one array, or one called ``frames``.

    Raises:
        DataError: another ending, shape or type; hostile, damaged or too large; a link out of `root`.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{shown(path)} is no sequence file: expected a folder of images, or .pkl, .npy or .npz")
    array = reader(path, MAX_FILE_BYTES, root)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * np.uint8(255)
    if array.dtype != np.uint8 or array.ndim not in (2, 3):
        raise DataError(
            f"{shown(path)}: expected uint8 or bool frames [T, H, W] or one frame [H, W], "
            f"found {array.dtype} {list(array.shape)}"
        )
    if array.size == 0:
        raise DataError(f"{shown(path)}: expected at least one frame and one pixel, found {list(array.shape)}")
    if array.max() == 1:
        raise DataError(f"{shown(path)}: expected values 0 to 255, found only 0 and 1: save it as bool, or times 255")
    return array if array.ndim == 3 else array[None]


def natural_order(name: str) -> tuple[tuple[str | int, ...], str]:
    """A sorting key that takes runs of digits as numbers."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name
