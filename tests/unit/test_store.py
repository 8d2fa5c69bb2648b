import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from gaitprint.errors import ArtefactError, DataError, ShapeError
from gaitprint.store import MemorySequences, Store, StoreWriter, Subset
from gaitprint.types import SequenceRecord

LENGTHS = (3, 1, 4, 2)
SIZE = (2, 3)


def _record(i: int, **changes: str | None) -> SequenceRecord:
    values: dict = {"key": f"00{i}/nm-01/\u00e9{i}", "subject": f"00{i}", "condition": "nm-01", "view": "090"}
    return SequenceRecord(**(values | changes))


def _frames(i: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(i).integers(0, 256, (LENGTHS[i], *size)).astype(np.uint8)


def _add(writer: StoreWriter, places=(0, 1, 2, 3)) -> None:
    for i in places:
        if _record(i).key not in writer.done:
            writer.add(_record(i), _frames(i), f"source {i}", ("few",) if i == 1 else ())


def _write(root: Path) -> Store:
    with StoreWriter(root, "folder", SIZE) as writer:
        _add(writer)
    return Store.open(root)


def _unfinished(root: Path) -> None:
    """What a writer leaves that was killed after its last sequence."""
    _interrupted(root, (0, 1, 2, 3))


def _interrupted(root: Path, places) -> None:
    with suppress(KeyboardInterrupt), StoreWriter(root, "folder", SIZE) as writer:
        _add(writer, places)
        raise KeyboardInterrupt
    assert (root / "index.jsonl").exists()


def test_what_is_written_comes_back(tmp_path: Path):
    store = _write(tmp_path / "store")
    assert store.lengths == LENGTHS
    assert store.size == SIZE
    assert store.dataset == "folder"
    assert store.records == tuple(_record(i) for i in range(4))
    assert store.rows[1].warnings == ("few",)
    assert store.rows[2].source == "source 2"
    for i in range(4):
        assert (store.frames(i) == _frames(i)).all()
        assert store.rows[i].sha256 == hashlib.sha256(_frames(i).tobytes()).hexdigest()
        assert not store.frames(i).flags.writeable
    assert sorted(p.name for p in (tmp_path / "store").iterdir()) == ["frames.u8", "index.json"]


def test_views_that_are_not_contiguous_are_stored_as_they_look(tmp_path: Path):
    frames = _frames(2, (4, 6))[::-1, ::2, ::-2]
    with StoreWriter(tmp_path / "s", "folder", SIZE) as writer:
        writer.add(_record(2), frames)
    assert (Store.open(tmp_path / "s").frames(0) == frames).all()


def _line_ends(data: bytes) -> list[int]:
    return [i + 1 for i, byte in enumerate(data) if byte == 10]


def _near(boundaries: list[int], last: int) -> list[int]:
    return sorted({b + d for b in (0, *boundaries) for d in range(-3, 4) if 0 <= b + d <= last})


def test_killed_at_any_byte_it_goes_on_to_the_same_store(tmp_path: Path):
    straight = _write(tmp_path / "straight")
    _unfinished(tmp_path / "begun")
    journal = (tmp_path / "begun" / "index.jsonl").read_bytes()
    frames = (tmp_path / "begun" / "frames.u8").read_bytes()
    lines = _line_ends(journal)
    ends = np.cumsum([n * SIZE[0] * SIZE[1] for n in LENGTHS]).tolist()
    assert len(lines) == 5
    cuts = {(j, len(frames)) for j in _near(lines, len(journal))}
    cuts |= {(len(journal), f) for f in _near(ends, len(frames))}
    cuts |= {(j + d, f + e) for j in lines[:-1] for f in ends[:-1] for d in (-1, 0, 1) for e in (-1, 0, 1)}
    root = tmp_path / "resumed"
    for j, f in sorted(cuts):
        root.mkdir()
        (root / "index.jsonl").write_bytes(journal[:j])
        (root / "frames.u8").write_bytes(frames[:f])
        expected = 0
        while expected < 4 and j >= lines[expected + 1] and f >= ends[expected]:
            expected += 1
        with StoreWriter(root, "folder", SIZE) as writer:
            assert writer.done == {_record(i).key for i in range(expected)}, (j, f)
            _add(writer)
        resumed = Store.open(root)
        assert resumed.fingerprint == straight.fingerprint
        assert (root / "frames.u8").read_bytes() == frames
        assert (root / "index.json").read_bytes() == (tmp_path / "straight" / "index.json").read_bytes()
        for path in root.iterdir():
            path.unlink()
        root.rmdir()


def test_killed_twice_in_a_row(tmp_path: Path):
    straight = _write(tmp_path / "straight")
    root = tmp_path / "s"
    for last in range(2):
        _interrupted(root, range(last + 1))
        with (root / "frames.u8").open("ab") as stream:
            stream.write(b"half a sequence")
        with (root / "index.jsonl").open("ab") as stream:
            stream.write(b'{"key": "00')
    with StoreWriter(root, "folder", SIZE) as writer:
        assert len(writer.done) == 2
        _add(writer)
    assert Store.open(root).fingerprint == straight.fingerprint


def test_a_real_kill_loses_no_finished_sequence(tmp_path: Path):
    script = (
        "import numpy as np, os, signal, sys\n"
        "from pathlib import Path\n"
        "from gaitprint.store import StoreWriter\n"
        "from gaitprint.types import SequenceRecord\n"
        "writer = StoreWriter(Path(sys.argv[1]), 'folder', (2, 3))\n"
        "for i in range(7):\n"
        "    writer.add(SequenceRecord(f'k{i}', None, 'c', 'v'), np.full((2, 2, 3), i, np.uint8))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "s")], check=False)
    assert done.returncode == -signal.SIGKILL
    with StoreWriter(tmp_path / "s", "folder", SIZE) as writer:
        assert writer.done == {f"k{i}" for i in range(7)}
    store = Store.open(tmp_path / "s")
    assert [int(store.frames(i).max()) for i in range(7)] == list(range(7))


def test_killed_while_the_index_is_published_it_can_go_on(tmp_path: Path):
    _unfinished(tmp_path / "s")
    (tmp_path / "s" / ".index.json.0123abcd.tmp").write_bytes(b"{")
    with StoreWriter(tmp_path / "s", "folder", SIZE) as writer:
        assert len(writer.done) == 4
    assert Store.open(tmp_path / "s").lengths == LENGTHS


def test_a_journal_left_beside_a_finished_index_does_no_harm(tmp_path: Path):
    _write(tmp_path / "s")
    (tmp_path / "s" / "index.jsonl").write_bytes(b"")
    assert Store.open(tmp_path / "s").lengths == LENGTHS


@pytest.mark.parametrize(("dataset", "size"), [("folder", (3, 2)), ("casia-b", SIZE)])
def test_going_on_with_other_settings_is_refused_and_spoils_nothing(tmp_path: Path, dataset: str, size):
    _unfinished(tmp_path / "s")
    before = {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()}
    with pytest.raises(DataError, match=r"was begun as folder with frames of \(2, 3\), not"):
        StoreWriter(tmp_path / "s", dataset, size)
    assert {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()} == before


@pytest.mark.parametrize("head", [b"null\n", b'{"a": 1}\n', b"\xff\n", b"\n"])
def test_a_journal_of_something_else_is_refused(tmp_path: Path, head: bytes):
    (tmp_path / "index.jsonl").write_bytes(head)
    with pytest.raises(DataError, match="was begun as something else"):
        StoreWriter(tmp_path, "folder", SIZE)


@pytest.mark.parametrize("line", ["null", "[1]", '{"key": 3}', '{"length": 0}', "{", '{"unknown": 1}'])
def test_a_damaged_line_ends_the_journal(tmp_path: Path, line: str):
    _unfinished(tmp_path)
    lines = (tmp_path / "index.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = line.encode() + b"\n"
    (tmp_path / "index.jsonl").write_bytes(b"".join(lines))
    with StoreWriter(tmp_path, "folder", SIZE) as writer:
        assert writer.done == {_record(0).key}
        _add(writer)
    assert Store.open(tmp_path).lengths == LENGTHS


def test_what_cannot_be_added_is_refused_and_spoils_nothing(tmp_path: Path):
    with StoreWriter(tmp_path / "s", "folder", SIZE) as writer:
        _add(writer, range(2))
        with pytest.raises(DataError, match="holds this sequence already"):
            writer.add(_record(0), _frames(0))
        with pytest.raises(DataError, match=r"holds frames of \(2, 3\), found \(3, 3\)"):
            writer.add(_record(2), _frames(2, (3, 3)))
        with pytest.raises(DataError, match=r"'a\\udcff': names must be Unicode text"):
            writer.add(_record(2, key="a\udcff"), _frames(2))
        with pytest.raises(ShapeError, match="at least one frame"):
            writer.add(_record(2), np.zeros((0, 2, 3), np.uint8))
        _add(writer, range(2, 4))
    store = Store.open(tmp_path / "s")
    assert [(store.frames(i) == _frames(i)).all() for i in range(4)] == [True] * 4


def test_a_folder_in_use_is_refused(tmp_path: Path):
    _write(tmp_path / "s")
    with pytest.raises(DataError, match="already holds a finished store"):
        StoreWriter(tmp_path / "s", "folder", SIZE)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match=r"holds other files \(letter\.txt"):
        StoreWriter(tmp_path / "other", "folder", SIZE)
    with pytest.raises(DataError, match="cannot make the store's folder"):
        StoreWriter(tmp_path / "other" / "letter.txt" / "s", "folder", SIZE)


def test_an_empty_store_is_not_published(tmp_path: Path):
    with pytest.raises(DataError, match="no sequence was written"), StoreWriter(tmp_path / "s", "folder", SIZE):
        pass
    with pytest.raises(ArtefactError, match="is unfinished: run `gaitprint prepare` again"):
        Store.open(tmp_path / "s")


def test_what_is_no_store_is_not_opened(tmp_path: Path):
    with pytest.raises(ArtefactError, match="no store at"):
        Store.open(tmp_path / "nowhere")
    _unfinished(tmp_path / "half")
    with pytest.raises(ArtefactError, match="is unfinished"):
        Store.open(tmp_path / "half")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda i: [], "is no gaitprint-store of version 1"),
        (lambda i: i | {"version": 2}, "of version 1"),
        (lambda i: i | {"format": "x"}, "is no gaitprint-store"),
        (lambda i: i | {"size": [2]}, "is damaged"),
        (lambda i: i | {"size": "ab"}, "is damaged"),
        (lambda i: i | {"sequences": 3}, "is damaged"),
        (lambda i: i | {"sequences": [{}]}, "is damaged"),
        (lambda i: i | {"sequences": [i["sequences"][0] | {"length": -1}]}, "has length -1"),
        (lambda i: i | {"sequences": [i["sequences"][0] | {"warnings": None}]}, "is damaged"),
        (lambda i: i | {"sequences": i["sequences"][:3]}, "should hold 48 bytes, found 60"),
        (lambda i: {k: v for k, v in i.items() if k != "dataset"}, "is damaged"),
    ],
)
def test_a_damaged_index_is_one_line(tmp_path: Path, change, match: str):
    _write(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps(change(index)))
    with pytest.raises(ArtefactError, match=match) as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_missing_or_cut_frames_are_noticed(tmp_path: Path):
    _write(tmp_path)
    os.truncate(tmp_path / "frames.u8", 59)
    with pytest.raises(ArtefactError, match="should hold 60 bytes, found 59"):
        Store.open(tmp_path)
    (tmp_path / "frames.u8").unlink()
    with pytest.raises(ArtefactError, match="should hold 60 bytes, found 0"):
        Store.open(tmp_path)


