import json
from pathlib import Path

import pytest

from gaitprint.archives import open_files
from gaitprint.components import find_component
from gaitprint.datasets import casia_b
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.layouts.contract import Layout


def layout(name: str, **settings: object) -> Layout:
    made: Layout = find_component("dataset", name).make(settings)
    return made


def leaf(root: Path, path: str, name: str = "a.png") -> None:
    (root / path).mkdir(parents=True)
    (root / path / name).write_bytes(b"x")


def test_casia_b_is_124_by_10_by_11() -> None:
    assert len(casia_b.published_keys()) == 13_640
    assert {"001/nm-06/000", "124/cl-02/180"} <= casia_b.published_keys()
    assert casia_b.VIEWS == ("000", "018", "036", "054", "072", "090", "108", "126", "144", "162", "180")


@pytest.mark.parametrize(("name", "train", "test"), [(None, 74, 50), ("74", 74, 50), ("62", 62, 62), ("24", 24, 100)])
def test_casia_b_splits_have_the_published_sizes(name: str | None, train: int, test: int) -> None:
    split = layout("casia-b").split(name, casia_b.SUBJECTS)
    assert (len(split.train), len(split.test)) == (train, test)
    assert (split.train[-1], split.test[0]) == (f"{train:03d}", f"{train + 1:03d}")


def test_casia_b_73_drops_005_altogether() -> None:
    split = layout("casia-b").split("73", casia_b.SUBJECTS)
    assert (len(split.train), len(split.test)) == (73, 50)
    assert "005" not in split.train + split.test


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(DataError, match="CASIA-B has no split '75': known: 24, 62, 73, 74"):
        layout("casia-b").split("75", ["001"])


def test_casia_b_takes_raw_images_and_refuses_other_conditions(tmp_path: Path) -> None:
    leaf(tmp_path, "001/nm-01/090", "001-nm-01-090-001.png")
    (found,) = layout("casia-b").scan(open_files(tmp_path))
    assert found.place == "001/nm-01/090"
    assert (found.record.key, found.record.subject) == ("001/nm-01/090", "001")
    leaf(tmp_path, "001/nm-07/090")
    with pytest.raises(DataError, match=r"condition folders like 'nm-01' at level 2 .* found 'nm-07'"):
        layout("casia-b").scan(open_files(tmp_path))


def test_oumvlp_splits_by_parity_with_10307_tested() -> None:
    split = layout("oumvlp").split(None, (f"{i:05d}" for i in range(1, 10308)))
    assert (len(split.train), len(split.test)) == (5153, 5154)
    assert split.train[:2] == ("00001", "00003")
    assert split.train[-1] == "10305"
    assert split.test[-2:] == ("10306", "10307")


def test_casia_e_public_split_is_200_and_814() -> None:
    split = layout("casia-e").split(None, (f"{i:03d}" for i in range(1, 1015)))
    assert (len(split.train), len(split.test)) == (200, 814)


def test_the_first_editions_of_the_competition_train_on_500() -> None:
    subjects = [f"{i:04d}" for i in range(1005)]
    for name in ("hid", "casia-e"):
        split = layout(name).split("500", subjects)
        assert (len(split.train), split.test[0]) == (500, "0500")
    assert layout("hid").split("500", ["00000", "x"]).train == ()
    assert layout("hid").split("all-test", ["0000"]).test == ("0000",)


def test_the_competition_tree_has_probes_of_nobody_known(tmp_path: Path) -> None:
    leaf(tmp_path, "train/0001/8a3f", "1.jpg")
    leaf(tmp_path, "test_gallery/0501/9b", "1.jpg")
    leaf(tmp_path, "test_probe/77aa", "1.jpg")
    found = layout("casia-e").scan(open_files(tmp_path))
    assert [(f.record.key, f.record.subject, f.record.condition) for f in found] == [
        ("test_gallery/0501/9b", "0501", "9b"),
        ("test_probe/77aa", None, "77aa"),
        ("train/0001/8a3f", "0001", "8a3f"),
    ]
    (tmp_path / "extra").mkdir()
    with pytest.raises(DataError, match=r"expected train, test_gallery, test_probe .* found 'extra'"):
        layout("casia-e").scan(open_files(tmp_path))


def test_the_competition_tree_refuses_a_probe_with_an_identity(tmp_path: Path) -> None:
    leaf(tmp_path, "test_probe/0501/77aa", "1.jpg")
    with pytest.raises(DataError, match="too deep"):
        layout("casia-e").scan(open_files(tmp_path))


def test_hid_takes_the_word_probe_on_either_level(tmp_path: Path) -> None:
    leaf(tmp_path, "0001/8a3f/default", "8a3f.pkl")
    leaf(tmp_path, "probe/77aa/default", "77aa.pkl")
    leaf(tmp_path, "88bb/probe/default", "88bb.pkl")
    records = [f.record for f in layout("hid").scan(open_files(tmp_path))]
    assert [(r.subject, r.condition) for r in records] == [("0001", "8a3f"), (None, "88bb"), (None, "77aa")]


