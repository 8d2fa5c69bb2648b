"""Whoever is purged is in no file any more, and the gallery is as if they had never been there."""

from pathlib import Path

import numpy as np
import pytest
from drawn_people import answers, calibrated, drawn

import gaitprint as gp
from gaitprint.errors import DataError
from gaitprint.gallery import sqlite
from gaitprint.gallery.sqlite import SqliteEngine

SECRET = "Hieronymus Quux"


def files_with(folder: Path, needles: list[bytes]) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.is_file() and any(n in p.read_bytes() for n in needles)]


@pytest.mark.parametrize("seed", range(3))
def test_ask_11_purging_leaves_no_byte_in_any_file(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    gallery = calibrated(tmp_path / "g", retention_days=5.0)
    wide = drawn(range(40, 44), range(4))
    records = tuple(gp.SequenceRecord(f"{SECRET} {i}", SECRET, "", "") for i in range(len(wide)))
    gallery.enroll(gp.Embeddings(wide.vectors, records, wide.layout, "drawn"), gp.WalkDetails(origin=f"of {SECRET}"))
    gallery.enroll(drawn(range(10, 14)))
    gallery.identify(wide, top=2)  # the log has them
    gallery.reject(drawn(range(60, 61), range(1)), SECRET)
    own = [s.id for s in gallery.show(SECRET)[1]]
    verbs = [
        lambda: gallery.merge(SECRET, "001"),
        lambda: gallery.split(SECRET, own[:2], f"{SECRET} 2") and gallery.merge(SECRET, f"{SECRET} 2"),
        lambda: gallery.tag(SECRET, [f"tag {SECRET}"]),
        lambda: gallery.rename(SECRET, f"{SECRET} jr.") and gallery.rename(f"{SECRET} jr.", SECRET),
    ]
    for i in random.permutation(len(verbs))[:3]:
        verbs[i]()
    needles = [SECRET.encode(), *(v.tobytes() for v in wide.vectors), drawn(range(60, 61), range(1)).vectors.tobytes()]
    assert files_with(tmp_path, needles)
    gallery.purge(SECRET)
    gallery.identify(drawn(range(3)), log=False)
    assert files_with(tmp_path, needles) == []
    gallery.close()
    assert files_with(tmp_path, needles) == []
    with gp.Gallery.open(tmp_path / "g") as again:
        assert again.check().problems == ()


def test_a_purged_person_leaves_the_gallery_as_if_never_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaitprint.gallery.enrolment.now", lambda: "2026-11-30T12:00:00Z")
    without = calibrated(tmp_path / "without")
    gallery = calibrated(tmp_path / "g")
    gallery.enroll(drawn(range(30, 33)))
    gallery.purge("030", "031", "id:9")
    gallery.calibrate(drawn(range(500, 800), range(1)))
    assert answers(gallery) == answers(without)
    assert gallery.calibration == without.calibration
    assert gallery.check().digest == without.check().digest
    gallery.enroll(drawn(range(30, 31)))
    assert gallery.show("030")[0].id == 10, "an id is never given again"


def test_what_another_process_still_reads_is_finished_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAIT", 50)
    gallery = calibrated(tmp_path / "g")
    other = SqliteEngine(tmp_path / "g")
    with other.reading() as reader:
        assert reader.rows("people", ["id"])
        with pytest.raises(DataError, match="another process still reads what was erased"):
            gallery.purge("002")
        assert "002" not in [p.name for p in gallery.people()]
    other.close()
    assert "traces of what was erased were taken out" in gallery.check().done
    assert files_with(tmp_path, [drawn(range(2, 3)).vectors[0].tobytes()]) == []


def test_nobody_is_purged_by_an_empty_request(tmp_path: Path) -> None:
    gallery = calibrated(tmp_path / "g")
    with pytest.raises(DataError, match="name people or samples"):
        gallery.purge()
    with pytest.raises(DataError, match="has no 'nobody'"):
        gallery.purge("001", "nobody")
    assert len(gallery.people()) == 6
