"""Walks of a clip as a gallery takes them: through the video chain, a stretch of a track each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gaitprint.errors import DataError
from gaitprint.gallery.records import Reject
from gaitprint.silhouettes.quality import Quality
from gaitprint.store import MemorySequences
from gaitprint.types import Embeddings, Frames, SequenceRecord
from gaitprint.video.extraction import VIDEO_ENDINGS
from gaitprint.video.parts import VideoParts
from gaitprint.video.request import SequenceEmbedder, VideoRequest
from gaitprint.video.tracklets import TrackletSettings
from gaitprint.video.walks import join_walks, stretch_name

LEAST = TrackletSettings(frames=1)
"""What a stretch of a clip has to be before its silhouettes are measured: whoever stands does not walk."""


@dataclass(frozen=True)
class ClipWalk:
    """A stretch of a track that was embedded."""

    track: int
    embedded: Embeddings
    """One row."""
    frames: Frames
    quality: Quality | None


def is_clip(path: Path) -> bool:
    """Whether a path is a video file."""
    return path.suffix.lower() in VIDEO_ENDINGS and path.is_file()


def clip_walks(
    path: Path,
    embedder: SequenceEmbedder,
    parts: VideoParts,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[ClipWalk], list[Reject]]:
    """Everybody who walks through a clip, and what of it is left out.

    Args:
        path: of the video.
        embedder: makes a vector of silhouettes.
        parts: of the video chain.
        progress: called with frames done, of how many (0: nobody knows).

    Raises:
        DataError: it cannot be read, or nobody walks in it.
    """
    found, rejects = list[ClipWalk](), list[Reject]()
    request = VideoRequest([str(path)], parts, LEAST)
    ((source, name),) = request.named()
    with request.open(source, name, embedder) as walks:
        total = walks.chain.info.frames or 0
        for step in walks:
            for window in step.windows:
                stretch = window.stretch
                # two clips of one name are two walks, so keys have the whole path
                key = f"{path}/{stretch_name(stretch.track, stretch.part)}"
                if window.walk is None:
                    rejects.append(Reject(key, stretch.reason))
                    continue
                record = SequenceRecord(key, None, name.name, name.camera)
                frames = stretch.normalized(embedder.preprocessing.size).frames
                found.append(ClipWalk(stretch.track, replace(window.walk, records=(record,)), frames, stretch.quality))
            if step.moment is not None:
                done = step.moment.frame.index + 1
                progress(done, max(total, done) * bool(total))
    if not found:
        raise DataError(f"nobody walks through {path}{f', such as: {rejects[0].reason}' if rejects else ''}")
    return found, rejects


def of_one_person(walks: Sequence[ClipWalk], tracks: Sequence[int], path: Path) -> list[ClipWalk]:
    """The walks of the tracks that were chosen; where none were, of the only one there is.

    Raises:
        DataError: there are several, or none of these numbers.
    """
    there = sorted({walk.track for walk in walks})
    lengths = {t: sum(len(w.frames) for w in walks if w.track == t) for t in there}
    said = ", ".join(f"{t} ({n} frames)" for t, n in lengths.items())
    missing = sorted(set(tracks) - set(there))
    if missing:
        raise DataError(f"{path} has no track {missing[0]} of good silhouettes: there are {said}")
    if not tracks and len(there) > 1:
        raise DataError(f"{path} shows {len(there)} tracks, {said}: say by --track which are of the person to enrol")
    chosen = set(tracks or there)
    return [walk for walk in walks if walk.track in chosen]


def joined(walks: Sequence[ClipWalk]) -> tuple[Embeddings, MemorySequences]:
    """Vectors and silhouettes of stretches, in one order."""
    embedded = join_walks([walk.embedded for walk in walks])
    return embedded, MemorySequences(embedded.records, tuple(walk.frames for walk in walks))
