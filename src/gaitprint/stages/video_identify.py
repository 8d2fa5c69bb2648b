"""`gaitprint video identify`: videos and known walks in, who is on which track out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gaitprint.devices import DEVICE
from gaitprint.errors import DataError
from gaitprint.inference.backend_choice import AUTO
from gaitprint.pages.video_identities import identities_page
from gaitprint.report.html import check_report_place, write_report
from gaitprint.stages.embed import open_embedder
from gaitprint.video.identity.identified import IdentifiedVideo, IdentifyReport
from gaitprint.video.identity.named_video import NamedVideo
from gaitprint.video.identity.people_request import OpenPeople, PeopleRequest
from gaitprint.video.request import SequenceEmbedder, VideoRequest
from gaitprint.video.video_source import shown_source
from gaitprint.video.walks import VideoName


def identify_people(
    request: VideoRequest,
    people: PeopleRequest,
    model: Path,
    *,
    device: str = DEVICE,
    backend: str = AUTO,
    report: Path | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> IdentifyReport:
    """Say who walks through videos: each track has its own answer, and is unknown where nobody known is near enough.

    Args:
        request: which videos, and how people are taken out of them.
        people: who is known, and how near one has to be to be named.
        model: made by `gaitprint model train` or `gaitprint model convert`; the known walks were embedded by it.
        device: `cpu`, `cuda`.
        backend: what computes, see `EmbedSettings`.
        report: the HTML page to write, none where None.
        progress: called after every frame with how many are done, of how many (0: nobody knows), and the video.

    Raises:
        GaitprintError: in one line.
    """
    if report is not None:
        check_report_place(report)
    embedder = open_embedder(Path(model), device, backend=backend)
    opened = people.open(embedder.source)
    videos, failed = [], []
    for source, name in request.named():
        try:
            videos.append(_identified(request, opened, embedder, source, name, progress))
        except DataError as error:
            failed.append((shown_source(source), str(error)))
    if not videos:
        raise DataError(failed[0][1])
    result = IdentifyReport(
        opened.acceptance,
        len(opened.known.subjects),
        len(opened.known.walks),
        opened.known.pipeline.label,
        tuple(videos),
        tuple(failed),
        opened.warnings,
    )
    if report is not None:
        write_report(report, identities_page(result))
    return result


def _identified(
    request: VideoRequest,
    people: OpenPeople,
    embedder: SequenceEmbedder,
    source: str,
    name: VideoName,
    progress: Callable[[int, int, str], None],
) -> IdentifiedVideo:
    with request.open(source, name, embedder) as walks:
        total = walks.chain.info.frames or 0
        named = NamedVideo(walks, people.identifier(), forget=walks.chain.info.live)
        for moment in named:
            done = moment.moment.frame.index + 1
            progress(done, max(total, done) if total else 0, name.name)
        trace: dict[str, Any] = walks.chain.trace.to_dict()
    return IdentifiedVideo(name.name, name.camera, shown_source(source), named.tracks(), trace)
