"""Walkers in small stores and recipes of tiny networks, for whatever trains or embeds."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.models import shipped
from gaitprint.stages.prepare import prepare
from gaitprint.stages.train import train
from gaitprint.training.request import TrainingRequest

SETTINGS = {
    "gaitgl": 'form = "casia-b"\nstrips = 2\n',
    "gaitmask": 'head = "shared-bn"\n',
}
RECIPE = """
title = "tiny"
augmentations = {augmentations}
[network]
name = "{network}"
[network.settings]
height = 16
{settings}
[preprocessing]
cut = 12
reduce = 4
[[losses]]
name = "part-triplet"
[[losses]]
name = "part-softmax"
[training]
iterations = 8
subjects = 2
sequences = 2
frames = 6
learning_rate = 0.003
checkpoint_every = 3
"""


@pytest.fixture
def one_thread():
    """Bits are the same from run to run on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def walkers_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six walkers (three train, three are tested), five walks, two views, 12 frames."""
    root = tmp_path_factory.mktemp("walkers") / "store"
    conditions = ["nm-01", "nm-02", "nm-05", "bg-01", "cl-01"]
    settings = {"subjects": 6, "frames": 12, "views": ["036", "090"], "conditions": conditions}
    prepare(Path("synthetic"), root, LayoutChoice("synthetic", settings))
    return root


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """recipe_file("gaitmask", 'trunk_norm = "batch"', frames=9): a recipe of a tiny network as a file."""
    folder = tmp_path_factory.mktemp("recipes")

    def write(
        network: str = "gaitgl",
        settings: str = "channels = [2, 3, 4]",
        augmentations: str = "[]",
        **training: object,
    ) -> Path:
        text = RECIPE.format(network=network, settings=SETTINGS[network] + settings, augmentations=augmentations)
        for key, value in training.items():
            lines = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
            text = "\n".join([*lines, f"{key} = {value}"])
        path = folder / f"{len(list(folder.iterdir()))}.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="session")
def tiny_weights(
    walkers_store: Path, recipe_file: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model file of a tiny network, hardly trained."""
    run = tmp_path_factory.mktemp("tiny") / "run"
    return Path(train(walkers_store, run, TrainingRequest(str(recipe_file(iterations=1)), seed=0)).model)


@pytest.fixture
def shipped_weights(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that this test may damage, in the place of the weights that come with the package."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(shipped, "FOLDER", folder)
    return Path(shutil.copy(tiny_weights, folder / "default.safetensors"))
