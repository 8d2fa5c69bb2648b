"""The index beside a gallery: made of its rows at any time, kept so that a start is quick, never trusted unasked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64
from safetensors import SafetensorError
from safetensors.numpy import load, save

from gaitprint.atomic_files import atomic_file, sha256_of
from gaitprint.errors import GaitprintError
from gaitprint.gallery.projection import Projection

FORMAT = "gaitprint-gallery-index-1"


@dataclass(frozen=True, eq=False)
class IndexRows:
    """Projected templates."""

    ids: Int64[np.ndarray, " G"]
    """Of the samples."""
    prints: Int64[np.ndarray, " G"]
    """The first 8 bytes of each template's SHA-256: a row counts only where they are the sample's."""
    projected: Float32[np.ndarray, "G d"]
    left: Float32[np.ndarray, " G"]


def index_path(gallery: Path) -> Path:
    """Where the index of a gallery lies."""
    return gallery.with_name(f"{gallery.name}.index")


def remove_index(gallery: Path | None) -> None:
    """Take it away, where there is one."""
    if gallery is not None:
        index_path(gallery).unlink(missing_ok=True)


def write_index(gallery: Path | None, bound_to: str, projection: Projection, rows: IndexRows) -> bool:
    """Write it whole; whether that was possible. Where it is not, the next start takes longer."""
    if gallery is None:
        return False
    basis = projection.basis if projection.basis is not None else np.zeros((0, 0), np.float32)
    body = save(
        {
            "mean": projection.mean,
            "basis": basis,
            "fitted_on": np.array([projection.fitted_on], np.int64),
            "ids": rows.ids,
            "prints": rows.prints,
            "projected": np.ascontiguousarray(rows.projected),
            "left": rows.left,
        }
    )
    try:
        with atomic_file(index_path(gallery)) as stream:
            stream.write(f"{FORMAT} {sha256_of(bound_to)} {sha256_of(body)}\n".encode())
            stream.write(body)
    except GaitprintError:
        return False
    return True


def read_index(gallery: Path | None, bound_to: str, width: int) -> tuple[Projection, IndexRows] | None:
    """Read it; None where it is missing, damaged or not of this gallery and model."""
    if gallery is None:
        return None
    try:
        # the hash covers all of the body, and the head names gallery, model and pipeline
        head, _, body = index_path(gallery).read_bytes().partition(b"\n")
        if head.decode("ascii", "replace").split(" ") != [FORMAT, sha256_of(bound_to), sha256_of(body)]:
            return None
        found = load(body)
        rows = IndexRows(found["ids"], found["prints"], found["projected"], found["left"])
        basis = found["basis"] if found["basis"].size else None
        projection = Projection(found["mean"], basis, int(found["fitted_on"][0]))
    # missing or damaged is no error: it is made anew
    except (OSError, KeyError, ValueError, SafetensorError):
        return None
    sound = len(rows.ids) == len(rows.prints) == len(rows.projected) == len(rows.left)
    return (projection, rows) if sound and len(projection.mean) == width else None
