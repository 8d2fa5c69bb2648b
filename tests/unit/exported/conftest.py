"""One small network, as a model file and in every form that it is exported to."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.models.card import ModelDescription
from gaitprint.models.making import make_network
from gaitprint.models.model_file import save_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.export_model import export_model

FILES = ("small.onnx", "small.xml", "small.safetensors")


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GaitGL with stacked and added branches, strips and a batch norm behind the head; frames of 16 x 10 pixels."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    settings = {"form": "casia-b", "channels": [3, 4, 6], "strips": 2, "height": 16, "trunk_norm": "batch"}
    network = make_network("gaitgl", settings, 5, torch.Generator().manual_seed(0))
    save_model(path, network, ModelDescription(Preprocessing(cut=12, reduce=4), title="small"))
    return path


@pytest.fixture(scope="session")
def exported(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all of FILES."""
    folder = tmp_path_factory.mktemp("exported")
    for name in FILES:
        export_model(model_file, folder / name)
    return folder


@pytest.fixture(scope="session")
def walk() -> np.ndarray:
    """Frames as a store has them."""
    rng = np.random.default_rng(0)
    return (rng.random((11, 64, 64)) > 0.5).astype(np.uint8) * 255
