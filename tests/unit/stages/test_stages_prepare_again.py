"""Prepared again: moved, damaged, of another source, under other settings; no dead end, and no frames mixed."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from gaitprint.atomic_files import read_json, write_json
from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, DataError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store, is_begun


@pytest.fixture
def data(tmp_path: Path) -> Path:
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    return tmp_path / "data"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_store_says_what_it_was_made_of(data, tmp_path):
    prepare(data, tmp_path / "store", frames=FrameSettings(size=32), subjects=["anna", "ben"])
    head = Store.open(tmp_path / "store").head
    assert head.made_of == {"source": str(data), "size": 32, "edge rule": "opengait", "subjects": ["anna", "ben"]}
    assert head.written_by
    (line,) = [line for line in doctor(tmp_path / "store").lines() if line.startswith("prepared from: ")]
    assert f"source {data}; size 32; edge rule opengait; subjects" in line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frames": FrameSettings(edge_rule="gaitset")}, "(edge rule: opengait, now gaitset)"),
        ({"subjects": ["anna"]}, '(subjects: none said, now ["anna"])'),
        ({"frames": FrameSettings(size=32)}, "frames"),
    ],
)
def test_what_differs_is_said(data, tmp_path, changes, words):
    prepare(data, tmp_path / "store")
    before = bytes_of(tmp_path / "store")
    with pytest.raises(DataError, match=r"settings|as opengait") as refused:
        prepare(data, tmp_path / "store", **changes)
    assert words in str(refused.value)
    assert bytes_of(tmp_path / "store") == before


def test_a_source_that_moved_needs_no_new_preparation(data, tmp_path):
    first = prepare(data, tmp_path / "store")
    moved = Path(shutil.move(data, tmp_path / "elsewhere"))
    again = prepare(moved, tmp_path / "store")
    assert (again.moved_from, again.unchanged, again.changed, again.gone) == (str(data), first.sequences, (), ())
    assert again.fingerprint == first.fingerprint
    assert Store.open(tmp_path / "store").head.made_of["source"] == str(moved)
    before = bytes_of(tmp_path / "store")
    assert prepare(moved, tmp_path / "store").moved_from == "", "it is known there now"
    assert bytes_of(tmp_path / "store") == before
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", moved))
    packed = prepare(archive, tmp_path / "store")
    assert (packed.moved_from, packed.fingerprint) == (str(moved), first.fingerprint)


@pytest.mark.parametrize("what", ["other frames", "fewer than half", "other names"])
def test_another_source_of_the_same_layout_is_refused(data, tmp_path, what):
    prepare(data, tmp_path / "store")
    other = tmp_path / "other"
    shutil.copytree(data, other)
    if what == "other frames":
        pickles = sorted(other.rglob("*.pkl"))
        contents = [p.read_bytes() for p in pickles]
        for place, content in zip(pickles, contents[4:] + contents[:4], strict=True):
            place.write_bytes(content)
    elif what == "fewer than half":
        for name in ("anna", "ben", "cleo"):
            shutil.rmtree(other / name)
    else:
        for folder in sorted(other.iterdir()):
            folder.rename(folder.with_name(f"x{folder.name}"))
    before = bytes_of(tmp_path / "store")
    with pytest.raises(DataError) as refused:
        prepare(other, tmp_path / "store")
    assert f"(source: {data}, now {other})" in str(refused.value)
    assert bytes_of(tmp_path / "store") == before


@pytest.mark.parametrize("damage", ["index missing", "index changed", "frames short", "frames missing"])
def test_prepare_the_store_again_is_a_way_out(data, tmp_path, damage):
    first = prepare(data, tmp_path / "store")
    (index,) = (tmp_path / "store").glob("index-*.arrow")
    frames = tmp_path / "store" / "frames.bin"
    if damage == "index changed":
        index.write_bytes(index.read_bytes()[:-20] + bytes(20))
    elif damage == "frames short":
        frames.write_bytes(frames.read_bytes()[:-1])
    else:
        (index if damage == "index missing" else frames).unlink()
    with pytest.raises(ArtefactError, match=r"prepare the store again$"):
        Store.open(tmp_path / "store")
    again = prepare(data, tmp_path / "store")
    assert again.damage
    assert (again.unchanged, again.sequences, again.fingerprint) == (0, first.sequences, first.fingerprint)
    assert prepare(data, tmp_path / "store").damage == ""


@pytest.mark.parametrize("change", [{"version": 99}, {"format": "another"}, {"size": "large"}])
def test_a_store_of_which_nothing_is_known_is_left_alone_with_a_way_out(data, tmp_path, change):
    prepare(data, tmp_path / "store")
    head = tmp_path / "store" / "store.json"
    write_json(head, read_json(head, "the head") | change)
    before = bytes_of(tmp_path / "store")
    with pytest.raises(ArtefactError, match=r"prepare the store again in a new folder$"):
        prepare(data, tmp_path / "store")
    assert bytes_of(tmp_path / "store") == before


def test_a_damaged_sequence_comes_back_by_what_the_message_says(data, tmp_path):
    first = prepare(data, tmp_path / "store")
    store = Store.open(tmp_path / "store")
    row = store.row(2)
    with (tmp_path / "store" / "frames.bin").open("r+b") as stream:
        stream.seek(row.offset)
        stream.write(bytes(row.bytes))
    store = Store.open(tmp_path / "store")
    with pytest.raises(
        ArtefactError, match=r"take it out by `gaitprint data doctor .* --fix` and prepare the store again$"
    ):
        store.verified_frames(2)
    assert doctor(tmp_path / "store", fix=True).quarantined == (row.key,)
    assert prepare(data, tmp_path / "store").fingerprint == first.fingerprint


def test_a_store_of_an_earlier_version_goes_on_at_its_place(data, tmp_path):
    """It does not say in words what it was made of: its fingerprint alone decides."""
    first = prepare(data, tmp_path / "store")
    head = tmp_path / "store" / "store.json"
    values = read_json(head, "the head")
    write_json(head, {key: value for key, value in values.items() if key not in ("made_of", "written_by")})
    with pytest.raises(DataError, match="under other settings, so"):
        prepare(data, tmp_path / "store", frames=FrameSettings(edge_rule="gaitset"))
    again = prepare(data, tmp_path / "store")
    assert (again.unchanged, again.fingerprint) == (first.sequences, first.fingerprint)
    assert Store.open(tmp_path / "store").head.made_of["source"] == str(data)


def test_a_source_that_moved_and_changed_is_known_again(data, tmp_path):
    prepare(data, tmp_path / "store")
    changed = [*data.glob("anna/*/*/*.pkl"), *data.glob("ben/*/*/*.pkl")]
    for leaf in changed:
        leaf.write_bytes(pickle.dumps(np.ascontiguousarray(pickle.loads(leaf.read_bytes())[::-1])))
    moved = Path(shutil.move(data, tmp_path / "elsewhere"))
    again, fresh = prepare(moved, tmp_path / "store"), prepare(moved, tmp_path / "fresh")
    assert (again.moved_from, again.sequences) == (str(data), fresh.sequences)
    assert [r.sha256 for r in Store.open(tmp_path / "store").rows] == [
        r.sha256 for r in Store.open(tmp_path / "fresh").rows
    ]


def test_one_begun_whose_source_moved_goes_on_there(data, tmp_path):
    half_done(data, tmp_path / "store")
    moved = Path(shutil.move(data, tmp_path / "elsewhere"))
    again, fresh = prepare(moved, tmp_path / "store"), prepare(moved, tmp_path / "fresh")
    assert again.resumed == 5
    assert again.fingerprint == fresh.fingerprint
    assert bytes_of(tmp_path / "store") == bytes_of(tmp_path / "fresh")


def test_one_begun_from_other_files_takes_none_of_them_over(data, tmp_path):
    other = Path(shutil.copytree(data, tmp_path / "other"))
    for leaf in sorted(other.glob("anna/*/*/*.pkl"))[:2]:
        frames = pickle.loads(leaf.read_bytes())
        leaf.write_bytes(pickle.dumps(np.ascontiguousarray(frames[::-1])))
    half_done(data, tmp_path / "store")
    again, fresh = prepare(other, tmp_path / "store"), prepare(other, tmp_path / "fresh")
    assert again.fingerprint == fresh.fingerprint
    half_done(data, tmp_path / "third")
    with pytest.raises(DataError, match="edge rule: opengait, now gaitset"):
        prepare(other, tmp_path / "third", frames=FrameSettings(edge_rule="gaitset"))


def half_done(data: Path, out: Path) -> None:
    """A store whose writer was stopped after five sequences."""

    def stop(done: int, total: int, key: str) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(data, out, progress=stop)
    assert is_begun(out)
