"""What was seen in a video, as it is kept in the folder of a search: vectors, times and pictures of each track.

The record of a video is written last: a video without one was not gone through to its end, and is read again.
"""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gaitprint.atomic_files import json_object, write_bytes, write_json
from gaitprint.inference.embeddings_file import load_embeddings, save_embeddings
from gaitprint.report.contact_sheets import encode_png
from gaitprint.texts import natural_order
from gaitprint.types import Embeddings
from gaitprint.video.search.seen_tracks import SeenTrack
from gaitprint.video.walks import join_walks

FOLDER = "footage"
"""Of the folder of a search: a record, a file of vectors and a folder of pictures a video."""


@dataclass(frozen=True)
class FootageTrack:
    """One track of a video that was gone through."""

    track: int
    first: float
    """Seconds from the video's first frame."""
    last: float
    frames: tuple[int, ...]
    """Of each window; the rows of the vectors stand in this order, track by track."""
    dropped: Mapping[str, int]
    """Windows that were left out, by reason."""

    @property
    def seconds(self) -> tuple[float, float]:
        """When it was first and last seen."""
        return self.first, self.last


@dataclass(frozen=True)
class FootageRecord:
    """One video that was gone through."""

    name: str
    source: str
    stamp: str
    """What the file looked like when it was read; another stamp is another video."""
    camera: str
    tracks: tuple[FootageTrack, ...]
    trace: Mapping[str, Any]
    """See `gaitprint.video.trace.Trace`."""

    def vectors(self, folder: Path) -> Embeddings | None:
        """A row a window; None where nobody's walk was good enough.

        Raises:
            ArtefactError: the file is damaged.
        """
        path = folder / FOLDER / f"{self.name}.safetensors"
        return load_embeddings(path) if any(track.frames for track in self.tracks) else None


def keep_video(folder: Path, record: FootageRecord, tracks: tuple[SeenTrack, ...]) -> FootageRecord:
    """Write what was seen in a video, and its record last; the record with its tracks.

    Raises:
        DataError: the folder cannot be written.
    """
    shutil.rmtree(folder / FOLDER / record.name, ignore_errors=True)
    kept = []
    for seen in tracks:
        place = folder / FOLDER / record.name / f"track-{seen.track:04d}"
        if seen.silhouettes is not None:
            write_bytes(place.with_name(place.name + ".png"), encode_png(np.hstack(list(seen.silhouettes))))
            if seen.crop is not None:
                write_bytes(place.with_name(place.name + "-picture.png"), encode_png(seen.crop))
        frames = tuple(count for _, count in seen.windows)
        kept.append(FootageTrack(seen.track, round(seen.first, 3), round(seen.last, 3), frames, dict(seen.dropped)))
    rows = [walk for seen in tracks for walk, _ in seen.windows]
    if rows:
        save_embeddings(folder / FOLDER / f"{record.name}.safetensors", join_walks(rows))
    # last: what has a record is whole
    record = replace(record, tracks=tuple(kept))
    write_json(folder / FOLDER / f"{record.name}.json", asdict(record))
    return record


def forget_video(folder: Path, name: str) -> None:
    """Take the record of a video away, before it is gone through anew."""
    (folder / FOLDER / f"{name}.json").unlink(missing_ok=True)


def kept_records(folder: Path) -> tuple[FootageRecord, ...]:
    """The records in the folder of a search, in natural order; damaged ones are as good as none."""
    paths = sorted((folder / FOLDER).glob("*.json"), key=lambda p: natural_order(p.name))
    read = (_record(json_object(path)) for path in paths)
    return tuple(r for r, path in zip(read, paths, strict=True) if r is not None and r.name == path.stem)


def picture_of(folder: Path, record: FootageRecord, track: int, kind: str = "") -> Path:
    """Where the silhouettes of a track are drawn, or with "-picture" the person."""
    return folder / FOLDER / record.name / f"track-{track:04d}{kind}.png"


def _record(values: dict[str, Any]) -> FootageRecord | None:
    try:
        tracks = [FootageTrack(**{**row, "frames": tuple(row["frames"])}) for row in values.pop("tracks")]
        return FootageRecord(tracks=tuple(tracks), **values)
    except (KeyError, TypeError):
        return None
