"""What was taken out of one video, as it lies on disk: a record of every tracklet, kept or not, in plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import json_object, write_json
from gaitprint.texts import natural_order

VIDEOS = "videos"
"""The folder of records, in the folder of an extraction; beside each record its strips, a folder of the same name."""
SILHOUETTES = "silhouettes"
"""The folder of silhouettes: a folder a video, a folder a tracklet in it."""


@dataclass(frozen=True)
class TrackletRecord:
    """One tracklet, kept or left out."""

    name: str
    """Of its folder, such as "track-0003", or "track-0003-2" where a track has several."""
    track: int
    part: int
    frames: int
    first: float
    """Seconds from the video's first frame."""
    last: float
    height: float | None
    """Median height of the body in pixels; None where it could not be measured."""
    box: tuple[int, int, int, int]
    """left, top, right, bottom of all its silhouettes together, pixels of the frame."""
    dropped: Mapping[str, int]
    """Frames whose masks were left out, by reason."""
    reason: str = ""
    """Why it was left out; empty: its silhouettes are there."""


@dataclass(frozen=True)
class VideoRecord:
    """One video."""

    name: str
    """Of its folder."""
    source: str
    """Where it was; an address without its password."""
    stamp: str
    """What the source looked like when it was read; another stamp is another video. Empty for cameras and streams."""
    camera: str
    fps: float | None
    width: int
    height: int
    done: bool = False
    """Whether it was gone through to its end; until then its folder is not to be trusted, unless it is live."""
    live: bool = False
    tracklets: tuple[TrackletRecord, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    """See `gaitprint.video.trace.Trace`."""

    @property
    def kept(self) -> tuple[TrackletRecord, ...]:
        """The tracklets whose silhouettes are there."""
        return tuple(t for t in self.tracklets if not t.reason)

    def write(self, folder: Path) -> None:
        """Write the record into the folder of an extraction, whole or not at all."""
        write_json(folder / VIDEOS / f"{self.name}.json", asdict(self))


def read_records(folder: Path) -> list[VideoRecord]:
    """The records in the folder of an extraction, in natural order; damaged ones are as good as none."""
    found = []
    for path in sorted((folder / VIDEOS).glob("*.json"), key=lambda p: natural_order(p.stem)):
        record = _record(json_object(path))
        if record is not None and record.name == path.stem:
            found.append(record)
    return found


def _record(values: dict[str, Any]) -> VideoRecord | None:
    try:
        rows = [{**row, "box": tuple(row["box"])} for row in values.pop("tracklets")]
        return VideoRecord(tracklets=tuple(TrackletRecord(**row) for row in rows), **values)
    except (KeyError, TypeError):
        return None
