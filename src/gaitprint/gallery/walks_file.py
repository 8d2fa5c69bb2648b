"""Kept walks as one file of arrays for other programs: `numpy.load("walks.npz")["12"]` is the walk of sample 12."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gaitprint.atomic_files import atomic_file
from gaitprint.errors import ArtefactError
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.kept_walks import SAMPLE, read_walk
from gaitprint.gallery.walk_packing import LARGEST
from gaitprint.types import Frames

WALKS = "walks.npz"
_HEAD = 128
"""Bytes before the array: what NumPy writes of three sizes is padded to 64, and never longer than twice that."""


def write_walks(path: Path, reader: Reader, samples: Sequence[int]) -> None:
    """Write the walks of samples, one after another."""
    with atomic_file(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        # one at a time: all walks of a gallery would not fit in memory
        for sample in samples:
            with archive.open(f"{sample}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, read_walk(reader, SAMPLE, sample), allow_pickle=False)


def read_walks(path: Path) -> Iterator[tuple[int, Frames]]:
    """Every walk with its sample, one after another; none where there is no file.

    Raises:
        ArtefactError: damaged, or no file of walks.
    """
    if not path.is_file():
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                # sizes are asked first: a few bytes may unpack to any memory
                if not name.isdecimal() or len(name) >= 19 or not 0 < info.file_size <= LARGEST + _HEAD:
                    raise ValueError(f"{info.filename} is no walk")
                with archive.open(info) as member:
                    frames = np.lib.format.read_array(member, allow_pickle=False)
                if frames.dtype != np.uint8 or frames.ndim != 3 or not frames.size:
                    raise ValueError(f"{info.filename} is no walk")
                yield int(name), np.ascontiguousarray(frames)
    except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ArtefactError(f"{path} cannot be read as walks ({error}): export the gallery again") from None
