"""Data sets whose leaves hold several files: the silhouettes are taken, and those asked for."""

import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest

from gaitprint.archives import open_files
from gaitprint.components import find_component
from gaitprint.errors import ConfigError, DataError
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.layouts.contract import Layout
from gaitprint.layouts.miniature import figure, write_array
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store


def layout(name: str, **settings: object) -> Layout:
    made: Layout = find_component("dataset", name).make(settings)
    return made


class TestSustech1k:
    @pytest.mark.parametrize(
        ("silhouettes", "file", "frames"),
        [
            ("camera", "06-090-Camera-Sils_aligned.pkl", figure(1)),
            ("camera-sync", "14-sync-090-Camera-Sils_aligned.pkl", figure(1)[::3]),
            ("lidar", "02-090-LiDAR-PCDs_sils.pkl", figure(4)),
        ],
    )
    def test_the_silhouettes_asked_for_are_read(
        self, tmp_path: Path, silhouettes: str, file: str, frames: np.ndarray
    ) -> None:
        made = layout("sustech1k", silhouettes=silhouettes)
        made.write_miniature(tmp_path / "data")
        found = {f.record.key: f for f in made.scan(open_files(tmp_path / "data"))}
        assert len(found) == 12
        assert found["0001/00-nm/090"].place == f"0001/00-nm/090/{file}"
        settings = {"silhouettes": silhouettes}
        prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("sustech1k", settings))
        store = Store.open(tmp_path / "store")
        np.testing.assert_array_equal(store.frames([r.key for r in store.records].index("0001/00-nm/090")), frames)

    def test_a_kind_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        layout("sustech1k").write_miniature(tmp_path / "data")
        with pytest.raises(DataError, match=r"none of the 12 .*10-sync-000-LiDAR-PCDs_sils\.pkl does not exist"):
            prepare(tmp_path / "data", tmp_path / "s", LayoutChoice("sustech1k", {"silhouettes": "lidar-sync"}))
        with pytest.raises(ConfigError, match="silhouettes"):
            layout("sustech1k", silhouettes="radar")

    @pytest.mark.parametrize("name", ["00-nm", "01-bg", "05-cl-ub", "03-uf-nt"])
    def test_conditions_are_a_number_and_what_is_special(self, tmp_path: Path, name: str) -> None:
        write_array(tmp_path / "0007" / name / "000-far", figure(1))
        (found,) = layout("sustech1k").scan(open_files(tmp_path))
        assert (found.record.subject, found.record.condition, found.record.view) == ("0007", name, "000-far")

    @pytest.mark.parametrize("key", ["007/00-nm/000", "0007/nm/000", "0007/00-nm/left"])
    def test_other_names_are_refused(self, tmp_path: Path, key: str) -> None:
        write_array(tmp_path / key, figure(1))
        with pytest.raises(DataError, match=r"SUSTech1K: expected .* folders like"):
            layout("sustech1k").scan(open_files(tmp_path))

    def test_its_protocol_fits_its_conditions(self, tmp_path: Path) -> None:
        protocol, made = load_protocol("sustech1k"), layout("sustech1k")
        made.write_miniature(tmp_path)
        conditions = {f.record.condition for f in made.scan(open_files(tmp_path))}
        assert protocol.name in made.protocols
        assert protocol.gallery is not None
        for selection, chosen in ((protocol.gallery, "00-nm"), (protocol.probes["Bag"], "01-bg")):
            assert {c for c in conditions if any(fnmatchcase(c, p) for p in selection.conditions)} == {chosen}


class TestCcpg:
    def test_the_aligned_silhouettes_are_taken(self, tmp_path: Path) -> None:
        made = layout("ccpg")
        made.write_miniature(tmp_path / "data")
        found = made.scan(open_files(tmp_path / "data"))
        assert len(found) == 16
        assert found[0].place == "000/U0_D0/01_0/01_0-aligned-sils.pkl"
        prepare(tmp_path / "data", tmp_path / "store")
        store = Store.open(tmp_path / "store")
        assert store.dataset == "ccpg"
        for i, record in enumerate(store.records):
            np.testing.assert_array_equal(store.frames(i), figure(int(record.subject or "")))

    def test_the_first_hundred_train(self) -> None:
        split = layout("ccpg").split(None, (f"{i:03d}" for i in range(200)))
        assert (len(split.train), len(split.test)) == (100, 100)
        assert (split.train[-1], split.test[0]) == ("099", "100")

    def test_clothes_and_cameras_have_their_names(self, tmp_path: Path) -> None:
        for clothes in ("U0_D0_BG", "U3_D3", "U1_D0"):
            write_array(tmp_path / "001" / clothes / "10_1", figure(1))
        assert [f.record.condition for f in layout("ccpg").scan(open_files(tmp_path))] == ["U0_D0_BG", "U1_D0", "U3_D3"]
        (tmp_path / "001/nm").mkdir()
        with pytest.raises(DataError, match=r"CCPG: expected clothes folders like 'U0_D0' at level 2 .* found 'nm'"):
            layout("ccpg").scan(open_files(tmp_path))

    def test_a_leaf_without_silhouettes_is_missed_by_name_and_the_others_are_read(self, tmp_path: Path) -> None:
        layout("ccpg").write_miniature(tmp_path / "data")
        (tmp_path / "data/000/U0_D0/01_0/01_0-aligned-sils.pkl").unlink()
        report = prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("ccpg"))
        ((key, reason),) = report.quarantined
        assert (key, report.sequences) == ("000/U0_D0/01_0", 15)
        assert reason.endswith("000/U0_D0/01_0/01_0-aligned-sils.pkl does not exist: check the path")


def test_a_file_named_like_its_folder_is_the_one_where_no_pattern_is(tmp_path: Path) -> None:
    write_array(tmp_path / "001/nm-01/090", figure(1))
    write_array(tmp_path / "001/nm-01/090", figure(2), "pose")
    (found,) = layout("casia-b").scan(open_files(tmp_path))
    assert found.place == "001/nm-01/090/090.pkl"
    shutil.move(tmp_path / "001/nm-01/090/090.pkl", tmp_path / "001/nm-01/090/mask.pkl")
    with pytest.raises(
        DataError, match=r"several files \(mask\.pkl, pose\.pkl\): keep one, or name the silhouettes '090"
    ):
        layout("casia-b").scan(open_files(tmp_path))
