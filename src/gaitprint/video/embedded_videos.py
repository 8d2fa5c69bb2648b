"""What was embedded of each video, kept in a folder beside the file of all until that is written.

The record of a video is written last: a video without one was not gone through to its end, and is read again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import json_object, write_json
from gaitprint.errors import ArtefactError
from gaitprint.inference.embeddings_file import load_embeddings, save_embeddings
from gaitprint.types import Embeddings


@dataclass(frozen=True)
class EmbeddedRecord:
    """One video that was gone through."""

    name: str
    source: str
    """Where it was; an address without its password."""
    stamp: str
    """What the source looked like when it was read; another stamp is another video."""
    rows: int
    """Of vectors."""
    left_out: Mapping[str, int]
    """Stretches that were left out, by reason."""
    trace: Mapping[str, Any]
    """See `gaitprint.video.trace.Trace`."""


def keep_embedded(folder: Path, record: EmbeddedRecord, rows: Embeddings | None) -> None:
    """Write the vectors of a video, and its record last.

    Raises:
        DataError: the folder cannot be written.
    """
    if rows is not None:
        save_embeddings(folder / f"{record.name}.safetensors", rows)
    write_json(folder / f"{record.name}.json", asdict(record))


def kept_embedded(folder: Path, name: str, source: str, stamp: str) -> tuple[EmbeddedRecord, Embeddings | None] | None:
    """What is kept of a video that is as it was; None where there is nothing, or it is damaged.

    Args:
        folder: beside the file of all.
        name: of the video.
        source: where it is, as its record has it.
        stamp: what it looks like now; "": it is a camera or a stream, and never the same again.
    """
    try:
        record = EmbeddedRecord(**json_object(folder / f"{name}.json"))
        if not stamp or (record.name, record.source, record.stamp) != (name, source, stamp):
            return None
        return record, load_embeddings(folder / f"{name}.safetensors") if record.rows else None
    except (TypeError, ArtefactError):
        return None
