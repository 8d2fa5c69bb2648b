"""Small model files without training, and walkers to embed."""

from pathlib import Path

import pytest
import torch

import gaitprint as gp
from gaitprint.components import find_component
from gaitprint.datasets.synthetic import SyntheticSettings, walkers
from gaitprint.models.card import ModelDescription
from gaitprint.models.model_file import save_model
from gaitprint.silhouettes.clips import Preprocessing


def write_model(path: Path, seed: int = 1) -> Path:
    """A network of drawn weights, as a file."""
    settings = {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 32}
    made = find_component("network", "gaitgl").make(
        settings, classes=None, generator=torch.Generator().manual_seed(seed)
    )
    save_model(path, made, ModelDescription(Preprocessing(reduce=2), title=f"drawn {seed}"))
    return path


@pytest.fixture(scope="session")
def drawn_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("drawn") / "model.safetensors")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("drawn") / "other.safetensors", seed=2)


@pytest.fixture(scope="session")
def walks() -> list[gp.Silhouettes]:
    """Three walkers, two walks each, of different lengths."""
    settings = SyntheticSettings(3, frames=12, conditions=("nm-01", "nm-02"), views=("090",))
    return [gp.Silhouettes(frames[: 6 + i], record) for i, (record, frames) in enumerate(walkers(settings))]
