"""`gaitprint video embed`: videos and a network in, one vector a stretch of everybody's track out."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gaitprint.atomic_files import sha256_json
from gaitprint.config import settings_to_dict
from gaitprint.devices import DEVICE
from gaitprint.errors import DataError
from gaitprint.inference.backend_choice import AUTO
from gaitprint.inference.bulk.journal import journal_of
from gaitprint.inference.embeddings_file import check_embeddings_place, save_embeddings
from gaitprint.output_folder import bound_folder
from gaitprint.stages.embed import open_embedder
from gaitprint.types import Embeddings
from gaitprint.video.embedded_videos import EmbeddedRecord, keep_embedded, kept_embedded
from gaitprint.video.request import SequenceEmbedder, VideoRequest
from gaitprint.video.video_names import file_stamp
from gaitprint.video.video_source import is_live, shown_source
from gaitprint.video.walks import VideoName, join_walks

BINDING = "embed.json"


@dataclass(frozen=True, eq=False)
class VideoEmbedReport:
    """What was embedded of which videos."""

    embeddings: Embeddings
    """A row a stretch: key video/track, condition the video, view the camera, subject whom the request names."""
    left_out: Mapping[str, Mapping[str, int]]
    """By video: stretches that were left out, by reason."""
    traces: Mapping[str, Mapping[str, Any]]
    """By video, see `gaitprint.video.trace.Trace`."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "walks": len(self.embeddings),
            "width": self.embeddings.layout.width,
            "source": self.embeddings.source,
            "left_out": {video: dict(reasons) for video, reasons in self.left_out.items()},
            "videos": dict(self.traces),
        }


def embed_videos(
    request: VideoRequest,
    model: Path,
    out: Path | None = None,
    *,
    device: str = DEVICE,
    backend: str = AUTO,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> VideoEmbedReport:
    """Go through videos and make a vector of every stretch of a track that is good enough.

    The vectors are those of `video extract`, `data prepare` and `model embed` under the same settings. With `out`,
    videos that are done are kept in a folder beside it (`OUT.partial`) until the whole is written: killed, the same
    call goes on with the video it was at.

    Args:
        request: which videos, and how people are taken out of them.
        model: made by `gaitprint model train` or `gaitprint model convert`.
        out: the embeddings file to write, none where None.
        device: `cpu`, `cuda`.
        backend: what computes, see `EmbedSettings`.
        progress: called after every frame with how many are done, of how many (0: nobody knows), and the video.

    Raises:
        DataError: a video cannot be opened, or nobody's walk was good enough. GaitprintError: in one line.
    """
    if out is not None:
        check_embeddings_place(Path(out))
    embedder = open_embedder(Path(model), device, backend=backend)
    partial = None if out is None else journal_of(Path(out))
    made: list[tuple[EmbeddedRecord, Embeddings | None]] = []
    with _kept_in(partial, request, embedder):
        for source, name in request.named():
            shown, stamp = shown_source(source), "" if is_live(source) else file_stamp(Path(source))
            kept = None if partial is None else kept_embedded(partial, name.name, shown, stamp)
            if kept is None:
                kept = _embedded(request, embedder, source, name, stamp, progress)
                if partial is not None:
                    keep_embedded(partial, *kept)
            made.append(kept)
        left_out = {record.name: record.left_out for record, _ in made}
        rows = [of_video for _, of_video in made if of_video is not None]
        whole = _joined(rows, left_out, {record.name: record.source for record, _ in made})
        if out is not None:
            save_embeddings(Path(out), whole)
    return VideoEmbedReport(whole, left_out, {record.name: record.trace for record, _ in made})


@contextmanager
def _kept_in(partial: Path | None, request: VideoRequest, embedder: SequenceEmbedder) -> Iterator[None]:
    """Hold the folder of what is done for the length of a block, and remove it after that."""
    if partial is None:
        yield
        return
    how = {
        "source": embedder.source,
        "parts": request.parts.facts(),
        "tracklets": settings_to_dict(request.tracklets),
        "said": [request.camera, request.subject, f"{request.seconds:g}"],
    }
    request.parts.check()
    facts = {"identity": sha256_json(how), **how}
    what = "part of an embedding by another model or under other settings"
    with bound_folder(partial, BINDING, facts, "identity", what):
        try:
            yield
        except BaseException:
            # what holds no vectors is not worth going on with
            if not list(partial.glob("*.safetensors")):
                shutil.rmtree(partial)
            raise
    shutil.rmtree(partial)


def _embedded(
    request: VideoRequest,
    embedder: SequenceEmbedder,
    source: str,
    name: VideoName,
    stamp: str,
    progress: Callable[[int, int, str], None],
) -> tuple[EmbeddedRecord, Embeddings | None]:
    """Go through one video."""
    rows: list[Embeddings] = []
    reasons: dict[str, int] = {}
    with request.open(source, name, embedder) as walks:
        total = walks.chain.info.frames or 0
        for step in walks:
            for window in step.windows:
                if window.walk is not None:
                    rows.append(window.walk)
                else:
                    reasons[window.stretch.reason] = reasons.get(window.stretch.reason, 0) + 1
            if step.moment is not None:
                done = step.moment.frame.index + 1
                progress(done, max(total, done) if total else 0, name.name)
        trace = walks.chain.trace.to_dict()
    record = EmbeddedRecord(name.name, shown_source(source), stamp, len(rows), reasons, trace)
    return record, join_walks(rows) if rows else None


def _joined(
    rows: list[Embeddings], left_out: Mapping[str, Mapping[str, int]], sources: Mapping[str, str]
) -> Embeddings:
    if not rows:
        why = [f"{count} {reason}" for reasons in left_out.values() for reason, count in reasons.items()]
        raise DataError(f"nobody's walk was good enough in {', '.join(sources)}: {'; '.join(why) or 'nobody was seen'}")
    made = join_walks(rows)
    return replace(made, settings={**made.settings, "videos": dict(sources)})
