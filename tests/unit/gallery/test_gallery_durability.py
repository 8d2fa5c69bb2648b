"""What was acknowledged is there: after kills at any moment, a full disk, failing system calls, several writers.

`pytest -m slow tests/unit/gallery` counts in full: 1,000 kills (R1 of the targets).
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import numpy as np
import pytest
from drawn_people import drawn, filled
from warm_processes import WarmProcess, wait_until

import gaitprint as gp
from gaitprint.errors import DataError, GaitprintError
from gaitprint.gallery import sqlite


def work(path: str, seed: int) -> None:
    """Enrol, remove, restore, purge and search for ever; say each that has returned."""
    random, number = np.random.default_rng(seed), 0
    with gp.Gallery.open(path) as gallery:
        while True:
            person = 10_000 * seed + number
            gallery.enroll(drawn(range(person, person + 1), range(1)))
            os.write(1, f"enrolled {person:03d}\n".encode())
            number += 1
            some = f"{10_000 * seed + int(random.integers(number)):03d}"
            if random.random() < 0.2:
                try:
                    gallery.remove(some)
                    os.write(1, f"removed {some}\n".encode())
                except DataError:
                    continue
            if random.random() < 0.1:
                try:
                    gallery.purge(some)
                    os.write(1, f"purged {some}\n".encode())
                except DataError:
                    continue


def acknowledged(lines: list[str]) -> dict[str, str]:
    """The last thing said of each person."""
    return {line.split()[1]: line.split()[0] for line in lines if len(line.split()) == 2}


def check_after(path: Path, said: dict[str, str]) -> None:
    with gp.Gallery.open(path) as gallery:
        assert gallery.check().problems == ()
        there = {p.name for p in gallery.people()}
        gone = {p.name for p in gallery.people(removed=True)}
    states = {name: "enrolled" if name in there else "removed" if name in gone else "purged" for name in said}
    # each of those who were killed may have done one more thing than they could say
    order = ["enrolled", "removed", "purged"]
    late = [name for name, word in said.items() if order.index(states[name]) > order.index(word)]
    assert max(Counter(int(name) // 10_000 for name in late).values(), default=0) <= 1
    assert [n for n in said if order.index(states[n]) < order.index(said[n])] == [], "nothing that was said is undone"


def kill_at_seeded_moments(path: Path, kills: int) -> None:
    gp.Gallery.create(path).close()
    said: dict[str, str] = {}
    for seed in range(kills):
        running = WarmProcess(work, str(path), seed)
        wait_until(lambda running=running: running.out().count("enrolled") >= 2, running)
        time.sleep(float(np.random.default_rng(seed).random()) * 0.2)
        running.send_signal(signal.SIGKILL)
        said |= acknowledged(running.ended()[1].splitlines())
    check_after(path, said)


def test_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kill_at_seeded_moments(tmp_path / "g", 3)


@pytest.mark.slow
def test_a_thousand_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kill_at_seeded_moments(tmp_path / "g", 1000)


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    gp.Gallery.create(tmp_path / "g").close()
    running = [WarmProcess(work, str(tmp_path / "g"), seed) for seed in (1, 2)]
    for process in running:
        wait_until(lambda process=process: process.out().count("enrolled") >= 5, process)
    said: dict[str, str] = {}
    for process in running:
        process.send_signal(signal.SIGKILL)
        code, out, err = process.ended()
        assert (code, err) == (-9, "")
        said |= acknowledged(out.splitlines())
    check_after(tmp_path / "g", said)


def test_a_change_of_another_process_is_seen_by_the_next_search(tmp_path: Path) -> None:
    gallery, probe = filled(tmp_path / "g"), drawn(range(50, 51), range(5, 6))
    assert gallery.identify(probe, top=1)[0].candidates[0].name != "050"
    with gp.Gallery.open(tmp_path / "g") as other:
        other.enroll(drawn(range(50, 51)))
        assert gallery.identify(probe, top=1)[0].candidates[0].name == "050"
        other.rename("050", "other name")
        assert gallery.identify(probe, top=1)[0].candidates[0].name == "other name"
        other.remove("other name")
        assert gallery.identify(probe, top=1)[0].candidates[0].name != "other name"


def test_a_writer_that_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAIT", 50)
    gallery = filled(tmp_path / "g")
    with gp.Gallery.open(tmp_path / "g") as other, other._engine.writing():
        with pytest.raises(DataError, match="another process has been writing"):
            gallery.rename("001", "x")
        assert gallery.identify(drawn(range(1)))[0].candidates, "searches go on"
    assert gallery.rename("001", "x").name == "x"


def test_a_full_disk_is_one_line_and_nothing_is_half_written(tmp_path: Path) -> None:
    gallery = filled(tmp_path / "g")
    before = gallery.check().digest
    connection = gallery._engine._connection  # type: ignore[attr-defined]
    connection.pragma("max_page_count", connection.pragma("page_count") + 3)
    with pytest.raises(DataError, match="the disk is full, nothing was changed: make room there"):
        gallery.enroll(drawn(range(100, 200), width=12))
    with gp.Gallery.open(tmp_path / "g") as other:
        assert other.check().digest == before
    assert gallery.identify(drawn(range(1)))[0].candidates, "searches go on"
    connection.pragma("max_page_count", 1_000_000)
    assert len(gallery.enroll(drawn(range(100, 200))).enrolled) == 200


class Failing(apsw.VFS):
    """The system's files, of which one call fails.

    Args:
        error: what it fails with.
    """

    def __init__(self, error: type[apsw.Error]) -> None:
        self.error, self.left = error, -1
        super().__init__("failing", "")

    def count(self) -> None:
        """One more call."""
        self.left -= 1
        if self.left == 0:
            raise self.error("it was told to")

    def xOpen(self, name, flags):
        return FailingFile(self, name, flags)


class FailingFile(apsw.VFSFile):
    """One of them."""

    def __init__(self, vfs, name, flags) -> None:
        self.vfs = vfs
        super().__init__("", name, flags)

    def xWrite(self, data, offset):
        self.vfs.count()
        super().xWrite(data, offset)

    def xSync(self, flags):
        self.vfs.count()
        super().xSync(flags)

    def xTruncate(self, size):
        self.vfs.count()
        super().xTruncate(size)


@contextmanager
def failing_files(monkeypatch: pytest.MonkeyPatch, error: type[apsw.Error]) -> Iterator[Failing]:
    vfs, usual = Failing(error), apsw.Connection
    with monkeypatch.context() as patch:
        patch.setattr(apsw, "Connection", lambda path, **given: usual(path, vfs="failing", **given))
        yield vfs


@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
def test_every_call_of_an_enrolment_may_fail_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[apsw.Error]
) -> None:
    filled(tmp_path / "g", range(2)).close()
    failed, number = 0, 0
    while failed == number:
        number += 1
        walk = drawn(range(100 + number, 101 + number), range(1))
        with failing_files(monkeypatch, error) as vfs:
            gallery = gp.Gallery.open(tmp_path / "g")
            vfs.left = number
            try:
                gallery.enroll(walk)
                told = True
            except GaitprintError:
                told, failed = False, failed + 1
            vfs.left = -1
            gallery.close()
        with gp.Gallery.open(tmp_path / "g") as again:
            there = walk.records[0].subject in {p.name for p in again.people()}
            assert there or not told, "a false acknowledgement"
            assert again.check().problems == ()
    assert failed >= 5
