"""From a video to silhouettes on disk, and on to a store."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from clips import walk_through

from gaitprint.stages import extract, prepare
from gaitprint.store import Store
from gaitprint.video.parts import VideoParts
from gaitprint.video.tracklets import TrackletCollector, TrackletSettings

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
