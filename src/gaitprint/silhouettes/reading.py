"""Silhouette frames from what people have: a folder of images, or one array file of a whole sequence.

Every file is held to be hostile: formats are allow-listed and told by their first bytes, sizes are checked before
anything is decoded, nothing is unpickled, and an error is one line that names the file.
"""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from gaitprint.archives import Files, inside
from gaitprint.archives.folder import FolderFiles
from gaitprint.errors import DataError
from gaitprint.silhouettes._array_files import parse_npy, parse_npz
from gaitprint.silhouettes.arrays import Remark, as_frames, listed, unremarked
from gaitprint.silhouettes.first_bytes import other_kind
from gaitprint.silhouettes.images import decode_image, decode_images
from gaitprint.silhouettes.pickles import parse_pickle
from gaitprint.texts import natural_order

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
_PAGED = (".tif", ".tiff")
_PICTURES = "png jpg jpeg bmp tif tiff gif webp pgm ppm pnm jp2 avif"
_IMAGES = frozenset(f".{ending}" for ending in _PICTURES.split())
"""Where there is one of these, read or refused, whatever ends otherwise is no frame."""
_NOTES = "readme license makefile"
_ENDINGS_OF_NOTES = "txt md rst json csv tsv xml yaml yml toml ini cfg log html pdf db sha256 md5 py m mp4 avi"
_BESIDE = frozenset(f".{ending}" for ending in _ENDINGS_OF_NOTES.split())


def load_frames(path: Path, remark: Remark = unremarked) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of one sequence on disk, from a folder of images or from an array file; see `read_sequence`.

    Raises:
        DataError: missing, damaged, hostile, or no sequence.
    """
    path = Path(path)
    if path.name in ("", ".."):
        path = path.absolute() if path.name else path.resolve()
    return read_sequence(FolderFiles(path.parent, boundary=Path(path.absolute().anchor)), path.name, remark)


def read_sequence(files: Files, place: str, remark: Remark = unremarked) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of one sequence of a data set, from a folder of images or from an array file.

    Args:
        files: the data set.
        place: the name of a .pkl, .npy, .npz or .tif file, of a folder of images, or of a folder with one such file.
        remark: told of what was passed over or changed, a line each.

    Raises:
        DataError: see `read_image_folder` and `read_sequence_file`.
    """
    if not files.is_folder(place):
        return read_sequence_file(files, place, remark)
    names = files.list(place).files
    arrays = [name for name in names if _ending(name) in _PARSERS]
    images = [name for name in names if _ending(name) in _IMAGES]
    if not arrays or len(images) > 1:
        return read_image_folder(files, place, remark)
    if images:
        raise DataError(
            f"{files.called(place)} holds the image {images[0]} and the array file {arrays[0]}, a sequence is one of "
            "them: move the other away"
        )
    if len(arrays) > 1:
        raise DataError(
            f"{files.called(place)} holds {len(arrays)} array files, a sequence is one: name {arrays[0]}, say"
        )
    return read_sequence_file(files, inside(place, arrays[0]), remark)


def read_image_folder(files: Files, place: str, remark: Remark = unremarked) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The images of a folder in natural order (frame2 before frame10), as grey frames 0..255.

    Hidden files are skipped, and, where there are images, what else lies beside them, which is said. Frames may differ
    in size. A TIFF of several pages is a sequence where it is the only image. See `decode_image`.

    Raises:
        DataError: no images, another format, a damaged or oversized image, a link out of the data set.
    """
    listing = files.list(place)
    if not listing.files:
        holds = f"only folders ({listing.folders[0]}, ...)" if listing.folders else "nothing"
        raise DataError(f"{files.called(place)} should hold the images of one sequence, found {holds}")
    images = _frame_names(listing.files)
    beside = sorted(set(listing.files).difference(images))
    if beside:
        remark(f"files beside the images were passed over: {', '.join(beside[:3])}{', ...' if beside[3:] else ''}")
    frames: list[np.ndarray] = []
    room = MAX_SEQUENCE_BYTES
    remarks: set[str] = set()
    for name in sorted(images, key=natural_order):
        inner = inside(place, name)
        data = files.read(inner, MAX_FILE_BYTES)
        if len(images) == 1:
            new = decode_images(data, files.called(inner), remarks.add)
        else:
            new = [decode_image(data, files.called(inner), remarks.add)]
        # held against the limit frame by frame: all of them in memory at once is what it prevents
        room -= sum(frame.size for frame in new)
        if room < 0:
            raise DataError(f"{files.called(place)} holds more than {MAX_SEQUENCE_BYTES} pixels: split the sequence")
        frames += new
    for line in sorted(remarks):
        remark(line)
    return frames


def _frame_names(names: Sequence[str]) -> Sequence[str]:
    """Those with the ending of an image, numbered where most are; of names without, those that are no notes."""
    images = [name for name in names if _ending(name) in _IMAGES]
    numbered = [name for name in images if any(c.isdecimal() for c in PurePosixPath(name).stem)]
    # most, not all: where few names bear a number, the number says nothing of frames
    if 2 * len(numbered) > len(images):
        return numbered  # a mean, a background, a preview among frames
    others = [name for name in names if _ending(name) not in _BESIDE and name.lower() not in _NOTES.split()]
    return images or others or names


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def read_image(files: Files, place: str, remark: Remark = unremarked) -> UInt8[np.ndarray, "_h _w"]:
    """One PNG, JPEG, BMP or TIFF image as a grey frame 0..255; see `decode_image`.

    Raises:
        DataError: another format, damaged, truncated, over 64 megapixels, or a link out of the data set.
    """
    return decode_image(files.read(place, MAX_FILE_BYTES), files.called(place), remark)


def read_sequence_file(files: Files, place: str, remark: Remark = unremarked) -> list[UInt8[np.ndarray, "_h _w"]]:
    """The frames of a whole sequence from one .pkl, .npy, .npz or .tif file; a single 2-D image becomes one frame.

    See `as_frames` for what an array may be. The .npz holds one array, or one called ``frames``; the .pkl one array or
    a list of frames, which may differ in size.

    Raises:
        DataError: another ending, shape or type; hostile, damaged or too large; a link out of the data set.
    """
    name, ending = files.called(place), _ending(place)
    if ending in _PAGED:
        remarks: set[str] = set()
        frames = decode_images(files.read(place, MAX_FILE_BYTES), name, remarks.add)
        for line in sorted(remarks):
            remark(line)
        return frames
    parser = _PARSERS.get(ending)
    if parser is None:
        kind = other_kind(files.read(place, MAX_FILE_BYTES)) or "no sequence file"
        raise DataError(f"{name} is {kind}: expected a folder of images, or .pkl, .npy, .npz or .tif")
    array = parser(files.read(place, MAX_FILE_BYTES), name, MAX_FILE_BYTES)
    return list(as_frames(array, name, remark)) if isinstance(array, np.ndarray) else listed(array, name, remark)
