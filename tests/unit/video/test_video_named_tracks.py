"""Several people in a video: each track its own answer, and unknown where nobody fits."""

from dataclasses import replace
from pathlib import Path

import pytest
from walker_clips import LANE, MeanSilhouette, walkers_clip

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.types import Embeddings, SequenceRecord
from gaitprint.video.identity.identified import IdentifiedVideo
from gaitprint.video.identity.named_video import NamedVideo
from gaitprint.video.identity.people_request import PeopleRequest
from gaitprint.video.request import VideoRequest, window_settings
from gaitprint.video.walks import join_walks

WINDOWS = window_settings(30)


def people_of(path: Path, subjects: list[int]) -> list[Embeddings]:
    """Windows of a clip, each with the name of who walks in its lane."""
    request = VideoRequest([str(path)], tracklets=WINDOWS)
    ((source, name),) = request.named()
    rows = []
    with request.open(source, name, MeanSilhouette()) as walks:
        for step in walks:
            for window in step.windows:
                if window.walk is not None:
                    lane = window.stretch.raw.box(len(window.stretch) // 2)[1] // LANE
                    record = SequenceRecord(window.walk.records[0].key, f"{subjects[lane]:03}", "", "")
                    rows.append(replace(window.walk, records=(record,)))
    return rows


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Embeddings:
    """Six people, three in each of two videos."""
    folder = tmp_path_factory.mktemp("known")
    rows = []
    for subjects in ([1, 2, 3], [4, 5, 6]):
        rows += people_of(walkers_clip(folder / f"clip{subjects[0]}.mp4", subjects), subjects)
    assert {r.records[0].subject for r in rows} == {f"{s:03}" for s in range(1, 7)}
    return join_walks(rows)


def test_each_has_an_answer_and_the_stranger_is_unknown(known: Embeddings, tmp_path: Path) -> None:
    clip = walkers_clip(tmp_path / "three.mp4", [6, 15, 2], [0, 8, 16])
    people = PeopleRequest(known, fpir=0.2).open(MeanSilhouette.source)
    assert "6 of the known" in people.acceptance.text()
    assert people.warnings == (people.acceptance.reason,)
    request = VideoRequest([str(clip)], tracklets=WINDOWS, camera="door")
    ((source, name),) = request.named()
    with request.open(source, name, MeanSilhouette()) as walks:
        named = NamedVideo(walks, people.identifier())
        on_the_way = [dict(step.identities) for step in named]
        trace = walks.chain.trace.to_dict()
    tracks = {t.identity.track: t.identity for t in named.tracks() if t.identity.windows}
    assert [tracks[i].name for i in sorted(tracks)] == ["006", "unknown", "002"]
    stranger = tracks[sorted(tracks)[1]]
    assert stranger.distance is not None
    assert all(t.distance < stranger.distance for t in tracks.values() if t.subject and t.distance is not None)
    # names come while the video is gone through, each once in a frame
    assert trace["frames"] == len(on_the_way)
    first = next(i for i, moment in enumerate(on_the_way) if any(a.subject == "006" for a in moment.values()))
    assert 40 < first < len(on_the_way) - 10
    for moment in on_the_way:
        given = [a.subject for a in moment.values() if a.subject]
        assert len(set(given)) == len(given)
    video = IdentifiedVideo("three", "door", str(clip), named.tracks(), trace)
    assert len(video.named) == 2
    assert [t["subject"] for t in video.to_dict()["tracks"] if t["windows"]] == ["006", None, "002"]


def test_tracks_without_an_end_are_closed_when_they_end(known: Embeddings, tmp_path: Path) -> None:
    clip = walkers_clip(tmp_path / "one.mp4", [3])
    people = PeopleRequest(known, threshold=1.5).open(MeanSilhouette.source)
    request = VideoRequest([str(clip)], tracklets=WINDOWS)
    ((source, name),) = request.named()
    answers = []
    for forget in (False, True):
        with request.open(source, name, MeanSilhouette()) as walks:
            named = NamedVideo(walks, people.identifier(), forget=forget)
            assert sum(1 for _ in named) > 100
        answers.append([(t.identity.track, t.identity.subject, t.identity.windows) for t in named.tracks()])
    assert answers[0] == answers[1]
    assert "003" in [subject for _, subject, _ in answers[0]]


def test_what_does_not_fit_is_refused(known: Embeddings) -> None:
    with pytest.raises(ConfigError, match="a threshold is given, so no false-alarm rate"):
        PeopleRequest(known, threshold=1.0, fpir=0.1)
    with pytest.raises(ArtefactError, match="embed the known walks with the same model"):
        PeopleRequest(known).open("another")
    with pytest.raises(ConfigError, match="at least one video"):
        VideoRequest([])
    with pytest.raises(ConfigError, match="a window has 1 frame"):
        window_settings(0)
