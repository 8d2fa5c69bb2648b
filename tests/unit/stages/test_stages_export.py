"""A store as the reference toolkit reads it, and back."""

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from gaitprint.archives import open_files
from gaitprint.components import component_names, find_component
from gaitprint.errors import ArtefactError, DataError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.export import ExportReport, export
from gaitprint.stages.prepare import prepare
from gaitprint.store import Form, Store, StorePlan, StoreWriter
from gaitprint.types import SequenceRecord


def made(root: Path, *records: tuple[str, str | None, str, str], form: Form = "compact") -> Path:
    with StoreWriter(root, StorePlan("opengait", (64, 64), form=form)) as writer:
        for i, record in enumerate(records):
            writer.add(SequenceRecord(*record), np.full((2 + i, 64, 64), 100 + i, np.uint8))
    return root


def trees(root: Path) -> dict[str, np.ndarray]:
    """Every file the toolkit would unpickle."""
    return {p.relative_to(root).as_posix(): pickle.loads(p.read_bytes()) for p in sorted(root.rglob("*.pkl"))}


@pytest.mark.parametrize("name", sorted({"casia-b", "casia-e", "oumvlp", "gait3d", "grew", "ccpg", "sustech1k", "hid"}))
def test_the_round_trip_of_a_processed_data_set_is_exact(name: str, tmp_path: Path) -> None:
    assert name in component_names("dataset")
    find_component("dataset", name).make().write_miniature(tmp_path / "data")
    prepare(tmp_path / "data", tmp_path / "store", LayoutChoice(name))
    report = export(tmp_path / "store", tmp_path / "out")
    store = Store.open(tmp_path / "store")
    assert (report.sequences, report.written) == (len(store.records), len(store.records))
    found = trees(tmp_path / "out")
    assert len(found) == len(store.records)
    for i, record in enumerate(store.records):
        array = found[f"{record.subject or 'probe'}/{record.condition}/{record.view}/{record.view}.pkl"]
        assert (array.dtype, array.flags["C_CONTIGUOUS"], array.flags["WRITEABLE"]) == (np.uint8, True, True)
        np.testing.assert_array_equal(array, store.frames(i))
    partition = tmp_path / "out/partition.json"
    assert report.partition == str(partition)
    settings = {"partition": str(partition)}
    if name != "hid":  # there view and condition alone tell a probe
        back = prepare(tmp_path / "out", tmp_path / "back", LayoutChoice("opengait", settings))
        again = Store.open(tmp_path / "back")
        assert back.sequences == len(store.records)
        wanted = {(r.subject, r.condition, r.view): store.row(i).sha256 for i, r in enumerate(store.records)}
        assert {(r.subject, r.condition, r.view): again.row(i).sha256 for i, r in enumerate(again.records)} == wanted


def test_the_partition_is_the_split(tmp_path: Path) -> None:
    find_component("dataset", "casia-b").make().write_miniature(tmp_path / "data")
    prepare(tmp_path / "data", tmp_path / "store")
    report = export(tmp_path / "store", tmp_path / "out")
    parts = json.loads((tmp_path / "out/partition.json").read_text())
    assert parts == {"TRAIN_SET": ["001", "002"], "TEST_SET": ["075", "076"]}
    assert (report.train, report.test) == (2, 2)
    split = find_component("dataset", "opengait").make({"partition": report.partition}).split(None, ["001", "076"])
    assert (split.train, split.test) == (("001",), ("076",))
    with pytest.raises(DataError, match="CASIA-B has no split '75'"):
        export(tmp_path / "store", tmp_path / "other", split="75")
    assert not (tmp_path / "other").exists()


def test_a_partition_given_to_prepare_comes_back(tmp_path: Path) -> None:
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    given = {"TRAIN_SET": ["anna", "dora"], "TEST_SET": ["ben", "cleo"]}
    (tmp_path / "mine.json").write_text(json.dumps(given))
    settings = {"partition": str(tmp_path / "mine.json")}
    prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("opengait", settings))
    export(tmp_path / "store", tmp_path / "out")
    assert json.loads((tmp_path / "out/partition.json").read_text()) == given


def test_nobody_known_is_the_subject_probe(tmp_path: Path) -> None:
    store = made(tmp_path / "store", ("a", "anna", "1", "left"), ("b", None, "2", "left"))
    export(store, tmp_path / "out")
    assert list(trees(tmp_path / "out")) == ["anna/1/left/left.pkl", "probe/2/left/left.pkl"]
    parts = json.loads((tmp_path / "out/partition.json").read_text())
    assert parts == {"TRAIN_SET": [], "TEST_SET": ["anna", "probe"]}
    found = find_component("dataset", "opengait").make().scan(open_files(tmp_path / "out"))
    assert [f.record.subject for f in found] == ["anna", None]


