"""The tracks of footage in the order of their distance to an example."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gaitprint.errors import DataError
from gaitprint.evaluation.verification.calibration import Calibration
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.types import Embeddings, SequenceRecord
from gaitprint.video.identity.evidence import EvidenceSettings, TrackEvidence
from gaitprint.video.identity.known_people import KnownPeople, mean_over_walks, nearest_walk
from gaitprint.video.search.footage import FootageRecord
from gaitprint.video.search.seen_tracks import SeenTrack
from gaitprint.video.walks import join_walks

_EXAMPLE = "example"


@dataclass(frozen=True)
class Hit:
    """One track of the footage, and how far it is from the example."""

    place: int
    """1 is the nearest."""
    video: str
    camera: str
    source: str
    track: int
    seconds: tuple[float, float]
    """When it was first and last seen, from the video's first frame."""
    distance: float
    """Mean over its windows of that to the nearest window of the example."""
    windows: int
    probability: float | None = None
    """That it is one person; None without a calibration."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "seconds": list(self.seconds)}


def example_walks(tracks: Sequence[SeenTrack], chosen: Sequence[int], name: str) -> Embeddings:
    """The windows of the person who is looked for.

    Args:
        tracks: of the example video.
        chosen: numbers of the tracks that are theirs; none where there is only one to choose.
        name: of the video, for errors.

    Raises:
        DataError: nobody walks in it well enough, several do and none was chosen, or one that is not there.
    """
    usable = {t.track: t for t in tracks if t.windows}
    if not usable:
        why = "; ".join(f"{n} {reason}" for t in tracks for reason, n in t.dropped.items()) or "nobody was seen"
        raise DataError(f"{name} shows nobody whose walk is good enough to look for: {why}")
    shown = ", ".join(f"{t.track} ({t.first:.1f} to {t.last:.1f} s)" for t in usable.values())
    if not chosen and len(usable) > 1:
        raise DataError(f"{name} shows {len(usable)} people: say who is looked for by --track, one of {shown}")
    strange = next((n for n in chosen if n not in usable), None)
    if strange is not None:
        raise DataError(f"{name} has no track {strange} that is good enough, expected one of {shown}")
    return join_walks([walk for n in chosen or usable for walk, _ in usable[n].windows])


def rank_tracks(
    folder: Path,
    records: Sequence[FootageRecord],
    example: Embeddings,
    pipeline: Pipeline,
    calibration: Calibration | None = None,
    settings: EvidenceSettings | None = None,
) -> tuple[Hit, ...]:
    """Every track of the footage, nearest first; ties in the order of videos and tracks.

    Args:
        folder: of the search, where the vectors are.
        records: of its videos.
        example: windows of the person who is looked for.
        pipeline: how windows are compared.
        calibration: makes probabilities of distances; None: there are none.
        settings: how windows of a track add up.

    Raises:
        ArtefactError: a file of vectors is damaged, or of another network. ConfigError: a step looks at all at once.
    """
    named = tuple(SequenceRecord(r.key, _EXAMPLE, r.condition, r.view) for r in example.records)
    settings = settings or EvidenceSettings()
    person = KnownPeople.of(replace(example, records=named), pipeline)
    hits = []
    for record in records:
        vectors = record.vectors(folder)
        if vectors is None:
            continue
        distances, start = person.distances(vectors), 0
        nearest = nearest_walk(distances, person.rows, 1)
        ratios = None if calibration is None else mean_over_walks(calibration.log_ratio(distances), person.rows, 1)
        for track in record.tracks:
            evidence = TrackEvidence(1)
            for row, frames in enumerate(track.frames, start):
                evidence.add(frames, nearest[row], None if ratios is None else ratios[row])
            # rows stand track by track, so the next one begins behind this one's windows
            start += len(track.frames)
            if track.frames:
                sure = evidence.probabilities(settings, float("inf") if calibration is None else calibration.limit)
                distance, probability = float(evidence.distances[0]), None if sure is None else float(sure[0])
                where = record.name, record.camera, record.source, track.track, track.seconds
                hits.append(Hit(0, *where, distance, len(track.frames), probability))
    order = sorted(hits, key=lambda hit: hit.distance)
    return tuple(replace(hit, place=place) for place, hit in enumerate(order, 1))
