"""From a video to silhouettes on disk, and on to a store."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from clips import walk_through

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.stages import extract, prepare
from gaitprint.store import Store
from gaitprint.video.chain import Moment, Sighting
from gaitprint.video.frames import VideoFrame
from gaitprint.video.latencies import Latencies
from gaitprint.video.parts import VideoParts
from gaitprint.video.people import PersonMask, TrackedPerson
from gaitprint.video.tracklets import RawSilhouettes, TrackletCollector, TrackletSettings
from gaitprint.video.walks import stretch_name

KEEP = TrackletSettings(frames=10, height=40.0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return walk_through(tmp_path_factory.mktemp("clips") / "room.mp4")


@pytest.fixture(scope="module")
def extracted(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("extracted") / "out"
    extract([str(clip)], out, tracklets=KEEP, camera="door")
    return out


def test_a_walk_becomes_silhouettes_with_a_list_of_them(extracted: Path) -> None:
    with (extracted / "manifest.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 1
    row = rows[0]
    assert (row["video"], row["condition"], row["view"], row["subject"]) == ("room", "room", "door", "")
    images = sorted((extracted / row["path"]).iterdir())
    assert len(images) == int(row["frames"]) >= 30
    assert float(row["last_seconds"]) - float(row["first_seconds"]) == pytest.approx((len(images) - 1) / 25, abs=0.05)
    trace = json.loads((extracted / "trace.json").read_text(encoding="utf-8"))
    assert trace["failed"] == []
    assert trace["videos"]["room"]["trace"]["frames"] == 100
    assert "track-0001" in (extracted / "index.html").read_text(encoding="utf-8")


def test_parts_that_cannot_be_opened_leave_the_folder_free(clip: Path, tmp_path: Path) -> None:
    wrong = VideoParts(detector="onnx", settings={"detector": {"path": str(tmp_path / "missing.onnx")}})
    with pytest.raises(DataError, match="no file of weights can be read"):
        extract([str(clip)], tmp_path / "out", wrong)
    assert not (tmp_path / "out").exists()


def test_parts_that_do_not_fit_each_other_leave_the_folder_free(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a detector that knows the empty scene"):
        extract([str(clip)], tmp_path / "out", VideoParts(detector="ssd"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", [".", "manifest.csv"])
def test_prepare_reads_it_as_it_is_and_pixels_are_those_of_the_tracklets(
    extracted: Path, clip: Path, tmp_path: Path, source: str
) -> None:
    prepare(extracted / source, tmp_path / "store", workers=0)
    with VideoParts().open(str(clip)) as chain:
        collector = TrackletCollector(KEEP)
        tracklets = [t for moment in chain for t in collector.add(moment)] + list(collector.finish())
    kept = [t for t in tracklets if not t.reason]
    store = Store.open(tmp_path / "store")
    assert [r.key for r in store.records] == ["room/track-0001"]
    assert np.array_equal(store.frames(0), kept[0].normalized().frames)


def manifest_of(out: Path) -> list[dict[str, str]]:
    with (out / "manifest.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_what_is_done_is_not_read_again_and_what_changed_is(clip: Path, tmp_path: Path) -> None:
    mine = tmp_path / "a.mp4"
    mine.write_bytes(clip.read_bytes())
    first = extract([str(mine)], tmp_path / "out", tracklets=KEEP)
    again = extract([str(mine)], tmp_path / "out", tracklets=KEEP)
    assert (first.unchanged, again.unchanged, again.kept) == (0, 1, 1)
    os.utime(mine, ns=(1, 1))
    changed = extract([str(mine)], tmp_path / "out", tracklets=KEEP)
    assert (changed.unchanged, changed.kept) == (0, 1)
    with pytest.raises(ArtefactError, match="under other settings"):
        extract([str(mine)], tmp_path / "out", tracklets=TrackletSettings(frames=11, height=40.0))


class KilledError(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("frame", [1, 50, 99])
def test_killed_at_any_frame_it_goes_on(frame: int, clip: Path, tmp_path: Path, extracted: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (videos / name).write_bytes(clip.read_bytes())

    def until(done: int, _total: int, video: str) -> None:
        if video == "b" and done == frame:
            raise KilledError

    out = tmp_path / "out"
    with pytest.raises(KilledError):
        extract([str(videos)], out, tracklets=KEEP, progress=until)
    assert [row["video"] for row in manifest_of(out)] == ["a"], "only what is whole is listed"
    report = extract([str(videos)], out, tracklets=KEEP)
    assert report.unchanged == 1
    rows = manifest_of(out)
    assert [row["video"] for row in rows] == ["a", "b"]
    usual = sorted((extracted / manifest_of(extracted)[0]["path"]).iterdir())
    for row in rows:
        made = sorted((out / row["path"]).iterdir())
        assert [p.name for p in made] == [p.name for p in usual]
        assert all(p.read_bytes() == q.read_bytes() for p, q in zip(made, usual, strict=True))
    assert not [p for p in out.rglob("*") if p.name.startswith(".") and p.name != ".lock"], "nothing half-written"


def test_a_video_that_cannot_be_read_does_not_stop_the_others(clip: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"nothing")
    report = extract([str(bad), str(clip)], tmp_path / "out", tracklets=KEEP, subject="anna")
    assert [Path(source).name for source, _ in report.failed] == ["bad.mp4"]
    assert manifest_of(tmp_path / "out")[0]["subject"] == "anna"
    report.check_most_kept()
    with pytest.raises(DataError, match="1 of 1 videos could not be read"):
        extract([str(bad)], tmp_path / "none").check_most_kept()


def test_two_videos_of_one_name_keep_apart(clip: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "room.mp4").write_bytes(clip.read_bytes())
    sources = [str(tmp_path / folder / "room.mp4") for folder in ("one", "two")]
    extract(sources, tmp_path / "out", tracklets=KEEP)
    assert [row["video"] for row in manifest_of(tmp_path / "out")] == ["room", "room-2"]


def test_the_command_says_what_it_did(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["video", "extract", str(clip), str(tmp_path / "out"), "--min-frames", "10", "--min-height", "40"]
    assert main([*words, "--set", "detector.memory=3.0", "--seconds", "3", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["kept"] == 1
    assert said["videos"][0]["trace"]["ended"] == "it was asked for 3 s"
    assert main([*words, "--set", "detector.memory=3.0"]) == 0
    assert "1 videos were done before" in capsys.readouterr().out
    assert main([*words[:2], str(tmp_path / "no.mp4"), str(tmp_path / "other")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main([*words, "--set", "lens.memory=3"]) == 1
    assert "no part of a video chain is called 'lens'" in capsys.readouterr().err


def test_in_python_frame_by_frame_and_as_silhouettes(clip: Path) -> None:
    with gp.Video.open(clip) as video:
        assert (video.info.width, video.info.height) == (160, 120)
        people = [len(moment.people) for moment in video]
        assert len(people) == 100
        assert max(people) == 1
        trace = video.trace
    assert trace["frames"] == trace["frames_detected"] == 100
    assert trace["sightings"] == trace["masks"] + sum(trace["faults"].values()) == sum(people)
    assert trace["latency"]["frame"]["p50_ms"] > 0
    with gp.Video.open(clip) as video:
        [walk] = video.silhouettes(KEEP)
    assert walk.record.key == "room/track-0001"
    assert walk.frames.shape[1:] == (64, 64)


def moment(index: int, seconds: float, *masks: tuple[int, PersonMask | None], ended: tuple[int, ...] = ()) -> Moment:
    frame = VideoFrame(np.zeros((120, 160, 3), np.uint8), index, seconds)
    box = np.array([0, 0, 1, 1], np.float32)
    people = tuple(Sighting(TrackedPerson(track, box, 1.0, True), mask) for track, mask in masks)
    return Moment(frame, None, people, ended)


def body(fault: str = "") -> PersonMask:
    return PersonMask(20, 10, np.full((80, 30), 255, np.uint8), fault)


def test_tracks_are_cut_at_gaps_and_where_they_grow_too_long() -> None:
    collector = TrackletCollector(TrackletSettings(frames=3, height=40.0, gap=0.25, longest=5, speed=0.0))
    times = [i / 25 for i in range(12)] + [1.0 + i / 25 for i in range(4)]
    found = [t for i, s in enumerate(times) for t in collector.add(moment(i, s, (3, body())))]
    found += list(collector.add(moment(99, 2.0, ended=(3,))))
    assert [(stretch_name(t.track, t.part), len(t), t.reason) for t in found] == [
        ("track-0003", 5, ""),
        ("track-0003-2", 5, ""),
        ("track-0003-3", 2, "fewer than 3 frames"),
        ("track-0003-4", 4, ""),
    ]
    assert list(collector.finish()) == []


def test_a_tracklet_says_why_it_is_left_out() -> None:
    settings = TrackletSettings(frames=2, height=100.0)
    collector = TrackletCollector(settings)
    for i in range(4):
        cut = body("cut by the frame's border") if i == 1 else body()
        list(collector.add(moment(i, i / 25, (1, cut), (2, None), (4, body("too small")))))
    said = {t.track: (t.reason, dict(t.dropped)) for t in collector.finish()}
    assert said == {
        1: ("lower than 100 pixels", {"cut by the frame's border": 1}),
        2: ("no whole silhouette: nothing of them was seen", {"nothing of them was seen": 4}),
        4: ("no whole silhouette: too small", {"too small": 4}),
    }


def test_raw_silhouettes_are_packed_and_come_back_as_they_were() -> None:
    rng = np.random.default_rng(0)
    raw, wanted = RawSilhouettes((120, 160)), []
    for _ in range(5):
        left, top, height, width = (int(v) for v in rng.integers(1, 60, 4))
        mask = PersonMask(left, top, rng.integers(0, 256, (height, width)).astype(np.uint8))
        frame = np.zeros((120, 160), np.uint8)
        frame[top : top + height, left : left + width] = mask.pixels
        raw.append(mask)
        wanted.append(frame)
        assert raw.box(len(raw) - 1) == (left, top, left + width, top + height)
    assert all(np.array_equal(a, b) for a, b in zip(raw, wanted, strict=True))
    assert np.array_equal(raw[-1], wanted[-1])
    assert len(raw[1:3]) == 2


def test_latencies_are_counted_in_bins() -> None:
    latencies = Latencies()
    assert latencies.to_dict()["p50_ms"] is None
    values = np.random.default_rng(0).lognormal(-5, 1, 2000)
    for value in values:
        latencies.add(float(value))
    for share in (0.5, 0.95, 0.99):
        assert latencies.quantile(share) == pytest.approx(float(np.quantile(values, share)), rel=0.12)
