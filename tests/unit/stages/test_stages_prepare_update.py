"""Preparing again: only what is new or changed is read, and where nothing is, nothing is written."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import DataError
from gaitprint.ingest import reading as _reading
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import PrepareReport, prepare
from gaitprint.store import Store

KEYS = tuple(f"{s}/day-0{d}/{v}" for s in ("anna", "ben", "cleo", "dora") for d in (0, 1) for v in ("left", "right"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places of sequences that are read, as they are."""
    places: list[str] = []
    real: Callable[..., Any] = _reading.read_sequence
    monkeypatch.setattr(
        _reading, "read_sequence", lambda f, place, *more: places.append(place) or real(f, place, *more)
    )
    return places


def save(data: Path, key: str, frames: np.ndarray | bytes) -> None:
    leaf = data / key
    leaf.mkdir(parents=True, exist_ok=True)
    content = frames if isinstance(frames, bytes) else pickle.dumps(frames)
    (leaf / f"{leaf.name}.pkl").write_bytes(content)


def body(value: int = 255, frames: int = 6) -> np.ndarray:
    return np.full((frames, 64, 64), value, np.uint8)


def files(root: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file with its bytes, and what a rewrite would change even if the bytes were the same."""
    return {p.name: (p.read_bytes(), p.stat().st_ino, p.stat().st_mtime_ns) for p in root.iterdir()}


def equals_a_fresh_one(data: Path, out: Path, fresh: Path) -> PrepareReport:
    """The store holds what one prepared from nothing would, whatever its history."""
    straight = prepare(data, fresh)
    updated, made = Store.open(out), Store.open(fresh)
    assert (updated.fingerprint, updated.records) == (made.fingerprint, made.records)
    for i in range(len(made.records)):
        np.testing.assert_array_equal(updated.frames(i), made.frames(i))
        assert updated.row(i).stamp == made.row(i).stamp
    return straight


@pytest.mark.parametrize("bad", [False, True])
def test_where_nothing_changed_no_file_is_written(data: Path, tmp_path: Path, read: list[str], bad: bool) -> None:
    if bad:
        save(data, KEYS[3], b"damaged")
    first = prepare(data, tmp_path / "store")
    before = files(tmp_path / "store")
    read.clear()
    again = prepare(data, tmp_path / "store")
    assert files(tmp_path / "store") == before
    assert (again.unchanged, again.changed, again.gone) == (16, (), ())
    assert (again.fingerprint, again.quarantined) == (first.fingerprint, first.quarantined)
    assert read == []


def test_a_grown_source_costs_what_is_new(data: Path, tmp_path: Path, read: list[str]) -> None:
    prepare(data, tmp_path / "store")
    before = Store.open(tmp_path / "store")
    start = (tmp_path / "store/frames.bin").read_bytes()
    save(data, "emil/day-00/left", body())
    save(data, "anna/day-02/left", body(200))
    read.clear()
    report = prepare(data, tmp_path / "store")
    assert read == ["anna/day-02/left/left.pkl", "emil/day-00/left/left.pkl"]
    assert (report.sequences, report.unchanged, report.changed, report.gone) == (18, 16, (), ())
    assert report.unused == 0
    assert (tmp_path / "store/frames.bin").read_bytes().startswith(start)
    equals_a_fresh_one(data, tmp_path / "store", tmp_path / "fresh")
    np.testing.assert_array_equal(before.frames(4), Store.open(tmp_path / "store").frames(5))


def test_a_changed_file_is_read_again(data: Path, tmp_path: Path, read: list[str]) -> None:
    prepare(data, tmp_path / "store")
    before = Store.open(tmp_path / "store")
    old = np.array(before.frames(5))
    save(data, KEYS[5], body(frames=9))
    read.clear()
    report = prepare(data, tmp_path / "store")
    assert read == [f"{KEYS[5]}/right.pkl"]
    assert (report.changed, report.unchanged, report.unused) == ((KEYS[5],), 15, before.row(5).bytes)
    equals_a_fresh_one(data, tmp_path / "store", tmp_path / "fresh")
    # who opened the state before goes on with it
    np.testing.assert_array_equal(before.frames(5), old)


def test_a_file_that_was_only_touched_is_the_same(data: Path, tmp_path: Path, read: list[str]) -> None:
    first = prepare(data, tmp_path / "store")
    os.utime(data / KEYS[7] / "right.pkl", ns=(1, 1))
    read.clear()
    for trust_times in (False, True):
        report = prepare(data, tmp_path / "store", trust_times=trust_times)
        assert (report.changed, report.unchanged, report.fingerprint) == ((), 16, first.fingerprint)
    assert read == []


def test_another_file_beside_the_old_one_counts_as_a_change(tmp_path: Path) -> None:
    find_component("dataset", "folder").make().write_miniature(tmp_path / "data")
    prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("folder"))
    leaf = tmp_path / "data/ben/day/left"
    shutil.copy(leaf / "001.png", leaf / "007.png")
    report = prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("folder"))
    assert (report.changed, report.frames) == (("ben/day/left",), 12 * 6 + 1)


def test_what_was_removed_is_gone(data: Path, tmp_path: Path, read: list[str]) -> None:
    prepare(data, tmp_path / "store")
    shutil.rmtree(data / "ben")
    read.clear()
    report = prepare(data, tmp_path / "store")
    assert read == []
    assert (report.gone, report.sequences, report.subjects) == (KEYS[4:8], 12, 3)
    equals_a_fresh_one(data, tmp_path / "store", tmp_path / "fresh")
    assert prepare(data, tmp_path / "store").gone == ()


def test_a_bad_one_that_was_repaired_comes_in(data: Path, tmp_path: Path) -> None:
    save(data, KEYS[2], b"damaged")
    assert [k for k, _ in prepare(data, tmp_path / "store").quarantined] == [KEYS[2]]
    save(data, KEYS[2], body())
    report = prepare(data, tmp_path / "store")
    assert (report.quarantined, report.sequences, report.changed, report.gone) == ((), 16, (), ())
    assert not (tmp_path / "store/quarantine.json").exists()
    equals_a_fresh_one(data, tmp_path / "store", tmp_path / "fresh")


def test_a_good_one_that_was_damaged_is_left_out(data: Path, tmp_path: Path) -> None:
    prepare(data, tmp_path / "store")
    save(data, KEYS[2], b"damaged")
    report = prepare(data, tmp_path / "store")
    assert [k for k, _ in report.quarantined] == [KEYS[2]]
    assert (report.sequences, report.changed, report.gone) == (15, (), ())
    assert [a["key"] for a in json.loads((tmp_path / "store/quarantine.json").read_text())] == [KEYS[2]]
    straight = equals_a_fresh_one(data, tmp_path / "store", tmp_path / "fresh")
    assert straight.quarantined == report.quarantined


def test_all_of_it_at_once_and_interrupted(data: Path, tmp_path: Path) -> None:
    save(data, KEYS[9], b"damaged")
    prepare(data, tmp_path / "store")
    save(data, "abel/day-00/left", body(180))
    save(data, KEYS[0], body(frames=7))
    save(data, KEYS[9], body(170))
    save(data, KEYS[12], b"damaged")
    shutil.rmtree(data / KEYS[15])
    old = Store.open(tmp_path / "store")
    for after in (1, 2, 9):

        def stop(done: int, total: int, key: str, after: int = after) -> None:
            if done == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            prepare(data, tmp_path / "store", progress=stop)
        assert Store.open(tmp_path / "store").fingerprint == old.fingerprint, "until then it is what it was"
    report = prepare(data, tmp_path / "store")
    assert report.resumed == 9
    assert report.gone == (KEYS[15],)
    assert [k for k, _ in report.quarantined] == [KEYS[12]]
    equals_a_fresh_one(data, tmp_path / "store", tmp_path / "fresh")


def test_damage_everywhere_keeps_the_store_and_what_is_repaired_is_read(data: Path, tmp_path: Path) -> None:
    first = prepare(data, tmp_path / "store")
    good = {key: (data / key / f"{key.rpartition('/')[2]}.pkl").read_bytes() for key in KEYS}
    for key in KEYS:
        save(data, key, b"damaged")
    with pytest.raises(DataError, match="there is nothing to keep"):
        prepare(data, tmp_path / "store")
    assert Store.open(tmp_path / "store").fingerprint == first.fingerprint
    for key in KEYS:
        save(data, key, good[key])
    assert prepare(data, tmp_path / "store").fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"frames": FrameSettings(edge_rule="gaitset")},
            r"under other settings .*, so frames would be mixed: go on as it was prepared",
        ),
        ({"subjects": ["anna"]}, "from another source or under other settings"),
        ({"layout": LayoutChoice("folder")}, "prepared as opengait .* not folder"),
        ({"frames": FrameSettings(size=128)}, "under other settings"),
        (
            {"frames": FrameSettings(form="raw")},
            r"as opengait with frames of \(64, 64\), compact, not opengait with .*, raw: go on as",
        ),
        ({"frames": FrameSettings(form="bits")}, "compact, not .* bits"),
    ],
)
def test_other_settings_are_refused_and_harm_nothing(
    data: Path, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    prepare(data, tmp_path / "store")
    before = files(tmp_path / "store")
    with pytest.raises(DataError, match=words):
        prepare(data, tmp_path / "store", **change)
    assert files(tmp_path / "store") == before


def test_another_source_is_refused(data: Path, tmp_path: Path) -> None:
    prepare(data, tmp_path / "store")
    shutil.copytree(data / "anna", tmp_path / "other" / "eve")
    with pytest.raises(DataError, match="prepared from another source"):
        prepare(tmp_path / "other", tmp_path / "store")


class TestManifest:
    def write(self, root: Path, *lines: str) -> Path:
        path = root / "list.csv"
        path.write_text("\n".join(["key,path,subject,condition,view", *lines]) + "\n")
        return path

    def test_who_is_in_the_file_counts_although_no_frame_changed(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            np.save(tmp_path / f"{name}.npy", body(200 if name == "one" else 250))
        source = self.write(tmp_path, "1,one.npy,anna,day,left", "2,two.npy,ben,day,left")
        prepare(source, tmp_path / "store")
        self.write(tmp_path, "1,one.npy,anna,day,left", "2,two.npy,cleo,night,right")
        report = prepare(source, tmp_path / "store")
        assert (report.changed, report.unchanged) == (("2",), 1)
        record = Store.open(tmp_path / "store").records[1]
        assert (record.subject, record.condition, record.view) == ("cleo", "night", "right")
        assert prepare(source, tmp_path / "store").unchanged == 2

    def test_so_it_does_from_store_to_store(self, tmp_path: Path) -> None:
        np.save(tmp_path / "one.npy", body())
        source = self.write(tmp_path, "1,one.npy,anna,day,left")
        prepare(source, tmp_path / "store")
        prepare(tmp_path / "store", tmp_path / "copy")
        prepare(self.write(tmp_path, "1,one.npy,ben,day,left"), tmp_path / "store")
        assert prepare(tmp_path / "store", tmp_path / "copy").changed == ("1",)
        assert Store.open(tmp_path / "copy").records[0].subject == "ben"

    def test_a_sequence_that_moved_is_read_at_its_new_place(self, tmp_path: Path) -> None:
        np.save(tmp_path / "one.npy", body(200))
        np.save(tmp_path / "two.npy", body(250))
        source = self.write(tmp_path, "1,one.npy,anna,day,left")
        prepare(source, tmp_path / "store")
        prepare(self.write(tmp_path, "1,two.npy,anna,day,left"), tmp_path / "store")
        store = Store.open(tmp_path / "store")
        assert (store.row(0).source, store.frames(0).max()) == ("two.npy", 250)


def test_a_store_that_the_doctor_thinned_out_is_filled_again(data: Path, tmp_path: Path, read: list[str]) -> None:
    first = prepare(data, tmp_path / "store")
    row = Store.open(tmp_path / "store").row(6)
    with (tmp_path / "store/frames.bin").open("r+b") as stream:
        stream.seek(row.offset)
        stream.write(bytes(row.bytes))
    assert doctor(tmp_path / "store", fix=True).quarantined == (KEYS[6],)
    read.clear()
    report = prepare(data, tmp_path / "store")
    assert read == [f"{KEYS[6]}/left.pkl"]
    assert (report.fingerprint, report.quarantined, report.unchanged) == (first.fingerprint, (), 15)
