"""Exporting a network: written once it is found equal, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.exported import equality
from gaitprint.models.base import PartNetwork
from gaitprint.models.card import ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.model_file import save_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.export_model import export_model

KINDS = ("onnx", "xml", "safetensors")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    network = make_network("gaitmask", {"channels": [2, 3, 4], "height": 16}, None, torch.Generator().manual_seed(0))
    save_model(path, network, ModelDescription(Preprocessing(cut=12, reduce=4)))
    return path


def test_the_command_says_in_one_line_how_equal_it_is(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "export", str(model), str(tmp_path / "a.onnx")]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith(f"{tmp_path / 'a.onnx'}: off from the network by ")
    assert said.rstrip().endswith("of the largest value), on clips of 1, 2, 3, 4, 10 and 23 frames")
    assert main(["model", "export", str(model), str(tmp_path / "a.xml"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["out"] == [str(tmp_path / "a.xml"), str(tmp_path / "a.bin")]
    assert report["differences"]["openvino"] < 1e-5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bin", "a.onnx", "a.xml"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_equal_is_not_written(
    kind: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equality, "TOLERANCE", 1e-12)
    with pytest.raises(
        ArtefactError, match=r"nothing is written: in \w+ features differ from the network's by [\d.]+e-"
    ):
        export_model(model, tmp_path / f"a.{kind}")
    assert list(tmp_path.iterdir()) == []


def test_a_difference_is_seen_wherever_it_is() -> None:
    clips = [np.ones((1, t, 4, 4), np.float32) for t in (1, 2)]

    def exact(x: np.ndarray) -> np.ndarray:
        return np.full((1, 2, 3), -2, np.float32)

    def off(x: np.ndarray) -> np.ndarray:
        y = exact(x)
        y[0, 1, 2] += 0.5 * (x.shape[1] == 2)
        return y

    def lost(x: np.ndarray) -> np.ndarray:
        return exact(x) * np.float32(np.nan)

    assert equality.largest_difference(exact, exact, clips) == 0
    assert equality.largest_difference(exact, off, clips) == 0.25
    assert equality.largest_difference(exact, lost, clips) == np.inf
    assert equality.largest_difference(exact, lambda x: exact(x)[:, :1], clips) == np.inf


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_there_stays(kind: str, model: Path, tmp_path: Path) -> None:
    place = tmp_path / ("a.bin" if kind == "xml" else f"a.{kind}")
    place.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        export_model(model, tmp_path / f"a.{kind}")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["mine"]


def test_what_cannot_be_exported_says_so(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"is a file \.onnx .* found .*a\.pt"):
        export_model(model, tmp_path / "a.pt")
    monkeypatch.setattr("gaitprint.networks.gaitmask.GaitMask.deploy_form", PartNetwork.deploy_form)
    with pytest.raises(ConfigError, match="gaitmask has no deploy form"):
        export_model(model, tmp_path / "a.onnx")
