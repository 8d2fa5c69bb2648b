"""Writing a store and bringing one up to date, without a kill."""

import errno
import json
import os
from contextlib import suppress
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from store_examples import (
    MADE_FROM,
    SIZE,
    begin,
    contents,
    decide,
    frames,
    fresh,
    keys,
    known,
    record,
    replace_contents,
    run,
    shown,
    update,
    write,
    writer,
)

from gaitprint import locks
from gaitprint.errors import ArtefactError, DataError, ShapeError
from gaitprint.store import Form, Store, StorePlan, StoreWriter, check_free, is_begun, is_store, pack


def updated(root: Path) -> Store:
    run(writer(root), update)
    return Store.open(root)


@pytest.mark.parametrize("form", get_args(Form))
def test_what_is_written_comes_back(tmp_path: Path, form: Form) -> None:
    store = write(tmp_path / "s", form)
    assert keys(store) == [record(i).key for i in range(4)]
    assert store.records == tuple(record(i) for i in range(4))
    assert (store.lengths, store.size, store.form, store.dataset) == ((3, 1, 20, 2), SIZE, form, "folder")
    assert store.layout == {"pattern": "{subject}"}
    assert [store.row(i).offset for i in range(4)] == [row.offset for row in store.rows]
    for i, row in enumerate(store.rows):
        np.testing.assert_array_equal(store.frames(i), shown(form, frames(i)))
        assert row.sha256 == pack(shown(form, frames(i)), "raw").sha256
        assert (row.source, row.stamp, row.warnings) == (f"source {i}", f"stamp {i} 0", ("few",) if i == 1 else ())
    np.testing.assert_array_equal(store.quality["height"], np.float32([1 / 3, 60.1, 60.1, 60.1]))
    assert np.isnan(store.quality["period"]).all()
    assert store.used == store.head.bytes == (tmp_path / "s" / "frames.bin").stat().st_size
    left_out = json.loads((tmp_path / "s" / "quarantine.json").read_text())
    assert left_out == [{"key": "bad", "reason": "no silhouette in it", "stamp": "stamp bad"}]
    assert sorted(contents(tmp_path / "s")) == ["frames.bin", "index-1.arrow", "quarantine.json", "store.json"]


def test_rows_are_in_the_order_of_keys_and_frames_in_that_of_writing(tmp_path: Path) -> None:
    with writer(tmp_path) as into:
        for i in (2, 0, 3, 1):
            decide(into, i)
    store = Store.open(tmp_path)
    assert keys(store) == [record(i).key for i in range(4)]
    assert np.argsort([row.offset for row in store.rows]).tolist() == [2, 0, 3, 1]
    for i in range(4):
        np.testing.assert_array_equal(store.frames(i), frames(i))


def test_an_update_keeps_reads_drops_and_leaves_out(tmp_path: Path) -> None:
    before = write(tmp_path)
    kept = before.row(0)
    with writer(tmp_path) as into:
        assert into.known == {record(i).key: f"stamp {i} 0" for i in range(4)} | {"bad": "stamp bad"}
        assert into.done == frozenset()
        for step in update(into):
            step()
        assert [a.key for a in into.set_aside_now] == [record(3).key, "bad"]
    store = Store.open(tmp_path)
    assert keys(store) == [record(0).key, record(2).key, "new"]
    assert replace(store.row(0), quality={}) == replace(kept, quality={})
    assert store.row(0).stamp == "stamp 0 0"
    np.testing.assert_array_equal(store.quality["height"], np.float32([1 / 3, 60.1, np.nan]))
    assert (store.row(1).stamp, store.row(2).stamp) == ("stamp 2 1", "stamp new")
    np.testing.assert_array_equal(store.frames(0), frames(0))
    np.testing.assert_array_equal(store.frames(1), frames(2, salt=1))
    np.testing.assert_array_equal(store.frames(2), frames(1, salt=2))
    assert store.head.generation == before.head.generation + 1
    assert store.used < store.head.bytes
    assert store.fingerprint != before.fingerprint
    left_out = json.loads((tmp_path / "quarantine.json").read_text())
    assert [(a["key"], a["reason"]) for a in left_out] == [
        (record(3).key, "truncated"),
        ("bad", "no silhouette in it"),
    ]
    assert sorted(contents(tmp_path)) == ["frames.bin", "index-2.arrow", "quarantine.json", "store.json"]
    assert known(tmp_path).keys() == {record(0).key, record(2).key, record(3).key, "bad", "new"}


def test_what_was_left_out_can_come_in_again(tmp_path: Path) -> None:
    write(tmp_path)
    with writer(tmp_path) as into:
        for i in range(4):
            into.keep(record(i).key)
        into.append(record(0, key="bad"), pack(frames(0), "compact"), stamp="stamp good")
    assert keys(Store.open(tmp_path))[-1] == "bad"
    assert not (tmp_path / "quarantine.json").exists()
    assert known(tmp_path)["bad"] == "stamp good"


