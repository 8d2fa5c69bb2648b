"""The index: what goes in comes out, and nothing else is taken for one."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.errors import ArtefactError, DataError, GaitprintError
from gaitprint.store.index import StoredSequence, open_index, write_index

ROW = StoredSequence(
    "001/nm-01/090",
    "001",
    "nm-01",
    "090",
    30,
    "ab" * 32,
    "001/090.pkl",
    "stamp",
    ("few", "odd"),
    {"height": 60.0},
    7,
    9,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
MAX_INT32, MAX_INT64 = 2**31 - 1, 2**63 - 1


def _fields(**fields: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries(fields)


def same(found: StoredSequence, expected: StoredSequence) -> bool:
    """Equal, where NaN is equal to itself and figures are of single precision."""
    assert found.quality.keys() == expected.quality.keys()
    a, b = (np.float32([r.quality[k] for k in expected.quality]) for r in (found, expected))
    return replace(found, quality={}) == replace(expected, quality={}) and np.array_equal(a, b, equal_nan=True)


def opened(path: Path):
    """With the checksum that the file has."""
    return open_index(path, hashlib.sha256(path.read_bytes()).hexdigest())


def write_table(path: Path, batch: pa.RecordBatch, batches: int = 1) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        for _ in range(batches):
            writer.write_batch(batch)


def columns(path: Path) -> pa.RecordBatch:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).get_batch(0)


@given(
    st.lists(
        _fields(
            key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6),
            subject=st.none() | TEXT.filter(bool),
            condition=TEXT,
            view=TEXT,
            length=st.integers(1, MAX_INT32),
            sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
            source=TEXT,
            stamp=TEXT,
            warnings=st.lists(TEXT, max_size=3).map(tuple),
            quality=st.fixed_dictionaries({"a": st.floats(width=32), "é": st.floats(width=32)}),
            offset=st.integers(0, MAX_INT64),
            bytes=st.integers(1, MAX_INT64),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_rows_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, values: list[dict]) -> None:
    rows = [StoredSequence(**v) for v in values]
    path = tmp_path_factory.mktemp("index") / "index.arrow"
    digest = write_index(path, rows)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    index = open_index(path, digest)
    assert len(index) == len(rows)
    assert all(same(found, row) for found, row in zip(index.rows(), rows, strict=True))
    assert index.records == tuple(row.record for row in rows)
    assert index.digests() == [row.sha256 for row in rows]
    assert index.lengths.tolist() == [row.length for row in rows]
    assert index.offsets.tolist() == [row.offset for row in rows]
    assert index.bytes.tolist() == [row.bytes for row in rows]
    np.testing.assert_array_equal(index.quality()["é"], np.float32([row.quality["é"] for row in rows]))
    for start in range(len(rows)):
        assert [r.key for r in index.rows(start, start + 2)] == [r.key for r in rows[start : start + 2]]


def test_a_measurement_that_some_rows_lack_is_nan(tmp_path: Path) -> None:
    rows = [ROW, replace(ROW, key="b", quality={"period": 2.0}), replace(ROW, key="c", quality={})]
    write_index(tmp_path / "i", rows)
    quality = opened(tmp_path / "i").quality()
    np.testing.assert_array_equal(quality["height"], np.float32([60, np.nan, np.nan]))
    np.testing.assert_array_equal(quality["period"], np.float32([np.nan, 2, np.nan]))
    assert all(column.dtype == np.float32 for column in quality.values())


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_index(tmp_path / name, [ROW, replace(ROW, key="b", subject=None)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_an_index_of_nothing_opens(tmp_path: Path) -> None:
    write_index(tmp_path / "i", [])
    index = opened(tmp_path / "i")
    assert (len(index), index.records, index.rows(), index.quality()) == (0, (), (), {})


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "i").mkdir()
    with pytest.raises(DataError, match=r"^cannot write .*: a folder is there; .*$"):
        write_index(tmp_path / "i", [ROW])


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "i"
    digest = write_index(path, [ROW])
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(ArtefactError, match=r"damaged \(its SHA-256 is another\): prepare the store again$"):
            open_index(path, digest)


def test_what_is_no_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"index .* is missing"):
        open_index(tmp_path / "none", "")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    for name in ("folder", "empty"):
        with pytest.raises(ArtefactError, match="cannot be read as an index") as caught:
            open_index(tmp_path / name, hashlib.sha256(b"").hexdigest())
        assert "\n" not in str(caught.value)


def test_a_forged_index_is_refused_or_read_but_never_worse(tmp_path: Path) -> None:
    """Damage that comes with the right checksum: nothing crashes, and all that is raised is ours, in one line."""
    path = tmp_path / "i"
    write_index(path, [replace(ROW, key=f"k{i}", subject=None if i == 1 else "s") for i in range(4)])
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    seen = {"refused": 0, "read": 0}
    for trial in range(800):
        bad = bytearray(data)
        for _ in range(1 + trial % 3):
            bad[rng.integers(len(bad))] = rng.integers(256)
        path.write_bytes(bad[: rng.integers(len(bad))] if trial % 10 == 0 else bad)
        try:
            index = opened(path)
            index.records, index.rows(), index.quality(), index.digests()
            seen["read"] += 1
        except GaitprintError as error:
            seen["refused" if str(error).isprintable() else "refused in several lines"] += 1
    assert min(seen.values()) > 100


def _without(name: str):
    return lambda b: b.drop_columns([name])


def _with(name: str, values: pa.Array):
    return lambda b: b.append_column(pa.field(name, values.type), values)


def _instead(name: str, values: pa.Array, nullable: bool = False):
    return lambda b: b.set_column(b.schema.get_field_index(name), pa.field(name, values.type, nullable), values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without("stamp"), "has the columns key, subject, .* was written by another version"),
        (_with("more", pa.array([1])), "has the columns .* more and was written by another version"),
        (_with("quality.x", pa.array(["a"])), "was written by another version"),
        (_with("quality.height", pa.array([1.0], pa.float32())), "was written by another version"),
        (_with("quality.x", pa.array([None], pa.float32())), "cells without a value: quality.x"),
        (_instead("length", pa.array([3], pa.int64())), "was written by another version"),
        (_instead("length", pa.array([None], pa.int32())), "cells without a value: length"),
        (_instead("key", pa.array([None], pa.string())), "cells without a value: key"),
        (_instead("key", pa.array(["a"]), nullable=True), "was written by another version"),
    ],
)
def test_other_columns_are_another_version(tmp_path: Path, change, words: str) -> None:
    write_index(tmp_path / "i", [ROW])
    write_table(tmp_path / "j", change(columns(tmp_path / "i")))
    with pytest.raises(ArtefactError, match=words):
        opened(tmp_path / "j")


def test_rows_lie_in_one_batch(tmp_path: Path) -> None:
    write_index(tmp_path / "i", [ROW])
    write_table(tmp_path / "j", columns(tmp_path / "i"), batches=2)
    with pytest.raises(ArtefactError, match="2 batches of rows"):
        opened(tmp_path / "j")
