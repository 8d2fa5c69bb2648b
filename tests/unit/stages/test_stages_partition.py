"""A store keeps who trains and who is tested: nobody disappears from it, or moves to the other side, in silence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gaitprint.atomic_files import sha256_file, sha256_json
from gaitprint.cli.main import main
from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, DataError, GaitprintError
from gaitprint.ingest import reading as _reading
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.splits import split_of
from gaitprint.layouts.similar_names import loosely
from gaitprint.stages import prepare as preparing
from gaitprint.stages.doctor import doctor
from gaitprint.stages.partition import partition
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store, StorePlan, StoreWriter

FIRST = {"TRAIN_SET": ["anna", "ben"], "TEST_SET": ["cleo", "dora"]}
OTHER = {"TRAIN_SET": ["cleo", "dora"], "TEST_SET": ["anna", "ben"]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Anna, Ben, Cleo and Dora."""
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    return tmp_path / "data"


def written(path: Path, values: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
    return path


def prepared(
    data: Path, out: Path, file: Path | str | None, dataset: str = "opengait", **how: Any
) -> preparing.PrepareReport:
    settings = {} if file is None else {"partition": str(file)}
    return prepare(data, out, LayoutChoice(dataset, settings), **how)


def sides(store: Path, name: str | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    split = split_of(Store.open(store), name)
    return split.train, split.test


class TestKept:
    def test_a_file_of_that_name_elsewhere_changes_nothing(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here, there = tmp_path / "here", tmp_path / "there"
        written(here / "partition.json", FIRST)
        written(there / "partition.json", OTHER)
        monkeypatch.chdir(here)
        report = prepared(data, tmp_path / "store", "partition.json")
        monkeypatch.chdir(there)
        assert sides(tmp_path / "store") == (("anna", "ben"), ("cleo", "dora"))
        kept = Store.open(tmp_path / "store").partition
        assert kept is not None
        assert (kept.source, kept.sha256) == ("partition.json", sha256_file(here / "partition.json"))
        assert report.partition is not None
        assert (report.partition.train, report.partition.test, report.partition.absent) == (2, 2, ())

    @pytest.mark.parametrize("dataset", ["opengait", "folder", "auto"])
    def test_whatever_the_layout(self, data: Path, tmp_path: Path, dataset: str) -> None:
        prepared(data, tmp_path / "store", written(tmp_path / "p.json", OTHER), dataset=dataset)
        assert sides(tmp_path / "store") == (("cleo", "dora"), ("anna", "ben"))

    def test_the_published_splits_stay_beside_it(self, tmp_path: Path) -> None:
        find_component("dataset", "casia-b").make().write_miniature(tmp_path / "data")
        file = written(tmp_path / "p.json", {"TRAIN_SET": ["076"], "TEST_SET": ["001"]})
        report = prepared(tmp_path / "data", tmp_path / "store", file, dataset="casia-b")
        assert sides(tmp_path / "store") == (("076",), ("001",))
        assert sides(tmp_path / "store", "74") == (("001", "002"), ("075", "076"))
        assert report.partition is not None
        assert report.partition.neither == ("002", "075")
        assert "2 subjects ('002', '075') of the store are in neither part" in report.partition.lines()[1]

    def test_a_store_packed_anew_has_it_too(self, data: Path, tmp_path: Path) -> None:
        prepared(data, tmp_path / "store", written(tmp_path / "p.json", OTHER))
        prepare(tmp_path / "store", tmp_path / "raw", frames=FrameSettings(form="raw"))
        assert sides(tmp_path / "raw") == sides(tmp_path / "store")

    def test_a_quarantine_leaves_it(self, data: Path, tmp_path: Path) -> None:
        prepared(data, tmp_path / "store", written(tmp_path / "p.json", OTHER))
        frames = (tmp_path / "store/frames.bin").read_bytes()
        last = Store.open(tmp_path / "store").rows[-1]
        broken = frames[: last.offset] + bytes(last.bytes) + frames[last.offset + last.bytes :]
        (tmp_path / "store/frames.bin").write_bytes(broken)
        assert doctor(tmp_path / "store", fix=True).quarantined == (last.key,)
        assert sides(tmp_path / "store") == (("cleo", "dora"), ("anna", "ben"))

    def test_one_that_was_killed_goes_on_with_it(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = written(tmp_path / "p.json", OTHER)

        def killed(writer: StoreWriter) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(StoreWriter, "finish", killed)
            with pytest.raises(KeyboardInterrupt):
                prepared(data, tmp_path / "store", file)
        report = prepared(data, tmp_path / "store", None)
        assert report.resumed == report.sequences
        assert sides(tmp_path / "store") == (("cleo", "dora"), ("anna", "ben"))


class TestChanged:
    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        places: list[str] = []
        real: Callable[..., Any] = _reading.read_sequence
        monkeypatch.setattr(
            _reading, "read_sequence", lambda f, place, *more: places.append(place) or real(f, place, *more)
        )
        return places

    def test_a_store_is_given_one_without_its_source(self, data: Path, tmp_path: Path) -> None:
        first = prepared(data, tmp_path / "store", None)
        data.rename(tmp_path / "away")
        report = partition(tmp_path / "store", written(tmp_path / "p.json", FIRST))
        assert (report.train, report.test) == (("anna", "ben"), ("cleo", "dora"))
        assert partition(tmp_path / "store", written(tmp_path / "p.json", OTHER)).train == ("cleo", "dora")
        assert partition(tmp_path / "store").train == ("cleo", "dora")
        assert partition(tmp_path / "store", drop=True).test == ("anna", "ben", "cleo", "dora")
        assert Store.open(tmp_path / "store").fingerprint == first.fingerprint
        (tmp_path / "away").rename(data)
        assert prepared(data, tmp_path / "store", None).unchanged == first.sequences

    def test_preparing_again_with_another_one_reads_no_frame(self, data: Path, tmp_path: Path, read: list[str]) -> None:
        first = prepared(data, tmp_path / "store", written(tmp_path / "p.json", FIRST))
        del read[:]
        report = prepared(data, tmp_path / "store", written(tmp_path / "p.json", OTHER))
        assert (read, report.unchanged, report.fingerprint) == ([], first.sequences, first.fingerprint)
        assert sides(tmp_path / "store") == (("cleo", "dora"), ("anna", "ben"))
        again = prepared(data, tmp_path / "store", None)
        assert again.partition == report.partition, "said once, it stays"

    def test_a_wrong_one_changes_nothing(self, data: Path, tmp_path: Path) -> None:
        prepared(data, tmp_path / "store", written(tmp_path / "p.json", FIRST))
        before = (tmp_path / "store/store.json").read_bytes()
        for values in ([], {**FIRST, "TEST_SET": ["ben"]}, {**FIRST, "TEST_SET": ["Cleo", "Dora"]}):
            with pytest.raises(GaitprintError):
                partition(tmp_path / "store", written(tmp_path / "p.json", values))
            with pytest.raises(GaitprintError):
                prepared(data, tmp_path / "store", tmp_path / "p.json")
        with pytest.raises(ArtefactError, match="the partition is missing"):
            partition(tmp_path / "store", tmp_path / "none.json")
        assert (tmp_path / "store/store.json").read_bytes() == before

    def test_another_writer_is_waited_for(self, data: Path, tmp_path: Path) -> None:
        prepared(data, tmp_path / "store", None)
        head = Store.open(tmp_path / "store").head
        writer = StoreWriter(tmp_path / "store", StorePlan(head.dataset, head.size, made_from=head.made_from))
        with pytest.raises(DataError, match="another process is writing"):
            partition(tmp_path / "store", written(tmp_path / "p.json", FIRST))
        writer.__exit__(KeyboardInterrupt, None, None)
        assert partition(tmp_path / "store", tmp_path / "p.json").train == ("anna", "ben")


class TestNames:
    def people(self, tmp_path: Path, *names: str) -> Path:
        for name in names:
            leaf = tmp_path / "data" / name / "nm-01" / "090"
            leaf.mkdir(parents=True)
            find_component("dataset", "opengait").make().write_miniature(tmp_path / "one")
            source = next((tmp_path / "one").rglob("*.pkl"))
            (leaf / "090.pkl").write_bytes(source.read_bytes())
        return tmp_path / "data"

    @pytest.mark.parametrize(
        ("named", "meant"),
        [
            ("98", "098"),
            ("098 ", "098"),
            ("0098", "098"),
            ("098.0", "098"),
            ("S7", "s7"),
            ("s07", "s7"),
            ("\uff13", "3"),
        ],
    )
    def test_one_that_is_written_otherwise_is_refused_before_a_frame_is_read(
        self, tmp_path: Path, named: str, meant: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = self.people(tmp_path, "001", "098", "s7", "3")
        file = written(tmp_path / "p.json", {"TRAIN_SET": ["001"], "TEST_SET": [named]})
        assert doctor(data, LayoutChoice(settings={"partition": str(file)})).findings[0].severity == "error"
        monkeypatch.setattr(_reading, "read_sequence", lambda *_: pytest.fail("a frame was read"))
        with pytest.raises(DataError, match=f"did you mean '{meant}'. 1 of 2 names"):
            prepared(data, tmp_path / "store", file)
        assert not (tmp_path / "store").exists()

    def test_numbers_are_refused(self, tmp_path: Path) -> None:
        data = self.people(tmp_path, "001", "002")
        file = written(tmp_path / "p.json", {"TRAIN_SET": [1], "TEST_SET": [2]})
        with pytest.raises(DataError, match=r"TRAIN_SET is a list of ids in quotation marks .* found"):
            prepared(data, tmp_path / "store", file)

    def test_people_who_are_not_there_are_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data = self.people(tmp_path, "001", "002", "003")
        file = written(tmp_path / "p.json", {"TRAIN_SET": ["001", "p4"], "TEST_SET": ["002", "p5", "p6"]})
        assert main(["data", "prepare", str(data), str(tmp_path / "store"), "--set", f"partition={file}"]) == 0
        said = capsys.readouterr().out
        assert "1 subjects train, 1 are tested" in said
        assert "note: the partition names 3 subjects ('p4', 'p5', 'p6') that the store does not hold" in said
        assert "note: 1 subject ('003') of the store are in neither part" in said

    def test_a_part_of_the_data_is_no_mistake_of_the_file(self, tmp_path: Path) -> None:
        data = self.people(tmp_path, "001", "002", "003")
        file = written(tmp_path / "p.json", {"TRAIN_SET": ["001", "002"], "TEST_SET": ["003"]})
        report = prepared(data, tmp_path / "store", file, subjects=["001"])
        assert report.partition is not None
        assert report.partition.absent == ("002", "003")

    @pytest.mark.parametrize("name", ["PROBE_SET", "GALLERY_SET"])
    def test_lists_of_sequences_are_held_against_the_data(self, tmp_path: Path, name: str) -> None:
        data = self.people(tmp_path, "001", "002")
        parts = {"TRAIN_SET": ["001"], "TEST_SET": ["002"]}
        sound = written(tmp_path / "p.json", {**parts, name: ["002-nm-01-090"]})
        report = prepared(data, tmp_path / "store", sound)
        assert report.partition is not None
        assert report.partition.unmatched == ()
        wrong = written(tmp_path / "p.json", {**parts, name: ["2-nm-01-090"]})
        with pytest.raises(DataError, match=f"{name} lists '2-nm-01-090'.* did you mean '002-nm-01-090'"):
            partition(tmp_path / "store", wrong)
        both = {"PROBE_SET": ["002-nm-01-090"], "GALLERY_SET": ["002-nm-01-090"]}
        file = written(tmp_path / "p.json", {**parts, **both})
        with pytest.raises(DataError, match="in PROBE_SET and in GALLERY_SET"):
            partition(tmp_path / "store", file)

    def test_loose_names(self) -> None:
        alike = [loosely(name) for name in ("098", "98", " 98", "98.0", "0098")]
        assert set(alike) == {"98"}
        assert len({loosely(name) for name in ("098", "980", "908", "s98", "98-1", "000")}) == 6


class TestEarlierVersions:
    def test_a_store_that_only_names_its_file_says_so_once_it_matters(self, data: Path, tmp_path: Path) -> None:
        file = written(tmp_path / "p.json", FIRST)
        prepared(data, tmp_path / "store", file)
        head = tmp_path / "store/store.json"
        values = json.loads(head.read_text())
        values.pop("partition")
        values["layout"] = {"partition": "p.json"}
        values["made_from"] = sha256_json([ascii(str(data.absolute())), values["layout"], 64, "opengait", None])
        head.write_text(json.dumps(values))
        with pytest.raises(
            ArtefactError, match=r"does not hold its partition 'p.json'.* `gaitprint data partition .*store"
        ):
            sides(tmp_path / "store")
        assert "does not hold its partition" in doctor(tmp_path / "store").findings[0].what
        report = prepared(data, tmp_path / "store", file)
        assert report.unchanged == report.sequences, "it is brought up to date as before"
        assert sides(tmp_path / "store") == (("anna", "ben"), ("cleo", "dora"))
        assert prepared(data, tmp_path / "store", file).unchanged == report.sequences
        assert partition(tmp_path / "store", written(tmp_path / "q.json", OTHER)).train == ("cleo", "dora")


def test_the_command_says_who_is_who(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, file = str(tmp_path / "store"), str(written(tmp_path / "p.json", FIRST))
    prepared(data, tmp_path / "store", None)
    assert main(["data", "partition", store]) == 0
    assert capsys.readouterr().out == f"{store}: 0 subjects train, 4 are tested\n"
    assert main(["data", "partition", store, file]) == 0
    assert capsys.readouterr().out == f"partition {file}: 2 subjects train, 2 are tested\n"
    assert main(["data", "partition", store, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"] == ["cleo", "dora"]
    assert main(["data", "partition", store, file, "--drop"]) == 2