def test_grew_tells_train_from_test_by_the_name(tmp_path: Path) -> None:
    layout("grew").write_miniature(tmp_path)
    found = layout("grew").scan(open_files(tmp_path))
    assert [f.record.subject for f in found if f.record.condition == "03"] == [None, None]
    split = layout("grew").split(None, ["00001", "00001train"])
    assert (split.train, split.test) == (("00001train",), ("00001",))


def test_opengait_calls_probe_nobody(tmp_path: Path) -> None:
    leaf(tmp_path, "probe/v1/default")
    assert layout("opengait").scan(open_files(tmp_path))[0].record.subject is None


class TestFolder:
    def test_a_level_may_hold_several_fields_and_some_may_be_missing(self, tmp_path: Path) -> None:
        leaf(tmp_path, "2024/anna_left")
        leaf(tmp_path, "2025/probe_right")
        found = layout("folder", pattern="*/{subject}_{view}", unknown=["probe"]).scan(open_files(tmp_path))
        records = [f.record for f in found]
        assert [(r.key, r.subject, r.condition, r.view) for r in records] == [
            ("2024/anna_left", "anna", "default", "left"),
            ("2025/probe_right", None, "default", "right"),
        ]

    def test_a_field_that_stands_twice_is_joined(self, tmp_path: Path) -> None:
        leaf(tmp_path, "001/H/scene1/nm/000/1")
        pattern = "{subject}/{condition}/{condition}/{condition}/{view}/{condition}"
        (found,) = layout("folder", pattern=pattern).scan(open_files(tmp_path))
        assert (found.record.condition, found.record.view) == ("H-scene1-nm-1", "000")

    def test_without_a_subject_everybody_is_unknown(self, tmp_path: Path) -> None:
        leaf(tmp_path, "clip1")
        (found,) = layout("folder", pattern="{view}", condition="walk").scan(open_files(tmp_path))
        assert (found.record.subject, found.record.condition, found.record.view) == (None, "walk", "clip1")

    def test_a_name_that_does_not_fit_is_refused(self, tmp_path: Path) -> None:
        leaf(tmp_path, "anna")
        with pytest.raises(DataError, match=r"'\{subject\}_\{view\}' folders .* level 1 .* found 'anna'"):
            layout("folder", pattern="{subject}_{view}").scan(open_files(tmp_path))

    @pytest.mark.parametrize(
        ("pattern", "words"),
        [
            ("{person}/{view}", "found {person}"),
            ("{subject}//{view}", "one name a level"),
            ("a/b", "needs a field"),
            ("../{subject}", "climb out"),
            ("{subject}{view}", "something between"),
            ("{}", "found {}"),
        ],
    )
    def test_a_wrong_pattern_is_refused(self, pattern: str, words: str) -> None:
        with pytest.raises(ConfigError, match=words):
            layout("folder", pattern=pattern)


class TestPartition:
    def write(self, root: Path, value: object) -> str:
        path = root / "partition.json"
        path.write_text(json.dumps(value))
        return str(path)

    @pytest.mark.parametrize("name", ["opengait", "folder", "gait3d"])
    def test_it_says_who_trains(self, tmp_path: Path, name: str) -> None:
        path = self.write(tmp_path, {"TRAIN_SET": ["001"], "TEST_SET": ["002"], "PROBE_SET": ["002-a-b"]})
        made = layout(name, partition=path)
        assert made.splits == ("partition",)
        split = made.split(None, ["001", "002", "003"])
        assert (split.train, split.test) == (("001",), ("002",))

    def test_without_one_everybody_is_tested(self) -> None:
        assert layout("gait3d").split(None, ["0001"]).test == ("0001",)
        with pytest.raises(DataError, match="Gait3D: the split 'partition' needs the setting partition=PATH"):
            layout("gait3d").split("partition", ["0001"])

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ([], "expected a partition .* found list"),
            ({"TRAIN_SET": []}, "found the keys TRAIN_SET"),
            ({"TRAIN_SET": [], "TEST_SET": [], "OTHER": []}, "found the keys TRAIN_SET, TEST_SET, OTHER"),
            ({"TRAIN_SET": [1], "TEST_SET": []}, "TRAIN_SET is a list of ids in quotation marks"),
            ({"TRAIN_SET": ["1", "1"], "TEST_SET": []}, "TRAIN_SET names '1' twice"),
            ({"TRAIN_SET": ["1"], "TEST_SET": ["1"]}, "in the training and in the test part"),
            (
                {"TRAIN_SET": ["20"], "TEST_SET": ["2"]},
                "names none of the subjects found: .* such as '001', found '20'",
            ),
            ({"TRAIN_SET": ["1"], "TEST_SET": []}, "names '1', which nobody here is called: did you mean '001'"),
        ],
    )
    def test_a_wrong_one_is_refused(self, tmp_path: Path, value: object, words: str) -> None:
        with pytest.raises(DataError, match=words):
            layout("opengait", partition=self.write(tmp_path, value)).split(None, ["001"])

    def test_one_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ArtefactError, match="the partition is missing"):
            layout("opengait", partition=str(tmp_path / "none.json")).split(None, ["001"])
