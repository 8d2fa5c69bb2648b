"""The commands of a gallery, and the sources of walks they take; a network is stood in for by means of frames."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn_people import drawn

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.store import SequenceSet
from gaitprint.types import PartLayout

Run = Callable[..., str]


class MeanFrames:
    """In place of a network: the rows and columns of the mean frame."""

    def embed(self, walks: SequenceSet, progress: Callable[[int, int], None]) -> gp.Embeddings:
        means = [walks.frames(i).mean(axis=0, dtype=np.float64) for i in range(len(walks.records))]
        vectors = np.array([np.concatenate([m.mean(axis=0), m.mean(axis=1)]) for m in means], np.float32)
        progress(len(vectors), len(vectors))
        return gp.Embeddings(vectors, walks.records, PartLayout(((1, vectors.shape[1]),)), "means")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    gp.save_embeddings("known.safetensors", drawn(range(6)))
    gp.save_embeddings("one.safetensors", drawn(range(1), range(5, 6)))
    gp.save_embeddings("others.safetensors", drawn(range(500, 560), range(1)))

    def said(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["gallery", *words]) == code
        out, err = capsys.readouterr()
        return out if code == 0 else err or out

    return said


def test_from_nothing_to_an_answer_and_back(run: Run) -> None:
    assert "nobody is enrolled" in run("create", "g", "--retention", "3")
    assert "begin with `gaitprint gallery enroll`" in run("identify", "g", "one.safetensors", code=1)
    assert "12 walks enrolled, 6 new people" in run("enroll", "g", "known.safetensors", "--tag", "staff")
    assert json.loads(run("enroll", "g", "known.safetensors", "--json"))["already"] == 12
    assert "not calibrated" in run("identify", "g", "one.safetensors")
    assert "not calibrated" in run("verify", "g", "one.safetensors", "000")
    assert "5 false alarms" in run("calibrate", "g", "--strangers", "others.safetensors", "--per-1000", "5")
    [answer] = json.loads(run("identify", "g", "one.safetensors", "--top", "2", "--camera", "door", "--json"))
    assert (answer["name"], answer["probe"], len(answer["candidates"])) == ("000", 2, 2)
    assert "id:1 000" in run("identify", "g", "--again", "2")
    assert "give WALKS, or --again" in run("identify", "g", code=2)
    assert run("verify", "g", "one.safetensors", "000").startswith("yes: id:1 000")
    assert run("verify", "g", "one.safetensors", "001").startswith("no: id:2 001")
    assert [p["camera"] for p in json.loads(run("log", "g", "--json"))] == ["door", ""]
    near = json.loads(run("log", "g", "--like", "one.safetensors", "--last", "1", "--json"))
    assert [(p["id"], p["like"]) for p in near] == [(1, 0.0)], "of equally near ones the first"


def test_people_are_put_right(run: Run) -> None:
    run("create", "g", "--retention", "1")
    run("enroll", "g", "known.safetensors", "--tag", "staff", "--basis", "consent", "--expires", "2099-12-31")
    run("identify", "g", "one.safetensors")
    assert run("rename", "g", "001", "Anna") == "id:2 Anna: 2 walks, tags staff\n"
    assert "tags night" in run("tag", "g", "Anna", "--add", "night", "--remove", "staff", "--basis", "contract")
    assert "give --add" in run("tag", "g", "Anna", code=2)
    assert len(json.loads(run("list", "g", "--tag", "staff", "--json"))) == 5
    assert "4 walks" in run("merge", "g", "Anna", "002")
    assert "002/1" in run("show", "g", "Anna")
    assert "undone: merge" in run("undo", "g")
    assert "id:7 Berta: 1 walks" in run("split", "g", "Anna", "--sample", "3", "--name", "Berta")
    assert "Berta: 2 walks" in run("move", "g", "Berta", "--sample", "4")
    assert run("confirm", "g", "1", "000").startswith("noted")
    assert run("reject", "g", "1", "003", "--stranger").startswith("noted")
    assert "restore" in run("remove", "g", "004", "--sample", "1")
    assert "004" in run("list", "g", "--removed")
    assert run("restore", "g", "004", "--sample", "1") == "restored\n"
    assert "1 people, 2 walks, 0 probes of the log would be erased id:5" in run("purge", "g", "004", "--dry-run")
    assert "erased id:5" in run("purge", "g", "004")
    assert [line["verb"] for line in json.loads(run("log", "g", "--audit", "--json"))][:3] == [
        "enroll",
        "rename",
        "tag",
    ]
    assert "no '004'" in run("show", "g", "004", code=1)
    assert "has no 'nobody'" in run("rename", "g", "nobody", "x", code=1)


def test_ask_13_a_gallery_is_backed_up_exported_and_taken_elsewhere(run: Run, tmp_path: Path) -> None:
    run("create", "g", "--pipeline", "unit-length")
    run("enroll", "g", "known.safetensors", "--tag", "staff")
    run("calibrate", "g")
    run("remove", "g", "005")
    assert "opened and sound" in run("backup", "g", "b")
    assert "is there" in run("backup", "g", "b", code=1)
    assert "5 people, 10 walks" in run("export", "g", "out")
    assert "is there" in run("export", "g", "out", code=1)
    assert "5 people, 10 walks" in run("import", "h", "out")
    with gp.Gallery.open("g") as one, gp.Gallery.open("h") as other, gp.Gallery.open("b") as copy:
        probe = drawn(range(3), range(5, 6))
        assert one.identify(probe) == other.identify(probe) == copy.identify(probe)
        assert one.calibration == other.calibration == copy.calibration
        assert one.people() == other.people() == copy.people()
    people = (tmp_path / "out" / "people.csv").read_text()
    (tmp_path / "out" / "people.csv").write_text(people.replace("1,000,", "77,000,", 1))
    assert "does not fit together" in run("import", "i", "out", code=1)
    assert not (tmp_path / "i").exists()
    assert "no gallery.json" in run("import", "i", ".", code=1)
    assert "sound: 6 people, 12 walks" in run("check", "b")
    with gp.Gallery.open("b") as gallery, gallery._engine.writing() as writer:
        writer.update("templates", 1, {"vector": b"x"})
    assert "b is not sound" in run("check", "b", code=1)


def test_what_is_no_gallery_is_said_and_not_touched(run: Run, tmp_path: Path) -> None:
    assert "make one with" in run("list", "nowhere", code=1)
    before = (tmp_path / "known.safetensors").read_bytes()
    assert "no gallery, or damaged" in run("list", "known.safetensors", code=1)
    assert "is there" in run("create", "known.safetensors", code=1)
    assert (tmp_path / "known.safetensors").read_bytes() == before


def test_silhouettes_pass_a_quality_gate(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaitprint.stages.gallery_enroll.open_embedder", lambda *given, **named: MeanFrames())
    settings = SyntheticSettings(2, frames=20, conditions=("nm-01", "nm-02"), views=("090",))
    rows = []
    for record, frames in walkers(settings):
        name = record.key.replace("/", "-")
        np.save(tmp_path / f"{name}.npy", frames[:9] if name.startswith("002-nm-02") else frames)
        rows.append(f"{name}.npy,{record.subject},{record.view}")
    (tmp_path / "list.csv").write_text("path,name,view\n" + "\n".join([*rows, "gone.npy,x,090"]) + "\n")
    run("create", "g")
    report = json.loads(run("enroll", "g", "list.csv", "--model", "m", "--json"))
    assert (len(report["enrolled"]), report["people"]) == (3, 2)
    reasons = {r["key"]: r["reason"] for r in report["rejects"]}
    assert reasons["002-nm-02-090.npy"] == "not good enough: frames is 9, wanted frames>=15"
    assert "gone.npy" in reasons
    words = ["enroll", "g", "002-nm-02-090.npy", "--name", "002", "--model", "m"]
    assert "no walk of 002-nm-02-090.npy can be used" in run(*words, code=1)
    assert "1 walks enrolled, 0 new" in run(*words, "--quality", "")
    with gp.Gallery.open("g") as gallery:
        assert "frames=20" in gallery.show("001")[1][0].quality
        assert gallery.show("001")[1][0].origin == "list.csv"
    assert main(["data", "prepare", "synthetic", "store", "--set", "subjects=3", "--set", "frames=20"]) == 0
    assert "new people" in run("enroll", "g", "store", "--model", "m")
    (tmp_path / "bad.csv").write_text("file\nx\n")
    assert "has the columns path, name" in run("enroll", "g", "bad.csv", "--model", "m", code=1)
    assert "leave --model out" in run("enroll", "g", "known.safetensors", "--model", "m", code=1)


def test_silhouettes_become_vectors_by_the_shipped_weights(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for subject, walk in (("001", "nm-01"), ("001", "nm-02"), ("002", "nm-01")):
        settings = SyntheticSettings(
            1, frames=20, conditions=(walk,), views=("090",), start=int(subject), world="street"
        )
        for _, frames in walkers(settings):
            np.save(f"{subject}-{walk}.npy", frames, allow_pickle=False)
    run("create", "g")
    assert main(["gallery", "enroll", "g", "001-nm-01.npy", "--name", "Anna", "--quality", ""]) == 0
    assert "model: gaitprint default" in capsys.readouterr().err
    run("enroll", "g", "002-nm-01.npy", "--name", "Ben", "--quality", "")
    [answer] = json.loads(run("identify", "g", "001-nm-02.npy", "--quality", "", "--json"))
    assert [c["name"] for c in answer["candidates"]] == ["Anna", "Ben"]
    assert answer["name"] == "unknown", "nobody has measured strangers"
    assert "nowhere" in run("identify", "g", "nowhere", code=1)
