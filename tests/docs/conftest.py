"""A small copy of what `make demo` leaves behind, made once; every page gets its own."""

from pathlib import Path

import pytest
import torch
from docs_demo import WALKERS

from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.layouts.miniature import figure, write_images
from gaitprint.stages.embed import embed
from gaitprint.stages.prepare import prepare
from gaitprint.stages.train import train
from gaitprint.training.request import TrainingRequest

BRIEF = ("training.iterations=5", "training.warm_up=0", "training.subjects=4", "training.sequences=2")


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `demo/walkers`, `demo/gaitgl/model.safetensors`, `demo/gaitgl.safetensors` and a walk."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("docs")
    demo = root / "demo"
    prepare(Path("synthetic"), demo / "walkers", LayoutChoice(settings=WALKERS))
    for name in ("gaitgl", "gaitmask"):
        report = train(demo / "walkers", demo / name, TrainingRequest(f"{name}-demo", overrides=BRIEF))
        embed(demo / "walkers", [Path(report.model)], demo / f"{name}.safetensors")
    write_images(root / "walks" / "anna" / "monday", figure(3, height=120, width=160))
    return root
