"""The data's side of the commands: prepare in all its ways, doctor, export, and filters on what they made."""

import json
import re
import shlex
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gaitprint.cli.app import COMMANDS
from gaitprint.components import find_component
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.stages.doctor import doctor
from gaitprint.stages.export import export
from gaitprint.store import Store

EXAMPLES = ("data prepare", "data doctor", "data export", "model train", "model embed")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with data sets in it, of the names that the help texts use."""
    for name, dataset in (("mine", "folder"), ("OUMVLP", "oumvlp"), ("CASIA-B", "casia-b")):
        find_component("dataset", dataset).make().write_miniature(tmp_path / name)
    people = sorted({path.relative_to(tmp_path / "mine").parts[0] for path in (tmp_path / "mine").rglob("*.p*")})
    (tmp_path / "partition.json").write_text(json.dumps({"TRAIN_SET": people[:2], "TEST_SET": people[2:]}))
    with zipfile.ZipFile(tmp_path / "OUMVLP.zip", "w") as archive:
        for path in sorted((tmp_path / "OUMVLP").rglob("*.pkl")):
            archive.write(path, path.relative_to(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples(page):
    """The commands under "Example" of a help page, continued lines joined."""
    part = re.split(r"\n\s*\n", page.split("Example", 1)[1])[0]
    lines = part.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.strip().startswith("gaitprint ")]


def test_every_example_of_prepare_and_doctor_runs(run, here):
    smaller = ["--set", "frames=4", "--set", 'views=["090"]', "--set", 'conditions=["nm-01"]']
    seen = 0
    for command in EXAMPLES[:3]:
        for words in examples(run(*command.split(), "--help").out):
            words = [w.replace("/data/", "").replace("mine store", "mine other") for w in words]
            if words[1] == "prepare":
                shutil.rmtree(here / "store", ignore_errors=True)
                words = [w if w != "4" else "1" for w in words] + (smaller if "synthetic" in words else [])
            ran = run(*words)
            assert ran.code == 0, (words, ran.err)
            seen += 1
    assert seen >= 8
    assert (here / "doctor.html").is_file()
    assert (here / "CASIA-B-pkl/partition.json").is_file()


@pytest.mark.parametrize("command", EXAMPLES)
def test_examples_name_options_that_there_are(run, command):
    known = {o for p in COMMANDS[command].params for o in p.opts}
    found = examples(run(*command.split(), "--help").out)
    assert found
    for words in found:
        assert words[:2] == command.split()
        assert {w.split("=")[0] for w in words if w.startswith("--")} <= known


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("data prepare", ["--form", "--workers", "--size", "--edge-rule", "--subjects", "--dataset", "--set"]),
        ("data doctor", ["--fix", "--report", "--size", "--workers", "--dataset", "--set"]),
        ("data export", ["--split"]),
        ("model train", ["--workers", "--quality"]),
        ("model embed", ["--quality"]),
    ],
)
def test_options_are_explained(run, command, options):
    page = run(*command.split(), "--help").out.split("Options:")[1]
    for option in [*options, "--json"]:
        (line,) = [text for text in page.splitlines() if text.strip().startswith(f"{option} ")]
        assert len(line.split()) > 2


class TestPrepare:
    def test_text_and_json_say_the_same(self, run, here):
        said = run("data", "prepare", "CASIA-B", "a", "--json").json()
        assert set(said) >= {"form", "bytes", "unused", "unchanged", "changed", "gone", "warned", "quarantined"}
        assert (said["dataset"], said["form"], said["sequences"], said["resumed"]) == ("casia-b", "compact", 32, 0)
        text = run("data", "prepare", "CASIA-B", "b").out
        assert text.startswith(
            "b: casia-b, 4 subjects, 32 sequences, 192 frames of 64 x 64 pixels, compact, 0.0 MB, in"
        )
        assert text.count("\n") == 1

    def test_again_it_says_what_changed(self, run, here):
        run("data", "prepare", "CASIA-B", "store")
        again = run("data", "prepare", "CASIA-B", "store")
        assert again.code == 0
        assert again.out.splitlines()[1] == "brought up to date: 32 unchanged, 0 changed, 0 gone"
        shutil.rmtree(here / "CASIA-B/001/nm-01/000")
        (here / "CASIA-B/002/nm-01/000/000.pkl").unlink()
        np.save(here / "CASIA-B/002/nm-01/000/000.npy", np.full((900, 64, 64), 255, np.uint8))
        (here / "CASIA-B/075/nm-01/000/000.pkl").write_bytes(b"damaged")
        lines = run("data", "prepare", "CASIA-B", "store").out.splitlines()
        assert lines[1] == "brought up to date: 29 unchanged, 1 changed, 1 gone"
        assert lines[-1].startswith("left out: 075/nm-01/000: ")
        said = run("data", "prepare", "CASIA-B", "store", "--json").json()
        assert [key for key, _ in said["quarantined"]] == ["075/nm-01/000"]
        assert (said["unchanged"], said["changed"], said["gone"]) == (31, [], [])

    def test_unused_bytes_are_mentioned_with_the_way_out(self, run, here):
        run("data", "prepare", "CASIA-B", "store", "--form", "raw")
        for leaf in (here / "CASIA-B/001").rglob("*.pkl"):
            leaf.unlink()
            np.save(leaf.with_suffix(".npy"), np.full((9, 64, 64), 255, np.uint8))
        for leaf in (here / "CASIA-B/002").rglob("*.pkl"):
            leaf.unlink()
            np.save(leaf.with_suffix(".npy"), np.full((9, 64, 64), 254, np.uint8))
        out = run("data", "prepare", "CASIA-B", "store", "--form", "raw").out
        assert "of the store are unused: prepare it into a new one to drop them" in out
        assert "unused" not in run("data", "prepare", "store", "small", "--form", "raw").out
        assert (here / "small/frames.bin").stat().st_size < (here / "store/frames.bin").stat().st_size

    @pytest.mark.parametrize("form", ["compact", "raw", "bits"])
    def test_forms(self, run, here, form):
        said = run("data", "prepare", "mine", "store", "--dataset", "folder", "--form", form, "--json").json()
        assert (said["form"], said["sequences"]) == (form, 12)
        assert Store.open(here / "store").form == form
        if form == "raw":
            assert said["bytes"] == said["frames"] * 64 * 64

    def test_archives_manifests_and_stores(self, run, here):
        first = run("data", "prepare", "OUMVLP", "a", "--json").json()
        zipped = run("data", "prepare", "OUMVLP.zip", "b", "--json").json()
        packed = run("data", "prepare", "a", "c", "--form", "raw", "--json").json()
        assert zipped["fingerprint"] == first["fingerprint"] == packed["fingerprint"]
        assert (packed["dataset"], zipped["dataset"]) == ("oumvlp", "oumvlp")
        keys = [p.parent.relative_to(here / "OUMVLP").as_posix() for p in (here / "OUMVLP").rglob("*.pkl")]
        rows = [f"{k},OUMVLP/{k}/{k[-3:]}.pkl,{k[:5]},{k[6:8]},{k[-3:]}" for k in keys]
        (here / "people.csv").write_text("\n".join(["id,file,subject,condition,view", *rows]) + "\n")
        words = ["--set", "path=file", "--set", "key=id", "--json"]
        listed = run("data", "prepare", "people.csv", "d", *words).json()
        assert (listed["dataset"], listed["fingerprint"]) == ("manifest", first["fingerprint"])
        assert (
            run("data", "doctor", "people.csv", "--set", "path=file", "--set", "key=id", "--json").json()["sequences"]
            == 16
        )

    def test_workers_change_no_byte(self, run, here):
        run("data", "prepare", "CASIA-B", "a")
        said = run("data", "prepare", "CASIA-B", "b", "--workers", "2", "--json").json()
        assert said["sequences"] == 32
        for name in ("frames.bin", "index-1.arrow", "store.json"):
            assert (here / "a" / name).read_bytes() == (here / "b" / name).read_bytes()

    def test_the_help_lists_the_files(self, run, here):
        (here / "CASIA-B/075/nm-01/000/000.pkl").write_bytes(b"damaged")
        page = run("data", "prepare", "--help").out.split("Files in STORE:")[1]
        run("data", "prepare", "CASIA-B", "store")
        names = sorted(p.name for p in (here / "store").iterdir())
        assert names == ["frames.bin", "index-1.arrow", "quarantine.json", "store.json"]
        assert all(name in page for name in names)


class TestDoctor:
    def test_json_is_the_report(self, run, here):
        assert run("data", "doctor", "CASIA-B", "--json").json()["sound"] is True
        (here / "CASIA-B/075/nm-01/000/000.pkl").write_bytes(b"damaged")
        said = run("data", "doctor", "CASIA-B", "--json").json()
        assert said == json.loads(json.dumps(doctor(Path("CASIA-B")).to_dict()))
        assert said["sound"] is False
        lines = run("data", "doctor", "CASIA-B").out.splitlines()
        assert lines == doctor(Path("CASIA-B")).lines()

    def test_fixing_data(self, run, here):
        (here / "CASIA-B/075/nm-01/000/000.pkl").write_bytes(b"damaged")
        assert run("data", "doctor", "CASIA-B", "--json").json()["quarantined"] == []
        assert (here / "CASIA-B/075/nm-01/000/000.pkl").is_file()
        out = run("data", "doctor", "CASIA-B", "--fix").out
        assert out.splitlines()[-1] == "put aside: 1 sequences"
        assert (here / "CASIA-B/.quarantine/075/nm-01/000/000.pkl").read_bytes() == b"damaged"
        again = run("data", "doctor", "CASIA-B", "--fix", "--json").json()
        assert (again["unusable"], again["quarantined"], again["sequences"]) == ([], [], 31)

    def test_fixing_a_store_and_filling_it_again(self, run, here):
        first = run("data", "prepare", "CASIA-B", "store", "--json").json()
        row = Store.open(here / "store").row(4)
        with (here / "store/frames.bin").open("r+b") as stream:
            stream.seek(row.offset)
            stream.write(bytes(row.bytes))
        said = run("data", "doctor", "store", "--fix", "--json").json()
        assert (said["quarantined"], said["kind"]) == ([row.key], "store")
        assert run("data", "prepare", "CASIA-B", "store", "--json").json()["fingerprint"] == first["fingerprint"]

    def test_the_page(self, run, here):
        said = run("data", "doctor", "CASIA-B", "--report", "new/page.html")
        assert said.out.splitlines()[-1] == "page: new/page.html"
        assert "data:image/png" in (here / "new/page.html").read_text(encoding="utf-8")
        json_only = run("data", "doctor", "CASIA-B", "--report", "page.html", "--json").json()
        assert json_only["dataset"] == "casia-b"
        assert (here / "page.html").is_file()

    def test_a_tree_of_no_layout_is_no_failure_and_has_its_page(self, run, here):
        (here / "odd/a/b/c/d").mkdir(parents=True)
        said = run("data", "doctor", "odd", "--report", "odd.html")
        assert (said.code, "nothing known" in said.out) == (0, True)
        assert (here / "odd.html").is_file()

    def test_size_and_workers(self, run, here):
        plain = run("data", "doctor", "mine", "--dataset", "folder", "--json").json()
        assert run("data", "doctor", "mine", "--dataset", "folder", "--workers", "1", "--json").json() == plain
        large = run("data", "doctor", "mine", "--dataset", "folder", "--size", "128", "--json").json()
        assert large["sequences"] == plain["sequences"]
        assert large["fingerprint"] != plain["fingerprint"]


class TestExport:
    def test_there_and_back(self, run, here):
        first = run("data", "prepare", "CASIA-B", "store", "--json").json()
        said = run("data", "export", "store", "out", "--json").json()
        assert (said["sequences"], said["written"], said["train"], said["test"]) == (32, 32, 2, 2)
        text = run("data", "export", "store", "out").out.splitlines()
        assert text == ["out: 32 sequences", "out/partition.json: 2 subjects train, 2 are tested"]
        back = run("data", "prepare", "out", "back", "--dataset", "opengait", "--set", f"partition={said['partition']}")
        assert back.code == 0, back.err
        assert Store.open(here / "back").fingerprint == first["fingerprint"]

    def test_another_split(self, run, world, tmp_path):
        run("data", "export", world.store, tmp_path / "out", "--split", "half")
        assert export(world.store, tmp_path / "out", split="half").written == 0
        parts = json.loads((tmp_path / "out/partition.json").read_text())
        assert parts["TRAIN_SET"] == [f"{i:03d}" for i in range(1, 9)]


def test_training_with_workers_gives_the_same_bytes(world, run, tiny, tmp_path):
    rest = ["--recipe", "gaitgl-small", "--set", "training.iterations=4", *tiny]
    ran = run("model", "train", world.store, tmp_path / "run", *rest, "--workers", "1")
    assert ran.code == 0, ran.err
    straight = world.root / "gaitgl"
    assert (tmp_path / "run/model.safetensors").read_bytes() == (straight / "model.safetensors").read_bytes()


def test_quality_chooses_who_is_trained_on_and_embedded(world, run, tiny, tmp_path):
    holes = Store.open(world.store).quality["holes"]
    limit = float(np.median(holes))
    text = f"holes<{limit:.6f}"
    few = run(
        "model",
        "train",
        world.store,
        tmp_path / "run",
        "--set",
        "training.iterations=1",
        *tiny,
        "--quality",
        text,
        "--json",
    )
    assert 0 < few.json()["sequences"] < 64
    out = tmp_path / "e.safetensors"
    words = ["model", "embed", world.store, "--model", world.model("gaitgl"), "--out", out, "--part", "all", "--json"]
    said = run(*words, "--quality", text).json()
    kept = [
        r for r, h in zip(Store.open(world.store).records, holes, strict=True) if not h >= np.float32(f"{limit:.6f}")
    ]
    assert said["sequences"] == len(kept) < 128
    assert list(load_embeddings(out).records) == kept
    assert run(*words, "--quality", "holes<1,frames>=8").json()["sequences"] == 128
