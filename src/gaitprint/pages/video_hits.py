"""The page of a search: the person who is looked for, and the tracks that come nearest, to be judged by people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from gaitprint.errors import GaitprintError
from gaitprint.report.values import Cell, Percent, Report, Sheet, Strip, Table
from gaitprint.silhouettes.images import decode_colour, decode_image
from gaitprint.types import Frames
from gaitprint.video.search.footage import FootageRecord, picture_of
from gaitprint.video.search.hits import Hit
from gaitprint.video.search.seen_tracks import SeenTrack

_COLUMNS, _SIDE, _GAP = 4, 64, 4
"""Silhouettes stand in rows of so many, so many pixels each; the picture is as high as two rows."""
Image = UInt8[np.ndarray, "_h _w 3"]


def hits_page(
    folder: Path,
    example: str,
    chosen: Sequence[SeenTrack],
    hits: Sequence[Hit],
    records: Sequence[FootageRecord],
    failed: Sequence[tuple[str, str]],
) -> Report:
    """The page as a value.

    Args:
        folder: of the search, where pictures are.
        example: the video of the person who is looked for.
        chosen: their tracks.
        hits: that are shown, nearest first.
        records: of the videos that were searched.
        failed: sources that could not be read, and why.
    """
    tracks = [track for record in records for track in record.tracks]
    usable = sum(bool(track.frames) for track in tracks)
    return Report(
        title="Where this person may be seen",
        subtitle="Tracks in the footage, nearest to the example first. Near is no proof: look at each.",
        facts=(
            ("example", f"{Path(example).name}, track {', '.join(str(t.track) for t in chosen)}"),
            ("videos", f"{len(records)}"),
            ("tracks", f"{len(tracks)}, {usable} good enough to compare"),
            ("shown", f"{len(hits)}"),
        ),
        warnings=tuple(why if source in why else f"{source}: {why}" for source, why in failed),
        sheets=(*_example(chosen, example), *_hits(folder, hits, records)),
        sheets_title="The example and the hits",
        details=(_table(hits),) if hits else (),
    )


def clock(seconds: float) -> str:
    """Time from the beginning of a video.

    >>> clock(3.25), clock(3723.0)
    ('0:03.2', '1:02:03.0')
    """
    minutes, rest = divmod(round(10 * seconds), 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def _table(hits: Sequence[Hit]) -> Table:
    sure = any(hit.probability is not None for hit in hits)
    columns = ("place", "video", "camera", "track", "from", "to", "windows", "distance", *(("sure",) if sure else ()))
    rows = tuple(_row(hit, sure) for hit in hits)
    return Table("All that are shown, in numbers", columns, rows, folded=True)


def _row(hit: Hit, sure: bool) -> tuple[Cell, ...]:
    cells: tuple[Cell, ...] = (
        f"{hit.place}",
        hit.video,
        hit.camera,
        f"{hit.track}",
        clock(hit.seconds[0]),
        clock(hit.seconds[1]),
        f"{hit.windows}",
        f"{hit.distance:.3g}",
    )
    return (*cells, Percent(None if hit.probability is None else 100 * hit.probability)) if sure else cells


def _example(chosen: Sequence[SeenTrack], example: str) -> Iterator[Sheet]:
    for track in chosen:
        if track.silhouettes is not None:
            when = f"{clock(track.first)} to {clock(track.last)}, {len(track.windows)} windows"
            strip = Strip("track", f" {track.track}", person_picture(track.silhouettes, track.crop))
            yield Sheet("The example", f"{Path(example).name} · {when}", (strip,))


def _hits(folder: Path, hits: Sequence[Hit], records: Sequence[FootageRecord]) -> Iterator[Sheet]:
    by_name = {record.name: record for record in records}
    for hit in hits:
        record = by_name[hit.video]
        try:
            path = picture_of(folder, record, hit.track)
            strip = decode_image(path.read_bytes(), path.name)
        except (GaitprintError, OSError):
            continue
        # frames were put side by side, and are square
        silhouettes = np.stack(np.hsplit(strip, strip.shape[1] // strip.shape[0]))
        image = person_picture(silhouettes, _crop(picture_of(folder, record, hit.track, "-picture")))
        sure = "" if hit.probability is None else f", {100 * hit.probability:.0f} % sure"
        said = f"{clock(hit.seconds[0])} to {clock(hit.seconds[1])} · camera {hit.camera} · track {hit.track}"
        yield Sheet(f"{hit.place} · {hit.video}", said, (Strip("distance", f" {hit.distance:.3g}{sure}", image),))


def _crop(path: Path) -> Image | None:
    try:
        return decode_colour(path.read_bytes(), path.name)
    except (GaitprintError, OSError):
        return None


def person_picture(silhouettes: Frames, crop: Image | None) -> Image:
    """Eight silhouettes in two rows and, where there is one, the person beside them, equally high."""
    cells = np.zeros((2 * _COLUMNS, _SIDE, _SIDE), np.uint8)
    for place, frame in enumerate(silhouettes[: 2 * _COLUMNS]):
        cells[place] = frame if frame.shape == (_SIDE, _SIDE) else cv2.resize(frame, (_SIDE, _SIDE))
    rows = [np.hstack(list(cells[start : start + _COLUMNS])) for start in (0, _COLUMNS)]
    drawn = np.repeat(np.vstack(rows)[:, :, None], 3, axis=2)
    # pictures of people are narrow or wide; all sheets of a page have one size
    side = np.zeros((2 * _SIDE, _SIDE + _SIDE // 2, 3), np.uint8)
    if crop is not None:
        scale = min(side.shape[0] / crop.shape[0], side.shape[1] / crop.shape[1])
        size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
        small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        top, left = (side.shape[0] - size[1]) // 2, (side.shape[1] - size[0]) // 2
        side[top : top + size[1], left : left + size[0]] = small
        drawn = np.hstack([side, np.zeros((2 * _SIDE, _GAP, 3), np.uint8), drawn])
    return np.ascontiguousarray(drawn)
