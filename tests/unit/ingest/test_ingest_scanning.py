"""A store remembers the settings of its layout, so that its splits are those it was prepared under."""

import json
from pathlib import Path

from gaitprint.components import find_component
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.scanning import layout_of
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store


def test_a_partition_given_to_prepare_decides_who_is_tested(tmp_path: Path) -> None:
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    partition = tmp_path / "partition.json"
    partition.write_text(json.dumps({"TRAIN_SET": ["anna", "ben"], "TEST_SET": ["cleo", "dora"]}))
    settings = {"partition": str(partition)}
    prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("opengait", settings))
    store = Store.open(tmp_path / "store")
    assert store.layout == {}
    for part, subjects in (("train", {"anna", "ben"}), ("test", {"cleo", "dora"})):
        assert {r.subject for r in StoreSelection().choose(store, part).records} == subjects
    partition.unlink()
    assert {r.subject for r in StoreSelection().choose(store, "test").records} == {"cleo", "dora"}


def test_a_store_without_layout_settings_takes_the_layouts_own(tmp_path: Path) -> None:
    find_component("dataset", "casia-b").make().write_miniature(tmp_path / "data")
    prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("casia-b"))
    head = tmp_path / "store" / "store.json"
    values = json.loads(head.read_text())
    assert values.pop("layout") == {}
    head.write_text(json.dumps(values))
    assert layout_of(Store.open(tmp_path / "store")).splits[0] == "74"
