"""The page of an extraction: every track that was found, kept or not, with its silhouettes and the reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from gaitprint.errors import GaitprintError
from gaitprint.report.values import Badge, Cell, Report, Sheet, Strip, Table
from gaitprint.silhouettes.images import decode_image
from gaitprint.video.extracted import VIDEOS, TrackletRecord, VideoRecord

SHOWN = 40
"""Tracklets of a video that are drawn."""


def tracks_page(folder: Path, records: Sequence[VideoRecord], failed: Sequence[tuple[str, str]]) -> Report:
    """The page as a value.

    Args:
        folder: of the extraction.
        records: of its videos.
        failed: sources that could not be read, and why.
    """
    tracklets = [t for record in records for t in record.tracklets]
    kept = sum(len(record.kept) for record in records)
    return Report(
        title="Silhouettes from video",
        subtitle="What gaitprint video extract found in each video, what it kept, and why it left out the rest.",
        facts=(
            ("videos", f"{len(records)}"),
            ("frames", f"{sum(r.trace.get('frames', 0) for r in records):,}"),
            ("stretches of tracks", f"{len(tracklets):,}"),
            ("kept", f"{kept:,}"),
            ("frames kept", f"{sum(t.frames for r in records for t in r.kept):,}"),
        ),
        warnings=tuple(f"{source}: {why}" for source, why in failed),
        tables=tuple(_tables(records)),
        sheets=tuple(_sheets(folder, records)),
        sheets_title="What it looks like",
    )


def _tables(records: Sequence[VideoRecord]) -> Iterator[Table]:
    if records:
        rows: list[tuple[Cell, ...]] = [
            (
                r.name,
                f"{r.width} x {r.height}",
                f"{r.trace.get('frames', 0):,}",
                f"{len(r.tracklets)}",
                f"{len(r.kept)}",
                _notes(r),
            )
            for r in records
        ]
        yield Table("Videos", ("video", "pixels", "frames", "stretches", "kept", "what to know"), tuple(rows))
    reasons = Counter(t.reason for r in records for t in r.tracklets if t.reason)
    if reasons:
        yield Table(
            "Why stretches were left out",
            ("reason", "stretches"),
            tuple((why, f"{count}") for why, count in reasons.most_common()),
        )
    frames: Counter[str] = Counter()
    for record in records:
        for tracklet in record.tracklets:
            frames.update(tracklet.dropped)
    if frames:
        yield Table(
            "Why single silhouettes were left out",
            ("reason", "silhouettes"),
            tuple((why, f"{count:,}") for why, count in frames.most_common()),
        )


def _notes(record: VideoRecord) -> Cell:
    said = [*record.trace.get("notes", []), *([record.trace["ended"]] if record.trace.get("ended") else [])]
    return "; ".join(said) if record.done else Badge("it was not ended", "caution")


def _sheets(folder: Path, records: Sequence[VideoRecord]) -> Iterator[Sheet]:
    for record in records:
        # those with most frames first: what is kept, then what nearly was
        order = sorted(record.tracklets, key=lambda t: (bool(t.reason), -t.frames))
        strips = tuple(_strips(folder, record, order[:SHOWN]))
        more = len(record.tracklets) - len(strips)
        if strips:
            caption = f"{more} more are not drawn." if more > 0 else ""
            yield Sheet(record.name, caption, strips)


def _strips(folder: Path, record: VideoRecord, tracklets: Sequence[TrackletRecord]) -> Iterator[Strip]:
    for row in tracklets:
        path = folder / VIDEOS / record.name / f"{row.name}.png"
        try:
            image = decode_image(path.read_bytes(), path.name)
        except (GaitprintError, OSError):
            continue  # nothing of it was whole enough to be drawn
        verdict = f"left out: {row.reason}" if row.reason else "kept"
        yield Strip(row.name, f" · {row.frames} frames, {row.first:.1f} to {row.last:.1f} s, {verdict}", image)
