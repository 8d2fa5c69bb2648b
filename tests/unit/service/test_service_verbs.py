"""Every verb over HTTP, by the first key, against a service on loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
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


def vectors(folder: Path, *drawn: Any, **how: Any) -> bytes:
    from drawn_people import drawn as draw

    gp.save_embeddings(folder / "sent.safetensors", draw(*drawn, **how))
    return (folder / "sent.safetensors").read_bytes()


def test_somebody_is_identified_confirmed_and_corrected(http: httpx.Client, tmp_path: Path) -> None:
    sent = {"walks": vectors(tmp_path, range(7), range(5, 6))}
    answers = good(http.post("/v1/identify", files=sent, data={"top": 2, "camera": "door"}))["answers"]
    assert [a["name"] for a in answers] == ["000", "001", "002", "003", "004", "005", "unknown"]
    assert [len(a["candidates"]) for a in answers] == [2] * 7
    [unknown] = good(http.get("/v1/probes", params={"unknown": True, "camera": "door"}))["probes"]
    assert unknown["id"] == answers[6]["probe"]
    assert good(http.post(f"/v1/probes/{answers[0]['probe']}/confirm", json={"person": 1}))["said"].startswith("noted")
    assert good(http.post(f"/v1/probes/{unknown['id']}/reject", json={"person": 1, "stranger": True}))
    assert len(good(http.get("/v1/probes", params={"decided": False}))["probes"]) == 5
    assert good(http.post(f"/v1/probes/{unknown['id']}/identify", json={"top": 1}))["name"] == "unknown"
    [group] = good(http.get("/v1/unknowns"))["unknowns"]
    assert (group["probes"], group["times"], group["cameras"]) == ([unknown["id"]], 1, ["door"])
    report = good(http.post(f"/v1/probes/{unknown['id']}/enroll", json={"name": "Clara", "tags": ["new"]}))
    assert report["people"] == 1
    assert good(http.get("/v1/people", params={"q": "clara"}))["people"][0]["tags"] == ["new"]
    assert good(http.get("/v1/unknowns"))["unknowns"] == []
    again = good(http.post("/v1/probes/enroll", json={"name": "Dora", "probes": [1, 2]}))
    assert len(again["enrolled"]) == 2
    one = {"walks": vectors(tmp_path, range(1), range(5, 6))}
    assert good(http.post("/v1/verify", files=one, data={"person": 1}))["accepted"] is True
    assert good(http.post("/v1/verify", files=one, data={"person": 2}))["accepted"] is False


def test_people_are_listed_put_right_and_undone(http: httpx.Client) -> None:
    assert good(http.get("/v1/people", params={"limit": 2, "offset": 1, "sort": "newest"}))["total"] == 6
    person = good(http.patch("/v1/people/2", json={"name": "Anna", "add_tags": ["staff"], "expires": "2099-12-31"}))
    assert (person["name"], person["tags"], person["expires"]) == ("Anna", ["staff"], "2099-12-31")
    assert [p["id"] for p in good(http.get("/v1/people", params={"q": "ann"}))["people"]] == [2]
    assert [p["id"] for p in good(http.get("/v1/people", params={"q": "id:2", "tag": "staff"}))["people"]] == [2]
    assert good(http.get("/v1/tags"))["tags"] == [{"tag": "staff", "people": 1}]
    preview = good(http.post("/v1/people/2/merge", json={"others": [3], "dry_run": True}))
    assert (preview["samples"], preview["done"]) == ([5, 6], False)
    [near] = preview["nearest"]
    assert near["person"] == 3
    assert near["false_alarms"] > 0
    assert good(http.post("/v1/people/2/merge", json={"others": [3]}))["person"]["samples"] == 4
    undone = http.post("/v1/people/2/merge", json={"others": [4]}).headers["gaitprint-change"]
    assert good(http.post("/v1/undo", json={"change": int(undone)})) == {"change": int(undone), "verb": "merge"}
    assert good(http.post("/v1/undo", json={}))["verb"] == "merge"
    new = good(http.post("/v1/people/2/split", json={"samples": [3], "name": "Berta"}))
    assert good(http.post("/v1/samples/move", json={"samples": [4], "to": new["id"]}))["samples"] == 2
    assert good(http.post("/v1/remove", json={"people": [1]})) == {"people": [1], "samples": []}
    assert good(http.get("/v1/people", params={"removed": True}))["people"][0]["id"] == 1
    assert good(http.get("/v1/people/1"))["person"]["removed"]
    assert good(http.post("/v1/restore", json={"people": [1]}))
    assert "nobody of the id" in bad(http.get("/v1/people/99"), 404)
    assert bad(http.post("/v1/people/1/merge", json={"others": [1]}), 409)
    assert "name" in bad(http.patch("/v1/people/1", json={"name": "id:3"}), 422)
    assert "extra" in bad(http.patch("/v1/people/1", json={"nme": "x"}), 422).lower()


def test_walks_are_enrolled_once(http: httpx.Client, tmp_path: Path) -> None:
    sent = {"walks": vectors(tmp_path, range(6, 8))}
    report = good(http.post("/v1/enroll", files=sent, data={"tags": ["new", "night"], "camera": "yard"}))
    assert (len(report["enrolled"]), report["people"]) == (4, 2)
    assert good(http.post("/v1/enroll", files=sent))["already"] == 4
    assert good(http.get("/v1/people", params={"tag": ["new", "night"]}))["total"] == 2
    assert "model" in bad(http.post("/v1/enroll", files={"walks": vectors(tmp_path, range(1), source="x")}), 409)
    assert bad(http.post("/v1/enroll", files={"walks": b"hello"}), 415)
    damaged = sent["walks"][:-5]
    assert str(tmp_path) not in bad(http.post("/v1/enroll", files={"walks": damaged}), 422)
    assert bad(http.post("/v1/enroll"), 422)


def test_keys_are_made_used_and_revoked(running: Served, http: httpx.Client) -> None:
    made = good(http.post("/v1/keys", json={"name": "reader", "scopes": ["read"]}), 201)
    with running.client(made["key"]) as reader:
        assert good(reader.get("/v1/session"))["key"]["scopes"] == ["read"]
        assert "'search'" in bad(reader.post("/v1/probes/1/identify", json={}), 403)
        assert good(http.delete(f"/v1/keys/{made['id']}"), 204) is None
        assert bad(reader.get("/v1/session"), 401)
    keys = good(http.get("/v1/keys"))["keys"]
    assert [(k["name"], bool(k["revoked"])) for k in keys] == [("first", False), ("reader", True)]
    assert "last key" in bad(http.delete(f"/v1/keys/{keys[0]['id']}"), 409)
    assert bad(http.delete("/v1/keys/nobody"), 404)


def test_the_page_is_sent_with_what_browsers_have_to_keep_to(running: Served) -> None:
    with running.client("") as anybody:
        page = anybody.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "unsafe" not in page.headers["content-security-policy"]
        for response, media in ((page, "text/html"), (anybody.get("/page/app.js"), "text/javascript")):
            assert response.headers["content-type"].startswith(media)
            assert response.headers["cache-control"] == "no-cache"
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["etag"]
        assert bad(anybody.get("/page/../keys.py"), 404)
        assert anybody.get("/v1/openapi.json").headers["cache-control"] == "no-store"


def test_it_says_how_it_is(running: Served, http: httpx.Client) -> None:
    with running.client("") as anybody:
        assert good(anybody.get("/health/live")) == good(anybody.get("/health/ready")) == {"status": "ok"}
        assert bad(anybody.get("/metrics"), 401)
        assert bad(anybody.get("/nothing"), 404)
        assert bad(anybody.put("/health/live"), 405)
        assert anybody.put("/v1/keys").headers["allow"] == "GET, POST"
        assert bad(anybody.get("/v1/probes/enroll"), 405)
        assert bad(anybody.get("/v1/people/anna"), 404)
        assert "/v1/identify" in good(anybody.get("/v1/openapi.json"))["paths"]
    assert 'gaitprint_requests_total{route="/health/live",status="200"} 1.0' in http.get("/metrics").text
    assert good(http.get("/v1/session"))["calibration"]["strangers"] == 300
