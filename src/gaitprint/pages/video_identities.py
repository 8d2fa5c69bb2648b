"""The page of names in videos: each track with its answer, how sure it is, and silhouettes to judge by."""

from collections.abc import Iterator

import numpy as np

from gaitprint.report.values import Badge, Cell, Percent, Report, Sheet, Strip, Table
from gaitprint.types import Frames
from gaitprint.video.identity.identified import IdentifiedVideo, IdentifyReport
from gaitprint.video.identity.named_video import NamedTrack
from gaitprint.video.identity.track_identity import UNKNOWN, TrackIdentity

SHOWN = 60
"""Tracks of a video that are drawn; all are in the table."""
_JOINED = "\u00a0"
"""A space at which no line breaks, as it does behind a hyphen."""


def identities_page(report: IdentifyReport) -> Report:
    """The page as a value."""
    tracks = [track for video in report.videos for track in video.tracks]
    named = [track for track in tracks if track.identity.subject is not None]
    people = {track.identity.subject for track in named}
    return Report(
        title="Who walks by",
        subtitle="What gaitprint video identify made of each track: a name where somebody known is near enough, "
        "else unknown.",
        facts=(
            ("videos", f"{len(report.videos)}"),
            ("tracks", f"{len(tracks)}"),
            ("named", f"{len(named)} ({len(people)} people)" if named else "0"),
            ("known people", f"{report.known} ({report.walks} walks)"),
        ),
        findings=(f"Named within: {report.acceptance.text()}; {report.distance}.",),
        warnings=(*report.warnings, *(f"{source}: {why}" for source, why in report.failed)),
        tables=tuple(_table(video) for video in report.videos if video.tracks),
        sheets=tuple(_sheets(report.videos)),
        sheets_title="What they look like",
    )


def _table(video: IdentifiedVideo) -> Table:
    sure = any(t.identity.probability is not None for t in video.tracks)
    seen, more = f"seen{_JOINED}(s)", ("sure",) if sure else ()
    columns = ("track", "answer", seen, "windows", "distance", "next", *more, "why")
    rows = tuple(_row(track, sure) for track in video.tracks)
    notes = [*video.trace.get("notes", []), *([video.trace["ended"]] if video.trace.get("ended") else [])]
    return Table(video.name, columns, rows, "; ".join(map(str, notes)))


def _row(track: NamedTrack, sure: bool) -> tuple[Cell, ...]:
    answer = track.identity
    known = answer.subject is not None
    cells: list[Cell] = [
        f"{answer.track}",
        Badge(answer.name, "good" if known else "plain"),
        f"{answer.seconds[0]:.1f}{_JOINED}to{_JOINED}{answer.seconds[1]:.1f}",
        f"{answer.windows}",
        "" if answer.distance is None else f"{answer.distance:.3g}",
        runner_up(track).replace(" ", _JOINED),
    ]
    if sure:
        cells.append(Percent(None if answer.probability is None else 100 * answer.probability))
    return (*cells, reasons(track))


def runner_up(track: NamedTrack) -> str:
    """The person who comes next, and how much further away."""
    answer = track.identity
    if answer.margin is None or answer.runner_up is None:
        return ""
    return f"{answer.runner_up} {answer.margin:+.2g}"


def reasons(track: NamedTrack) -> str:
    """Why nobody is named, who would come first, and what was left out."""
    answer = track.identity
    said = [answer.reason] if answer.reason else []
    if answer.subject is None and answer.nearest is not None:
        said.append(f"the nearest is {answer.nearest}")
    left = ", ".join(f"{count} {reason}" for reason, count in track.dropped.items())
    return "; ".join([*said, *([f"left out: {left}"] if left else [])])


def _sheets(videos: tuple[IdentifiedVideo, ...]) -> Iterator[Sheet]:
    for video in videos:
        order = sorted(video.tracks, key=lambda t: (t.identity.subject is None, -t.identity.frames, t.identity.track))
        drawn = [(t, t.silhouettes) for t in order if t.silhouettes is not None][:SHOWN]
        more = len(video.tracks) - len(drawn)
        caption = f"Not drawn: {more} more." if more else ""
        if drawn:
            yield Sheet(video.name, caption, tuple(_strip(track.identity, frames) for track, frames in drawn))


def _strip(answer: TrackIdentity, frames: Frames) -> Strip:
    image = np.hstack(list(frames))
    first, last = answer.seconds
    who = answer.name if answer.nearest is None or answer.subject else f"{UNKNOWN}, the nearest is {answer.nearest}"
    return Strip(f"track {answer.track}", f" {who} · {first:.1f} to {last:.1f} s", image)
