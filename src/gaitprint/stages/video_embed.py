"""`gaitprint video embed`: videos and a network in, one vector a stretch of everybody's track out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gaitprint.devices import DEVICE
from gaitprint.errors import DataError
from gaitprint.inference.backend_choice import AUTO
from gaitprint.inference.embeddings_file import check_embeddings_place, save_embeddings
from gaitprint.stages.embed import open_embedder
from gaitprint.types import Embeddings
from gaitprint.video.request import VideoRequest
from gaitprint.video.video_source import shown_source
from gaitprint.video.walks import join_walks


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

    The vectors are those of `video extract`, `data prepare` and `model embed` under the same settings.

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
    rows: list[Embeddings] = []
    left_out: dict[str, dict[str, int]] = {}
    traces: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
    for source, name in request.named():
        reasons = left_out.setdefault(name.name, {})
        sources[name.name] = shown_source(source)
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
            traces[name.name] = walks.chain.trace.to_dict()
    made = _joined(rows, left_out, sources)
    if out is not None:
        save_embeddings(Path(out), made)
    return VideoEmbedReport(made, left_out, traces)


def _joined(
    rows: list[Embeddings], left_out: Mapping[str, Mapping[str, int]], sources: Mapping[str, str]
) -> Embeddings:
    if not rows:
        why = [f"{count} {reason}" for reasons in left_out.values() for reason, count in reasons.items()]
        raise DataError(f"nobody's walk was good enough in {', '.join(sources)}: {'; '.join(why) or 'nobody was seen'}")
    made = join_walks(rows)
    return replace(made, settings={**made.settings, "videos": dict(sources)})
