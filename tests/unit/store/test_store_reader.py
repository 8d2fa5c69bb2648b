"""Opening a store, and the sets of sequences that training reads from."""

import json
import multiprocessing
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from store_examples import SIZE, begin, contents, decide, frames, fresh, keys, record, run, update, write, writer

from gaitprint.errors import ArtefactError, DataError, GaitprintError, ShapeError
from gaitprint.store import (
    MemorySequences,
    SequenceSet,
    Store,
    StorePlan,
    StoreWriter,
    Subset,
    is_begun,
    is_store,
    reader,
)
from gaitprint.store.index import open_index


def test_what_is_no_store_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(
        ArtefactError, match=r"^no store at .*nowhere: make one with `gaitprint data prepare SOURCE .*`$"
    ):
        Store.open(tmp_path / "nowhere")
    begin(tmp_path / "half", fresh, 2)
    with pytest.raises(ArtefactError, match="is unfinished: run `gaitprint data prepare` again"):
        Store.open(tmp_path / "half")
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(ArtefactError, match="is a store of version 1, which is read no more"):
        Store.open(tmp_path)
    write(tmp_path / "s")
    assert [is_store(tmp_path / n) for n in ("nowhere", "half", "s")] == [False, False, True]
    assert [is_begun(tmp_path / n) for n in ("nowhere", "half", "s")] == [False, True, False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: [], "is no gaitprint-store of version 2: prepare the store again"),
        (lambda h: None, "is no gaitprint-store of version 2"),
        (lambda h: h | {"version": 3}, "of version 2"),
        (lambda h: h | {"version": "2"}, "of version 2"),
        (lambda h: h | {"format": "x"}, "is no gaitprint-store"),
        (lambda h: h | {"size": [2]}, "is damaged"),
        (lambda h: h | {"size": "ab"}, "is damaged"),
        (lambda h: h | {"size": [0, 4]}, "at least 1 pixel"),
        (lambda h: h | {"size": [4, -3]}, "at least 1 pixel"),
        (lambda h: h | {"size": [2**15, 2**15]}, "at most 16777216"),
        (lambda h: h | {"form": "zip"}, "form is one of 'compact', 'raw', 'bits'"),
        (lambda h: h | {"index": "../index-1.arrow"}, "index is a file's name"),
        (lambda h: h | {"index": "a\\b"}, "index is a file's name"),
        (lambda h: h | {"index": "index-9.arrow"}, "index-9.arrow is missing"),
        (lambda h: h | {"index": ".."}, "cannot be read as an index"),
        (lambda h: h | {"index": ""}, "cannot be read as an index"),
        (lambda h: h | {"index_sha256": "ab"}, "its SHA-256 is another"),
        (lambda h: h | {"sequences": 3}, "does not fit its frames"),
        (lambda h: h | {"bytes": h["bytes"] - 1}, "does not fit its frames"),
        (lambda h: h | {"bytes": h["bytes"] + 1}, r"should hold \d+ bytes, found \d+: prepare the store again"),
        (lambda h: h | {"bytes": -1}, "is damaged"),
        (lambda h: h | {"bytes": 10**40}, "should hold"),
        (lambda h: h | {"bytes": 1.0}, "is damaged"),
        (lambda h: h | {"layout": 3}, "is damaged"),
        (lambda h: h | {"more": 1}, "is damaged"),
        (lambda h: {k: v for k, v in h.items() if k != "dataset"}, "needs a value for 'dataset'"),
    ],
)
def test_a_damaged_head_is_one_line(tmp_path: Path, change, words: str) -> None:
    write(tmp_path)
    head = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps(change(head)))
    with pytest.raises(ArtefactError, match=words) as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b'{"size": NaN'])
def test_a_head_that_is_no_json_is_one_line(tmp_path: Path, text: bytes) -> None:
    write(tmp_path)
    (tmp_path / "store.json").write_bytes(text)
    with pytest.raises(ArtefactError, match=r"^the store's head cannot be read \(") as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_every_damaged_byte_of_a_head_opens_or_is_one_line(tmp_path: Path) -> None:
    write(tmp_path)
    data = (tmp_path / "store.json").read_bytes()
    outcomes = {"opened": 0, "refused": 0}
    for place in range(len(data)):
        bad = bytearray(data)
        bad[place] ^= 0x15
        (tmp_path / "store.json").write_bytes(bad)
        try:
            store = Store.open(tmp_path)
            for i in range(4):
                store.frames(i)
            outcomes["opened"] += 1
        except GaitprintError as error:
            outcomes["refused" if "\n" not in str(error) else "refused in several lines"] += 1
    assert outcomes["refused"] > 100
    assert outcomes["opened"] > 10, "of names that nothing depends on"


