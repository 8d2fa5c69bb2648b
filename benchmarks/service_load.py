"""A service under twice the load that it can do: who is answered, who is sent away, how long it takes, and its memory.

    python benchmarks/service_load.py                 five minutes; exits 1 where something else than 200/429/503 came
    python benchmarks/service_load.py --seconds 30    shorter
    python benchmarks/service_load.py --vectors-only  no network: vectors alone

A gallery of drawn people is served by a process of its own. First some clients ask as fast as they are answered: that
is the capacity. Then requests come at twice that rate, whether they are answered or not; beside them a client stalls
in the middle of a body and another one announces a gibibyte, each second.
"""

import argparse
import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import numpy as np
from gallery import MadeUp

import gaitprint as gp
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.types import PartLayout

ALLOWED = {200, 429, 503}
GROWTH = 1.25
"""Times the memory of the first tenth that it may have at the end."""


@dataclass
class Seen:
    """What came back."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    """Of accepted requests."""

    def wrong(self) -> dict[str, int]:
        return {s: n for s, n in self.statuses.items() if s not in {str(a) for a in ALLOWED}}


def make_gallery(place: Path, people: int, model: gp.Model | None) -> list[tuple[str, dict[str, object]]]:
    """A gallery of so many people, and requests that are put to it: path and what httpx takes."""
    asked: list[tuple[str, dict[str, object]]] = [("/v1/people?limit=50&q=00", {})]
    if model is None:
        width, layout, source = 512, PartLayout(((2, 256),)), "drawn"
    else:
        walks = [f for _, f in walkers(SyntheticSettings(subjects=2, frames=30, views=("090",), conditions=("nm-01",)))]
        example = model.embed(gp.Silhouettes(walks[0], gp.SequenceRecord("example", None, "", "")))
        width, layout, source = example.vectors.shape[1], example.layout, example.source
        for walk in walks:
            out = io.BytesIO()
            np.savez_compressed(out, frames=walk)
            asked.append(("/v1/identify", {"files": {"walks": out.getvalue()}}))
    # in few directions, as trained networks' vectors are, so that searches are as quick as they would be
    made_up = MadeUp(width)
    known = replace(made_up.walks(range(people), 0), layout=layout, source=source)
    with gp.Gallery.create(place, retention_days=1.0) as gallery:
        gallery.enroll(known)
        gallery.calibrate(per_1000=50.0)
    for i in range(8):
        near = replace(made_up.walks(range(i, i + 1), 1), layout=layout, source=source)
        with tempfile.TemporaryDirectory() as folder:
            gp.save_embeddings(Path(folder) / "p.safetensors", near)
            data = (Path(folder) / "p.safetensors").read_bytes()
        asked.append(("/v1/identify", {"files": {"walks": data}}))
    return asked


class Lines:
    """Connections that are held open, spoken to in bytes: a client that costs as little as can be, on the same cores.

    Args:
        url: of the service.
        key: said in each request.
    """

    def __init__(self, url: str, key: str) -> None:
        self._port, self._key = int(url.rpartition(":")[2]), key
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def packed(self, path: str, how: dict[str, object]) -> bytes:
        """A request as it goes over the line."""
        made = httpx.Request("POST" if how else "GET", f"http://127.0.0.1:{self._port}{path}", **how)  # type: ignore[arg-type]
        body = made.read()
        headers = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
        return f"{made.method} {path} HTTP/1.1\r\n{headers}Authorization: Bearer {self._key}\r\n\r\n".encode() + body

    async def ask(self, request: bytes, seen: Seen) -> None:
        """One request, and what came of it."""
        begun = time.perf_counter()
        try:
            head, line = await self._head(request)
            status = head.split()[1].decode()
            await line[0].readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.statuses[type(error).__name__] += 1
            return
        if b"connection: close" in head:
            line[1].close()
        else:
            self._idle.append(line)
        seen.statuses[status] += 1
        if status == "200":
            seen.seconds.append(time.perf_counter() - begun)
        elif b"retry-after" not in head:
            seen.statuses["no Retry-After"] += 1

    async def _head(self, request: bytes) -> tuple[bytes, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        while self._idle:
            line = self._idle.pop()
            with suppress(OSError, asyncio.IncompleteReadError):
                line[1].write(request)
                return (await line[0].readuntil(b"\r\n\r\n")).lower(), line
            # it had been idle for too long and was closed: as every client of HTTP does, by another one
            line[1].close()
        line = await asyncio.open_connection("127.0.0.1", self._port)
        line[1].write(request)
        return (await line[0].readuntil(b"\r\n\r\n")).lower(), line


async def capacity(lines: Lines, asked: list[bytes], seconds: float) -> float:
    """Requests a second of clients who wait for their answers."""
    seen, end = Seen(), time.perf_counter() + seconds

    async def one(number: int) -> None:
        while time.perf_counter() < end:
            await lines.ask(asked[number % len(asked)], seen)
            number += 1

    await asyncio.gather(*(one(i) for i in range(8)))
    return len(seen.seconds) / seconds


async def bad_clients(url: str, key: str, seconds: float) -> None:
    """Each second one who stalls, and one who announces a gibibyte."""
    port, end, lines = int(url.rpartition(":")[2]), time.perf_counter() + seconds, list[asyncio.StreamWriter]()
    while time.perf_counter() < end:
        for length in (5000, 1 << 30):
            with suppress(OSError):
                _, line = await asyncio.open_connection("127.0.0.1", port)
                head = f"POST /v1/identify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
                line.write(
                    f"{head}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n".encode()
                )
                await line.drain()
                lines.append(line)
        await asyncio.sleep(1.0)
    for line in lines:
        line.close()


async def load(url: str, key: str, asked: list[tuple[str, dict[str, object]]], seconds: float, pid: int) -> dict:
    """Twice the capacity, and what was measured."""
    lines = Lines(url, key)
    requests = [lines.packed(*one) for one in asked]
    # the model is opened by the first walk, the index made by the first search
    for request in requests:
        await lines.ask(request, Seen())
    rate = await capacity(lines, requests, min(10.0, seconds / 3))
    seen, tasks, memory = Seen(), set[asyncio.Task[None]](), list[float]()
    strangers = asyncio.create_task(bad_clients(url, key, seconds))
    begun, number, next_look = time.perf_counter(), 0, 0.0
    while (now := time.perf_counter() - begun) < seconds:
        # whoever is not answered yet waits: what comes does not depend on it
        while number < 2 * rate * now:
            task = asyncio.create_task(lines.ask(requests[number % len(requests)], seen))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        if now >= next_look:
            memory.append(resident(pid))
            next_look += max(seconds / 60, 0.5)
        await asyncio.sleep(0.005)
    await asyncio.gather(*tasks, strangers)
    memory.append(resident(pid))
    tenth = max(1, len(memory) // 10)
    return {
        "capacity": rate,
        "offered": number / seconds,
        "statuses": dict(seen.statuses),
        "p50_ms": 1000 * float(np.percentile(seen.seconds, 50)),
        "p99_ms": 1000 * float(np.percentile(seen.seconds, 99)),
        "memory_mib": [memory[tenth], max(memory), memory[-1]],
        "wrong": {s: n for s, n in seen.wrong().items() if n},
    }


def resident(pid: int) -> float:
    """MiB of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> int:
    """Run it; 1 where something is not as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--vectors-only", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "load.gallery"
        model = None if given.vectors_only else gp.Model.load()
        asked = make_gallery(place, given.people, model)
        words = ["--vectors-only"] if given.vectors_only else []
        command = [sys.executable, "-m", "gaitprint", "serve", str(place), "--port", "0", "--json", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            made = asyncio.run(load(said["url"], said["key"], asked, given.seconds, process.pid))
        finally:
            process.terminate()
            code = process.wait(120)
    # the most that may wait, twice as long as the capacity needs for it, and a second
    bound = 1000 * (2 * (64 + 64) / made["capacity"] + 1)
    flat = made["memory_mib"][-1] <= GROWTH * made["memory_mib"][0]
    print(json.dumps({**made, "p99_bound_ms": bound, "memory_flat": flat, "exit_code": code}, indent=2))
    return int(bool(made["wrong"]) or not flat or made["p99_ms"] > bound or code != 0)


if __name__ == "__main__":
    sys.exit(main())
