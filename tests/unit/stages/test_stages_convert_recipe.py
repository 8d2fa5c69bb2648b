"""A YAML of the reference toolkit becomes a recipe that trains."""

import json
import os

import pytest

from gaitprint.cli.main import main
from gaitprint.config import build_settings
from gaitprint.errors import ConfigError, DataError
from gaitprint.stages.convert_recipe import OUTCOMES, convert_recipe
from gaitprint.training.recipe import Recipe, load_recipe

TEXT = """
# the toolkit's keys, values of our own
model_cfg:
  model: GaitGL
  channels: [4, 6, 8]
  SeparateBNNecks: {class_num: 9, in_channels: 8, parts_num: 64}
loss_cfg:
  - {type: TripletLoss, margin: 0.25, loss_term_weight: 0.1, log_prefix: triplet}
  - {type: CrossEntropyLoss, scale: 16, label_smooth: true}
optimizer_cfg: {solver: Adam, lr: 3e-4, weight_decay: 1.0e-7}
scheduler_cfg: {scheduler: MultiStepLR, milestones: [], gamma: 0.3}
trainer_cfg:
  total_iter: 123
  enable_float16: false
  sampler: {batch_size: [3, 2], frames_num_fixed: 9, sample_type: fixed_unordered}
  transform:
    - type: Compose
      trf_cfg:
        - {type: RandomErasing, prob: 0.1}
        - {type: BaseSilCuttingTransform}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    return path


def test_the_recipe_loads_and_holds_what_was_reported(config, tmp_path):
    out = tmp_path / "new" / "mine.toml"
    report = convert_recipe(config, out)
    recipe = load_recipe(out)
    assert recipe == build_settings(Recipe, report.settings)
    assert recipe.title == "Converted from mine.yaml"
    assert recipe.network.settings == {"form": "casia-b", "channels": [4, 6, 8], "head": "separate-bnneck"}
    assert [(x.name, x.weight, x.settings) for x in recipe.losses] == [
        ("part-triplet", 0.1, {"margin": 0.25}),
        ("part-softmax", 1.0, {"scale": 16.0, "label_smoothing": 0.1}),
    ]
    assert [a.name for a in recipe.augmentations] == ["erase"]
    training = recipe.training
    assert (training.learning_rate, training.weight_decay, training.milestones) == (3e-4, 1e-7, ())
    assert (training.iterations, training.subjects, training.sequences, training.frames) == (123, 3, 2, 9)
    assert report.recipe == str(out)
    assert report.source == "mine.yaml"
    assert [n.key for n in report.of("changed")] == ["trainer_cfg.sampler.sample_type"]


@pytest.mark.parametrize("name", ["a\udcff.yaml", 'quote".yml', "line\nbreak.yaml", "é.YAML"])
def test_any_name_of_a_file_goes_into_the_title(config, tmp_path, name):
    named = config.rename(tmp_path / name)
    report = convert_recipe(named, tmp_path / "out.toml")
    assert load_recipe(tmp_path / "out.toml").title == report.settings["title"]


def test_refusals_write_nothing(config, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"a recipe's name ends in \.toml, found 'out': choose such a name"):
        convert_recipe(config, tmp_path / "out")
    (tmp_path / "mine.toml").write_text("dear to me")
    with pytest.raises(ConfigError, match=r"mine\.toml exists already: choose another name or remove it"):
        convert_recipe(config, tmp_path / "mine.toml")
    assert (tmp_path / "mine.toml").read_text() == "dear to me"
    with pytest.raises(ConfigError, match=r"no YAML file at .*none\.yaml"):
        convert_recipe(tmp_path / "none.yaml", tmp_path / "out.toml")
    (tmp_path / "set.yaml").write_text("model_cfg: {model: GaitPart}")
    with pytest.raises(ConfigError, match=r"set\.yaml: model_cfg\.model is 'GaitPart'"):
        convert_recipe(tmp_path / "set.yaml", tmp_path / "out.toml")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        convert_recipe(config, tmp_path / "out.toml")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.toml", "mine.yaml", "set.yaml"]


def test_people_get_a_line_for_each_key(config, tmp_path, capsys):
    out = tmp_path / "out.toml"
    assert main(["model", "convert", str(config), str(out)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == f"{out}: a recipe, made of mine.yaml"
    assert "used    trainer_cfg.total_iter: training.iterations = 123" in lines
    assert "assumed trainer_cfg.save_iter: training.checkpoint_every = 2000" in lines
    words = [line.split()[0] for line in lines]
    assert words == sorted(words, key=OUTCOMES.index)
    assert set(words) == {"used", "changed", "unused", "assumed"}


def test_machines_get_one_value(config, tmp_path, capsys):
    out = tmp_path / "out.toml"
    assert main(["model", "convert", str(config), str(out), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert set(value) == {"recipe", "source", "settings", "notes"}
    assert build_settings(Recipe, value["settings"]) == load_recipe(out)
    assert {"key": "trainer_cfg.total_iter", "outcome": "used", "text": "training.iterations = 123"} in value["notes"]


@pytest.mark.parametrize(
    "option", [["--keep-classifier"], ["--licence", "mine"], ["--dataset", "casia-b"], ["--subjects", "001"]]
)
def test_options_of_weights_are_refused(config, tmp_path, capsys, option):
    assert main(["model", "convert", str(config), str(tmp_path / "out.toml"), *option]) != 0
    assert "is for weights" in capsys.readouterr().err
    assert not (tmp_path / "out.toml").exists()
