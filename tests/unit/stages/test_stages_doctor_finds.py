"""Every fault the doctor knows, put into data that are otherwise in order: it is found."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gaitprint.checks.diagnosis import DoctorReport
from gaitprint.checks.findings import POOR, Finding
from gaitprint.components import find_component
from gaitprint.datasets.oumvlp import VIEWS as OUMVLP_VIEWS
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.ingest.frame_settings import FrameSettings
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare

CONDITIONS = ("nm-01", "nm-02", "nm-03", "nm-04")
VIEWS = ("000", "036", "090", "144")
Drawn = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def many() -> Drawn:
    """Twelve walkers, four walks each, four views: enough to know how people look."""
    settings = SyntheticSettings(subjects=12, seed=3, frames=24, conditions=CONDITIONS, views=VIEWS)
    return {record.key: frames for record, frames in walkers(settings)}


@pytest.fixture(scope="module")
def drawn(many: Drawn) -> Drawn:
    """Five of them from two sides: enough to know how a view looks."""
    return {k: f for k, f in many.items() if k < "006" and k.endswith(("036", "090"))}


@pytest.fixture
def data(drawn: Drawn, tmp_path: Path) -> Path:
    for key, frames in drawn.items():
        save(tmp_path / "data", key, frames)
    return tmp_path / "data"


def save(root: Path, key: str, frames: np.ndarray | bytes) -> None:
    leaf = root / key
    leaf.mkdir(parents=True, exist_ok=True)
    if isinstance(frames, bytes):
        (leaf / f"{leaf.name}.npy").write_bytes(frames)
    else:
        np.save(leaf / f"{leaf.name}.npy", frames)


def told(report: DoctorReport) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f.severity, f.what, f.keys) for f in report.findings]


def in_both(data: Path, store: Path) -> list[Finding]:
    """What is found in the data and, alike, in the store made from them."""
    report = doctor(data, LayoutChoice("synthetic"))
    prepare(data, store, LayoutChoice("synthetic"))
    stored = doctor(store)
    assert told(stored) == told(report)
    assert stored.fingerprint == report.fingerprint
    return list(report.findings)


def test_in_healthy_data_nothing_is_found(many: Drawn, tmp_path: Path) -> None:
    for key, frames in many.items():
        save(tmp_path / "data", key, frames)
    assert in_both(tmp_path / "data", tmp_path / "store") == []
    report = doctor(tmp_path / "store")
    assert (report.subjects, report.sequences, report.unusable) == (12, 192, ())
    assert report.lengths == (24, 24.0, 24)
    assert {"holes", "pieces", "merges", "jumps", "period", "turn"} <= set(report.quality)
    assert all(low <= middle <= high for low, middle, high in report.quality.values())
    for view in VIEWS:
        save(tmp_path / "data", f"003/nm-03/{view}", many[f"007/nm-03/{view}"])
        save(tmp_path / "data", f"007/nm-03/{view}", many[f"003/nm-03/{view}"])
    (finding,) = doctor(tmp_path / "data", LayoutChoice("synthetic")).findings
    assert finding.what == "walks that look like another subject's in most views: 2", "the swapped ones"
    assert finding.keys == ("003/nm-03 like 007", "007/nm-03 like 003")


def test_few_are_healthy_too(data: Path, tmp_path: Path) -> None:
    assert in_both(data, tmp_path / "store") == []


KEY = "003/nm-02/090"
FAULTS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str, str]] = {
    "short": (lambda f: f[:4], "warning", "sequences with fewer than 5 frames: 1"),
    "mirrored": (lambda f: f[:, :, ::-1], "warning", "look like the mirror image of the others of their view: 1"),
    "to the right": (lambda f: np.roll(f, 6, 2), "warning", "bodies stand beside the middle column: 1"),
    "to the left": (lambda f: np.roll(f, -6, 2), "warning", "bodies stand beside the middle column: 1"),
    "lowered": (lambda f: moved_down(f, 8), "warning", "do not reach from the first to the last row: 1"),
    "holed": (lambda f: holed(f), "warning", "sequences with holes of over a tenth of the body: 1"),
    "in pieces": (lambda f: with_a_second_piece(f), "warning", "a second piece beside the body in over half"),
    "jumping": (lambda f: jumping(f), "warning", "jumps from one frame to the next in over a tenth of the steps: 1"),
}


def moved_down(frames: np.ndarray, rows: int) -> np.ndarray:
    return np.concatenate([np.zeros_like(frames[:, :rows]), frames[:, :-rows]], axis=1)


def holed(frames: np.ndarray) -> np.ndarray:
    result = frames.copy()
    for frame in result:
        body = cv2.erode(frame, np.ones((5, 5), np.uint8))
        frame[body == 255] = 0
    return result


def with_a_second_piece(frames: np.ndarray) -> np.ndarray:
    result = frames.copy()
    result[:, 2:20, 2:12] = result[:, 2:20, -12:-2] = 255
    return result


def jumping(frames: np.ndarray) -> np.ndarray:
    """Every eighth frame shows somebody much fatter."""
    result = frames.copy()
    for t in range(4, len(result), 8):
        result[t] = cv2.dilate(result[t], np.ones((9, 9), np.uint8))
    return result


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_sequence_is_named(name: str, drawn: Drawn, data: Path, tmp_path: Path) -> None:
    fault, severity, words = FAULTS[name]
    save(data, KEY, np.ascontiguousarray(fault(drawn[KEY])))
    found = [f for f in in_both(data, tmp_path / "store") if words in f.what]
    assert [(f.severity, f.keys) for f in found] == [(severity, (KEY,))]
    assert all(f.advice and f.line().startswith(f"{f.severity}: {f.what}") for f in found)


def test_the_advice_on_poor_sequences_is_a_filter_that_leaves_them_out(drawn: Drawn, data: Path) -> None:
    save(data, KEY, with_a_second_piece(drawn[KEY]))
    (finding,) = [f for f in doctor(data, LayoutChoice("synthetic")).findings if "second piece" in f.what]
    assert "--quality 'pieces<=0.5'" in finding.advice
    assert {name for name, _, _ in POOR} == {"truncated", "holes", "pieces", "merges", "jumps"}


def test_a_copy_under_another_name_is_an_error(drawn: Drawn, data: Path, tmp_path: Path) -> None:
    save(data, KEY, drawn["004/nm-02/090"])
    (finding,) = in_both(data, tmp_path / "store")
    assert (finding.severity, finding.keys) == ("error", (KEY, "004/nm-02/090"))
    assert "different subjects with exactly the same frames: 2" in finding.what
    save(data, KEY, drawn["003/nm-01/090"])
    (finding,) = doctor(data, LayoutChoice("synthetic")).findings
    assert (finding.severity, finding.keys) == ("warning", ("003/nm-01/090", KEY))


def test_missing_views_are_named(data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "003/nm-02/090")
    shutil.rmtree(data / "005/nm-01/036")
    assert [(f.severity, f.keys) for f in in_both(data, tmp_path / "store")] == [
        ("note", ("003/nm-02: 090", "005/nm-01: 036"))
    ]


def test_a_single_sequence_of_somebody_is_too_few(drawn: Drawn, data: Path) -> None:
    extra = next(
        iter(walkers(SyntheticSettings(subjects=1, start=99, frames=24, conditions=("nm-01",), views=("090",))))
    )
    save(data, "099/nm-01/090", extra[1])
    found = {f.what: f.keys for f in doctor(data, LayoutChoice("synthetic")).findings}
    assert found["subjects with a single sequence: 1"] == ("099",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "should hold the images of one sequence, found nothing"),
        (b"", "090.npy"),
        (b"no array", "090.npy"),
        (np.zeros((9, 64, 64), np.uint8), "all 9 frames are black: no silhouette in them"),
        (np.zeros((0, 64, 64), np.uint8), "at least one frame"),
        (np.full((9, 64, 64), -1.0, np.float32), "found float32 from -1 to -1"),
        (np.ones((9, 64, 64), np.uint8), "every pixel is 1: no body"),
    ],
    ids=["empty", "no bytes", "no array", "black", "no frame", "floats", "ones"],
)
def test_what_cannot_be_used_is_an_error_with_its_reason(
    data: Path, tmp_path: Path, content: np.ndarray | bytes | None, words: str
) -> None:
    if content is None:
        (data / KEY / "090.npy").unlink()
    else:
        save(data, KEY, content)
    report = doctor(data, LayoutChoice("synthetic"))
    ((key, reason),) = report.unusable
    assert key == KEY
    assert words in reason
    first = report.findings[0]
    assert (first.severity, first.keys) == ("error", (KEY,))
    assert reason in first.what
    assert "--fix puts them aside" in first.advice
    assert (report.sound, report.sequences) == (False, 39)
    assert list(prepare(data, tmp_path / "store", LayoutChoice("synthetic")).quarantined) == [(KEY, reason)]


def test_frames_of_another_size_are_an_error(drawn: Drawn, data: Path) -> None:
    save(data, KEY, np.ascontiguousarray(drawn[KEY][:, :, 10:54]))
    findings = doctor(data, LayoutChoice("synthetic")).findings
    assert findings[0].severity == "error"
    assert findings[0].what == "frames of different sizes (39 of 64x64, 1 of 64x44)"
    assert "prepare each kind by itself" in findings[0].advice


@pytest.mark.parametrize(("size", "other"), [(128, "128 x 128"), (64, "128 x 128")])
def test_the_size_asked_for_decides_what_is_normalised_already(tmp_path: Path, size: int, other: str) -> None:
    frames = np.zeros((6, 128, 128), np.uint8)
    frames[:, :, 40:80] = 255
    for view in ("000", "090"):
        save(tmp_path, f"001/nm-01/{view}", frames + np.uint8(0))
    report = doctor(tmp_path, LayoutChoice("synthetic"), size=size)
    assert ("height" in report.quality) is (size == 64), f"{other} are raw frames only where 64 rows are wanted"
    prepared = prepare(tmp_path, tmp_path / "store", LayoutChoice("opengait"), frames=FrameSettings(size=size))
    assert report.fingerprint == prepared.fingerprint


class TestTrees:
    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("001/nm-01", "expected view folders like '090' at level 3"),
            ("001/nm-01/090/more", "found the folder 'more': the tree is too deep"),
            ("top/001/nm-01/090", "expected subject folders like '001' at level 1"),
        ],
    )
    def test_a_wrong_depth_is_said(self, tmp_path: Path, key: str, words: str) -> None:
        save(tmp_path, key, np.full((6, 64, 64), 255, np.uint8))
        report = doctor(tmp_path, LayoutChoice("casia-b"))
        assert (report.kind, report.sound, report.sequences) == ("nothing known", False, 0)
        ((severity, what, _),) = told(report)
        assert severity == "error"
        assert words in what
        assert report.lines()[0] == f"{tmp_path}: nothing known"

    def test_a_strange_name_is_said(self, data: Path) -> None:
        (data / "003").rename(data / "three")
        ((severity, what, _),) = told(doctor(data, LayoutChoice("synthetic")))
        assert severity == "error"
        assert "found 'three'" in what

    def test_both_parts_of_a_partition(self, tmp_path: Path) -> None:
        find_component("dataset", "opengait").make().write_miniature(tmp_path / "data")
        partition = tmp_path / "partition.json"
        parts = {"TRAIN_SET": ["anna", "ben"], "TEST_SET": ["cleo", "dora"]}
        partition.write_text(json.dumps(parts))
        settings = {"partition": str(partition)}
        assert not any("both" in f.what or "test part" in f.what for f in self.findings(tmp_path, settings))
        prepare(tmp_path / "data", tmp_path / "store", LayoutChoice("opengait", settings))
        partition.write_text(json.dumps({**parts, "TEST_SET": ["ben", "cleo", "dora"]}))
        (finding,) = [f for f in self.findings(tmp_path, settings) if "test part" in f.what]
        assert finding.severity == "error"
        assert "subjects 'ben' stand in" in finding.what
        assert not [f for f in doctor(tmp_path / "store").findings if "part" in f.what], "the store keeps the sound one"

    def findings(self, folder: Path, settings: dict[str, str]) -> tuple[Finding, ...]:
        return doctor(folder / "data", LayoutChoice("opengait", settings)).findings


class TestOumvlp:
    def raw(self, root: Path, *lacking: str) -> None:
        for subject in ("00001", "00002"):
            for sequence in ("00", "01"):
                for view in OUMVLP_VIEWS:
                    if f"{subject}/{sequence}/{view}" in lacking:
                        continue
                    leaf = root / f"Silhouette_{view}-{sequence}" / subject
                    leaf.mkdir(parents=True)
                    image = np.zeros((90, 120), np.uint8)
                    image[10:80, 40 : 60 + int(subject) + int(view) % 7] = 255
                    for number in range(1, 6):
                        cv2.imwrite(str(leaf / f"{number:04d}.png"), image)

    def test_the_raw_tree_becomes_the_keys_of_the_processed_one(self, tmp_path: Path) -> None:
        self.raw(tmp_path / "data")
        report = doctor(tmp_path / "data")
        assert (report.dataset, report.sequences, report.subjects) == ("oumvlp", 56, 2)
        assert set(report.views) == set(OUMVLP_VIEWS)
        assert report.conditions == {"00": 28, "01": 28}
        made = prepare(tmp_path / "data", tmp_path / "store")
        assert (made.dataset, made.fingerprint) == ("oumvlp", report.fingerprint)

    def test_missing_sequences_are_named_among_the_published(self, tmp_path: Path) -> None:
        gone = ("00001/00/090", "00002/01/270")
        self.raw(tmp_path / "data", *gone)
        (finding,) = [f for f in doctor(tmp_path / "data").findings if "published" in f.what]
        whole = 10307 * 2 * 14
        assert finding.what == f"published sequences that are missing: {whole - 54} of {whole}"
        assert finding.severity == "warning"
        assert set(gone) <= set(finding.keys)
        assert "00001/00/075" not in finding.keys
        assert "one in ten" in finding.advice

    def test_a_strange_folder_in_the_raw_tree_is_said(self, tmp_path: Path) -> None:
        self.raw(tmp_path / "data")
        (tmp_path / "data/Silhouette_091-00").mkdir()
        report = doctor(tmp_path / "data", LayoutChoice("oumvlp"))
        assert "found 'Silhouette_091-00'" in report.findings[0].what


def test_a_probe_of_nobody_known_is_a_note(tmp_path: Path) -> None:
    find_component("dataset", "hid").make().write_miniature(tmp_path)
    notes = [f for f in doctor(tmp_path).findings if "without a known subject" in f.what]
    assert [(f.severity, len(f.keys)) for f in notes] == [("note", 2)]


def test_a_hostile_pickle_is_named_and_not_run(data: Path, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch '{tmp_path / 'harmed'}'",)

    (data / KEY / "090.npy").unlink()
    (data / KEY / "090.pkl").write_bytes(pickle.dumps(Hostile()))
    ((key, reason),) = doctor(data, LayoutChoice("synthetic")).unusable
    assert (key, "system" in reason) == (KEY, True)
    assert not (tmp_path / "harmed").exists()
