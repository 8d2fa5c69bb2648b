"""The list of all silhouettes of an extraction, as `gaitprint data prepare` reads it: a row a kept tracklet."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from gaitprint.atomic_files import write_text
from gaitprint.datasets.manifest import MINIATURE
from gaitprint.video.extracted import SILHOUETTES, VideoRecord

NAME = MINIATURE
COLUMNS = (
    *("path", "subject", "condition", "view", "key"),
    *("video", "track", "part", "first_seconds", "last_seconds", "fps", "frames", "body_height"),
    *("left", "top", "right", "bottom", "frame_width", "frame_height", "dropped_frames", "dropped_reasons", "source"),
)
"""The first five are what a store keeps: the video is the condition, the camera the view."""


def write_manifest(folder: Path, records: Sequence[VideoRecord], subject: str = "") -> int:
    """Write the manifest of the videos that are done, and of live ones; how many rows it has.

    Args:
        folder: of the extraction.
        records: of its videos.
        subject: who walks in all of them; "" where nobody has said.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for record in records:
        for row in record.kept if record.done or record.live else ():
            key = f"{record.name}/{row.name}"
            reasons = "; ".join(f"{number} {reason}" for reason, number in row.dropped.items())
            writer.writerow(
                [f"{SILHOUETTES}/{key}", subject, record.name, record.camera, key, record.name, row.track, row.part,
                 f"{row.first:.3f}", f"{row.last:.3f}", "" if record.fps is None else f"{record.fps:g}", row.frames,
                 "" if row.height is None else f"{row.height:g}", *row.box, record.width, record.height,
                 sum(row.dropped.values()), reasons, record.source]
            )  # fmt: skip
            count += 1
    write_text(folder / NAME, text.getvalue())
    return count