def test_missing_or_cut_frames_are_noticed(tmp_path: Path) -> None:
    size = write(tmp_path).head.bytes
    os.truncate(tmp_path / "frames.bin", size - 1)
    with pytest.raises(ArtefactError, match=f"should hold {size} bytes, found {size - 1}"):
        Store.open(tmp_path)
    (tmp_path / "frames.bin").unlink()
    with pytest.raises(ArtefactError, match=f"should hold {size} bytes, found 0"):
        Store.open(tmp_path)
    (tmp_path / "frames.bin").mkdir()
    with pytest.raises(ArtefactError, match=f"should hold {size} bytes, found 0"):
        Store.open(tmp_path)


def test_what_an_unfinished_update_has_written_does_not_count(tmp_path: Path) -> None:
    store = write(tmp_path)
    before = contents(tmp_path)
    begin(tmp_path, update, 3)
    assert (tmp_path / "frames.bin").stat().st_size > store.head.bytes
    again = Store.open(tmp_path)
    assert again.fingerprint == store.fingerprint
    assert {name: contents(tmp_path)[name] for name in before if name != "frames.bin"} == {
        name: data for name, data in before.items() if name != "frames.bin"
    }


def test_an_open_reader_goes_on_with_the_old_state_through_updates(tmp_path: Path) -> None:
    store = write(tmp_path)
    for salt in (1, 2, 3):
        with writer(tmp_path) as into:
            decide(into, 2, salt)
    assert keys(store) == [record(i).key for i in range(4)]
    for i in range(4):
        np.testing.assert_array_equal(store.frames(i), frames(i))
    assert store.row(1).source == "source 1"
    new = Store.open(tmp_path)
    assert (keys(new), new.head.generation) == ([record(2).key], 4)
    np.testing.assert_array_equal(new.frames(0), frames(2, salt=3))


def test_opened_while_another_state_is_published_it_is_one_of_the_two(tmp_path: Path, monkeypatch) -> None:
    """Between reading the head and opening the index it names the index may go."""
    old = write(tmp_path).fingerprint

    def late(path: Path, sha256: str):
        monkeypatch.setattr(reader, "open_index", open_index)
        run(writer(tmp_path), update)
        return open_index(path, sha256)

    monkeypatch.setattr(reader, "open_index", late)
    store = Store.open(tmp_path)
    assert store.head.generation == 2
    assert store.fingerprint != old
    np.testing.assert_array_equal(store.frames(2), frames(1, salt=2))


def test_windows_are_slices(tmp_path: Path) -> None:
    store = write(tmp_path)
    whole = frames(2)
    for start, stop in [
        (0, None),
        (3, None),
        (3, 9),
        (5, 5),
        (9, 3),
        (0, 99),
        (99, 100),
        (-4, None),
        (0, -1),
        (-99, 2),
    ]:
        np.testing.assert_array_equal(store.frames(2, start, stop), whole[start:stop])
    np.testing.assert_array_equal(store.frames(-2, 1, 4), whole[1:4])
    with pytest.raises(IndexError):
        store.frames(4)


@pytest.mark.parametrize("form", ["compact", "raw", "bits"])
def test_frames_cannot_be_written_to(tmp_path: Path, form) -> None:
    store = write(tmp_path, form)
    before = contents(tmp_path)
    for window in (store.frames(2), store.frames(2, 3, 5), store.frames(0)):
        with pytest.raises(ValueError, match="read-only"):
            window[:] = 0
    assert contents(tmp_path) == before


def _look(store: Store, window: tuple[int, int, int]) -> tuple[list, str, bytes]:
    mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith("frames.bin")]
    found = store.frames(*window)
    return found.tolist(), store.fingerprint, " ".join(line.split()[4] for line in mapped).encode()


@pytest.mark.parametrize("form", ["compact", "raw"])
def test_other_processes_see_the_same_frames_in_the_same_memory(tmp_path: Path, form) -> None:
    """A pickled store is its path: frames do not travel, and all processes map the one file."""
    store = write(tmp_path, form)
    assert len(pickle.dumps(store)) < 1000
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.starmap(_look, [(store, (2, 3, 9))] * 2, chunksize=1)
    for seen, fingerprint, inodes in answers:
        assert np.array_equal(np.array(seen, np.uint8), frames(2)[3:9])
        assert fingerprint == store.fingerprint
        assert inodes.decode() == str((tmp_path / "frames.bin").stat().st_ino)


