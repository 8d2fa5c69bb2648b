"""The competition's trees as given out, under the names of each edition, with and without the folder `default`."""

from pathlib import Path

import pytest

from gaitprint.archives import open_files
from gaitprint.components import find_component
from gaitprint.errors import DataError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.scanning import scan
from gaitprint.layouts.contract import FoundSequence


def leaf(root: Path, path: str, name: str = "1.jpg") -> None:
    (root / path).mkdir(parents=True)
    (root / path / name).write_bytes(b"x")


def found(root: Path, **settings: object) -> list[FoundSequence]:
    sequences: list[FoundSequence] = find_component("dataset", "hid").make(settings).scan(open_files(root))
    return sequences


def told(sequences: list[FoundSequence]) -> list[tuple[str | None, str, str]]:
    return [(f.record.subject, f.record.condition, f.record.view) for f in sequences]


EDITIONS = [
    ("train", "test_gallery", "test_probe"),
    ("train", "HID2022_test_gallery", "HID2022_test_probe"),
    ("train", "gallery", "probe"),
    ("train", "gallery", "probe_phase1"),
    ("train", "Gallery", "Probe"),
]


@pytest.mark.parametrize("deep", ["", "/default"])
@pytest.mark.parametrize("names", EDITIONS, ids="-".join)
def test_the_folders_of_every_edition_are_read(tmp_path: Path, names: tuple[str, str, str], deep: str) -> None:
    train, gallery, probe = names
    leaf(tmp_path, f"{train}/0001/8a3f{deep}")
    leaf(tmp_path, f"{gallery}/0501/9b{deep}")
    leaf(tmp_path, f"{probe}/77aa{deep}")
    sequences = found(tmp_path)
    expected = {("0001", "8a3f", "default"), ("0501", "9b", "default"), (None, "77aa", "default")}
    assert set(told(sequences)) == expected
    assert len(sequences) == 3
    assert sorted(f.record.key for f in sequences) == [f.record.key for f in sequences]
    assert {f.place for f in sequences} == {
        f"{train}/0001/8a3f{deep}",
        f"{gallery}/0501/9b{deep}",
        f"{probe}/77aa{deep}",
    }
    assert set(told(list(scan(tmp_path, LayoutChoice()).sequences))) == expected


def test_two_levels_without_probes_are_not_guessed(tmp_path: Path) -> None:
    leaf(tmp_path, "anna/monday")
    with pytest.raises(DataError, match="no published layout fits"):
        scan(tmp_path, LayoutChoice())


@pytest.mark.parametrize("deep", ["", "/default"])
@pytest.mark.parametrize("probe", ["probe/77aa", "probe_phase2/77aa"])
def test_a_gallery_of_ids_beside_the_probes_is_read(tmp_path: Path, probe: str, deep: str) -> None:
    leaf(tmp_path, f"0501/9b{deep}")
    leaf(tmp_path, f"{probe}{deep}")
    assert set(told(found(tmp_path))) == {("0501", "9b", "default"), (None, "77aa", "default")}


def test_ids_need_be_no_numbers_where_the_layout_is_named(tmp_path: Path) -> None:
    leaf(tmp_path, "gallery/anna/monday")
    leaf(tmp_path, "probe/77aa")
    assert set(told(found(tmp_path))) == {("anna", "monday", "default"), (None, "77aa", "default")}


@pytest.mark.parametrize("beside", ["gallery/0501/9b", "0501/9b"])
def test_an_answer_is_of_one_phase(tmp_path: Path, beside: str) -> None:
    for path in (beside, "probe_phase1/77aa", "probe_phase2/88bb"):
        leaf(tmp_path, path)
    with pytest.raises(DataError, match=r"probe_phase1, probe_phase2: choose by --dataset hid --set probes="):
        found(tmp_path)
    assert set(told(found(tmp_path, probes="probe_phase2"))) == {("0501", "9b", "default"), (None, "88bb", "default")}
    with pytest.raises(DataError, match="'probe_phase3': known: probe_phase1, probe_phase2"):
        found(tmp_path, probes="probe_phase3")


def test_an_empty_video_is_kept_for_its_reader_to_name(tmp_path: Path) -> None:
    leaf(tmp_path, "gallery/0501/9b")
    (tmp_path / "probe" / "77aa").mkdir(parents=True)
    assert (None, "77aa", "default") in told(found(tmp_path))


@pytest.mark.parametrize("wrong", ["gallery/0501/9b/left", "gallery/0501/9b/default/more", "extra/0501/9b"])
def test_other_trees_are_refused(tmp_path: Path, wrong: str) -> None:
    leaf(tmp_path, "gallery/0502/8b")
    leaf(tmp_path, wrong)
    with pytest.raises(DataError, match="found"):
        found(tmp_path)


@pytest.mark.parametrize("part", ["train", "test", "gallery", "query", "Gallery"])
def test_parts_of_a_data_set_are_not_taken_for_people(tmp_path: Path, part: str) -> None:
    """Read as subject/condition/view, everybody of the gallery would become one person."""
    leaf(tmp_path, f"{part}/anna/monday")
    leaf(tmp_path, "probe/someone/tuesday")
    with pytest.raises(DataError, match=r"(?i)expected|found"):
        scan(tmp_path, LayoutChoice())
    with pytest.raises(DataError, match=rf"opengait: expected folders of people .* found '{part}'"):
        scan(tmp_path, LayoutChoice("opengait"))
