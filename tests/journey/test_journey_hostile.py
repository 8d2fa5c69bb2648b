"""Over two hundred kinds of damaged and hostile input: nothing runs, nothing breaks, and the other sequences are whole.

Each puts one bad thing beside clean sequences and goes through `prepare` and `doctor`, as people do.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import hostile_stores
import numpy as np
import pytest
from hostile_arrays import ARRAYS
from hostile_gadgets import GADGETS, LIVE
from hostile_guard import ROOM, WATCH, content, guarded, snapshot
from hostile_images import IMAGES
from hostile_indexes import INDEXES
from hostile_journals import DAMAGE, Damage, begin
from hostile_kinds import BAD, EITHER, KEPT, LEFT_OUT, REFUSED, Kind, Scene, write_clean
from hostile_manifests import MANIFESTS
from hostile_names import NAMED
from hostile_pickles import PICKLES
from hostile_places import PLACES
from hostile_stores import STORES
from hostile_tars import TARS
from hostile_zips import ZIPS

from gaitprint.store import is_store

FAMILIES = [GADGETS, PICKLES, ARRAYS, IMAGES, PLACES, NAMED, ZIPS, TARS, MANIFESTS, STORES, INDEXES]
KINDS = [kind for family in FAMILIES for kind in family.kinds]
DECODERS = re.compile(r"libpng (error|warning): |Corrupt JPEG data: |\[ *(WARN|ERROR):0@")
"""What the libraries of images say past Python's own streams of a damaged one; nothing can keep them from it."""


@pytest.fixture(scope="session")
def clean(tmp_path_factory, run):
    """The clean data set, and what a run on it alone gives; both commands have loaded what they need."""
    root = tmp_path_factory.mktemp("clean")
    write_clean(root / "set")
    options = ["--dataset", "casia-b", "--json"]
    assert run("data", "prepare", root / "set", root / "store", *options).json()["sequences"] == 3
    assert run("data", "doctor", root / "set", *options).code == 0
    return root / "set", content(root / "store")


@pytest.fixture
def scene(clean, tmp_path, monkeypatch):
    root = tmp_path / "scene"
    for name in ("outside", "work", "home", "temporary"):
        (root / name).mkdir(parents=True)
    shutil.copytree(clean[0], root / "set")
    monkeypatch.chdir(root / "work")
    monkeypatch.syspath_prepend(str(root / "work"))
    monkeypatch.setenv("HOME", str(root / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(root / "temporary"))
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a power cut is another test's business
    return Scene(root)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_one_bad_thing_harms_nothing_else(kind: Kind, scene: Scene, clean, run, capfd):
    kind.spoil(scene)
    before = snapshot(scene.root, scene.out)
    with guarded():
        examined = run("data", "doctor", scene.source, *scene.options, "--json")
        prepared = run("data", "prepare", scene.source, scene.out, *scene.options, "--json")
    assert WATCH.seen == []
    assert not scene.canary.exists()
    assert snapshot(scene.root, scene.out) == before
    past = capfd.readouterr()
    assert past.out == ""
    assert [line for line in past.err.splitlines() if kind.outcome == REFUSED or not DECODERS.match(line)] == []
    check_prepared(kind, scene, prepared, clean[1])
    check_examined(kind, examined)


def check_prepared(kind: Kind, scene: Scene, ran, clean) -> None:
    if kind.outcome == REFUSED:
        check_refused(kind, ran)
        assert not is_store(scene.out)
        return
    said = ran.json()
    assert [line.split(":")[0] for line in ran.err.splitlines()] == ["preparing"], ran.err
    kept = content(scene.out)
    if kind.outcome == EITHER:
        assert {key for key, _ in said["quarantined"]} <= {BAD}
        kept.pop(BAD, None)
    elif kind.outcome == KEPT:
        assert said["quarantined"] == []
        kept.pop(BAD, None)
    else:
        [(key, reason)] = said["quarantined"]
        assert key == BAD
        check_reason(kind, reason)
    assert kept.keys() == clean.keys()
    assert [key for key in kept if kept[key] != clean[key]] == []


def check_examined(kind: Kind, ran) -> None:
    if ran.code:
        assert kind.outcome == REFUSED
        check_refused(kind, ran)
        return
    said = ran.json()
    assert len(ran.err.splitlines()) <= 1
    for finding in said["findings"]:
        assert finding["what"].isprintable()
    if kind.outcome == REFUSED:
        assert any(finding["severity"] == "error" and kind.says in finding["what"] for finding in said["findings"])
    elif kind.outcome == LEFT_OUT:
        [(key, reason)] = said["unusable"]
        assert key == BAD
        check_reason(kind, reason)
    elif kind.outcome == KEPT:
        assert said["unusable"] == []


def check_reason(kind: Kind, reason: str) -> None:
    assert reason.isprintable()
    assert 10 < len(reason) < 5000
    assert kind.says in reason
    assert "Traceback" not in reason


def check_refused(kind: Kind, ran) -> None:
    check_line(ran, kind.says)


def check_line(ran, says: str) -> None:
    assert ran.code in (1, 2), ran
    assert ran.out == ""
    [line] = [line for line in ran.err.splitlines() if not line.startswith("examining: ")]
    assert line.startswith("gaitprint: ")
    assert says in line
    assert "out of memory" not in line
    assert "malloc" not in line


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.name)
def test_a_damaged_journal_costs_nothing_but_time(damage: Damage, scene: Scene, clean, run):
    """The store comes out whole, or the folder is refused and stays as it is."""
    journal = begin(scene)
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    journal.write_bytes(b"".join(damage.change(lines)))
    assert journal.read_bytes() != b"".join(lines)
    before = snapshot(scene.root, scene.out)
    with guarded():
        ran = run("data", "prepare", scene.source, scene.out, *scene.options, "--json")
    assert WATCH.seen == []
    assert snapshot(scene.root, scene.out) == before
    if damage.refused:
        check_line(ran, damage.refused)
        assert not is_store(scene.out)
    else:
        assert ran.json()["quarantined"] == []
        assert content(scene.out) == clean[1]


