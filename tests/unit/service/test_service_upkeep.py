"""What concerns a gallery as a whole, over HTTP: copies, calibration, audit, purge, undo; and a restart."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from drawn_people import calibrated, drawn
from served import Served, served
from service_answers import bad, good

import gaitprint as gp


@pytest.fixture
def running(tmp_path: Path, calibrated_copy: Callable[..., Path]) -> Iterator[Served]:
    calibrated_copy(tmp_path / "g", retention_days=3.0)
    with served(tmp_path / "g") as made:
        yield made


@pytest.fixture
def http(running: Served) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


def vectors(folder: Path, walks: gp.Embeddings) -> bytes:
    gp.save_embeddings(folder / "sent.safetensors", walks)
    return (folder / "sent.safetensors").read_bytes()


def test_copies_are_whole_and_leave_nothing_behind(http: httpx.Client, tmp_path: Path) -> None:
    copy = http.get("/v1/backup")
    assert copy.headers["content-type"] == "application/vnd.sqlite3"
    (tmp_path / "copy").write_bytes(copy.content)
    with gp.Gallery.open(tmp_path / "copy") as gallery:
        report = gallery.check()
    assert good(http.post("/v1/check"))["digest"] == report.digest
    with zipfile.ZipFile(io.BytesIO(http.get("/v1/export").content)) as archive:
        archive.extractall(tmp_path / "exported")
    with gp.Gallery.import_from(tmp_path / "again", tmp_path / "exported") as gallery:
        assert len(gallery.people()) == 6


def test_it_is_calibrated_while_it_answers(http: httpx.Client, tmp_path: Path) -> None:
    before = good(http.get("/v1/calibration"))
    own = good(http.post("/v1/calibrate", data={"per_1000": 100}))
    assert (own["origin"], own["strangers"]) == ("gallery", 6)
    strangers = vectors(tmp_path, drawn(range(500, 800), range(1)))
    again = good(http.post("/v1/calibrate", files={"strangers": strangers}, data={"per_1000": 10}))
    assert again == before == good(http.get("/v1/session"))["calibration"]
    assert "greater than 0" in bad(http.post("/v1/calibrate", data={"per_1000": 0}), 422)
    known = vectors(tmp_path, drawn(range(1), range(5, 6)))
    assert "is enrolled and among" in bad(http.post("/v1/calibrate", files={"strangers": known}), 409)


def test_changes_are_listed_and_set_back(running: Served, http: httpx.Client) -> None:
    good(http.patch("/v1/people/1", json={"name": "Anna"}))
    good(http.post("/v1/remove", json={"people": [2]}))
    lines = good(http.get("/v1/audit"))["changes"]
    assert [(line["verb"], line["undoable"]) for line in lines[:3]] == [
        ("remove", True),
        ("rename", True),
        ("calibrate", False),
    ]
    assert good(http.get("/v1/audit", params={"limit": 1, "before": lines[0]["change"]}))["changes"] == [lines[1]]
    with running.client(running.key_for("enrol")) as enroller:
        assert "'delete'" in bad(enroller.post("/v1/undo", json={}), 403)
        assert good(enroller.post("/v1/undo", json={"change": lines[1]["change"]}))["verb"] == "rename"
    assert good(http.post("/v1/undo", json={}))["verb"] == "remove"
    assert "nothing can be undone" in bad(http.post("/v1/undo", json={}), 409)


def test_people_are_erased(http: httpx.Client) -> None:
    would = good(http.post("/v1/purge", json={"people": [1], "dry_run": True}))
    assert would == {"people": [1], "samples": [1, 2], "probes": 0, "done": False}
    assert good(http.post("/v1/purge", json={"people": [1]}))["done"]
    assert bad(http.get("/v1/people/1"), 404)
    assert good(http.post("/v1/purge", json={"removed": True})) == {
        "people": [],
        "samples": [],
        "probes": 0,
        "done": True,
    }
    assert "name people" in bad(http.post("/v1/purge", json={}), 409)


def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    calibrated(tmp_path / "g", retention_days=3.0).close()
    with served(tmp_path / "g") as made, made.client() as client:
        good(client.patch("/v1/people/1", json={"name": "Anna"}))
        key = made.key
        reader = made.key_for("read")
    with served(tmp_path / "g") as made:
        assert made.key == "", "it is shown once"
        with made.client(key) as client:
            assert good(client.get("/v1/people/1"))["person"]["name"] == "Anna"
            assert good(client.get("/v1/session"))["key"]["name"] == "first"
        with made.client(reader) as client:
            assert good(client.get("/v1/session"))["key"]["scopes"] == ["read"]
    assert (tmp_path / "g.service").stat().st_mode & 0o077 == 0
    for secret in (key, reader):
        assert all(secret.split("_", 2)[2].encode() not in p.read_bytes() for p in tmp_path.iterdir() if p.is_file())
