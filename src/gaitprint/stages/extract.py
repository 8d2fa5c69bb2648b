"""Extract: videos -> silhouettes of everybody who walks through them, a folder of images each, and a list of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import sha256_json, write_json
from gaitprint.config import require, settings_to_dict
from gaitprint.errors import DataError
from gaitprint.output_folder import bound_folder
from gaitprint.pages.video_tracks import tracks_page
from gaitprint.report.html import write_report
from gaitprint.video.extracted import VideoRecord, read_records
from gaitprint.video.extraction import expand_sources, extract_video, new_job
from gaitprint.video.manifest import NAME, write_manifest
from gaitprint.video.parts import VideoParts
from gaitprint.video.tracklets import TrackletSettings

BINDING, TRACE, PAGE = "extract.json", "trace.json", "index.html"


@dataclass(frozen=True)
class ExtractReport:
    """What was taken out of which videos."""

    folder: Path
    videos: tuple[VideoRecord, ...]
    """All that are in the folder by now."""
    unchanged: int
    """Videos that were done before and are as they were."""
    failed: tuple[tuple[str, str], ...]
    """Sources that could not be read, and why."""

    @property
    def kept(self) -> int:
        """Tracklets whose silhouettes are there."""
        return sum(len(video.kept) for video in self.videos)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "folder": str(self.folder),
            "manifest": str(self.folder / NAME),
            "page": str(self.folder / PAGE),
            "kept": self.kept,
            "unchanged": self.unchanged,
            "failed": [{"source": source, "why": why} for source, why in self.failed],
            "videos": [asdict(video) for video in self.videos],
        }

    def check_most_kept(self) -> None:
        """Raise DataError where most of what was asked for could not be read."""
        asked = len(self.failed) + len(self.videos)
        if 2 * len(self.failed) > asked:
            raise DataError(f"{len(self.failed)} of {asked} videos could not be read; the first: {self.failed[0][1]}")


def extract(
    sources: Sequence[str],
    out: Path,
    parts: VideoParts = VideoParts(),
    tracklets: TrackletSettings = TrackletSettings(),
    *,
    camera: str = "",
    subject: str = "",
    seconds: float = math.inf,
    progress: Callable[[int, int, str], None] | None = None,
) -> ExtractReport:
    """Go through videos and write the silhouettes of everybody in them; killed, it goes on with the video it was at.

    Args:
        sources: files, folders of images or of videos, `camera:0`, addresses such as `rtsp://host/path`.
        out: the folder; one begun under other settings is refused.
        parts: reader, detector, tracker and segmenter.
        tracklets: what is kept.
        camera: the view of all of them; "": `default` for files, their own names for cameras and streams.
        subject: who walks in all of them; "" where nobody is known.
        seconds: how long to go on in each, which cameras and streams need.
        progress: called after every frame with how many are done, of how many (0: nobody knows), and the video.

    Raises:
        DataError: a folder cannot be written. ArtefactError: it holds something else.
        ConfigError, ComponentError: no such parts or settings; nothing is written.
    """
    require(bool(sources), "extract needs at least one video, found none")
    require(seconds > 0, f"seconds is above 0, found {seconds}")
    out, failed, unchanged = Path(out), [], 0
    how = {"parts": parts.facts(), "tracklets": settings_to_dict(tracklets)}
    facts = {"identity": sha256_json(how), **how}
    parts.check()
    with bound_folder(out, BINDING, facts, "identity", "an extraction under other settings"):
        for source in expand_sources(tuple(map(str, sources))):
            job = new_job(source, out, camera, seconds)
            if job is None:
                unchanged += 1
                continue
            try:
                extract_video(job, parts, tracklets, progress or (lambda _done, _total, _video: None))
            except DataError as error:
                failed.append((job.record.source, str(error)))
            finally:
                _write_lists(out, subject, failed)
        _write_lists(out, subject, failed)
    return ExtractReport(out, tuple(_finished(out)), unchanged, tuple(failed))


def _write_lists(out: Path, subject: str, failed: Sequence[tuple[str, str]]) -> None:
    """What is made of all records: manifest, trace and page."""
    records = _finished(out)
    write_manifest(out, records, subject)
    write_json(
        out / TRACE,
        {
            "failed": [{"source": source, "why": why} for source, why in failed],
            "videos": {record.name: asdict(record) for record in records},
        },
    )
    write_report(out / PAGE, tracks_page(out, records, failed))


def _finished(out: Path) -> list[VideoRecord]:
    return [record for record in read_records(out) if record.done or record.live]
