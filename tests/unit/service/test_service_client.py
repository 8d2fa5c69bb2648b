"""The client against a service on loopback: the verbs of a gallery, errors in a line, patience."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from drawn_people import calibrated, drawn
from served import Served, served

import gaitprint as gp
from gaitprint.errors import ConfigError, DataError
from gaitprint.service.calling import ServiceError


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("client") / "g"
    calibrated(place, retention_days=3.0).close()
    with served(place) as made:
        yield made


@pytest.fixture
def client(running: Served) -> Iterator[gp.Client]:
    with gp.Client(running.url, running.key, patience=2.0) as made:
        yield made


def test_it_does_what_a_gallery_does(client: gp.Client, running: Served, tmp_path: Path) -> None:
    gallery = running.service.gallery
    probes = drawn(range(7), range(5, 6))
    there = gallery.identify(probes, 3, log=False)
    asked = client.identify(probes, 3, camera="door")
    assert [(a.name, a.person, a.margin) for a in asked] == [(a.name, a.person, a.margin) for a in there]
    assert [[(c.person, c.distance) for c in a.candidates] for a in asked] == [
        [(c.person, c.distance) for c in a.candidates] for a in there
    ]
    one = probes.select([0])
    assert client.verify(one, 1) == gallery.verify(one, 1)
    assert [p.id for p in client.people(tags=["none"])] == []
    assert client.people() == gallery.people()
    assert client.show(1)[0] == gallery.show(1)[0]
    assert client.rename(2, "Anna").name == "Anna"
    assert client.tag(2, ["staff"]).tags == ("staff",)
    assert client.set_basis(2, basis="consent").basis == "consent"
    assert client.merge_preview(2, 3).samples == [5, 6]
    assert client.merge(2, 3).samples == 4
    assert client.undo()[1] == "merge"
    new = client.split(2, [3], "Berta")
    assert client.move([4], new.id).samples == 2
    client.remove(new.id)
    assert [p.id for p in client.people(removed=True)] == [new.id]
    client.restore(new.id)
    report = client.enroll(drawn(range(8, 9)), gp.WalkDetails(tags=["new"], camera="yard"))
    assert (len(report.enrolled), report.people) == (2, 1)
    assert client.log(unknown=True)[0].camera == "door"
    assert client.log(one, last=1)[0].like == 0.0
    assert client.identify_again(1).name == "000"
    assert client.confirm(1, 1).startswith("noted")
    assert client.reject(2, 1).startswith("noted")
    assert client.unknowns()[0].times == 1
    assert client.enroll_from_log([7], "Clara").people == 1
    assert client.purge(1, dry_run=True).samples == (1, 2)
    assert client.calibrate(drawn(range(500, 800), range(1)), per_1000=20.0).strangers == 300
    assert client.audit(1)[0].verb == "calibrate"
    assert client.check().problems == []
    assert client.session().key.name == "first"
    with gp.Gallery.open(client.backup(tmp_path / "copy")) as copy:
        assert len(copy.people()) == len(client.people())
    assert client.export(tmp_path / "out.zip").stat().st_size > 0
    with pytest.raises(ConfigError, match="is there"):
        client.export(tmp_path / "out.zip")


def test_refusals_are_one_line(client: gp.Client, running: Served, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="nobody of the id 99") as caught:
        client.show(99)
    assert (caught.value.status, len(caught.value.request)) == (404, 16)
    with pytest.raises(ServiceError, match="no kept walk"):
        client.walk(1)
    with pytest.raises(ConfigError, match="sample or a probe"):
        client.walk()
    with pytest.raises(DataError, match="no walks at"):
        client.identify(tmp_path / "nothing")
    with pytest.raises(ServiceError, match="a key is needed"), gp.Client(running.url, "gp_x_y") as stranger:
        stranger.people()
    with pytest.raises(ServiceError, match="cannot be reached"), gp.Client("http://127.0.0.1:9", "k") as nobody:
        nobody.people()
    for address, key in (("host", "k"), ("http://host", "ü")):
        with pytest.raises(ConfigError):
            gp.Client(address, key)


def test_it_waits_where_the_service_is_busy() -> None:
    answers = iter([429, 503, 200])
    slept: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        status = next(answers)
        assert request.read().count(b"walks.safetensors") == 1
        body: dict[str, Any] = {"answers": [], "rejects": []} if status == 200 else {"detail": "busy", "id": "x"}
        return httpx.Response(status, json=body, headers={"Retry-After": "2"} if status == 429 else {})

    with gp.Client("http://there", "k", sleep=slept.append) as client:
        client._http = httpx.Client(base_url="http://there", transport=httpx.MockTransport(answer))
        assert client.identify(drawn(range(1))) == []
        assert slept == [2.0, 1.0]
        always = httpx.MockTransport(lambda _: httpx.Response(503, text="<html>", headers={"Retry-After": "100"}))
        client._http = httpx.Client(base_url="http://there", transport=always)
        with pytest.raises(ServiceError, match="status 503, and not by a gaitprint service"):
            client.people()
        other = httpx.MockTransport(lambda _: httpx.Response(200, json={"people": [{"id": "x"}], "total": 1}))
        client._http = httpx.Client(base_url="http://there", transport=other)
        with pytest.raises(ServiceError, match="not as this version has it"):
            client.people()


def test_silhouettes_go_as_arrays(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        return httpx.Response(200, json={"answers": [], "rejects": []})

    frames = np.zeros((20, 64, 64), np.uint8)
    frames[:, 10:50, 20:40] = 255
    walk = gp.Silhouettes(frames, gp.SequenceRecord("a", None, "", ""))
    (tmp_path / "clip.mp4").write_bytes(b"film")
    with gp.Client("http://there", "k") as client:
        client._http = httpx.Client(base_url="http://there", transport=httpx.MockTransport(answer))
        client.identify(walk)
        client.identify(str(tmp_path / "clip.mp4"))
    assert b'filename="walk.npz"' in sent[0]
    assert b"frames.npy" in sent[0]
    assert b'filename="clip.mp4"' in sent[1]
