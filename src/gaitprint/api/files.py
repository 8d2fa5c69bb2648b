"""From files and from memory: walks, embeddings, calibrations."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from warnings import warn

import numpy as np

from gaitprint.api._given import given_embeddings, given_options, given_path
from gaitprint.arguments import shown
from gaitprint.errors import DataError, SilhouetteWarning
from gaitprint.evaluation.verification.calibration_file import CalibrationFile, read_calibration
from gaitprint.silhouettes.arrays import as_frames, listed
from gaitprint.silhouettes.reading import load_frames
from gaitprint.silhouettes.taking import take_sequence
from gaitprint.types import Embeddings, SequenceRecord, Silhouettes

Masks = np.ndarray | Iterable[np.ndarray]
"""Frames in memory: an array [T, H, W] of uint8 (0..255) or bool, or T frames [H, W] of any sizes.

What numpy makes an array of, such as a tensor in the processor's memory, serves as one.
"""


def load_silhouettes(
    source: str | Path | Masks,
    *,
    subject: str | None = None,
    condition: str = "",
    view: str = "",
    key: str = "",
    size: int = 64,
) -> Silhouettes:
    """Load one walk from a folder of images, from an array file, or from masks in memory, and normalise it.

    What `gaitprint data prepare` makes of the same frames is made here: frames of `size` x `size` pixels, or with 10
    of 64 columns cut on each side, are taken as normalised, others are cropped, scaled and centred; masks of 0 and 1,
    black bodies on white and the like are mended. What was changed or looks wrong is a `SilhouetteWarning`. Pickles are
    read by a restricted reader that admits arrays and nothing else.

    Args:
        source: a folder of images; a .pkl, .npy, .npz or .tif file; an array [T, H, W], uint8 or bool;
            or a list of [H, W].
        subject: who it is, None for unknown.
        condition: such as "nm-01".
        view: such as "090".
        key: name of the sequence; empty takes the path, or a digest of the masks.
        size: height of the normalised frames in pixels.

    Raises:
        DataError: missing, damaged, hostile, or without a usable frame. ConfigError: a size that is no number.
    """
    size = given_options(load_silhouettes, size=size)["size"]
    remarks: list[str] = []
    if isinstance(source, str | os.PathLike):
        frames, name = load_frames(given_path(source, "a walk"), remarks.append), str(source)
    else:
        frames, name = _masks(source, remarks), ""
    try:
        taken = take_sequence(frames, size)
    except DataError as error:
        raise DataError(f"{key or name or 'the masks'}: {error}") from None
    digest = hashlib.sha256(np.ascontiguousarray(taken.frames).data).hexdigest()[:16]
    key = key or name or f"masks-{digest}"
    for remark in (*remarks, *taken.remarks):
        warn(f"{key}: {remark}", SilhouetteWarning, stacklevel=2)
    return Silhouettes(taken.frames, SequenceRecord(key, subject, condition, view))


def _masks(masks: Masks, remarks: list[str]) -> list[np.ndarray]:
    where = "the masks"
    if isinstance(masks, np.ma.MaskedArray):
        masks = masks.filled(0)
    if hasattr(masks, "__array__") or isinstance(masks, memoryview):  # what makes itself an array: a tensor, an image
        array = np.asarray(masks)
        if array.dtype != object or array.ndim != 1:
            return list(as_frames(array, where, remarks.append))
        masks = list(array)  # frames of several sizes
    if isinstance(masks, Iterator):
        masks = list(masks)
    if not isinstance(masks, Sequence) or isinstance(masks, bytes):
        raise DataError(
            "a walk is the path of a folder or file, an array [T, H, W] or a list of arrays [H, W], found "
            f"{shown(masks)}"
        )
    if not masks:
        raise DataError("a walk in memory needs at least one mask, found an empty list")
    return listed([_array(mask, i) for i, mask in enumerate(masks)], where, remarks.append)


def _array(mask: object, number: int) -> np.ndarray:
    try:
        return np.asarray(mask)
    except (ValueError, TypeError) as error:
        raise DataError(f"mask {number}: expected an array [H, W], found {shown(mask)} ({error!s:.80})") from None


def save_embeddings(path: str | Path, embeddings: Embeddings) -> None:
    """Write embeddings, whole or not at all; only embeddings are written over.

    Raises:
        ArtefactError: another file is there. DataError: the folder cannot be written to.
    """
    from gaitprint.inference import embeddings_file as file

    place, made = given_path(path, "the embeddings to write"), given_embeddings(embeddings, "what is written")
    file.check_embeddings_place(place)
    file.save_embeddings(place, made)


def load_embeddings(path: str | Path) -> Embeddings:
    """Read a file of `gaitprint model embed` or `save_embeddings`, and verify it.

    Raises:
        ArtefactError: missing, foreign, damaged or of another version.
    """
    from gaitprint.inference import embeddings_file as file

    return file.load_embeddings(given_path(path, "embeddings"))


def load_calibration(path: str | Path) -> CalibrationFile:
    """Read the file that `gaitprint eval verify --calibration` writes, to hold it open for many decisions.

    Raises:
        ArtefactError: missing or damaged.
    """
    return read_calibration(given_path(path, "a calibration"))
