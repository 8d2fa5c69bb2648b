"""`gaitprint video search`: an example of somebody who walks and footage in, where they may be seen out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gaitprint.arguments import settle_fields
from gaitprint.atomic_files import sha256_json, write_json
from gaitprint.config import require, settings_to_dict
from gaitprint.devices import DEVICE
from gaitprint.errors import ConfigError, DataError
from gaitprint.evaluation.verification.calibration_file import load_calibration
from gaitprint.inference.backend_choice import AUTO
from gaitprint.output_folder import bound_folder
from gaitprint.pages.video_hits import hits_page
from gaitprint.report.html import write_report
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.stages.embed import open_embedder
from gaitprint.types import Embeddings
from gaitprint.video.identity.evidence import EvidenceSettings
from gaitprint.video.request import SequenceEmbedder, VideoRequest
from gaitprint.video.search.footage import FootageRecord, forget_video, keep_video, kept_records
from gaitprint.video.search.hits import Hit, example_walks, rank_tracks
from gaitprint.video.search.seen_tracks import SeenTrack, seen_tracks
from gaitprint.video.video_names import file_stamp, free_name
from gaitprint.video.video_source import is_live, shown_source

BINDING, HITS, PAGE = "search.json", "hits.json", "index.html"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SearchSettings:
    """Who is looked for, and how what is found is shown."""

    example: str
    """A video of the person."""
    tracks: Sequence[int] = ()
    """Which of its tracks they are; none where there is only one."""
    pipeline: PipelineSpec = field(default_factory=PipelineSpec)
    """How windows are compared."""
    calibration: Path | None = None
    """Of `gaitprint eval verify --calibration`: makes probabilities of distances."""
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    """How windows of a track add up."""
    top: int = 50
    """Hits that are shown."""
    images: bool = True
    """Whether a picture of each person is kept, and shown beside the silhouettes."""

    def __post_init__(self) -> None:
        settle_fields(self)
        require(self.top >= 1, f"top is how many hits to show, 1 or more, found {self.top}")


@dataclass(frozen=True, eq=False)
class SearchReport:
    """Who was seen where, nearest to the example first."""

    folder: Path
    hits: tuple[Hit, ...]
    """All tracks."""
    videos: tuple[FootageRecord, ...]
    """All that were searched."""
    unchanged: int
    """Videos that had been gone through before and are as they were."""
    failed: tuple[tuple[str, str], ...]
    """Sources that could not be read, and why."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "page": str(self.folder / PAGE),
            "hits": [hit.to_dict() for hit in self.hits],
            "videos": [{"name": v.name, "source": v.source, "tracks": len(v.tracks)} for v in self.videos],
            "unchanged": self.unchanged,
            "failed": [{"source": source, "why": why} for source, why in self.failed],
        }


def search_footage(
    request: VideoRequest,
    search: SearchSettings,
    model: Path,
    out: Path,
    *,
    device: str = DEVICE,
    backend: str = AUTO,
    progress: Progress = lambda done, total, what: None,
) -> SearchReport:
    """Look for a person in footage, and write a page of what comes nearest.

    What is seen in each video is kept in `out`: killed, the same call goes on with the video it was at, and another
    example is looked for without reading the footage again.

    Args:
        request: the footage, and how people are taken out of it.
        search: who is looked for.
        model: made by `gaitprint model train` or `gaitprint model convert`.
        out: the folder; one of another model or other settings is refused.
        device: `cpu`, `cuda`.
        backend: what computes, see `EmbedSettings`.
        progress: called after every frame with how many are done, of how many (0: nobody knows), and the video.

    Raises:
        DataError: the example shows nobody, or several people and none was chosen. GaitprintError: in one line.
    """
    out = Path(out)
    live = next((source for source in request.sources if is_live(source)), None)
    if live is not None:
        raise ConfigError(
            f"{shown_source(live)} has no end, so it cannot be searched: record it, or `video identify` it"
        )
    pipeline = Pipeline.from_spec(search.pipeline)
    embedder = open_embedder(Path(model), device, backend=backend)
    calibration = search.calibration
    ratios = (
        None
        if calibration is None
        else load_calibration(calibration, source=embedder.source, pipeline=pipeline.settings)
    )
    how = {
        "source": embedder.source,
        "parts": request.parts.facts(),
        "tracklets": settings_to_dict(request.tracklets),
        "images": search.images,
    }
    facts = {"identity": sha256_json(how), **how}
    request.parts.check()
    with bound_folder(out, BINDING, facts, "identity", "a search by another model or under other settings"):
        tracks, walks = _example(request.of(search.example), search, embedder, progress)
        records, unchanged, failed = _gone_through(request, embedder, out, search.images, progress)
        hits = rank_tracks(out, records, walks, pipeline, ratios, search.evidence)
        result = SearchReport(out, hits, records, unchanged, failed)
        write_json(out / HITS, result.to_dict())
        chosen = [t for t in tracks if t.windows and (not search.tracks or t.track in search.tracks)]
        name = shown_source(search.example)
        write_report(out / PAGE, hits_page(out, name, chosen, hits[: search.top], records, failed))
    return result


def _example(
    request: VideoRequest, search: SearchSettings, embedder: SequenceEmbedder, progress: Progress
) -> tuple[tuple[SeenTrack, ...], Embeddings]:
    """Everybody in the example, and the windows of whom is looked for."""
    videos = request.named()
    require(len(videos) == 1, f"the example is one video, found {len(videos)}")
    ((source, name),) = videos
    with request.open(source, name, embedder) as walks:
        total = walks.chain.info.frames or 0
        tracks = seen_tracks(
            walks, search.images, lambda done: progress(done, max(total, done) * bool(total), "example")
        )
    return tracks, example_walks(tracks, search.tracks, shown_source(source))


def _gone_through(
    request: VideoRequest, embedder: SequenceEmbedder, out: Path, images: bool, progress: Progress
) -> tuple[tuple[FootageRecord, ...], int, tuple[tuple[str, str], ...]]:
    """The records of the videos that were asked for, how many were there before, and what could not be read."""
    found, failed, unchanged = list[str](), list[tuple[str, str]](), 0
    before = {record.source: record for record in kept_records(out)}
    taken = {record.name for record in before.values()}
    for source, plain in request.named():
        shown = str(Path(source).absolute())
        stamp, old = file_stamp(Path(source)), before.get(shown)
        if old is not None and old.stamp == stamp:
            unchanged += 1
            found.append(old.name)
            continue
        name = old.name if old is not None else free_name(plain.name, taken)
        taken.add(name)
        forget_video(out, name)
        try:
            with request.open(source, replace(plain, name=name), embedder) as walks:
                total = walks.chain.info.frames or 0

                def hear(done: int, total: int = total, name: str = name) -> None:
                    progress(done, max(total, done) if total else 0, name)

                tracks = seen_tracks(walks, images, hear)
                record = FootageRecord(name, shown, stamp, plain.camera, (), walks.chain.trace.to_dict())
        except DataError as error:
            failed.append((shown, str(error)))
            continue
        keep_video(out, record, tracks)
        found.append(name)
    if not found:
        raise DataError(failed[0][1])
    records = {record.name: record for record in kept_records(out)}
    return tuple(records[name] for name in found), unchanged, tuple(failed)
