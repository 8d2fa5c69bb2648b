"""Silhouette frames from what people have: a folder of images, or one array file of a whole sequence.

Every file is held to be hostile: formats are allow-listed and told by their first bytes, sizes are checked before
anything is decoded, nothing is unpickled, and an error is one line that names the file.
"""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from gaitprint.errors import DataError
from gaitprint.silhouettes._array_files import parse_npy, parse_npz
from gaitprint.silhouettes.images import decode_image
from gaitprint.silhouettes.pickles import parse_pickle
from gaitprint.sources import Files, inside
from gaitprint.sources.folder import FolderFiles
from gaitprint.texts import natural_order
from gaitprint.types import Frames

MAX_FILE_BYTES = 2**28
"""Of one file, and of one array unpacked: 256 MiB, over an hour of 64 x 64 frames at 15 a second."""
MAX_SEQUENCE_BYTES = 2**29
"""Of all decoded frames of one folder."""

_Parser = Callable[[bytes, str, int], np.ndarray | list[np.ndarray]]
_PARSERS: dict[str, _Parser] = {
    ".pkl": parse_pickle,
    ".npy": parse_npy,
    ".npz": parse_npz,
}


def load_frames(path: Path) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of one sequence on disk, from a folder of images or from an array file; see `read_sequence`.

    Raises:
        DataError: missing, damaged, hostile, or no sequence.
    """
    path = Path(path)
    if path.name in ("", ".."):
        path = path.absolute() if path.name else path.resolve()
    return read_sequence(FolderFiles(path.parent, boundary=Path(path.absolute().anchor)), path.name)


def read_sequence(files: Files, place: str) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of one sequence of a data set, from a folder of images or from an array file.

    Args:
        files: the data set.
        place: the name of a .pkl, .npy or .npz file, of a folder of images, or of a folder with one such file.

    Raises:
        DataError: see `read_image_folder` and `read_sequence_file`.
    """
    if not files.is_folder(place):
        return list(read_sequence_file(files, place))
    names = files.list(place).files
    arrays = [name for name in names if PurePosixPath(name).suffix.lower() in _PARSERS]
    if len(arrays) != len(names) or not arrays:
        return read_image_folder(files, place)
    if len(arrays) > 1:
        raise DataError(
            f"{files.called(place)} holds {len(arrays)} array files, a sequence is one: name {arrays[0]}, say"
        )
    return list(read_sequence_file(files, inside(place, arrays[0])))


def read_image_folder(files: Files, place: str) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The PNG and JPEG images of a folder in natural order (frame2 before frame10), as grey frames 0..255.

    Hidden files are skipped. Frames may differ in size. See `decode_image`.

    Raises:
        DataError: no images, another format, a damaged or oversized image, a link out of the data set.
    """
    found = files.list(place)
    if not found.files:
        holds = f"only folders ({found.folders[0]}, ...)" if found.folders else "nothing"
        raise DataError(f"{files.called(place)} should hold the images of one sequence, found {holds}")
    frames: list[np.ndarray] = []
    room = MAX_SEQUENCE_BYTES
    for name in sorted(found.files, key=natural_order):
        frame = read_image(files, inside(place, name))
        room -= frame.size
        if room < 0:
            raise DataError(f"{files.called(place)} holds more than {MAX_SEQUENCE_BYTES} pixels: split the sequence")
        frames.append(frame)
    return frames


def read_image(files: Files, place: str) -> UInt8[np.ndarray, "_h _w"]:
    """One PNG or JPEG image as a grey frame 0..255; see `decode_image`.

    Raises:
        DataError: another format, damaged, truncated, over 64 megapixels, or a link out of the data set.
    """
    return decode_image(files.read(place, MAX_FILE_BYTES), files.called(place))


def read_sequence_file(files: Files, place: str) -> Frames | list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of a whole sequence from one .pkl, .npy or .npz file; a single 2-D image becomes one frame.

    Values are uint8; bool becomes 0 and 255. The .npz holds one array, or one called ``frames``; the .pkl one array or
    a list of frames, which may differ in size.

    Raises:
        DataError: another ending, shape or type; hostile, damaged or too large; a link out of the data set.
    """
    name = files.called(place)
    parser = _PARSERS.get(PurePosixPath(place).suffix.lower())
    if parser is None:
        raise DataError(f"{name} is no sequence file: expected a folder of images, or .pkl, .npy or .npz")
    found = parser(files.read(place, MAX_FILE_BYTES), name, MAX_FILE_BYTES)
    if isinstance(found, np.ndarray):
        return as_frames(found, name)
    return [frame for i, array in enumerate(found) for frame in as_frames(array, f"{name}, frame {i}")]


def as_frames(array: np.ndarray, name: str) -> Frames:
    """Take an array as the frames of a sequence; a single 2-D image becomes one frame, bool becomes 0 and 255.

    Raises:
        DataError: another shape or type, nothing in it, or values of 0 and 1.
    """
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * np.uint8(255)
    if array.dtype != np.uint8 or array.ndim not in (2, 3):
        raise DataError(
            f"{name}: expected uint8 or bool frames [T, H, W] or one frame [H, W], "
            f"found {array.dtype} {list(array.shape)}{_cure(array)}"
        )
    if array.size == 0:
        raise DataError(f"{name}: expected at least one frame and one pixel, found {list(array.shape)}")
    if array.max() == 1:
        raise DataError(f"{name}: expected values 0 to 255, found only 0 and 1: save it as bool, or times 255")
    return array if array.ndim == 3 else array[None]


def _cure(array: np.ndarray) -> str:
    if array.ndim > 3:
        return ": one value a pixel is wanted, no colours"
    return ": make it bool by a limit, such as masks > 0.5" if array.dtype.kind in "fiu" else ""