def test_where_nothing_has_changed_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path)
    before = {p.name: (p.stat().st_mtime_ns, p.stat().st_ino, p.read_bytes()) for p in tmp_path.iterdir()}
    with writer(tmp_path) as into:
        for key in into.known:
            into.keep(key)
    assert {p.name: (p.stat().st_mtime_ns, p.stat().st_ino, p.read_bytes()) for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("reason", ["no silhouette in it", "another"])
def test_a_change_of_what_is_left_out_alone_is_published(tmp_path: Path, reason: str) -> None:
    write(tmp_path)
    with writer(tmp_path) as into:
        for i in range(4):
            into.keep(record(i).key)
        into.set_aside("bad", reason, "stamp bad")
    assert Store.open(tmp_path).head.generation == (1 if reason == "no silhouette in it" else 2)
    assert json.loads((tmp_path / "quarantine.json").read_text())[0]["reason"] == reason


@pytest.mark.parametrize(
    "text", ["{}", "3", "[3]", '[{"key": "a"}]', '[{"key": 1, "reason": "", "stamp": ""}]', "{", ""]
)
def test_a_damaged_quarantine_costs_reading_again_and_no_more(tmp_path: Path, text: str) -> None:
    write(tmp_path)
    (tmp_path / "quarantine.json").write_text(text)
    with writer(tmp_path) as into:
        assert into.known.keys() == {record(i).key for i in range(4)}
        for i in range(4):
            into.keep(record(i).key)
        into.set_aside("bad", "no silhouette in it", "stamp bad")
    assert json.loads((tmp_path / "quarantine.json").read_text())[0]["key"] == "bad"


def test_what_cannot_be_decided_is_refused_and_spoils_nothing(tmp_path: Path) -> None:
    straight = write(tmp_path / "straight")
    with writer(tmp_path / "s") as into:
        decide(into, 0)
        decide(into, 1)
        for again in (
            lambda: decide(into, 0),
            lambda: into.keep(record(0).key),
            lambda: into.set_aside(record(0).key, "x"),
        ):
            with pytest.raises(DataError, match="the store holds this sequence already"):
                again()
        with pytest.raises(DataError, match=r"unheard: .* does not hold this sequence, so it cannot be kept"):
            into.keep("unheard")
        with pytest.raises(DataError, match=r"the store holds frames of \(4, 3\), found \(3, 3\)"):
            into.add(record(2), frames(2, (3, 3)))
        with pytest.raises(ShapeError, match="at least one frame"):
            into.add(record(2), np.zeros((0, *SIZE), np.uint8))
        for unsayable in (record(2, key="a\udcff"), record(2, subject="a\udcff"), record(2, view="a\udcff")):
            with pytest.raises(DataError, match="names must be Unicode text"):
                into.add(unsayable, frames(2))
        with pytest.raises(DataError, match="names must be Unicode text"):
            into.set_aside("b", "found \udcff")
        decide(into, 2)
        into.set_aside("bad", "no silhouette in it", "stamp bad")
        decide(into, 3)
    assert contents(tmp_path / "s") == contents(straight.root)


class _FullDisk(FileIO):
    """A file that takes so many bytes, a few at a time, and then no more."""

    def __init__(self, path: Path, room: int) -> None:
        super().__init__(path, "ab")
        self.room = room

    def write(self, data) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(bytes(data)[: min(self.room, 7)])
        self.room -= taken
        return taken


@pytest.mark.parametrize("room", [*range(0, 300, 13), 1000])
def test_a_full_disk_takes_nothing_back_and_leaves_nothing_half(tmp_path: Path, room: int) -> None:
    """When there is room again the same run goes on."""
    straight = write(tmp_path / "straight")
    into = writer(tmp_path / "s")
    decide(into, 0)
    sizes = [(tmp_path / "s" / name).stat().st_size for name in ("frames.bin", "journal.jsonl")]
    real = into._frames, into._journal._stream
    failed = 1
    with _FullDisk(tmp_path / "s" / "frames.bin", room) as a, _FullDisk(tmp_path / "s" / "journal.jsonl", room) as b:
        into._frames, into._journal._stream = a, b
        with suppress(OSError):
            decide(into, 1)
            failed = 0
    into._frames, into._journal._stream = real
    now = [(tmp_path / "s" / name).stat().st_size for name in ("frames.bin", "journal.jsonl")]
    assert (now == sizes) == failed
    run(into, fresh)
    assert failed == (room < 300)
    assert contents(tmp_path / "s") == contents(straight.root)


def test_two_writers_at_once_are_one_too_many(tmp_path: Path) -> None:
    first = writer(tmp_path / "s")
    decide(first, 0)
    before = contents(tmp_path / "s")
    with pytest.raises(
        DataError, match=r"^another process is writing .*: wait for it to end, or choose another place$"
    ):
        writer(tmp_path / "s")
    assert contents(tmp_path / "s") == before
    run(first, fresh)
    run(writer(tmp_path / "s"), update)


def test_a_writer_that_begins_while_another_publishes_sees_what_was_published(tmp_path: Path, monkeypatch) -> None:
    """The lock is taken before anything is read: with the state before, the new frames would be cut off."""
    write(tmp_path)
    real = locks._lock

    def slow(stream) -> None:
        monkeypatch.setattr(locks, "_lock", real)
        run(writer(tmp_path), update)  # the other one, from beginning to end: it removes the file just opened
        real(stream)

    monkeypatch.setattr(locks, "_lock", slow)
    with writer(tmp_path) as second:
        assert second.known.keys() == {record(0).key, record(2).key, record(3).key, "bad", "new"}
        assert (tmp_path / "journal.jsonl").stat().st_size > 0, "not the file that was removed"
        for key in second.known:
            second.keep(key)
    store = Store.open(tmp_path)
    np.testing.assert_array_equal(store.frames(2), frames(1, salt=2))


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"dataset": "casia-b"}, r"as folder with frames of \(4, 3\), compact, not casia-b with"),
        ({"size": (3, 4)}, r"not folder with frames of \(3, 4\), compact: go on as it was"),
        ({"form": "raw"}, r"compact, not folder with frames of \(4, 3\), raw"),
        ({"made_from": "else"}, r"from another source or under other settings, so frames would be mixed"),
    ],
)
def test_another_source_or_other_settings_are_refused_and_spoil_nothing(
    tmp_path: Path, finished: bool, other: dict, words: str
) -> None:
    if finished:
        write(tmp_path)
    else:
        begin(tmp_path, fresh, 3)
    before = contents(tmp_path)
    with pytest.raises(DataError, match=words):
        StoreWriter(tmp_path, StorePlan(**{"dataset": "folder", "size": SIZE, "made_from": MADE_FROM} | other))
    assert contents(tmp_path) == before


