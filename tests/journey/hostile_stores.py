"""Stores that were damaged, cut, or forged and signed again."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from hostile_kinds import BAD, KEPT, LEFT_OUT, REFUSED, Family, Scene
from hostile_pickles import WHOLE

from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store

STORES = Family("store")


def make(scene: Scene, form: str = "compact") -> Path:
    """A sound store of all four sequences, to be asked about instead of the data set."""
    scene.put(f"{BAD}/000.pkl", WHOLE)
    scene.source, scene.options = scene.root / "store", ()
    prepare(scene.set, scene.source, LayoutChoice("casia-b"), frames=FrameSettings(form=form))
    return scene.source


def change_head(store: Path, **values: Any) -> None:
    head = json.loads((store / "store.json").read_text())
    (store / "store.json").write_text(json.dumps({**head, **values}))


def index_of(store: Path) -> Path:
    return store / "index-1.arrow"


def head_kind(called: str, says: str, **values: Any) -> None:
    @STORES.add(f"head, {called}", says, REFUSED)
    def _(scene):
        change_head(make(scene), **values)


def head_bytes(called: str, says: str, data: bytes) -> None:
    @STORES.add(f"head, {called}", says, REFUSED)
    def _(scene):
        (make(scene) / "store.json").write_bytes(data)


def frames_kind(
    called: str, says: str, change: Callable[[bytearray, int, int], Any], form: str = "compact", outcome: str = LEFT_OUT
) -> None:
    """The packed frames of the spoilt sequence changed in place."""

    @STORES.add(f"frames, {called}", says, outcome)
    def _(scene):
        store = make(scene, form)
        row = Store.open(store).row(1)
        assert row.key == BAD
        before = (store / "frames.bin").read_bytes()
        data = bytearray(before)
        change(data, row.offset, row.offset + row.bytes)
        (store / "frames.bin").write_bytes(data)
        assert data != before


def put(value: bytes, at: int = 0) -> Callable[[bytearray, int, int], None]:
    def change(data: bytearray, start: int, stop: int) -> None:
        data[start + at : start + at + len(value)] = value

    return change


def fill(value: Callable[[int], bytes]) -> Callable[[bytearray, int, int], None]:
    def change(data: bytearray, start: int, stop: int) -> None:
        data[start:stop] = value(stop - start)

    return change


def swollen(length: int) -> bytes:
    """One chunk that says it unpacks to another size than frames have, and does."""
    packed = zstandard.ZstdCompressor(level=3).compress(bytes(2**28))
    return (length - 4).to_bytes(4, "little") + packed[: length - 4].ljust(length - 4, b"\0")


frames_kind("a bit flipped", BAD, put(b"\xff", 40))
frames_kind("a pixel changed, not packed", "not what was written", put(b"\x55", 900), "raw")
frames_kind("zeros", "do not fill", fill(bytes))
frames_kind("noise", "damaged", fill(np.random.default_rng(0).bytes))
frames_kind("a chunk of four gigabytes", "do not fill", put(b"\xff\xff\xff\xff"))
frames_kind("a chunk of none", "do not fill", put(b"\0\0\0\0"))
frames_kind("a chunk that swells", "damaged", fill(swollen))
frames_kind("a chunk that is no chunk", "damaged", put(b"EVIL", 4))
frames_kind("cut", "should hold", lambda d, a, b: d.__delitem__(slice(-1, None)), outcome=REFUSED)
frames_kind("gone", "should hold", lambda d, a, b: d.clear(), outcome=REFUSED)
frames_kind("more behind them", "", lambda d, a, b: d.extend(b"evil" * 99), outcome=KEPT)


@STORES.add("frames, a pipe that nobody writes to", "should hold", REFUSED)
def _(scene):
    path = make(scene) / "frames.bin"
    path.unlink()
    os.mkfifo(path)


@STORES.add("quarantine, of rubbish", "", KEPT)
def _(scene):
    (make(scene) / "quarantine.json").write_bytes(b"[" * 100_000)


@STORES.add("unfinished", "unfinished", REFUSED)
def _(scene):
    store = make(scene)
    (store / "store.json").rename(store / "journal.jsonl")


head_kind("an index that leads out", "index is a file's name", index="../index-1.arrow")
head_kind("an index from the root", "index is a file's name", index="/etc/passwd")
head_kind("an index of Windows", "index is a file's name", index="..\\x")
head_kind("an index that is the folder above", "store", index="..")
head_kind("an index without a name", "store", index="")
head_kind("an index with NUL", "store", index="a\0b")
head_kind("an index with a line break", "store", index="a\nTraceback")
head_kind("an index of five thousand letters", "store", index="x" * 5000)
head_kind("an index that is a list", "index", index=["index-1.arrow"])
head_kind("a checksum that is a number", "index_sha256", index_sha256=7)
head_kind("frames of a million pixels squared", "size is H, W", size=[10**6, 10**6])
head_kind("frames of no pixels", "size is H, W", size=[0, 64])
head_kind("frames of negative sizes", "size is H, W", size=[-64, -64])
head_kind("sizes of NaN", "size", size=[float("nan"), 64])
head_kind("three sizes", "size", size=[64, 64, 64])
head_kind("sizes that are truths", "size", size=[True, True])
head_kind("an unknown form", "form", form="pickle")
head_kind("negative bytes", "bytes is not negative", bytes=-1)
head_kind("an exabyte", "should hold", bytes=2**60)
head_kind("bytes that are text", "bytes", bytes="all")
head_kind("bytes without end", "bytes", bytes=float("inf"))
head_kind("a sequence too many", "does not fit", sequences=5)
head_kind("another version", "version 2", version=7)
head_kind("another format", "no gaitprint-store", format="pickle")
head_kind("a setting of nobody", "evil", evil=1)
head_kind("a layout that is a list", "layout", layout=[1])
head_bytes("nothing", "cannot be read", b"")
head_bytes("a list", "no gaitprint-store", b"[]")
head_bytes("null", "no gaitprint-store", b"null")
head_bytes("a number of five thousand digits", "cannot be read", b"1" * 5000)
head_bytes("a hundred thousand brackets", "cannot be read", b"[" * 100_000)
head_bytes("a hundred thousand objects", "cannot be read", b'{"a":' * 100_000)
head_bytes("half of it", "cannot be read", b'{"format": "gaitprint-store", "ver')
head_bytes("bytes that are no text", "cannot be read", b'{"format": "\xff"}')
head_bytes("UTF-16", "is no gaitprint-store of version", '{"format": "gaitprint-store"}'.encode("utf-16"))
head_bytes("a pickle", "cannot be read", b"\x80\x04cos\nsystem\n.")
head_bytes("zeros", "cannot be read", bytes(4000))


@STORES.add("head, a data set that is a module to import", "", KEPT)
def _(scene):
    """A module that runs when it is imported, where Python looks for modules."""
    (scene.root / "work" / "evil").mkdir()
    (scene.root / "work" / "evil" / "layout.py").write_text(f"open({str(scene.canary)!r}, 'w').close()")
    assert str(scene.root / "work") in sys.path
    change_head(make(scene), dataset="evil.layout")
