"""A competition end to end: the organisers' folders of images in, their answer file out."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from gaitprint.cli.main import main
from gaitprint.components import find_component
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import save_model
from gaitprint.silhouettes.clips import Preprocessing

IDS = ("0500", "0501", "0502")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of drawn weights: it tells the walkers' videos apart where a probe is a gallery video again."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    settings = {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 32}
    made = find_component("network", "gaitgl").make(settings, classes=None, generator=torch.Generator().manual_seed(1))
    save_model(path, made, ModelDescription(Preprocessing(reduce=2)))
    return path


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw JPEG frames: a person to train on, one gallery walk each of three, and the same three as probes."""
    root = tmp_path_factory.mktemp("hid") / "HID"
    settings = SyntheticSettings(4, frames=12, conditions=("nm-01",), views=("090",))
    for number, (_, frames) in enumerate(walkers(settings)):
        name = f"05{number:02d}"
        places = [f"gallery/{name}/a{number}", f"probe/v{number}"] if name in IDS else ["train/0001/t1"]
        for place in places:
            (root / place).mkdir(parents=True)
            for t, frame in enumerate(frames):
                large = np.pad(np.repeat(np.repeat(frame, 2, axis=0), 2, axis=1), ((20, 12), (60, 30)))
                assert cv2.imwrite(str(root / place / f"{t + 1}.jpg"), large, [cv2.IMWRITE_JPEG_QUALITY, 100])
    return root


@pytest.fixture(scope="module")
def vectors(raw: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of gallery and probes, all frames at once."""
    folder = tmp_path_factory.mktemp("vectors")
    assert main(["data", "prepare", str(raw), str(folder / "store"), "--dataset", "hid"]) == 0
    assert (
        main(["model", "embed", str(folder / "store"), "--model", str(model), "--out", str(folder / "e.safetensors")])
        == 0
    )
    return str(folder / "e.safetensors")


def test_from_raw_folders_to_the_answer(
    raw: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, vectors, out = (str(tmp_path / n) for n in ("store", "e.safetensors", "submission.csv"))
    assert main(["data", "prepare", str(raw), store, "--dataset", "hid"]) == 0
    arguments = ["model", "embed", store, "--model", str(model), "--out", vectors, "--flip", "--windows", "2"]
    assert main([*arguments, "--window-frames", "6"]) == 0
    made = load_embeddings(Path(vectors))
    assert sorted(r.subject or "" for r in made.records) == ["", "", "", *IDS], "people to train on stay out"
    (facts,) = made.settings["networks"]  # type: ignore[misc,attr-defined]
    assert facts["averaging"] == {"flip": True, "windows": 2, "frames": 6}
    capsys.readouterr()
    steps = ["--pipeline", "k-reciprocal", "--set", "k-reciprocal.k1=2", "--set", "k-reciprocal.k2=1"]
    assert main(["eval", "submit", vectors, "--out", out, *steps, "--header", "subjectID", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["probes"], said["subjects"], said["transductive"]) == (3, 3, True)
    with Path(out).open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["videoID"]: row["subjectID"] for row in rows} == {f"v{i}": name for i, name in enumerate(IDS)}


def test_people_to_train_on_are_never_an_answer(
    raw: Path, model: Path, vectors: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, everybody, out = Path(vectors).with_name("store"), str(tmp_path / "all.safetensors"), tmp_path / "a.csv"
    capsys.readouterr()
    assert main(["model", "embed", str(store), "--model", str(model), "--out", str(tmp_path / "test.safetensors")]) == 0
    assert "note: 1 of the people are left out of the gallery" in capsys.readouterr().err
    assert main(["model", "embed", str(store), "--model", str(model), "--out", everybody, "--part", "all"]) == 0
    assert "note" not in capsys.readouterr().err
    assert main(["eval", "submit", everybody, "--out", str(out)]) == 1
    assert "the gallery holds 1 people of the folder 'train'" in capsys.readouterr().err
    assert not out.exists()


def test_a_protocol_of_ones_own_chooses_the_gallery(vectors: str, tmp_path: Path) -> None:
    out = str(tmp_path / "submission.csv")
    rules = tmp_path / "mine.toml"
    rules.write_text(
        'name = "mine"\ntitle = "one"\nsource = "here"\nmode = "pooled"\nranks = [1]\ncmc_length = 1\n'
        '[gallery]\nconditions = ["a1"]\n[probes.P]\nlabelled = false\n'
    )
    assert main(["eval", "submit", vectors, "--out", out, "--protocol", str(rules)]) == 0
    assert Path(out).read_text().splitlines()[1:] == ["v0,0501", "v1,0501", "v2,0501"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pipeline", "euclidian"], "euclidean"),
        (["--set", "cluster-expansion.k=9"], "the pipeline has the steps"),
        (["--protocol", "hid-draws"], "hid-draws"),
        (["--pipeline", "x.toml"], "no settings file at x.toml"),
    ],
)
def test_steps_that_are_none_are_refused_in_a_line(
    vectors: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    out = str(tmp_path / "submission.csv")
    capsys.readouterr()
    assert main(["eval", "submit", vectors, "--out", out, *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not Path(out).exists()
