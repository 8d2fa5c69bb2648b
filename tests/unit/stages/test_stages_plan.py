"""`plan_run`: a recipe by name or path, measured; nothing is written."""

from dataclasses import replace

import pytest
import torch

from gaitprint.errors import ConfigError, GaitprintError
from gaitprint.networks.gaitgl import GaitGL, GaitGLSettings
from gaitprint.stages.plan import plan_run
from gaitprint.training.planner import plan
from gaitprint.training.recipe import load_recipe

pytestmark = pytest.mark.usefixtures("one_thread")


def test_it_is_the_plan_of_the_recipe_with_its_overrides(recipe_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, overrides = str(recipe_file()), ["training.subjects=4", "training.average=0.9"]
    made = plan_run(path, overrides=overrides, subjects=9, ranks=2)
    expected = plan(load_recipe(path, overrides), 9, ranks=2)
    assert replace(made, seconds_per_step=1.0) == replace(expected, seconds_per_step=1.0)
    assert made.seconds_per_step > 0
    assert (made.iterations, made.shape) == (8, "4 x 2 clips of 6 frames")
    settings = GaitGLSettings("casia-b", channels=(2, 3, 4), strips=2, height=16)
    for people in (2, 9, 74):
        network = GaitGL(settings, people, torch.Generator())
        found = plan_run(path, subjects=people)
        assert found.parameters == sum(p.numel() for p in network.parameters())
    assert replace(plan_run(path), seconds_per_step=1.0) == replace(found, seconds_per_step=1.0)  # 74 people
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"recipe": "gaitgl-smal"}, r"^no recipe is called 'gaitgl-smal': did you mean 'gaitgl-small'"),
        ({"recipe": "nowhere.toml"}, r"^no settings file at nowhere\.toml"),
        ({"overrides": ["training.micro_bach=2"]}, r"did you mean 'micro_batch'"),
        ({"overrides": ["network.settings.trunk_norm=batch", "training.recompute=true"]}, r"trunk has BatchNorm"),
        ({"device": "tpu"}, r"^no device is called 'tpu': use cpu, cuda or cuda:1$"),
        ({"device": ""}, r"^no device is called '': use cpu, cuda or cuda:1$"),
        ({"device": "meta"}, r"^device 'meta' is not supported: use cpu or cuda$"),
        ({"ranks": 4}, r"^4 processes share a batch by whole subjects, training\.subjects is 2: choose a multiple"),
    ],
)
def test_refused_in_one_line(recipe_file, kwargs, message):
    with pytest.raises(ConfigError, match=message) as error:
        plan_run(**{"recipe": str(recipe_file()), **kwargs})
    assert isinstance(error.value, GaitprintError)
    assert "\n" not in str(error.value)


def test_a_device_that_is_not_there_is_refused_before_anything_is_measured(recipe_file, monkeypatch):
    def measured(*_):
        raise AssertionError("it was measured")

    monkeypatch.setattr("gaitprint.stages.plan.plan", measured)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"^device 'cuda:1' was asked for and torch sees no GPU: use --device cpu$"):
        plan_run(str(recipe_file()), device="cuda:1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match=r"^device 'cuda:1' was asked for and torch sees 1 GPU: use cuda:0$"):
        plan_run(str(recipe_file()), device="cuda:1")
