"""Stores whose index was damaged, or forged and signed again so that its checksum fits."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from hostile_kinds import BAD, LEFT_OUT, REFUSED, Family
from hostile_stores import change_head, index_of, make

from gaitprint.atomic_files import sha256_file
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.prepare import prepare

INDEXES = Family("index")


def sign(
    store: Path, batches: list[pa.RecordBatch], options: pa.ipc.IpcWriteOptions | None = None, **values: Any
) -> None:
    """An index of any rows, with the head made to fit it."""
    with pa.ipc.new_file(str(index_of(store)), batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    change_head(store, index_sha256=sha256_file(index_of(store)), **values)


def batch_of(store: Path) -> pa.RecordBatch:
    with pa.OSFile(str(index_of(store))) as source:
        return pa.ipc.open_file(source).get_batch(0)


def column(batch: pa.RecordBatch, name: str, values: list[Any], kind: pa.DataType | None = None) -> pa.RecordBatch:
    """Another column in place of one."""
    place = batch.schema.get_field_index(name)
    field = batch.schema.field(place)
    array = (
        pa.array(values, kind or field.type)
        if kind or not pa.types.is_dictionary(field.type)
        else pa.array(values).dictionary_encode()
    )
    columns = [array if i == place else c for i, c in enumerate(batch.columns)]
    return pa.record_batch(columns, batch.schema.set(place, pa.field(name, array.type, field.nullable)))


def forged(
    called: str, says: str, outcome: str, name: str, value: Callable[[list[Any]], list[Any]], kind: Any = None
) -> None:
    """One column of the index changed, and signed again."""

    @INDEXES.add(f"{called}", says, outcome)
    def _(scene):
        store = make(scene)
        batch = batch_of(store)
        before = batch[name].to_pylist()
        after = value(list(before))
        assert kind or after != before
        sign(store, [column(batch, name, after, kind)])


def second(value: Any) -> Callable[[list[Any]], list[Any]]:
    """The value of the spoilt sequence: the second of four."""
    return lambda values: [values[0], value, *values[2:]]


forged("a place before the first", "does not fit", REFUSED, "offset", second(-8))
forged("a place behind the last", "does not fit", REFUSED, "offset", second(2**40))
forged("a place that overflows", BAD, LEFT_OUT, "offset", second(2**63 - 1))
forged("the place of another", "not what was written", LEFT_OUT, "offset", lambda v: [v[0], v[2], *v[2:]])
forged("an exabyte of frames", "does not fit", REFUSED, "bytes", second(2**62))
forged("frames of no bytes", "does not fit", REFUSED, "bytes", second(0))
forged("frames of negative bytes", "does not fit", REFUSED, "bytes", second(-1))
forged("a byte fewer", "do not fill", LEFT_OUT, "bytes", lambda v: [v[0], v[1] - 1, *v[2:]])
forged("no frames", "does not fit", REFUSED, "length", second(0))
forged("fewer than no frames", "does not fit", REFUSED, "length", second(-5))
forged("two thousand million frames", "damaged", LEFT_OUT, "length", second(2**31 - 1))
forged("a frame fewer", "damaged", LEFT_OUT, "length", second(5))
forged("another checksum", "not what was written", LEFT_OUT, "sha256", second(bytes(32)))
forged("a key twice", "", REFUSED, "key", second("001/nm-01/000"))
forged("no key", "empty", REFUSED, "key", second(""))
forged("a missing key", "without a value", REFUSED, "key", second(None))
forged("keys that are numbers", "cannot be read as an index", REFUSED, "key", lambda v: [1, 2, 3, 4], pa.int64())
forged(
    "lengths that are floats",
    "cannot be read as an index",
    REFUSED,
    "length",
    lambda v: [1.0, float("nan"), 3.0, 4.0],
    pa.float32(),
)
forged(
    "lengths of sixty-four bits", "cannot be read as an index", REFUSED, "length", lambda v: [6, 6, 6, 6], pa.int64()
)
forged("checksums of a byte", "cannot be read as an index", REFUSED, "sha256", lambda v: [b"a"] * 4, pa.binary())
forged("a condition that is missing", "without a value", REFUSED, "condition", second(None))


@INDEXES.add("names past their table", "cannot be read", REFUSED)
def _(scene):
    store = make(scene)
    batch = batch_of(store)
    wild = pa.DictionaryArray.from_arrays(pa.array([0, 99, 1, 2], pa.int32()), pa.array(["a", "b", "c"]), safe=False)
    columns = [wild if n == "subject" else batch[n] for n in batch.schema.names]
    sign(store, [pa.record_batch(columns, batch.schema)])


@INDEXES.add("a key that is no text", "cannot be read", REFUSED)
def _(scene):
    store = make(scene)
    sign(store, [batch_of(store)])
    data = index_of(store).read_bytes()
    assert data.count(BAD.encode()) >= 1
    index_of(store).write_bytes(data.replace(BAD.encode(), b"002/nm-01/\xff00", 1))
    change_head(store, index_sha256=sha256_file(index_of(store)))


@INDEXES.add("a column too many", "cannot be read as an index", REFUSED)
def _(scene):
    store = make(scene)
    batch = batch_of(store)
    names = pa.schema([*batch.schema, pa.field("evil", pa.string())])
    sign(store, [pa.record_batch([*batch.columns, pa.array(["x"] * 4)], names)])


@INDEXES.add("a column too few", "cannot be read as an index", REFUSED)
def _(scene):
    store = make(scene)
    sign(store, [batch_of(store).drop_columns(["stamp"])])


@INDEXES.add("two batches", "2 batches", REFUSED)
def _(scene):
    store = make(scene)
    batch = batch_of(store)
    sign(store, [batch.slice(0, 2), batch.slice(2)])


@INDEXES.add("rows too few", "does not fit", REFUSED)
def _(scene):
    store = make(scene)
    sign(store, [batch_of(store).slice(0, 3)])


@INDEXES.add("no rows", "", REFUSED)
def _(scene):
    store = make(scene)
    sign(store, [batch_of(store).slice(0, 0)], sequences=0)


@INDEXES.add("an index of rubbish", "cannot be read", REFUSED)
def _(scene):
    store = make(scene)
    index_of(store).write_bytes(b"ARROW1\0\0" + bytes(3000) + b"ARROW1")
    change_head(store, index_sha256=sha256_file(index_of(store)))


@INDEXES.add("an index whose footer lies", "cannot be read", REFUSED)
def _(scene):
    store = make(scene)
    data = index_of(store).read_bytes()
    index_of(store).write_bytes(data[:-10] + b"\xff\xff\xff\x7f" + data[-6:])
    change_head(store, index_sha256=sha256_file(index_of(store)))


@INDEXES.add("an index that is a pickle", "cannot be read", REFUSED)
def _(scene):
    store = make(scene)
    index_of(store).write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
    change_head(store, index_sha256=sha256_file(index_of(store)))


@INDEXES.add("a bit flipped", "SHA-256", REFUSED)
def _(scene):
    path = index_of(make(scene))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@INDEXES.add("cut", "SHA-256", REFUSED)
def _(scene):
    path = index_of(make(scene))
    path.write_bytes(path.read_bytes()[:-100])


@INDEXES.add("empty", "index-1.arrow", REFUSED)
def _(scene):
    index_of(make(scene)).write_bytes(b"")


@INDEXES.add("gone", "is missing", REFUSED)
def _(scene):
    index_of(make(scene)).unlink()


@INDEXES.add("of another store", "SHA-256", REFUSED)
def _(scene):
    store = make(scene)
    prepare(scene.set, scene.root / "other", LayoutChoice("casia-b"), frames=FrameSettings(form="raw"))
    shutil.copy(index_of(scene.root / "other"), index_of(store))


@INDEXES.add("a folder", "index-1.arrow", REFUSED)
def _(scene):
    path = index_of(make(scene))
    path.unlink()
    path.mkdir()


@INDEXES.add("a pipe that nobody writes to", "index-1.arrow", REFUSED)
def _(scene):
    path = index_of(make(scene))
    path.unlink()
    os.mkfifo(path)
