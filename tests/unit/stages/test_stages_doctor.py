import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gaitprint.checks.findings import Finding
from gaitprint.cli.main import main
from gaitprint.datasets.casia_b import CasiaB, CasiaBSettings
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.stages.datasets import list_datasets
from gaitprint.stages.doctor import doctor
from gaitprint.stages.prepare import prepare
from gaitprint.store import Store


def save(root: Path, key: str, frames: np.ndarray) -> None:
    leaf = root / key
    leaf.mkdir(parents=True, exist_ok=True)
    np.save(leaf / "frames.npy", frames)


def body(seed: int, frames: int = 6, width: int = 64) -> np.ndarray:
    """Somebody as high as the picture, on its middle, no two alike: the greys of the outline are drawn."""
    result = np.zeros((frames, 64, width), np.uint8)
    edge = np.random.default_rng(seed).integers(1, 256, (frames, 64), dtype=np.uint8)
    result[:, :, width // 2 - 8 : width // 2 + 8] = 255
    result[:, :, width // 2 - 9] = result[:, :, width // 2 + 8] = edge
    return result


def healthy(root: Path) -> Path:
    for i, subject in enumerate("ab"):
        for j, view in enumerate(("left", "right")):
            save(root, f"{subject}/nm/{view}", body(2 * i + j, frames=5 + 2 * i + j))
    return root


def change_a_byte(root: Path, row: int) -> None:
    """Change the last byte of a sequence's packed frames."""
    stored = Store.open(root).row(row)
    with (root / "frames.bin").open("r+b") as stream:
        stream.seek(stored.offset + stored.bytes - 1)
        last = stream.read(1)[0]
        stream.seek(stored.offset + stored.bytes - 1)
        stream.write(bytes([last ^ 1]))


def test_a_healthy_set_is_described_and_nothing_found(tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    report = doctor(healthy(tmp_path / "data"), progress=lambda *step: steps.append(step))
    assert (report.kind, report.dataset) == ("data set", "opengait")
    assert (report.subjects, report.sequences, report.frames) == (2, 4, 5 + 6 + 7 + 8)
    assert report.lengths == (5, 6.5, 8)
    assert report.conditions == {"nm": 4}
    assert report.views == {"left": 2, "right": 2}
    assert report.findings == ()
    assert report.sound
    assert report.lines()[-1] == "nothing found wrong"
    assert "2 subjects, 4 sequences, 26 frames (5 to 8 a sequence, median 6.5)" in report.lines()
    assert [s[:2] for s in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert json.loads(json.dumps(report.to_dict()))["sound"] is True


def test_data_and_their_store_have_one_fingerprint(tmp_path: Path) -> None:
    data = healthy(tmp_path / "data")
    made = prepare(data, tmp_path / "store")
    report = doctor(tmp_path / "store")
    assert report.fingerprint == made.fingerprint == doctor(data).fingerprint
    assert (report.kind, report.dataset, report.findings) == ("store", "opengait", ())


def test_every_kind_of_trouble_is_found_the_worst_first(tmp_path: Path) -> None:
    data = healthy(tmp_path / "data")
    save(data, "c/nm/left", body(1, frames=6))
    save(data, "a/nm/twin", body(0, frames=5))
    save(data, "d/nm/left", body(9, frames=2))
    save(data, "d/nm/right", body(10, width=44))
    save(data, "probe/x/y", body(11))
    (data / "e/nm/left").mkdir(parents=True)
    (data / "e/nm/left/x.pkl").write_bytes(b"no pickle")
    report = doctor(data)
    found = [(f.severity, f.what, f.keys) for f in report.findings]
    assert [f[0] for f in found] == ["error"] * 3 + ["warning"] * 3 + ["note"]
    assert found[0][1].startswith("sequences that cannot be used: 1, the first because")
    assert found[0][2] == ("e/nm/left",)
    assert found[1][1] == "frames of different sizes (8 of 64x64, 1 of 64x44)"
    assert found[2][1:] == (
        "sequences of different subjects with exactly the same frames: 2",
        ("a/nm/right", "c/nm/left"),
    )
    assert found[3][1:] == (
        "sequences with exactly the frames of another of their subject: 2",
        ("a/nm/left", "a/nm/twin"),
    )
    assert found[4][1:] == ("sequences with fewer than 5 frames: 1", ("d/nm/left",))
    assert found[5][1:] == ("subjects with a single sequence: 1", ("c",))
    assert found[6][1:] == ("sequences without a known subject: 1", ("probe/x/y",))
    assert report.unusable[0][0] == "e/nm/left"
    assert not report.sound
    assert all("\n" not in line for line in report.lines())


def test_missing_sequences_of_casia_b_are_counted(tmp_path: Path) -> None:
    CasiaB(CasiaBSettings()).write_miniature(tmp_path / "data")
    missing = [f for f in doctor(tmp_path / "data").findings if "published" in f.what]
    assert [f.what for f in missing] == ["published sequences that are missing: 13608 of 13640"]
    assert "001/nm-01/000" not in missing[0].keys
    assert missing[0].keys[0] == "001/bg-01/018"
    assert missing[0].line().count("001/") == 3


def test_a_tree_of_no_layout_is_a_finding(tmp_path: Path) -> None:
    save(tmp_path / "data", "a/b", body(0))
    report = doctor(tmp_path / "data")
    assert (report.kind, report.sequences, report.sound) == ("nothing known", 0, False)
    assert "no published layout fits" in report.findings[0].what
    assert doctor(tmp_path / "data", LayoutChoice("folder", {"pattern": "{subject}/{view}"})).sequences == 1


def test_a_damaged_store_is_found_out(tmp_path: Path) -> None:
    prepare(healthy(tmp_path / "data"), tmp_path / "store")
    change_a_byte(tmp_path / "store", 1)
    steps: list[int] = []
    report = doctor(tmp_path / "store", progress=lambda done, *_: steps.append(done))
    assert [f.keys for f in report.findings if f.severity == "error"] == [("a/nm/right",)]
    assert not report.sound
    assert steps == [1, 2, 3, 4]


def test_an_unfinished_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text("")
    with pytest.raises(ArtefactError, match="unfinished"):
        doctor(tmp_path)


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected the folder or archive of a data set, .* found nothing: check"):
        doctor(tmp_path / "none")
    with pytest.raises(ConfigError, match="workers"):
        doctor(tmp_path, workers=-1)


def test_many_views_are_cut_short_for_people(tmp_path: Path) -> None:
    for i in range(15):
        save(tmp_path / "data", f"a/nm/{i:02d}", body(i))
    assert any(
        line.startswith("views: 00 1, ") and line.endswith(", ... 15 in all")
        for line in doctor(tmp_path / "data").lines()
    )


def test_the_layouts_are_listed() -> None:
    infos = {info.name: info for info in list_datasets()}
    assert {"casia-b", "casia-e", "oumvlp", "hid", "folder", "opengait", "gait3d", "grew", "synthetic"} <= set(infos)
    assert infos["casia-b"].splits == ("74", "73", "62", "24")
    assert infos["casia-b"].protocols[0] == "casia-b"


def test_strict_makes_an_error_of_a_warning_and_lets_notes_pass(tmp_path: Path) -> None:
    report = doctor(healthy(tmp_path / "data"))
    report.check_strict()
    for severities, words in (
        (("note",), ""),
        (("warning",), "1 warning found"),
        (("error", "warning", "warning", "note"), "1 error, 2 warnings found"),
    ):
        found = tuple(Finding(severity, "something", "mend it") for severity in severities)  # type: ignore[arg-type]
        judged = replace(report, findings=found)
        if words:
            with pytest.raises(DataError, match=words):
                judged.check_strict()
        else:
            judged.check_strict()


def test_a_script_learns_of_findings_by_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(healthy(tmp_path / "data"))
    assert main(["data", "doctor", data, "--strict"]) == 0
    save(tmp_path / "data", "c/nm/left", np.zeros((6, 64, 64), np.uint8))
    assert main(["data", "doctor", data]) == 0
    capsys.readouterr()
    assert main(["data", "doctor", data, "--strict", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["findings"]
    assert said.err.splitlines()[-1].endswith("1 error found, and --strict allows none: see the findings")


@pytest.mark.parametrize(("probes", "severity"), [(True, "note"), (False, "warning")])
def test_one_walk_a_person_is_a_gallery_where_probes_wait(tmp_path: Path, probes: bool, severity: str) -> None:
    for i, subject in enumerate("ab"):
        save(tmp_path / "data", f"{subject}/nm/left", body(i, frames=6))
    if probes:
        save(tmp_path / "data", "probe/x/left", body(9, frames=6))
    (found,) = [f for f in doctor(tmp_path / "data").findings if "single sequence" in f.what]
    assert (found.severity, found.keys) == (severity, ("a", "b"))