def test_a_store_of_nothing_opens(tmp_path: Path):
    _write(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text()) | {"sequences": []}
    (tmp_path / "index.json").write_text(json.dumps(index))
    os.truncate(tmp_path / "frames.u8", 0)
    assert Store.open(tmp_path).records == ()


def _memory() -> MemorySequences:
    return MemorySequences(tuple(_record(i) for i in range(4)), tuple(_frames(i) for i in range(4)))


def test_sequences_in_memory_are_like_a_store(tmp_path: Path):
    store, memory = _write(tmp_path / "s"), _memory()
    assert memory.records == store.records
    assert memory.lengths == store.lengths
    assert memory.size == store.size
    assert memory.fingerprint == store.fingerprint
    assert (memory.frames(3) == store.frames(3)).all()


def test_a_fingerprint_notices_frames_records_and_order():
    records, frames = tuple(_record(i) for i in range(2)), (_frames(0), _frames(1))
    changed = frames[1].copy()
    changed[0, 0, 0] ^= 1
    prints = [
        MemorySequences(records, frames).fingerprint,
        MemorySequences(records, (frames[0], changed)).fingerprint,
        MemorySequences((records[0], _record(1, view="180")), frames).fingerprint,
        MemorySequences((records[0], _record(1, subject=None)), frames).fingerprint,
        MemorySequences(records[::-1], frames[::-1]).fingerprint,
        Subset(MemorySequences(records, frames), lambda r: True).fingerprint,
    ]
    assert len(set(prints)) == len(prints)


def test_sequences_in_memory_share_a_size():
    with pytest.raises(DataError, match=r"share one frame size, found \[\(2, 3\), \(3, 3\)\]"):
        MemorySequences((_record(0), _record(1)), (_frames(0), _frames(1, (3, 3))))
    with pytest.raises(ShapeError, match="at least one frame"):
        MemorySequences((_record(0),), (np.zeros((0, 2, 3), np.uint8),))


def test_a_subset_keeps_order_and_frames():
    memory = _memory()
    subset = Subset(memory, lambda r: r.subject in {"003", "001"})
    assert [r.subject for r in subset.records] == ["001", "003"]
    assert subset.lengths == (1, 2)
    assert subset.size == SIZE
    assert (subset.frames(1) == _frames(3)).all()
    assert subset.fingerprint != Subset(memory, lambda r: r.subject == "001").fingerprint
    assert Subset(memory, lambda r: False).records == ()