@pytest.mark.parametrize("form", ["raw", "bits"])
def test_every_form_of_store_is_exported(tmp_path: Path, form: Form) -> None:
    store = made(tmp_path / "store", ("a", "anna", "1", "left"), form=form)
    export(store, tmp_path / "out")
    (array,) = trees(tmp_path / "out").values()
    np.testing.assert_array_equal(array, Store.open(store).frames(0))


def test_the_files_need_no_code_of_ours(tmp_path: Path) -> None:
    class Plain(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> object:
            assert module.split(".")[0] == "numpy", f"{module}.{name}"
            return super().find_class(module, name)

    export(made(tmp_path / "store", ("a", "anna", "1", "left")), tmp_path / "out")
    data = (tmp_path / "out/anna/1/left/left.pkl").read_bytes()
    assert Plain(io.BytesIO(data)).load().shape == (2, 64, 64)


class TestInterrupted:
    RECORDS = tuple((f"{i}", "anna", f"{i}", "left") for i in range(6))

    @pytest.mark.parametrize("after", [1, 4])
    def test_it_goes_on_where_it_was(self, tmp_path: Path, after: int) -> None:
        store = made(tmp_path / "store", *self.RECORDS)

        def stop(done: int, total: int, key: str) -> None:
            assert total == 6
            if done == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            export(store, tmp_path / "out", progress=stop)
        leaf = tmp_path / "out/anna" / str(after) / "left"
        leaf.mkdir(parents=True)
        (leaf / ".left.pkl.0123abcd.tmp").write_bytes(b"half of it")
        first = (tmp_path / "out/anna/0/left/left.pkl").stat().st_ino
        report: ExportReport = export(store, tmp_path / "out")
        assert (report.sequences, report.written) == (6, 6 - after)
        assert (tmp_path / "out/anna/0/left/left.pkl").stat().st_ino == first
        export(store, tmp_path / "straight")
        files = [{str(p.relative_to(r)): p.read_bytes() for p in r.rglob("*") if p.is_file()} for r in roots(tmp_path)]
        assert files[0] == files[1], "and nothing half-written is left, for the toolkit would read it"
        assert export(store, tmp_path / "out").written == 0

    def test_another_store_is_not_mixed_in(self, tmp_path: Path) -> None:
        export(made(tmp_path / "store", *self.RECORDS[:2]), tmp_path / "out")
        other = made(tmp_path / "other", *self.RECORDS[:3])
        with pytest.raises(ArtefactError, match="an export of another store: choose a new folder"):
            export(other, tmp_path / "out")
        (tmp_path / "full").mkdir()
        (tmp_path / "full/letter").touch()
        with pytest.raises(ArtefactError, match=r"not empty \(letter\)"):
            export(other, tmp_path / "full")


def roots(folder: Path) -> tuple[Path, Path]:
    return folder / "out", folder / "straight"


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "a\\b", "..\\x", "C:", "a\nb", "a\0b", "", "<x>", "x" * 201, ".git"]
)
@pytest.mark.parametrize("where", [1, 2, 3])
def test_names_that_are_no_folders_are_refused(tmp_path: Path, name: str, where: int) -> None:
    record = ["key", "anna", "1", "left"]
    record[where] = name
    if where == 1 and not name:
        record[1] = ".."
    store = made(tmp_path / "store", tuple(record))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"key: .* cannot be a folder's name: prepare it under another one"):
        export(store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["Ünal 左", "a.b", "nm-01", "it's", "x" * 200])
def test_other_names_are_taken(tmp_path: Path, name: str) -> None:
    export(made(tmp_path / "store", ("k", name, name, name)), tmp_path / "out")
    assert list(trees(tmp_path / "out")) == [f"{name}/{name}/{name}/{name}.pkl"]


def test_two_sequences_of_one_place_are_refused(tmp_path: Path) -> None:
    store = made(tmp_path / "store", ("k1", "anna", "1", "left"), ("k2", "anna", "1", "left"))
    with pytest.raises(DataError, match=r"k2 and k1 are both of anna/1/left, .* prepare them under other conditions"):
        export(store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["compact", "raw"])
def test_damage_in_the_store_stops_it_in_one_line(tmp_path: Path, form: Form) -> None:
    store = made(tmp_path / "store", ("a", "anna", "1", "left"), ("b", "ben", "1", "left"), form=form)
    row = Store.open(store).row(1)
    with (store / "frames.bin").open("r+b") as stream:
        stream.seek(row.offset)
        stream.write(bytes(row.bytes))
    with pytest.raises(ArtefactError, match=r"b in .* is damaged .* prepare the store again"):
        export(store, tmp_path / "out")
    assert list(trees(tmp_path / "out")) == ["anna/1/left/left.pkl"]
    assert not (tmp_path / "out/partition.json").exists()