@pytest.mark.parametrize("spoil", ["frames", "index", "head"])
def test_a_damaged_store_is_not_brought_up_to_date(tmp_path: Path, spoil: str) -> None:
    """A data file that is too short must not be filled up with zeros."""
    write(tmp_path)
    path = tmp_path / {"frames": "frames.bin", "index": "index-1.arrow", "head": "store.json"}[spoil]
    os.truncate(path, path.stat().st_size - 1 if spoil != "head" else 5)
    before = contents(tmp_path)
    with pytest.raises(ArtefactError):
        writer(tmp_path)
    assert contents(tmp_path) == before


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match=r"holds other files \(letter\.txt, \.\.\.\)"):
        writer(tmp_path)
    with pytest.raises(DataError, match="a file is there; choose another place"):
        writer(tmp_path / "letter.txt")
    with pytest.raises(DataError, match=r"cannot make the store's folder .*: Not a directory"):
        writer(tmp_path / "letter.txt" / "s")
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "a\udcffb"])
def test_a_name_that_cannot_be_is_one_line(tmp_path: Path, name: str) -> None:
    for use in (writer, lambda root: (check_free(root), writer(root))):
        with pytest.raises(DataError, match=r"the store's folder.*choose (another place|a shorter name)$") as caught:
            use(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not is_store(tmp_path / name)
    assert not is_begun(tmp_path / name)
    with pytest.raises(ArtefactError, match="no store at"):
        Store.open(tmp_path / name)


def test_a_store_of_nothing_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sequence was written to"), writer(tmp_path) as into:
        into.set_aside("bad", "damaged")
    assert not is_begun(tmp_path)
    assert not is_store(tmp_path)
    with writer(tmp_path) as into:
        assert into.done == frozenset(), "what was mended until then is read"
        decide(into, 0)


def test_an_update_that_would_leave_nothing_leaves_what_was(tmp_path: Path) -> None:
    fingerprint = write(tmp_path).fingerprint
    with pytest.raises(DataError, match="no sequence was written to"), writer(tmp_path) as into:
        into.set_aside(record(0).key, "damaged")
    assert Store.open(tmp_path).fingerprint == fingerprint


def test_an_error_in_the_block_publishes_nothing_and_lets_go(tmp_path: Path) -> None:
    into = writer(tmp_path)
    decide(into, 0)
    with pytest.raises(DataError, match="unheard"), into:
        into.keep("unheard")
    assert is_begun(tmp_path)
    with writer(tmp_path) as into:
        assert into.done == {record(0).key}


@pytest.mark.parametrize("steps", [fresh, update])
def test_a_store_can_be_moved(tmp_path: Path, steps) -> None:
    """No file says where it lies."""
    write(tmp_path / "s")
    begin(tmp_path / "s", update, 2)
    replace_contents(tmp_path / "t", contents(tmp_path / "s"))
    updated(tmp_path / "s")
    updated(tmp_path / "t")
    assert contents(tmp_path / "s") == contents(tmp_path / "t")
