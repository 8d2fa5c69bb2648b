import json
import os
import pickle
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from effort import calls

from gaitprint.archives import Files, open_files
from gaitprint.archives.folder import FolderFiles
from gaitprint.archives.printable import unreadable
from gaitprint.components import find_component
from gaitprint.datasets.casia_b import CasiaB, CasiaBSettings
from gaitprint.datasets.folder import Folder, FolderSettings
from gaitprint.errors import ConfigError, DataError
from gaitprint.ingest import reading as _reading
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.scanning import guesses
from gaitprint.layouts.contract import FoundSequence
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store, StoreWriter

FEW_WALKERS = {"subjects": 2, "frames": 6, "conditions": ["nm-01"], "views": ["000", "090"]}


@pytest.fixture
def casia(tmp_path: Path) -> Path:
    root = tmp_path / "casia"
    CasiaB(CasiaBSettings()).write_miniature(root)
    return root


def save(leaf: Path, frames: np.ndarray) -> None:
    leaf.mkdir(parents=True, exist_ok=True)
    np.save(leaf / f"{leaf.name}.npy", frames)


def body(height: int = 64, width: int = 64, frames: int = 6) -> np.ndarray:
    result = np.zeros((frames, height, width), np.uint8)
    result[:, height // 8 : -height // 8, width // 3 : width // 2] = 255
    return result


def stored(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in root.iterdir()}


def test_processed_arrays_are_taken_as_they_are(casia: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    report = prepare(casia, tmp_path / "store", progress=lambda *step: seen.append(step))
    store = Store.open(tmp_path / "store")
    assert (report.dataset, report.sequences, report.subjects, report.frames) == ("casia-b", 32, 4, 32 * 6)
    assert (report.warned, report.quarantined, report.resumed) == ((), (), 0)
    assert report.fingerprint == store.fingerprint
    assert not (tmp_path / "store" / "quarantine.json").exists()
    raw = pickle.loads((casia / "076" / "nm-05" / "090" / "090.pkl").read_bytes())
    np.testing.assert_array_equal(store.frames(31), raw)
    assert store.rows[31].source == "076/nm-05/090/090.pkl"
    assert seen[0] == (1, 32, "001/bg-01/000")
    assert seen[-1] == (32, 32, "076/nm-05/090")
    assert json.loads(json.dumps(report.to_dict()))["size"] == [64, 64]


def test_raw_images_are_normalised_as_the_silhouettes_module_does(tmp_path: Path) -> None:
    Folder(FolderSettings()).write_miniature(tmp_path / "data")
    report = prepare(
        tmp_path / "data", tmp_path / "store", LayoutChoice("folder"), frames=FrameSettings(edge_rule="gaitset")
    )
    store = Store.open(tmp_path / "store")
    folder = tmp_path / "data" / "anna" / "day" / "left"
    raw = [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in sorted(folder.iterdir())]
    assert raw[0].shape == (120, 160)
    np.testing.assert_array_equal(store.frames(0), normalize_sequence(raw, 64, "gaitset").frames)
    assert report.size == (64, 64)


@pytest.mark.parametrize(("size", "width"), [(64, 64), (64, 44), (128, 128), (128, 88)])
def test_what_counts_as_processed(tmp_path: Path, size: int, width: int) -> None:
    frames = body(size, width)
    save(tmp_path / "data/a/nm/0", frames)
    report = prepare(tmp_path / "data", tmp_path / "store", frames=FrameSettings(size=size))
    assert report.size == (size, width)
    np.testing.assert_array_equal(Store.open(tmp_path / "store").frames(0), frames)


def test_larger_processed_frames_are_normalised_again(tmp_path: Path) -> None:
    save(tmp_path / "data/a/nm/0", body(128, 128))
    report = prepare(tmp_path / "data", tmp_path / "store")
    assert report.size == (64, 64)
    np.testing.assert_array_equal(
        Store.open(tmp_path / "store").frames(0), normalize_sequence(body(128, 128), 64, "opengait").frames
    )


def test_bad_sequences_are_set_aside_with_a_reason(tmp_path: Path) -> None:
    data = tmp_path / "data"
    save(data / "a/nm/0", body())
    save(data / "a/nm/1", body(frames=3))
    save(data / "b/nm/0", np.zeros((5, 64, 64), np.uint8))
    save(data / "b/nm/1", body(64, 44))
    (data / "b/nm/2").mkdir(parents=True)
    (data / "c/nm/0").mkdir(parents=True)
    (data / "c/nm/0/0.pkl").write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    (data / "c/nm/1").mkdir(parents=True)
    (data / "c/nm/1/1.npy").write_bytes(b"\x93NUMPY")
    some_dark = body(100, 120)
    some_dark[:2] = 0
    save(data / "d/nm/0", some_dark)
    report = prepare(data, tmp_path / "store")
    reasons = dict(report.quarantined)
    assert list(reasons) == ["b/nm/0", "b/nm/1", "b/nm/2", "c/nm/0", "c/nm/1"]
    assert reasons["b/nm/0"] == "all 5 frames are black: no silhouette in them"
    assert reasons["b/nm/1"] == "frames are 64 x 44 pixels, those of the store 64 x 64"
    assert all(reason and "\n" not in reason for reason in reasons.values())
    warned = dict(report.warned)
    assert warned["a/nm/1"] == "only 3 frames, 5 are usual at least"
    assert "2" in warned["d/nm/0"]
    assert [r.key for r in Store.open(tmp_path / "store").records] == ["a/nm/0", "a/nm/1", "d/nm/0"]
    written = json.loads((tmp_path / "store" / "quarantine.json").read_text())
    assert [(aside["key"], aside["reason"]) for aside in written] == list(report.quarantined)


def test_the_first_sequence_may_be_a_bad_one(casia: Path, tmp_path: Path) -> None:
    (casia / "001/bg-01/000/000.pkl").write_bytes(b"")
    report = prepare(casia, tmp_path / "store")
    assert [key for key, _ in report.quarantined] == ["001/bg-01/000"]
    assert report.sequences == 31


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "data/a/nm/0", np.zeros((5, 64, 64), np.uint8))
    with pytest.raises(DataError, match=r"none of the 1 sequences .* the first is a/nm/0: all 5 frames are black"):
        prepare(tmp_path / "data", tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_workers_change_no_byte(casia: Path, tmp_path: Path) -> None:
    (casia / "002/nm-01/090/090.pkl").write_bytes(b"damaged")
    alone = prepare(casia, tmp_path / "alone")
    many = prepare(casia, tmp_path / "many", workers=2)
    assert stored(tmp_path / "alone") == stored(tmp_path / "many")
    assert alone.quarantined == many.quarantined


def test_a_killed_worker_is_said_in_one_line(casia: Path) -> None:
    with pytest.raises(DataError, match="a worker process was killed, perhaps for memory: run again with fewer"):
        list(_reading.read_all(_die, open_files(casia), [_reading.Task("001")], 1))


def _die(_files: Files, _task: _reading.Task) -> None:
    os.kill(os.getpid(), 9)


class TestInterrupted:
    @pytest.mark.parametrize("after", [1, 9, 31])
    def test_it_goes_on_where_it_stopped(self, casia: Path, tmp_path: Path, after: int) -> None:
        (casia / "001/bg-01/000/000.pkl").write_bytes(b"damaged")
        straight = prepare(casia, tmp_path / "straight")

        def stop(done: int, total: int, key: str) -> None:
            if done == after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            prepare(casia, tmp_path / "store", progress=stop)
        with (tmp_path / "store" / "frames.bin").open("ab") as stream:
            stream.write(b"half a sequence")
        resumed = prepare(casia, tmp_path / "store")
        assert resumed.resumed == after
        assert stored(tmp_path / "store") == stored(tmp_path / "straight")
        assert (resumed.quarantined, resumed.fingerprint) == (straight.quarantined, straight.fingerprint)

    def test_what_is_done_is_not_read_again(self, casia: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        interrupt(casia, tmp_path / "store", 20)
        read: list[str] = []
        load = _reading.load
        monkeypatch.setattr(
            _reading, "load", lambda files, place, how: (read.append(place), load(files, place, how))[1]
        )
        steps: list[int] = []
        report = prepare(casia, tmp_path / "store", progress=lambda done, *_: steps.append(done))
        assert (report.resumed, report.quarantined, len(read)) == (20, (), 12)
        assert steps == list(range(21, 33))

    @pytest.mark.parametrize("form", ["compact", "raw", "bits"])
    def test_what_has_changed_since_the_kill_is_read_again(self, casia: Path, tmp_path: Path, form: str) -> None:
        interrupt(casia, tmp_path / "store", 20, FrameSettings(form=form))
        save(casia / "001/nm-05/090", body())
        (casia / "001/nm-05/090/090.pkl").unlink()
        report = prepare(casia, tmp_path / "store", frames=FrameSettings(form=form))
        assert report.resumed == 7  # those before it in the order of keys
        prepare(casia, tmp_path / "straight", frames=FrameSettings(form=form))
        assert stored(tmp_path / "store") == stored(tmp_path / "straight")

    def test_what_is_gone_since_the_kill_is_not_held(self, casia: Path, tmp_path: Path) -> None:
        interrupt(casia, tmp_path / "store", 20)
        shutil.rmtree(casia / "001/bg-01/090")
        report = prepare(casia, tmp_path / "store")
        assert (report.resumed, report.sequences) == (1, 31)
        prepare(casia, tmp_path / "straight")
        assert stored(tmp_path / "store") == stored(tmp_path / "straight")


def interrupt(source: Path, out: Path, after: int, frames: FrameSettings = FrameSettings()) -> None:
    """A preparation that ends after so many sequences."""

    def stop(done: int, total: int, key: str) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(source, out, frames=frames, progress=stop)


def test_a_disk_that_fails_once_loses_nothing(casia: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = FolderFiles.read

    def fail(self: FolderFiles, name: str, limit: int) -> bytes:
        if name.startswith("001/nm-05/090"):
            raise unreadable(name, OSError(5, "Input/output error"))
        return read(self, name, limit)

    with monkeypatch.context() as patched:
        patched.setattr(FolderFiles, "read", fail)
        report = prepare(casia, tmp_path / "store")
    assert [key for key, _ in report.quarantined] == ["001/nm-05/090"]
    assert "Input/output error" in report.quarantined[0][1]
    report = prepare(casia, tmp_path / "store")
    assert (report.quarantined, report.unchanged, report.sequences) == ((), 31, 32)


def test_only_some_subjects(casia: Path, tmp_path: Path) -> None:
    report = prepare(casia, tmp_path / "store", subjects=["002", "075"])
    assert (report.subjects, report.sequences) == (2, 16)
    with pytest.raises(DataError, match="no sequence of subject '077': known: 001, 002, 075"):
        prepare(casia, tmp_path / "other", subjects=["077"])


def test_two_sequences_of_one_key_are_refused(casia: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = CasiaB(CasiaBSettings()).scan(open_files(casia))[:2]
    for again in (FoundSequence(twice[0].record, twice[1].place), twice[0]):
        monkeypatch.setattr(CasiaB, "scan", lambda *_, again=again: [twice[0], again])
        with pytest.raises(DataError, match="share the key '001/bg-01/000': rename one"):
            prepare(casia, tmp_path / "store", LayoutChoice("casia-b"))


def test_a_full_disk_is_one_line(casia: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StoreWriter, "append", full)
    with pytest.raises(DataError, match=r"cannot write .*: No space left on device; make room there and run again"):
        prepare(casia, tmp_path / "store")


class TestAuto:
    @pytest.mark.parametrize("name", list(guesses()))
    def test_it_tells_the_published_layouts_apart(self, name: str, tmp_path: Path) -> None:
        find_component("dataset", name).make({}).write_miniature(tmp_path / "data")
        assert prepare(tmp_path / "data", tmp_path / "store").dataset == name

    def test_the_strictest_is_tried_first(self) -> None:
        assert " ".join(guesses()) == "casia-b casia-e oumvlp ccpg sustech1k gait3d grew hid opengait"

    def test_a_tree_of_another_depth_is_told_about_the_folder_layout(self, tmp_path: Path) -> None:
        save(tmp_path / "data/anna/walk", body())
        with pytest.raises(DataError, match=r"no published layout fits .* name the data set 'folder'"):
            prepare(tmp_path / "data", tmp_path / "store")
        settings = {"pattern": "{subject}/{condition}"}
        assert prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("folder", settings)).sequences == 1

    def test_settings_need_a_named_data_set(self, casia: Path, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="the settings pattern need a named data set"):
            prepare(casia, tmp_path / "store", LayoutChoice(settings={"pattern": "{subject}"}))

    def test_a_source_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"expected a folder or a .zip or .tar archive at .*nowhere, found nothing"):
            prepare(tmp_path / "nowhere", tmp_path / "store")


class TestSynthetic:
    def test_walkers_are_drawn_and_a_resumed_run_equals_a_straight_one(self, tmp_path: Path) -> None:
        report = prepare(Path("synthetic"), tmp_path / "straight", LayoutChoice(settings=FEW_WALKERS))
        assert (report.dataset, report.sequences, report.subjects) == ("synthetic", 4, 2)

        def stop(done: int, total: int, key: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            prepare(tmp_path / "none", tmp_path / "store", LayoutChoice("synthetic", FEW_WALKERS), progress=stop)
        again = prepare(Path("synthetic"), tmp_path / "store", LayoutChoice("synthetic", FEW_WALKERS))
        assert again.resumed == 1
        assert stored(tmp_path / "store") == stored(tmp_path / "straight")

    def test_only_some_subjects(self, tmp_path: Path) -> None:
        report = prepare(Path("synthetic"), tmp_path / "store", LayoutChoice(settings=FEW_WALKERS), subjects=["002"])
        assert report.sequences == 2

    def test_wrong_settings_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="dataset synthetic has no setting 'person'"):
            prepare(Path("synthetic"), tmp_path / "store", LayoutChoice(settings={"person": 3}))
        with pytest.raises(ConfigError, match="64 pixels high, found size 128"):
            prepare(Path("synthetic"), tmp_path / "store", frames=FrameSettings(size=128))


@pytest.mark.parametrize("size", [15, 14, 63])
def test_a_height_that_frames_cannot_have_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match=f"size is .* found {size}"):
        FrameSettings(size)


def test_a_negative_number_of_workers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"workers is .* found -1"):
        prepare(tmp_path, tmp_path / "store", workers=-1)


def test_a_scan_does_little_for_each_leaf_however_many_there_are(tmp_path: Path) -> None:
    template = tmp_path / "one.npy"
    np.save(template, body())
    for subject in range(6):
        for condition in ("nm-01", "nm-02", "bg-01", "cl-01"):
            for view in range(0, 181, 18):
                leaf = tmp_path / f"{'few' if subject < 2 else 'many'}" / f"{subject:03d}" / condition / f"{view:03d}"
                leaf.mkdir(parents=True)
                shutil.copyfile(template, leaf / "one.npy")

    def effort(name: str, leaves: int) -> int:
        def scan() -> None:
            assert len(CasiaB(CasiaBSettings()).scan(open_files(tmp_path / name))) == leaves

        return calls(scan)

    effort("few", 88)  # what is made once is made
    few, many = effort("few", 88), effort("many", 176)
    assert many < 2.2 * few
    assert many < 10_000 * 176, "checking of types in these tests included"
