"""What clients may cost: large bodies, slow ones, many at once, faults of ours, and a stop in the middle."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from drawn_people import drawn
from served import Served, served
from service_answers import bad, good

import gaitprint as gp
from gaitprint.service.settings import ServiceSettings


@pytest.fixture
def place(tmp_path: Path, calibrated_copy: Callable[..., Path]) -> Path:
    calibrated_copy(tmp_path / "g", retention_days=3.0)
    gp.save_embeddings(tmp_path / "p.safetensors", drawn(range(1), range(5, 6)))
    return tmp_path / "g"


def spoken(made: Served, *parts: bytes, key: str | None = None, end: bool = False) -> tuple[socket.socket, Any]:
    """Say something to the service byte by byte; the socket, and what reads from it."""
    port = int(made.url.rpartition(":")[2])
    line = socket.create_connection(("127.0.0.1", port), timeout=60)
    text = made.key if key is None else key
    for part in parts:
        line.sendall(part.replace(b"KEY", text.encode()))
    if end:
        line.shutdown(socket.SHUT_WR)
    return line, line.makefile("rb")


def status_of(answer: Any) -> tuple[int, dict[str, str], bytes]:
    status = int(answer.readline().split()[1])
    headers = {}
    while (line := answer.readline().strip()) != b"":
        name, _, value = line.partition(b": ")
        headers[name.decode().lower()] = value.decode()
    return status, headers, answer.read(int(headers.get("content-length", "0")))


def head(length: int | str, path: str = "/v1/identify") -> bytes:
    size = f"Content-Length: {length}" if isinstance(length, int) else length
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Type: multipart/form-data; "
        f"boundary=b\r\n{size}\r\n\r\n"
    ).encode()


@contextmanager
def busy(made: Served, count: int = 1) -> Iterator[None]:
    """The gallery's thread is at work for the length of a block."""
    go_on = threading.Event()
    loop = made.service.courier._loop
    assert loop is not None
    working = [asyncio.run_coroutine_threadsafe(made.service.searches.run(go_on.wait), loop) for _ in range(count)]
    while made.service.searches.count < count:
        threading.Event().wait(0.01)
    yield
    go_on.set()
    for work in working:
        work.result()


def test_a_gigabyte_is_refused_before_it_comes(place: Path) -> None:
    with served(place) as made:
        for path, key, status in (
            ("/v1/identify", made.key, 413),
            ("/v1/people/1/merge", made.key, 413),
            ("/v1/identify", "gp_x_y", 401),
            ("/nowhere", made.key, 404),
        ):
            line, answer = spoken(made, head(1 << 30, path), bytes(1000), key=key)
            found, headers, body = status_of(answer)
            assert found == status
            assert headers["connection"] == "close"
            assert json.loads(body)["status"] == status
            line.close()
        for wrong in ("-5", "1e3", "9" * 40):
            line, answer = spoken(made, head(f"Content-Length: {wrong}"), bytes(10))
            assert status_of(answer)[0] in (400, 413)
            line.close()


def test_a_body_that_says_no_length_is_counted(place: Path) -> None:
    with served(place, upload_mib=0.01) as made:
        # a form without a fault but its size: however its bytes arrive, nothing else can refuse it first
        form = b'--b\r\nContent-Disposition: form-data; name="walks"; filename="w"\r\n\r\n'
        chunk = b"1000\r\n" + bytes(4096) + b"\r\n"
        line, answer = spoken(
            made, head("Transfer-Encoding: chunked"), b"%x\r\n%s\r\n" % (len(form), form), *[chunk] * 4
        )
        status, _, body = status_of(answer)
        assert status == 413, body
        assert "larger than 10485 bytes" in json.loads(body)["detail"]
        line.close()