PARTITIONS = {
    "deep": b"[" * 100_000,
    "NaN": b'{"TRAIN_SET": [NaN], "TEST_SET": []}',
    "infinite": b'{"TRAIN_SET": [1e999], "TEST_SET": []}',
    "a list": b"[]",
    "a name twice": b'{"TRAIN_SET": ["001", "001"], "TEST_SET": []}',
    "of objects": b'{"TRAIN_SET": {"a": {}}, "TEST_SET": []}',
    "no text": b'{"TRAIN_SET": ["\xff"]}',
    "a pickle": b"cos\nsystem\n(S'touch canary'\ntR.",
    "nothing": b"",
}


@pytest.mark.parametrize("name", [*PARTITIONS, "gone", "a pipe", "a device"])
def test_a_hostile_partition_is_one_line(name: str, scene: Scene, run):
    """A partition that is given is read, but nothing that never ends; one that a store merely names is not opened."""
    store, partition = hostile_stores.make(scene), scene.outside / "partition.json"
    if name in PARTITIONS:
        partition.write_bytes(PARTITIONS[name])
    elif name == "a pipe":
        os.mkfifo(partition)
    path = Path("/dev/zero") if name == "a device" else partition
    before = (store / "store.json").read_bytes()
    with guarded():
        ran = run("data", "partition", store, path)
    assert WATCH.seen == []
    check_line(ran, path.name)
    assert (store / "store.json").read_bytes() == before
    hostile_stores.change_head(store, layout={"partition": str(path)})
    with guarded():
        ran = run("data", "doctor", store, "--json")
    assert WATCH.seen == []
    assert (ran.code, json.loads(ran.out)["sound"]) == (0, False)
    assert "does not hold its partition" in json.loads(ran.out)["findings"][0]["what"]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is read and set as Linux does")
def test_the_watch_sees_what_it_should(tmp_path):
    with guarded():
        with pytest.raises(MemoryError):
            np.empty(ROOM * 5 // 4, np.uint8)
        sys.audit("os.system", b"touch canary")
    assert WATCH.seen == ["os.system(b'touch canary',)"]
    before = snapshot(tmp_path, tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()
    assert snapshot(tmp_path, tmp_path / "out") == before
    (tmp_path / "x").touch()
    assert snapshot(tmp_path, tmp_path / "out") != before


def test_there_are_over_two_hundred_kinds():
    hostile = [kind for kind in KINDS if kind.outcome != KEPT]
    assert len({kind.id for kind in KINDS}) == len(KINDS)
    assert len(hostile) >= 200


def test_gadgets_are_real(tmp_path):
    """Python's own unpickler runs them, in a process of its own."""
    program = (
        "import pickle, sys, time, pathlib\n"
        "for file in sys.argv[1:]:\n"
        "    try:\n"
        "        pickle.loads(pathlib.Path(file).read_bytes())\n"
        "    except Exception:\n"
        "        pass\n"
        "end = time.monotonic() + 300\n"  # threads and programs that some of them start come to it when they can
        "left = [pathlib.Path(file).with_suffix('.ran') for file in sys.argv[1:]]\n"
        "while time.monotonic() < end and not all(file.exists() for file in left):\n"
        "    time.sleep(0.01)\n"
    )
    files = []
    for number, make in enumerate(LIVE.values()):
        files.append(tmp_path / f"{number}.pkl")
        files[-1].write_bytes(make(tmp_path / f"{number}.ran"))
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, *files], check=True, capture_output=True)
    assert [name for number, name in enumerate(LIVE) if not (tmp_path / f"{number}.ran").exists()] == []
