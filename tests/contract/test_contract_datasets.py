"""What every data set layout owes: its miniature comes back whole, split in two, and packed into a store."""

from pathlib import Path

import pytest

from gaitprint.archives import open_files
from gaitprint.components import component_names, find_component
from gaitprint.errors import DataError
from gaitprint.evaluation.protocol.protocol import protocol_names
from gaitprint.layouts.contract import Layout
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store

NAMES = component_names("dataset")


def layout(name: str) -> Layout:
    made: Layout = find_component("dataset", name).make({})
    return made


@pytest.mark.parametrize("name", NAMES)
def test_the_miniature_is_found_again(name: str, tmp_path: Path) -> None:
    layout(name).write_miniature(tmp_path)
    found = layout(name).scan(open_files(tmp_path))
    keys = [f.record.key for f in found]
    assert len(keys) >= 8
    assert len(set(keys)) == len(keys)
    assert all((tmp_path / f.place).exists() for f in found)
    assert all(f.record.condition and f.record.view for f in found)
    assert [f.record for f in layout(name).scan(open_files(tmp_path))] == [f.record for f in found]
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", NAMES)
def test_every_split_is_of_the_subjects_there(name: str, tmp_path: Path) -> None:
    made = layout(name)
    made.write_miniature(tmp_path)
    subjects = {f.record.subject for f in made.scan(open_files(tmp_path))} - {None}
    known = sorted(s for s in subjects if s is not None)
    assert made.splits
    for split in (None, *made.splits):
        parts = made.split(split, known)
        assert not set(parts.train) & set(parts.test)
        assert set(parts.train) | set(parts.test) <= set(known)
        assert parts.test
        assert made.split(split, reversed(known)) == parts
    with pytest.raises(DataError, match="has no split 'none of these'"):
        made.split("none of these", known)


@pytest.mark.parametrize("name", NAMES)
def test_the_miniature_can_be_prepared(name: str, tmp_path: Path) -> None:
    layout(name).write_miniature(tmp_path / "data")
    found = layout(name).scan(open_files(tmp_path / "data"))
    report = prepare(tmp_path / "data", tmp_path / "store", dataset=name)
    assert report.quarantined == ()
    store = Store.open(tmp_path / "store")
    assert store.dataset == name
    assert list(store.records) == [f.record for f in found]
    assert min(store.lengths) >= 5
    assert store.size == (64, 64)


@pytest.mark.parametrize("name", NAMES)
def test_another_tree_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c" / "d" / "e").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "d" / "e" / "1.png").write_bytes(b"x")
    for root in (tmp_path, tmp_path / "a" / "b" / "c" / "d" / "e", tmp_path / "nothing"):
        with pytest.raises(DataError, match="found") as caught:
            layout(name).scan(open_files(root))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    made = layout(name)
    assert made.title
    assert "\n" not in made.title
    assert set(made.protocols) <= set(protocol_names())
