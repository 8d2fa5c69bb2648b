"""What cannot be used is put aside, with its reason: nothing is deleted, and then all is well."""

import errno
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import DataError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare
from gaitprint.store import Form, Store

BAD = "ben/day-01/left"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
    return tmp_path / "data"


def damage(data: Path, key: str = BAD) -> None:
    (data / key / f"{key.rpartition('/')[2]}.pkl").write_bytes(b"damaged")


def bytes_of(folder: Path) -> list[bytes]:
    return sorted(p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "reasons.jsonl")


def reasons(data: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (data / ".quarantine/reasons.jsonl").read_text().splitlines()]


class TestFolders:
    def test_it_is_moved_with_its_reason_and_the_second_run_is_clean(self, data: Path, tmp_path: Path) -> None:
        damage(data)
        before = bytes_of(data)
        report = doctor(data, fix=True)
        assert report.quarantined == (BAD,)
        assert report.lines()[-1] == "put aside: 1 sequences"
        assert bytes_of(data) == before, "nothing is deleted or changed"
        assert not (data / BAD).exists()
        assert (data / ".quarantine" / BAD / "left.pkl").read_bytes() == b"damaged"
        (entry,) = reasons(data)
        assert (entry["key"], entry["place"]) == (BAD, BAD)
        assert (BAD, entry["reason"]) == report.unusable[0]
        assert entry["at"].endswith("+00:00")
        again = doctor(data, fix=True)
        assert (again.unusable, again.quarantined, again.sequences, again.sound) == ((), (), 15, True)
        assert len(reasons(data)) == 1
        assert prepare(data, tmp_path / "store").quarantined == ()

    @pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE])
    def test_what_the_system_will_not_read_stays_where_it_is(self, data: Path, monkeypatch, code: int) -> None:
        """Nothing is known against it: the right to read it may be missing, or a disk may be away."""
        opened = os.open

        def refuse(path, *rest):
            if str(path).endswith("left.pkl") and "ben/day-01" in str(path):
                raise OSError(code, os.strerror(code))
            return opened(path, *rest)

        monkeypatch.setattr(os, "open", refuse)
        report = doctor(data, fix=True)
        assert report.quarantined == ()
        assert [key for key, _ in report.unusable] == [BAD]
        (finding,) = [f for f in report.findings if f.severity == "error"]
        assert os.strerror(code) in finding.what
        assert "--fix leaves them where they are" in finding.advice
        assert not (data / ".quarantine").exists()
        monkeypatch.undo()
        assert doctor(data).sound

    def test_without_being_asked_nothing_is_moved(self, data: Path) -> None:
        damage(data)
        assert doctor(data).quarantined == ()
        assert doctor(data).unusable
        assert not (data / ".quarantine").exists()

    def test_sound_data_are_left_alone(self, data: Path) -> None:
        assert doctor(data, fix=True).quarantined == ()
        assert sorted(p.name for p in data.iterdir()) == ["anna", "ben", "cleo", "dora"]

    @pytest.mark.parametrize("fault", ["no file", "no folder's content", "black images", "a broken image"])
    def test_folders_of_images_are_moved_whole(self, tmp_path: Path, fault: str) -> None:
        data = tmp_path / "data"
        find_component("dataset", "folder").make().write_miniature(data)
        leaf = data / "ben/day/left"
        for image in leaf.iterdir():
            if fault in ("no file", "no folder's content"):
                image.unlink()
            elif fault == "black images":
                cv2.imwrite(str(image), np.zeros((120, 160), np.uint8))
        if fault == "no folder's content":
            (leaf / "notes.txt").write_text("lost")
        if fault == "a broken image":
            (leaf / "003.png").write_bytes(b"broken")
        held = bytes_of(data)
        assert doctor(data, LayoutChoice("folder"), fix=True).quarantined == ("ben/day/left",)
        assert bytes_of(data) == held
        assert doctor(data, LayoutChoice("folder")).sound

    @pytest.mark.parametrize("name", ["sustech1k", "ccpg"])
    def test_no_other_file_of_the_sequence_is_taken_for_its_silhouettes(self, tmp_path: Path, name: str) -> None:
        data = tmp_path / "data"
        find_component("dataset", name).make().write_miniature(data)
        before = doctor(data)
        bad = next(p for p in sorted(data.rglob("*.pkl")) if "ligned" in p.name and "sync" not in p.name)
        bad.write_bytes(b"damaged")
        assert doctor(data, fix=True).quarantined == (bad.parent.relative_to(data).as_posix(),)
        after = doctor(data)
        assert (after.dataset, after.unusable) == (name, ())
        assert after.sequences == before.sequences - 1

    def test_files_that_share_a_folder_are_moved_one_by_one(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        find_component("dataset", "manifest").make().write_miniature(data)
        (data / "walks/1-day-left.pkl").write_bytes(b"damaged")
        others = len(list((data / "walks").iterdir())) - 1
        report = doctor(data / "manifest.csv", fix=True)
        assert report.quarantined == ("walks/1-day-left",)
        assert len(list((data / "walks").iterdir())) == others
        assert [e["place"] for e in reasons(data)] == ["walks/1-day-left.pkl"]
        again = doctor(data / "manifest.csv", fix=True)
        assert [key for key, _ in again.unusable] == ["walks/1-day-left"], "its row still names it"
        assert again.quarantined == ()
        assert len(reasons(data)) == 1

    def test_a_name_that_the_quarantine_has_already_is_counted_on(self, data: Path) -> None:
        for content in (b"first", b"second", b"third"):
            (data / BAD).mkdir(exist_ok=True)
            (data / BAD / "left.pkl").write_bytes(content)
            assert doctor(data, fix=True).quarantined == (BAD,)
        aside = (data / ".quarantine" / BAD).parent
        found = {p.name: (p / "left.pkl").read_bytes() for p in aside.iterdir()}
        assert found == {"left": b"first", "left.2": b"second", "left.3": b"third"}

    def test_all_of_it_at_once(self, data: Path) -> None:
        keys = [f"{s}/day-0{d}/{v}" for s in ("anna", "ben") for d in (0, 1) for v in ("left", "right")]
        for key in keys:
            damage(data, key)
        assert doctor(data, fix=True).quarantined == tuple(keys)
        assert [e["key"] for e in reasons(data)] == keys
        again = doctor(data)
        assert (again.sequences, again.unusable) == (8, ())

    def test_the_page_shows_what_is_left(self, data: Path, tmp_path: Path) -> None:
        damage(data)
        doctor(data, fix=True, page=tmp_path / "page.html")
        assert BAD in (tmp_path / "page.html").read_text(encoding="utf-8")

    def test_where_nothing_can_be_moved_it_is_said(self, data: Path) -> None:
        damage(data)
        (data / ".quarantine").write_text("a file is in the way")
        with pytest.raises(DataError, match=rf"cannot move {BAD}.* into .*: .* and run it again") as caught:
            doctor(data, fix=True)
        assert "\n" not in str(caught.value)
        assert (data / BAD / "left.pkl").read_bytes() == b"damaged"


def test_an_archive_is_refused_before_it_is_read(data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in data.rglob("*.pkl"):
            archive.write(path, path.relative_to(data))
    before = (tmp_path / "a.zip").read_bytes()
    steps: list[int] = []
    with pytest.raises(DataError, match=r"a\.zip is an archive and is not changed: `data prepare` leaves out"):
        doctor(tmp_path / "a.zip", fix=True, progress=lambda done, *_: steps.append(done))
    assert steps == []
    assert (tmp_path / "a.zip").read_bytes() == before


class TestStores:
    def damage(self, store: Path, *rows: int) -> tuple[str, ...]:
        opened = Store.open(store)
        with (store / "frames.bin").open("r+b") as stream:
            for row in rows:
                stream.seek(opened.row(row).offset + opened.row(row).bytes - 9)
                stream.write(b"\x55" * 9)
        return tuple(opened.records[i].key for i in rows)

    @pytest.mark.parametrize("form", ["compact", "raw", "bits"])
    def test_damaged_sequences_are_taken_out_and_read_again(self, data: Path, tmp_path: Path, form: Form) -> None:
        first = prepare(data, tmp_path / "store", frames=FrameSettings(form=form))
        keys = self.damage(tmp_path / "store", 2, 11)
        report = doctor(tmp_path / "store", fix=True)
        assert report.quarantined == keys
        assert tuple(k for k, _ in report.unusable) == keys
        assert not report.sound
        after = doctor(tmp_path / "store")
        assert (after.unusable, after.sequences) == ((), 14)
        aside = json.loads((tmp_path / "store/quarantine.json").read_text())
        assert [(a["key"], a["reason"]) for a in aside] == list(report.unusable)
        again = prepare(data, tmp_path / "store", frames=FrameSettings(form=form))
        assert (again.fingerprint, again.unchanged, again.quarantined) == (first.fingerprint, 14, ())
        assert doctor(tmp_path / "store").unusable == ()
        assert not (tmp_path / "store/quarantine.json").exists()

    def test_a_sound_store_is_left_alone(self, data: Path, tmp_path: Path) -> None:
        prepare(data, tmp_path / "store")
        before = {p.name: (p.read_bytes(), p.stat().st_ino) for p in (tmp_path / "store").iterdir()}
        assert doctor(tmp_path / "store", fix=True).quarantined == ()
        assert {p.name: (p.read_bytes(), p.stat().st_ino) for p in (tmp_path / "store").iterdir()} == before

    def test_what_prepare_left_out_stays_left_out(self, data: Path, tmp_path: Path) -> None:
        damage(data)
        first = prepare(data, tmp_path / "store")
        keys = self.damage(tmp_path / "store", 0)
        assert doctor(tmp_path / "store", fix=True).quarantined == keys
        aside = json.loads((tmp_path / "store/quarantine.json").read_text())
        assert [a["key"] for a in aside] == sorted([BAD, *keys])
        again = prepare(data, tmp_path / "store")
        assert (again.fingerprint, again.quarantined) == (first.fingerprint, first.quarantined)

    def test_a_store_of_damage_alone_is_left_as_it_is(self, data: Path, tmp_path: Path) -> None:
        prepare(data, tmp_path / "store", frames=FrameSettings(form="raw"))
        self.damage(tmp_path / "store", *range(16))
        before = {p.name: p.read_bytes() for p in (tmp_path / "store").iterdir()}
        with pytest.raises(DataError, match=r"no sequence was written .* nothing to keep"):
            doctor(tmp_path / "store", fix=True)
        assert {p.name: p.read_bytes() for p in (tmp_path / "store").iterdir()} == before


def test_a_sequence_that_vanishes_while_it_is_examined_is_not_drawn(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(done: int, total: int, key: str) -> None:
        if done == total:
            shutil.rmtree(data / "ben")

    page = tmp_path / "page.html"
    assert doctor(data, page=page, progress=gone).sequences == 16
    assert "ben/day-00/left" not in page.read_text(encoding="utf-8").split("What it looks like")[1]


def test_a_pickle_of_another_kind_is_moved_as_any(data: Path) -> None:
    (data / BAD / "left.pkl").write_bytes(pickle.dumps({"frames": 3}))
    assert doctor(data, fix=True).quarantined == (BAD,)