def test_a_store_that_changed_on_the_way_to_another_process_is_refused(tmp_path: Path) -> None:
    sent = pickle.dumps(write(tmp_path))
    pickle.loads(sent)
    run(writer(tmp_path), update)
    with pytest.raises(ArtefactError, match="was changed while it was in use: start again"):
        pickle.loads(sent)


def _memory() -> MemorySequences:
    return MemorySequences(tuple(record(i) for i in range(4)), tuple(frames(i) for i in range(4)))


def test_sequences_in_memory_are_like_a_store(tmp_path: Path) -> None:
    store, memory = write(tmp_path), _memory()
    assert isinstance(store, SequenceSet)
    assert isinstance(memory, SequenceSet)
    assert memory.records == store.records
    assert memory.lengths == store.lengths
    assert memory.size == store.size
    assert memory.fingerprint == store.fingerprint
    np.testing.assert_array_equal(memory.frames(2, 1, 9), store.frames(2, 1, 9))


def test_a_fingerprint_does_not_depend_on_form_nor_order_of_writing_nor_history(tmp_path: Path) -> None:
    prints = {write(tmp_path / form, form).fingerprint for form in ("compact", "raw")}
    with StoreWriter(tmp_path / "back", StorePlan("else", SIZE)) as into:
        for i in (3, 2, 1, 0):
            into.add(record(i), frames(i))
    prints.add(Store.open(tmp_path / "back").fingerprint)
    for salt in (1, 0):
        with writer(tmp_path / "compact") as into:
            for i in (0, 1, 3):
                into.keep(record(i).key)
            decide(into, 2, salt)
    prints.add(Store.open(tmp_path / "compact").fingerprint)
    assert prints == {_memory().fingerprint}
    assert write(tmp_path / "bits", "bits").fingerprint not in prints


def test_a_fingerprint_notices_frames_records_and_order() -> None:
    records, arrays = tuple(record(i) for i in range(2)), (frames(0), frames(1))
    changed = arrays[1].copy()
    changed[0, 0, 0] ^= 1
    prints = [
        MemorySequences(records, arrays).fingerprint,
        MemorySequences(records, (arrays[0], changed)).fingerprint,
        MemorySequences((records[0], record(1, view="180")), arrays).fingerprint,
        MemorySequences((records[0], record(1, subject=None)), arrays).fingerprint,
        MemorySequences((records[0], record(1, subject="None")), arrays).fingerprint,
        MemorySequences((records[0], record(1, key="k")), arrays).fingerprint,
        MemorySequences(records[::-1], arrays[::-1]).fingerprint,
        Subset(MemorySequences(records, arrays), lambda r: True).fingerprint,
    ]
    assert len(set(prints)) == len(prints)


def test_sequences_in_memory_share_a_size() -> None:
    with pytest.raises(DataError, match=r"share one frame size, found \[\(3, 3\), \(4, 3\)\]"):
        MemorySequences((record(0), record(1)), (frames(0), frames(1, (3, 3))))
    with pytest.raises(DataError, match="share one frame size"):
        MemorySequences((), ())
    with pytest.raises(ShapeError, match="at least one frame"):
        MemorySequences((record(0),), (np.zeros((0, 2, 3), np.uint8),))


def test_a_subset_keeps_order_and_frames() -> None:
    memory = _memory()
    subset = Subset(memory, lambda r: r.subject in {"003", "001"})
    assert isinstance(subset, SequenceSet)
    assert [r.subject for r in subset.records] == ["001", "003"]
    assert subset.lengths == (1, 2)
    assert subset.size == SIZE
    np.testing.assert_array_equal(subset.frames(1), frames(3))
    np.testing.assert_array_equal(subset.frames(1, 1, 2), frames(3)[1:2])
    assert subset.fingerprint != Subset(memory, lambda r: r.subject == "001").fingerprint
    assert Subset(memory, lambda r: False).records == ()


@pytest.mark.parametrize("mask", [(True, False, True, True), np.array([1, 0, 1, 1], bool)])
def test_a_subset_is_what_the_mask_lets_through_as_well(mask) -> None:
    subset = Subset(_memory(), lambda r: r.subject != "003", mask)
    assert [r.subject for r in subset.records] == ["000", "002"]
    np.testing.assert_array_equal(subset.frames(1, 4, 6), frames(2)[4:6])
    inner = Subset(subset, lambda r: r.subject == "002", (True, True))
    np.testing.assert_array_equal(inner.frames(0), frames(2))
    assert Subset(_memory(), lambda r: True, (False,) * 4).records == ()
