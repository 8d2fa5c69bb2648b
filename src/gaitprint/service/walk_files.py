"""A walk of silhouettes in a file: an .npz array, or a .zip of images, of one walk or a folder each.

Never a pickle. What it unpacks to is added up before anything is unpacked, and what its images decode to before any is
decoded.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitprint.archives import Files, inside
from gaitprint.archives.zip import open_zip
from gaitprint.errors import DataError
from gaitprint.gallery.records import Reject
from gaitprint.service.problems import RefusedError
from gaitprint.service.settings import MIB, ServiceSettings
from gaitprint.silhouettes.images import image_pixels
from gaitprint.silhouettes.quality import measure
from gaitprint.silhouettes.quality_filter import QualityFilter
from gaitprint.silhouettes.reading import load_frames, read_image_folder
from gaitprint.silhouettes.taking import take_sequence
from gaitprint.stages.walk_quality import check_quality, quality_text
from gaitprint.types import Frames

_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_DIRECTORY = 2 * MIB
"""Of the list of what is in a zip: twenty thousand names; reading it takes twenty times as much memory."""
_IMAGE_BYTES = 8 * MIB
"""Of one image file."""


@dataclass(frozen=True)
class TakenWalk:
    """A walk that is good enough."""

    name: str
    """Of its folder; empty where the file holds one walk."""
    frames: Frames
    quality: str


def read_walk_file(path: Path, settings: ServiceSettings) -> tuple[list[TakenWalk], list[Reject]]:
    """The walks of a zip or an .npz, and those that are not good enough.

    Raises:
        RefusedError: 413, it unpacks to too much. DataError: damaged, hostile, or nothing in it.
    """
    names = _checked_names(path, settings)
    # NumPy packs arrays so; images have other endings
    if all(name.endswith(".npy") for name in names):
        # its ending tells the reader what it is
        array = path.rename(path.with_suffix(".npz"))
        found = {"": lambda: load_frames(array)}
        return _taken(found, settings)
    files = open_zip(path)
    return _taken({n: lambda place=p: _images(files, place, settings) for n, p in _folders(files)}, settings)


def _checked_names(path: Path, settings: ServiceSettings) -> list[str]:
    """The names in a zip whose size was held against the limits."""
    data = path.read_bytes()
    end = data.rfind(_END, max(0, len(data) - 66_000))
    # what the end of the file says of the list is what the library will read
    if end < 0 or _END_64 in data[max(0, end - 20) : end] or len(data) < end + 22:
        raise DataError("the file is no sound zip archive of an ordinary size")
    if int.from_bytes(data[end + 12 : end + 16], "little") > _DIRECTORY:
        raise RefusedError(413, "the zip archive lists too many files")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise DataError("the file is no sound zip archive: pack it anew") from None
    most = int(settings.unpack_mib * MIB)
    if sum(m.file_size for m in members) > most:
        raise RefusedError(413, f"the file unpacks to more than {most} bytes, which is the limit here")
    if not members:
        raise DataError("the zip archive is empty")
    return [m.filename for m in members]


def _folders(files: Files) -> Iterator[tuple[str, str]]:
    """Name and place of each walk: the images at the root, or those of each folder; one around all is none."""
    place, listing = "", files.list("")
    while not listing.files and len(listing.folders) == 1:
        place = inside(place, listing.folders[0])
        listing = files.list(place)
    if listing.files:
        yield "", place
        return
    for name in listing.folders:
        yield name, inside(place, name)


def _images(files: Files, place: str, settings: ServiceSettings) -> list[np.ndarray]:
    listing = files.list(place)
    _check_count(len(listing.files), settings)
    room = int(settings.unpack_mib * MIB)
    for name in listing.files:
        inner = inside(place, name)
        # by the headers of all images, before the first is decoded
        room -= image_pixels(files.read(inner, _IMAGE_BYTES), files.called(inner))
        if room < 0:
            raise RefusedError(413, "the images of the walk hold more pixels than are taken")
    return list(read_image_folder(files, place))


def _check_count(count: int, settings: ServiceSettings) -> None:
    if count > settings.frames:
        raise RefusedError(413, f"a walk has at most {settings.frames} frames here, found {count}: cut it")


def _taken(
    found: dict[str, Callable[[], list[np.ndarray]]], settings: ServiceSettings
) -> tuple[list[TakenWalk], list[Reject]]:
    wanted = QualityFilter.parse(settings.quality) if settings.quality else None
    walks, rejects = list[TakenWalk](), list[Reject]()
    for name, load in found.items():
        try:
            frames = load()
            _check_count(len(frames), settings)
            taken = take_sequence(frames)
            measured = measure(taken.frames, taken.boxes, taken.image_size)
            check_quality(wanted, measured, len(taken.frames))
            walks.append(TakenWalk(name, taken.frames, quality_text(measured, len(taken.frames))))
        except DataError as error:
            if len(found) == 1:
                raise
            rejects.append(Reject(name, str(error)))
    if not walks:
        raise DataError(f"no walk of the file can be used, such as {rejects[0].key!r:.60}: {rejects[0].reason}")
    return walks, rejects
