"""The same data in whatever they come: folders, archives, other stores; read by any number of workers."""

import io
import pickle
import shutil
import tarfile
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.silhouettes.normalize import normalize_sequence
from gaitprint.silhouettes.quality import FIELDS, measure
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store

WALKERS = {"subjects": 3, "frames": 9, "conditions": ["nm-01", "cl-01"], "views": ["000", "090"]}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of own names: images to be normalised, an array that is so already, one file that is damaged."""
    root = tmp_path_factory.mktemp("mixed") / "data"
    find_component("dataset", "folder").make().write_miniature(root)
    taken = root / "ben" / "day" / "left"
    for image in taken.iterdir():
        image.unlink()
    made = np.zeros((7, 64, 64), np.uint8)
    made[:, 2:62, 24:40] = 255
    np.save(taken / "left.npy", made)
    (root / "cleo" / "day" / "right" / "001.png").write_bytes(b"no picture")
    return root


def packed(folder: Path, archive: Path, top: str = "", turned: bool = False) -> Path:
    """All files of a folder in an archive, in the order of their names or the other way round."""
    files = sorted((p for p in folder.rglob("*") if p.is_file()), reverse=turned)
    names = [top + p.relative_to(folder).as_posix() for p in files]
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
            for path, name in zip(files, names, strict=True):
                made.write(path, name)
        return archive
    kind = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}[archive.suffix]
    with tarfile.open(archive, kind) as made:  # type: ignore[call-overload]
        for path, name in zip(files, names, strict=True):
            made.add(path, name)
    return archive


def contents(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in root.iterdir()}


def plain(root: Path, **blank: object) -> list[str]:
    """Rows without their stamps as text, where NaN equals itself."""
    return [repr(replace(row, stamp="", **blank)) for row in Store.open(root).rows]  # type: ignore[arg-type]


def arrays(root: Path) -> dict[str, bytes]:
    store = Store.open(root)
    return {r.key: store.frames(i).tobytes() for i, r in enumerate(store.records)}


@pytest.fixture(scope="module")
def from_folder(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("from-folder") / "store"
    assert prepare(mixed, out).sequences == 11
    return out


class TestArchives:
    @pytest.mark.parametrize("name", ["a.zip", "a.ZIP", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
    @pytest.mark.parametrize("top", ["", "My data set/"])
    def test_they_make_the_store_that_their_folder_makes(
        self, mixed: Path, from_folder: Path, tmp_path: Path, name: str, top: str
    ) -> None:
        archive = packed(mixed, tmp_path / name.lower(), top).rename(tmp_path / name)
        report = prepare(archive, tmp_path / "store")
        assert report.dataset == "opengait"
        assert plain(tmp_path / "store") == plain(from_folder)
        assert (tmp_path / "store/frames.bin").read_bytes() == (from_folder / "frames.bin").read_bytes()
        ((key, reason),) = report.quarantined
        assert key == "cleo/day/right"
        assert reason.startswith(f"{archive}: {top}cleo/day/right/001.png")
        assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "store"]), "nothing is unpacked"

    @pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
    def test_in_whatever_order_their_members_lie(
        self, mixed: Path, from_folder: Path, tmp_path: Path, name: str
    ) -> None:
        prepare(packed(mixed, tmp_path / name, turned=True), tmp_path / "store")
        assert arrays(tmp_path / "store") == arrays(from_folder)
        assert plain(tmp_path / "store", offset=0) == plain(from_folder, offset=0)
        keys = [r.key for r in sorted(Store.open(tmp_path / "store").rows, key=lambda r: r.offset)]
        assert (keys == sorted(keys, reverse=True)) is (name == "a.tar.gz"), "a packed tar is read forwards"

    def test_a_second_run_reads_nothing_and_a_changed_member_alone(self, mixed: Path, tmp_path: Path) -> None:
        for name in ("a.zip", "a.tar"):
            archive, out = packed(mixed, tmp_path / name), tmp_path / f"{name}-store"
            prepare(archive, out)
            before = contents(out)
            assert (prepare(archive, out).changed, contents(out)) == ((), before)
            copy = tmp_path / "copy"
            shutil.copytree(mixed, copy)
            np.save(copy / "ben/day/left/left.npy", np.full((8, 64, 64), 255, np.uint8))
            packed(copy, archive)
            report = prepare(archive, out)
            assert (report.changed, report.unchanged, report.gone) == (("ben/day/left",), 11, ())
            shutil.rmtree(copy)

    def test_an_archive_of_two_folders_has_no_single_top(self, mixed: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for top in ("one", "two"):
                archive.writestr(f"{top}/anna/day/left/1.png", b"x")
        with pytest.raises(DataError, match=r"no published layout fits .*a\.zip"):
            prepare(tmp_path / "a.zip", tmp_path / "store")

    def test_the_doctor_sees_in_them_what_it_sees_in_the_folder(self, mixed: Path, tmp_path: Path) -> None:
        folder, archive = doctor(mixed), doctor(packed(mixed, tmp_path / "a.tar.gz", "top/"))
        assert archive.fingerprint == folder.fingerprint
        assert [f.keys for f in archive.findings] == [f.keys for f in folder.findings]
        assert archive.quality == folder.quality


class TestNames:
    NAMES = ("Jürgen Größe", "冬-外套", "左 🚶", "e\u0301tage")

    @pytest.mark.parametrize("name", ["", "a.zip", "a.tar.gz"])
    def test_any_letters(self, tmp_path: Path, name: str) -> None:
        leaf = tmp_path / "data" / self.NAMES[0] / self.NAMES[1] / self.NAMES[2]
        leaf.mkdir(parents=True)
        np.save(leaf / f"{self.NAMES[3]}.npy", np.full((5, 64, 64), 255, np.uint8))
        source = packed(tmp_path / "data", tmp_path / name) if name else tmp_path / "data"
        prepare(source, tmp_path / "store")
        (row,) = Store.open(tmp_path / "store").rows
        assert (row.subject, row.condition, row.view) == self.NAMES[:3]
        assert row.source == f"{'/'.join(self.NAMES)}.npy"
        assert prepare(source, tmp_path / "store").unchanged == 1

    @pytest.mark.parametrize("name", ["", "a.zip", "a.tar.gz"])
    def test_very_long_paths(self, tmp_path: Path, name: str) -> None:
        parts = [letter * 250 for letter in "abcdef"]
        leaf = tmp_path.joinpath("data", *parts)
        leaf.mkdir(parents=True)
        np.save(leaf / "x.npy", np.full((5, 64, 64), 255, np.uint8))
        source = packed(tmp_path / "data", tmp_path / name) if name else tmp_path / "data"
        settings = {"pattern": "*/*/*/{subject}/{condition}/{view}"}
        prepare(source, tmp_path / "store", LayoutChoice("folder", settings))
        (row,) = Store.open(tmp_path / "store").rows
        assert (row.subject, row.condition, row.view) == tuple(parts[3:])
        assert len(row.source) > 1500

    @pytest.mark.parametrize("name", ["", "a.zip", "a.tar"])
    def test_frames_follow_their_numbers_not_their_letters(self, tmp_path: Path, name: str) -> None:
        leaf = tmp_path / "data" / "anna" / "walk" / "left"
        leaf.mkdir(parents=True)
        for number in range(1, 13):
            frame = np.zeros((64, 64), np.uint8)
            frame[:, 20 : 30 + number] = 255
            cv2.imwrite(str(leaf / f"frame{number}.png"), frame)
        source = packed(tmp_path / "data", tmp_path / name) if name else tmp_path / "data"
        prepare(source, tmp_path / "store")
        widths = (Store.open(tmp_path / "store").frames(0)[:, 0] > 0).sum(axis=1)
        assert widths.tolist() == list(range(11, 23))


class TestWorkers:
    def test_any_number_of_them_makes_the_same_bytes(self, mixed: Path, from_folder: Path, tmp_path: Path) -> None:
        assert prepare(mixed, tmp_path / "one", workers=1).sequences == 11
        assert contents(tmp_path / "one") == contents(from_folder)
        archive = packed(mixed, tmp_path / "a.tar.gz", "top/")
        prepare(archive, tmp_path / "none")
        prepare(archive, tmp_path / "two", workers=2)
        assert contents(tmp_path / "two") == contents(tmp_path / "none")

    def test_the_doctor_says_the_same(self, mixed: Path) -> None:
        assert doctor(mixed, workers=2) == doctor(mixed)


class TestQuality:
    def test_it_is_that_of_what_was_read(self, mixed: Path, from_folder: Path) -> None:
        store = Store.open(from_folder)
        assert set(store.quality) == set(FIELDS)
        for i, record in enumerate(store.records):
            leaf = mixed / record.key
            if record.key == "ben/day/left":
                expected = measure(np.load(leaf / "left.npy"))
            else:
                raw = [cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in sorted(leaf.iterdir())]
                found = normalize_sequence(raw, 64, "opengait")
                expected = measure(found.frames, found.boxes, raw[0].shape)
            wanted = {k: np.float32(v) for k, v in asdict(expected).items()}
            assert {k: store.quality[k][i] for k in FIELDS} == pytest.approx(wanted, rel=0, abs=0, nan_ok=True)
            assert store.row(i).quality == pytest.approx(wanted, rel=0, abs=0, nan_ok=True)
        assert np.isnan(store.quality["height"]).sum() == 1, "of the one that was normalised already"
        assert np.nanmax(store.quality["height"]) > 64

    def test_walkers_are_measured_too(self, tmp_path: Path) -> None:
        prepare(Path("synthetic"), tmp_path / "store", LayoutChoice(settings=WALKERS))
        store = Store.open(tmp_path / "store")
        for i in range(len(store.records)):
            wanted = {k: np.float32(v) for k, v in asdict(measure(np.array(store.frames(i)))).items()}
            assert store.row(i).quality == pytest.approx(wanted, rel=0, abs=0, nan_ok=True)


class TestRepacking:
    @pytest.fixture
    def raw(self, mixed: Path, tmp_path: Path) -> Path:
        prepare(mixed, tmp_path / "raw", frames=FrameSettings(form="raw"))
        return tmp_path / "raw"

    def test_from_raw_to_compact_and_back_no_bit_is_lost(self, raw: Path, from_folder: Path, tmp_path: Path) -> None:
        compact = prepare(raw, tmp_path / "compact")
        assert (compact.dataset, compact.form, compact.sequences) == ("opengait", "compact", 11)
        assert compact.fingerprint == Store.open(raw).fingerprint
        assert (tmp_path / "compact/frames.bin").read_bytes() == (from_folder / "frames.bin").read_bytes()
        prepare(tmp_path / "compact", tmp_path / "again", frames=FrameSettings(form="raw"))
        assert (tmp_path / "again/frames.bin").read_bytes() == (raw / "frames.bin").read_bytes()
        assert plain(tmp_path / "again") == plain(raw)

    def test_bits_are_black_and_white_and_do_not_go_back(self, raw: Path, tmp_path: Path) -> None:
        prepare(raw, tmp_path / "bits", frames=FrameSettings(form="bits"))
        bits, grey = Store.open(tmp_path / "bits"), Store.open(raw)
        for i in range(len(grey.records)):
            np.testing.assert_array_equal(bits.frames(i), np.where(grey.frames(i) > 127, 255, 0))
        with pytest.raises(ConfigError, match="black and white only: pack the data set itself as 'raw'"):
            prepare(tmp_path / "bits", tmp_path / "out", frames=FrameSettings(form="raw"))
        prepare(tmp_path / "bits", tmp_path / "more", frames=FrameSettings(form="bits"), subjects=["anna"])
        assert {r.subject for r in Store.open(tmp_path / "more").records} == {"anna"}

    def test_unused_bytes_are_dropped(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        find_component("dataset", "opengait").make().write_miniature(data)
        prepare(data, tmp_path / "store")
        for view in ("left", "right"):
            made = np.random.default_rng(1).integers(0, 256, (9, 64, 64), dtype=np.uint8)
            (data / "anna/day-00" / view / f"{view}.pkl").write_bytes(pickle.dumps(made))
        report = prepare(data, tmp_path / "store")
        assert report.unused > 0
        assert report.bytes + report.unused == (tmp_path / "store/frames.bin").stat().st_size
        small = prepare(tmp_path / "store", tmp_path / "small")
        assert (small.unused, small.bytes, small.fingerprint) == (0, report.bytes, report.fingerprint)
        assert (tmp_path / "small/frames.bin").stat().st_size == report.bytes

    def test_it_is_brought_up_to_date_as_its_source_is(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        find_component("dataset", "opengait").make().write_miniature(data)
        prepare(data, tmp_path / "first")
        prepare(tmp_path / "first", tmp_path / "second")
        before = contents(tmp_path / "second")
        assert prepare(tmp_path / "first", tmp_path / "second").unchanged == 16
        assert contents(tmp_path / "second") == before
        (data / "ben/day-01/left/left.pkl").write_bytes(pickle.dumps(np.full((6, 64, 64), 255, np.uint8)))
        (data / "cleo/day-01/left/left.pkl").unlink()
        (data / "cleo/day-01/left").rmdir()
        first = prepare(data, tmp_path / "first")
        report = prepare(tmp_path / "first", tmp_path / "second")
        assert (report.changed, report.gone) == (("ben/day-01/left",), ("cleo/day-01/left",))
        assert (report.unchanged, report.fingerprint) == (14, first.fingerprint)

    @pytest.mark.parametrize("form", ["raw", "compact"])
    def test_damage_is_not_taken_along_and_is_mended_later(self, raw: Path, tmp_path: Path, form: str) -> None:
        prepare(raw, tmp_path / "source", frames=FrameSettings(form=form))
        whole = (tmp_path / "source/frames.bin").read_bytes()
        row = Store.open(tmp_path / "source").row(3)
        last = row.offset + row.bytes - 1
        (tmp_path / "source/frames.bin").write_bytes(whole[:last] + bytes([whole[last] ^ 1]) + whole[last + 1 :])
        report = prepare(tmp_path / "source", tmp_path / "out")
        assert [key for key, _ in report.quarantined] == [row.key]
        assert report.sequences == 10
        assert prepare(tmp_path / "source", tmp_path / "out").quarantined == report.quarantined
        (tmp_path / "source/frames.bin").write_bytes(whole)
        mended = prepare(tmp_path / "source", tmp_path / "out")
        assert (mended.quarantined, mended.sequences, mended.unchanged) == ((), 11, 10)

    def test_it_knows_its_data_set(self, raw: Path, tmp_path: Path) -> None:
        for wrong in (LayoutChoice("opengait"), LayoutChoice(settings={"pattern": "x"})):
            with pytest.raises(ConfigError, match="a store knows its data set"):
                prepare(raw, tmp_path / "out", wrong)
        with pytest.raises(ConfigError, match="64 pixels high, found size 128"):
            prepare(raw, tmp_path / "out", frames=FrameSettings(size=128))
        with pytest.raises(DataError, match="no sequence of subject 'bet'"):
            prepare(raw, tmp_path / "out", subjects=["bet"])
        (raw / "store.json").unlink()
        (raw / "journal.jsonl").write_bytes(b"")
        with pytest.raises(ArtefactError, match="unfinished"):
            prepare(raw, tmp_path / "out")


def test_a_member_that_lies_about_its_size_costs_only_its_sequence(mixed: Path, tmp_path: Path) -> None:
    archive = packed(mixed, tmp_path / "a.zip")
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        info = opened.getinfo("anna/day/left/001.png")
        data[info.header_offset + 30 + len(info.filename) + 5] ^= 0xFF
    archive.write_bytes(data)
    report = prepare(archive, tmp_path / "store")
    assert [key for key, _ in report.quarantined] == ["anna/day/left", "cleo/day/right"]