def test_whoever_stalls_costs_nobody_anything(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaitprint.service.server._HEAD_SECONDS", 0.3)
    with served(place, stall_seconds=0.5, uploads=2) as made, made.client() as client:
        lines = [spoken(made, head(5000), b"--b\r\n") for _ in range(2)]
        while made.service._receiving < 2:
            threading.Event().wait(0.01)
        answer = client.post("/v1/identify", files={"walks": b"x"})
        assert "as many files" in bad(answer, 429)
        assert answer.headers["retry-after"] == "1"
        assert good(client.get("/v1/people"))["total"] == 6, "who sends no file is answered"
        for line, said in lines:
            status, headers, body = status_of(said)
            assert (status, headers["connection"]) == (408, "close"), body
            line.close()
        # whose first lines never end
        line, said = spoken(made, b"POST /v1/identify HTTP/1.1\r\nHost: x\r\nAuthoriz")
        assert said.read() == b""
        line.close()
        assert bad(client.post("/v1/identify", files={"walks": b"x"}), 415)


def test_a_body_has_to_come_whole_in_time(place: Path) -> None:
    with served(place, body_seconds=0.5) as made:
        line, answer = spoken(made, head(5000), b"--b\r\n")
        for _ in range(4):
            threading.Event().wait(0.2)
            with suppress(OSError):
                line.sendall(b"x")
        assert status_of(answer)[0] == 408
        line.close()


def test_what_comes_beyond_the_queue_is_sent_away(place: Path) -> None:
    walk = (place.parent / "p.safetensors").read_bytes()
    with served(place, waiting=2) as made, made.client() as client, busy(made, 2):
        answer = client.post("/v1/identify", files={"walks": walk})
        assert "too much is waiting for the gallery" in bad(answer, 429)
        assert answer.headers["retry-after"] == "1"
        assert good(client.get("/v1/people"))["total"] == 6
        assert 'gaitprint_waiting{lane="gallery"} 2.0' in client.get("/metrics").text


def test_what_takes_too_long_is_given_up(place: Path) -> None:
    with served(place, answer_seconds=0.2, body_seconds=0.2) as made, made.client() as client, busy(made):
        assert "took too long" in bad(client.post("/v1/undo", json={}), 503)


def test_a_fault_of_ours_is_an_id(place: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    with served(place) as made, made.client() as client:

        def fail(*given: Any) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr(made.service, "people", fail)
        said = bad(client.get("/v1/people"), 500)
        assert "secret" not in said
        assert "the service failed" in said
        assert any("secret detail" in str(r.exc_info) for r in caplog.records if r.exc_info)


def test_what_was_accepted_is_finished(place: Path) -> None:
    walk = (place.parent / "p.safetensors").read_bytes()
    answers: list[httpx.Response] = []
    with served(place) as made:

        def ask() -> None:
            with made.client() as client:
                answers.append(client.post("/v1/identify", files={"walks": walk}))

        with busy(made), made.client() as waiting:
            thread = threading.Thread(target=ask)
            thread.start()
            while made.service.searches.count < 2:
                threading.Event().wait(0.01)
            good(waiting.get("/health/ready"))
            made.server.stop()
            # new ones are refused, by an answer or by the closed door
            with suppress(httpx.HTTPError):
                bad(waiting.get("/health/ready"), 503)
            with suppress(httpx.HTTPError):
                bad(waiting.get("/v1/people"), 503)
        thread.join()
    assert [a.status_code for a in answers] == [200]
    with gp.Gallery.open(place) as gallery:
        assert len(gallery.log()) == 1, "and it is on the disk"


def test_limits_are_checked_once() -> None:
    for name, value in (("uploads", 0), ("frames", -1), ("upload_mib", 0.0), ("stop_seconds", -1.0)):
        with pytest.raises(gp.GaitprintError, match=name):
            ServiceSettings(**{name: value})


def test_a_process_stops_when_it_is_asked_to(place: Path) -> None:
    words = [sys.executable, "-m", "gaitprint", "serve", str(place), "--port", "0", "--vectors-only", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}, text=True)
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    bearer = {"Authorization": f"Bearer {said['key']}"}
    with httpx.Client(base_url=said["url"], headers=bearer, timeout=60) as client:
        assert good(client.get("/v1/people"))["total"] == 6
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "", "")
