"""One video into the folder of an extraction: silhouettes of the kept tracklets, strips to look at, a record of all."""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gaitprint.atomic_files import write_bytes
from gaitprint.errors import DataError, LeftError
from gaitprint.report.contact_sheets import encode_png
from gaitprint.texts import natural_order
from gaitprint.video.chain import VideoChain
from gaitprint.video.extracted import SILHOUETTES, VIDEOS, TrackletRecord, VideoRecord, read_records
from gaitprint.video.parts import VideoParts
from gaitprint.video.readers.images import ENDINGS
from gaitprint.video.silhouette_folders import write_silhouettes
from gaitprint.video.tracklets import Tracklet, TrackletCollector, TrackletSettings
from gaitprint.video.video_names import file_stamp, free_name, plain_name
from gaitprint.video.video_source import is_live, shown_source
from gaitprint.video.walks import stretch_name

MOST_STRIPS = 200
"""Of one video; a page is looked at."""
VIDEO_ENDINGS = frozenset(
    [
        ".mp4",
        ".m4v",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".mpg",
        ".mpeg",
        ".ts",
        ".mts",
        ".m2ts",
        ".3gp",
        ".flv",
        ".wmv",
        ".asf",
        ".ogv",
        ".gif",
        ".dv",
        ".mxf",
        ".h264",
        ".hevc",
    ]
)
"""What in a folder counts as a video; a file that is named may be called as it likes."""

Progress = Callable[[int, int, str], None]
"""Told frames that are done, how many there are (0: nobody knows), and the video."""


@dataclass(frozen=True)
class Job:
    """One video that is to be extracted, and where to."""

    source: str
    folder: Path
    """Of the extraction."""
    record: VideoRecord
    """As it is before its first frame."""
    seconds: float = math.inf
    """How long to go on."""


def expand_sources(sources: tuple[str, ...]) -> tuple[str, ...]:
    """Every video on its own: a folder that holds video files and no images is those files, in natural order."""
    found: list[str] = []
    for source in sources:
        inside = _videos_in(Path(source)) if not is_live(source) and Path(source).is_dir() else []
        found += inside or [source]
    return tuple(dict.fromkeys(found))


def new_job(source: str, folder: Path, camera: str, seconds: float) -> Job | None:
    """What is to be done about a source; None where it was done and is as it was.

    A name is given to it once, and remembered in its record: another video of the same name gets another one.
    """
    live, shown = is_live(source), shown_source(source if is_live(source) else str(Path(source).absolute()))
    stamp = "" if live else file_stamp(Path(source))
    taken = {record.name: record for record in read_records(folder)}
    before = next((r for r in taken.values() if r.source == shown and not r.live), None)
    if before is not None and before.done and before.stamp == stamp:
        return None
    name = before.name if before is not None else free_name(plain_name(source), taken)
    place = camera or (plain_name(source) if live else "default")
    return Job(source, folder, VideoRecord(name, shown, stamp, place, None, 0, 0, live=live), seconds)


def extract_video(job: Job, parts: VideoParts, settings: TrackletSettings, progress: Progress) -> VideoRecord:
    """Go through one video and write what it holds; the record, which is written last.

    Raises:
        DataError: it cannot be opened, or its silhouettes cannot be written.
    """
    record = job.record
    with parts.open(job.source) as chain:
        _forget(job)
        fps = chain.info.fps
        record = replace(record, fps=None if math.isnan(fps) else fps, width=chain.info.width, height=chain.info.height)
        record.write(job.folder)
        record = _gone_through(job, record, chain, TrackletCollector(settings), progress)
        record = replace(record, done=True, trace=chain.trace.to_dict())
    record.write(job.folder)
    return record


def _gone_through(
    job: Job, record: VideoRecord, chain: VideoChain, collector: TrackletCollector, progress: Progress
) -> VideoRecord:
    total = chain.info.frames or 0
    try:
        for moment in chain:
            for tracklet in collector.add(moment):
                record = _taken(job, record, tracklet)
            progress(moment.frame.index + 1, max(total, moment.frame.index + 1) if total else 0, record.name)
            if moment.frame.seconds >= job.seconds:
                chain.trace.ended = f"it was asked for {job.seconds:g} s"
                break
    except LeftError:
        if record.live:  # that is how people end what has no end: what is there counts
            for tracklet in collector.finish():
                record = _taken(job, record, tracklet)
        raise
    except DataError as error:
        # what came before is worth as much as it was: the record says that it is not all
        chain.trace.ended = str(error)
    for tracklet in collector.finish():
        record = _taken(job, record, tracklet)
    return record


def _taken(job: Job, record: VideoRecord, tracklet: Tracklet) -> VideoRecord:
    """The record with one tracklet more, whose silhouettes are written by then."""
    name = stretch_name(tracklet.track, tracklet.part)
    if not tracklet.reason:
        write_silhouettes(job.folder / SILHOUETTES / record.name / name, tracklet)
    if tracklet.strip and len(record.tracklets) < MOST_STRIPS:
        write_bytes(job.folder / VIDEOS / record.name / f"{name}.png", encode_png(np.hstack(tracklet.strip)))
    record = replace(record, tracklets=(*record.tracklets, _row(name, tracklet)))
    if record.live:  # nobody knows when it ends: what is there counts at once
        record.write(job.folder)
    return record


def _row(name: str, tracklet: Tracklet) -> TrackletRecord:
    boxes = np.array([tracklet.raw.box(i) for i in range(len(tracklet))], np.int64).reshape(-1, 4)
    box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()) if len(boxes) else (0, 0, 0, 0)
    quality, seconds = tracklet.quality, tracklet.seconds or (0.0,)
    height = None if quality is None or math.isnan(quality.height) else quality.height
    return TrackletRecord(
        name,
        tracklet.track,
        tracklet.part,
        len(tracklet),
        round(seconds[0], 3),
        round(seconds[-1], 3),
        height,
        box,
        tracklet.dropped,
        tracklet.reason,
    )


def _forget(job: Job) -> None:
    """Remove what an earlier try left of a video."""
    for place in (job.folder / SILHOUETTES / job.record.name, job.folder / VIDEOS / job.record.name):
        shutil.rmtree(place, ignore_errors=True)


def _videos_in(folder: Path) -> list[str]:
    names = sorted((p.name for p in folder.iterdir() if p.is_file()), key=natural_order)
    if any(Path(name).suffix.lower() in ENDINGS for name in names):
        return []
    return [str(folder / name) for name in names if Path(name).suffix.lower() in VIDEO_ENDINGS]
