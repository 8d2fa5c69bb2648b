"""The figures of several losses side by side: none is written over another, or over training's own."""

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import pytest
import torch

from gaitprint.components import Component
from gaitprint.errors import ConfigError
from gaitprint.tensors import PartOutputs
from gaitprint.training.objective import Objective
from gaitprint.training.recipe import LossChoice


class Values(NamedTuple):
    loss: torch.Tensor


@dataclass(frozen=True)
class Settings:
    name: str = "size"
    factor: float = 1.0


class Size:
    """The mean square of all features, times a factor."""

    reads, collapsed = "metric_features", None

    def __init__(self, settings):
        self.settings = settings

    def __call__(self, features, labels):
        return Values(self.settings.factor * features.square().mean())

    def figures(self, values):
        return {self.settings.name: float(values.loss)}


@pytest.fixture
def size(monkeypatch) -> str:
    package, module = ModuleType("theirs"), ModuleType("theirs.size")
    package.__path__ = []
    module.component = Component(Settings, Size)
    monkeypatch.setitem(sys.modules, "theirs", package)
    monkeypatch.setitem(sys.modules, "theirs.size", module)
    return "theirs.size"


def told(*choices: LossChoice) -> tuple[float, dict[str, float]]:
    features = torch.full((4, 2, 3), 2.0)
    total, figures = Objective(choices)(PartOutputs(features, features, None), torch.tensor([0, 0, 1, 1]))
    return float(total), figures


def test_the_same_figure_of_two_losses_is_two_columns(size):
    choices = (LossChoice(size), LossChoice(size, 0.5, {"factor": 3.0}), LossChoice(size, 1.0, {"name": "other"}))
    assert told(*choices) == (14.0, {"size": 4.0, "size.2": 12.0, "other": 4.0})


@pytest.mark.parametrize("name", ["loss", "iteration", "gradient_norm", "data_wait"])
def test_a_figure_of_trainings_own_is_refused(size, name):
    with pytest.raises(ConfigError, match=f"loss theirs.size has a figure '{name}', which training fills itself"):
        told(LossChoice(size, 1.0, {"name": name}))
