"""`gaitprint video annotate`: a video and known walks in, the same video with names out."""

from collections.abc import Callable
from pathlib import Path

from gaitprint.config import require
from gaitprint.devices import DEVICE
from gaitprint.inference.backend_choice import AUTO
from gaitprint.stages.embed import open_embedder
from gaitprint.video.annotation import AnnotationSettings, annotate_frame
from gaitprint.video.identity.identified import IdentifiedVideo, IdentifyReport
from gaitprint.video.identity.named_video import NamedVideo
from gaitprint.video.identity.people_request import PeopleRequest
from gaitprint.video.request import VideoRequest
from gaitprint.video.video_source import shown_source
from gaitprint.video.video_writer import check_video_place, write_video


def annotate_video(
    request: VideoRequest,
    people: PeopleRequest,
    model: Path,
    out: Path,
    *,
    drawing: AnnotationSettings | None = None,
    device: str = DEVICE,
    backend: str = AUTO,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> IdentifyReport:
    """Write a video on which each person has a box and a name, as far as it could be told at that moment.

    Args:
        request: one video, and how people are taken out of it.
        people: who is known, and how near one has to be to be named.
        model: that embedded the known walks.
        out: the .mp4, .mkv or .mov to write; sound is left out.
        drawing: how people are drawn; None: boxes on the video.
        device: `cpu`, `cuda`.
        backend: what computes, see `EmbedSettings`.
        progress: called after every frame with how many are done, of how many (0: nobody knows), and the video.

    Returns:
        What `video identify` says of it.

    Raises:
        GaitprintError: in one line.
    """
    out = Path(out)
    check_video_place(out)
    videos = request.named()
    require(len(videos) == 1, f"one video is annotated at a time, found {len(videos)}")
    (source, name), *_ = videos
    require(Path(source).absolute() != out.absolute(), f"{out} is the video itself: choose another name to write to")
    embedder = open_embedder(Path(model), device, backend=backend)
    opened = people.open(embedder.source)
    with request.open(source, name, embedder) as walks, write_video(out) as writer:
        total = walks.chain.info.frames or 0
        named = NamedVideo(walks, opened.identifier(), forget=walks.chain.info.live)
        for step in named:
            frame = step.moment.frame
            writer.add(annotate_frame(step.moment, step.identities, drawing or AnnotationSettings()), frame.seconds)
            done = frame.index + 1
            progress(done, max(total, done) if total else 0, name.name)
        trace = walks.chain.trace.to_dict()
    video = IdentifiedVideo(name.name, name.camera, shown_source(source), named.tracks(), trace)
    known = opened.known
    return IdentifyReport(
        opened.acceptance, len(known.subjects), len(known.walks), known.pipeline.label, (video,), (), opened.warnings
    )
