"""Webhooks: signed, filtered, sent again until they arrive, also after a restart; never of somebody who was erased."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from drawn_people import calibrated, drawn
from served import Served, served
from service_answers import good

import gaitprint as gp
from gaitprint.errors import AbsentError, ConfigError
from gaitprint.service.side_file import SideFile
from gaitprint.service.signing import is_signed
from gaitprint.service.webhooks import Webhooks


@dataclass
class Receiver:
    """Somebody who is told, and says what it is told to."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    """The first answers; then 204."""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, count: int) -> list[dict[str, object]]:
        end = time.monotonic() + 120
        while len(self.heard) < count:
            assert time.monotonic() < end, f"heard {len(self.heard)} of {count}"
            time.sleep(0.01)
        return [json.loads(body) for _, body in self.heard]


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    made = Receiver(statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.statuses.pop(0) if made.statuses else 204
            self.send_response(status)
            self.send_header("Location", made.url)
            self.end_headers()
            made.heard.append((dict(self.headers), body))

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/told"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    calibrated(tmp_path / "g", retention_days=3.0).close()
    return tmp_path / "g"


def identify(made: Served, people: range, camera: str = "") -> list[dict[str, object]]:
    gp.save_embeddings(made.service.place.parent / "p.safetensors", drawn(people, range(5, 6)))
    with made.client() as client, (made.service.place.parent / "p.safetensors").open("rb") as sent:
        return list(good(client.post("/v1/identify", files={"walks": sent}, data={"camera": camera}))["answers"])


def until_all_is_sent(made: Served) -> None:
    end = time.monotonic() + 120
    while sum(w.pending for w in made.service.webhooks.known()):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_answers_are_told_signed_and_again_until_they_arrive(place: Path) -> None:
    with receiving(500, 302) as there, served(place) as made:
        made.service.webhooks.first_wait = 0.01
        hook, secret = made.service.webhooks.add(there.url, ["identified", "unknown"])
        answers = identify(made, range(5, 7), "door")
        events = there.wait_for(4)
        until_all_is_sent(made)
        assert len({str(e["id"]) for e in events}) == 2, "an event keeps its id"
        assert {(e["event"], e["name"], e["camera"]) for e in events} == {
            ("identified", "005", "door"),
            ("unknown", "unknown", "door"),
        }
        assert {e["probe"] for e in events} == {a["probe"] for a in answers}
        for headers, body in there.heard:
            given = headers["Gaitprint-Timestamp"], body, headers["Gaitprint-Signature"], time.time()
            assert is_signed(secret, *given)
            assert not is_signed(secret + "x", *given)
            assert not is_signed(secret, given[0], body + b" ", *given[2:])
            assert not is_signed(secret, *given[:3], time.time() + 301)
            assert headers["Gaitprint-Event-Id"] == json.loads(body)["id"]
        with made.client() as client:
            [shown] = good(client.get("/v1/webhooks"))["webhooks"]
        assert (shown["id"], shown["pending"], shown["failed"]) == (hook.id, 0, 0)
        assert secret not in str(shown)


def test_each_is_told_what_it_wants(place: Path) -> None:
    with receiving() as staff, receiving() as door, served(place) as made:
        made.service.webhooks.add(staff.url, ["identified"], tags=["staff"])
        made.service.webhooks.add(door.url, ["unknown"], cameras=["door"])
        with made.client() as client:
            good(client.patch("/v1/people/2", json={"add_tags": ["staff"]}))
        identify(made, range(7), "yard")
        identify(made, range(7), "door")
        assert [e["person"] for e in staff.wait_for(2)] == [2, 2]
        assert [e["event"] for e in door.wait_for(1)] == ["unknown"]
        until_all_is_sent(made)
        assert (len(staff.heard), len(door.heard)) == (2, 1)


def test_what_was_not_sent_is_sent_after_a_restart_but_not_of_the_erased(place: Path) -> None:
    with receiving() as there:
        with served(place) as made:
            # nobody listens there
            made.service.webhooks.add("http://127.0.0.1:9/", ["identified"])
            identify(made, range(3))
            while not made.service.webhooks.known()[0].last:
                time.sleep(0.01)
            assert made.service.webhooks.known()[0].last == "ConnectError"
            with made.client() as client:
                good(client.post("/v1/purge", json={"people": [1]}))
            assert made.service.webhooks.known()[0].pending == 2
            left = [p.read_bytes() for p in place.parent.glob("g.service*")]
            assert not any(b'"name": "000"' in data for data in left), "nor in the log beside the file"
        with gp.Gallery.open(place) as gallery:
            gallery.remove(2)
        side = SideFile(place.with_name("g.service"))
        side.run("UPDATE webhooks SET url = ?", there.url)
        side.run("UPDATE deliveries SET due = 0")
        side.close()
        with served(place) as made:
            until_all_is_sent(made)
        assert [json.loads(body)["name"] for _, body in there.heard] == ["002"]
    assert b'"000"' not in place.with_name("g.service").read_bytes()


def test_lists_are_bounded_and_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaitprint.service.webhooks._PENDING", 3)
    side = SideFile(tmp_path / "s")
    hooks = Webhooks(side, first_wait=2.0)
    hook, _ = hooks.add("https://host/path", ["unknown"])
    with calibrated(tmp_path / "g") as gallery:
        answers = gallery.identify(drawn(range(60, 65), range(1)))
    assert hooks.queue([(hook, a) for a in answers], "", 5.0) == 5
    assert [json.loads(d.body)["key"] for d in hooks.due(6.0, 9)] == [a.key for a in answers[2:]]
    [first, *_] = hooks.due(6.0, 1)
    waits = []
    for _ in range(40):
        found = [d for d in hooks.due(1e9, 9) if d.id == first.id]
        if not found:
            break
        hooks.failed(found[0], "status 500", 100.0)
        waits.append(side.rows("SELECT due FROM deliveries WHERE id = ?", first.id)[0][0] - 100.0)
    assert 2 <= waits[0] < 4 <= waits[1] < 8
    assert max(waits) == 3600
    assert len(waits) == 30
    known = hooks.known()[0]
    assert (known.pending, known.failed, known.last) == (2, 1, "status 500")
    assert side.rows("SELECT body FROM deliveries WHERE given_up = 1") == [("",)]
    hooks.remove(hook.id)
    assert side.rows("SELECT * FROM deliveries") == []
    with pytest.raises(AbsentError):
        hooks.remove(hook.id)
    side.close()


def test_addresses_are_addresses(tmp_path: Path) -> None:
    side = SideFile(tmp_path / "s")
    hooks = Webhooks(side)
    for url in ("file:///etc/passwd", "host/path", "http://", "https://a:b@host/", "https://host/#x"):
        with pytest.raises(ConfigError, match="an address such as"):
            hooks.add(url, ["unknown"])
    with pytest.raises(ConfigError, match="events are"):
        hooks.add("https://host/", ["seen"])
    with pytest.raises(ConfigError, match="printable"):
        hooks.add("https://host/", ["unknown"], cameras=[" "])
    side.close()
