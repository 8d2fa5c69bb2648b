"""A run's precision is recorded where it begins, kept where it goes on, and said wherever somebody looks."""

import json
from dataclasses import asdict

import pytest
import torch

from gaitprint.models.model_file import read_card
from gaitprint.stages.plan import plan_run
from gaitprint.stages.train import train
from gaitprint.training import run_precision as _precision
from gaitprint.training.precision import Seconds
from gaitprint.training.request import TrainingRequest
from gaitprint.training.run_precision import recorded_precision

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def measured(monkeypatch):
    """measured(full, half): a processor that takes so long; how often it was asked."""
    asked = []
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)

    def say(full, half):
        monkeypatch.setattr(_precision, "seconds_in_either", lambda _: asked.append(1) or Seconds(full, half))
        return asked

    return say


@pytest.fixture
def recipe(recipe_file):
    return str(recipe_file(precision='"bfloat16"', iterations=4, checkpoint_every=1))


def sessions(run):
    return json.loads((run / "manifest.json").read_text())["sessions"]


def test_a_plan_says_what_and_why(measured, recipe):
    measured(1.0, 4.0)
    made = plan_run(recipe)
    assert made.describe().endswith("; in float32: bfloat16 takes 4 times as long here")
    assert asdict(made)["precision"] == {"name": "float32", "why": "bfloat16 takes 4 times as long here"}
    measured(4.0, 1.0)
    assert plan_run(recipe).precision.name == "bfloat16"
    always = plan_run(recipe, overrides=["training.precision=bfloat16-always"])
    assert always.describe().endswith("; in bfloat16: the recipe says so, be it the slower one here or not")
    assert "float" not in plan_run(recipe, overrides=["training.precision=float32"]).describe()


def test_it_is_what_is_computed_in(measured, recipe, walkers_store, tmp_path):
    measured(1.0, 4.0)
    found = {}
    for precision in ("float32", "bfloat16", "bfloat16-always"):
        run = tmp_path / precision
        said = []
        report = train(
            walkers_store,
            run,
            TrainingRequest(recipe, overrides=[f"training.precision={precision}"]),
            planned=said.append,
        )
        card = read_card(run / "model.safetensors").training["precision"]
        began = json.loads((run / "recipe.json").read_text())["precision"]
        assert card == began == said[0].precision.name == sessions(run)[0]["precision"]
        assert sessions(run)[0]["precision_because"] == said[0].precision.why
        found[precision] = (card, report.final["loss"])
    assert found["bfloat16"] == found["float32"], "the slower one here is not taken"
    assert found["bfloat16-always"][0] == "bfloat16"
    assert found["bfloat16-always"][1] != found["float32"][1]


@pytest.mark.parametrize(("first", "second"), [((1.0, 4.0), (4.0, 1.0)), ((4.0, 1.0), (1.0, 4.0))])
def test_another_measurement_does_not_change_a_run(measured, recipe, walkers_store, tmp_path, first, second):
    run, said = tmp_path / "run", []
    measured(*first)
    train(walkers_store, run, TrainingRequest(recipe), stop_after=2)
    asked = measured(*second)
    asked.clear()
    (run / "manifest.json").write_text("{")  # a record: its loss changes nothing
    train(walkers_store, run, TrainingRequest(recipe), stop_after=3, planned=said.append)
    train(walkers_store, run, TrainingRequest(recipe))
    begun = "float32" if first[0] < first[1] else "bfloat16"
    assert asked == []
    assert said[0].describe().endswith(f"; in {begun}: as the run was begun")
    assert [session["precision"] for session in sessions(run)] == [begun, begun]


def test_a_run_of_before_stays_in_what_its_manifest_says(tmp_path):
    assert recorded_precision(tmp_path) is None
    (tmp_path / "recipe.json").write_text('{"run": "r"}')
    assert recorded_precision(tmp_path) is None
    for text, begun in (
        ('{"sessions": [{"precision": "float32"}, {"precision": "bfloat16"}]}', "bfloat16"),
        ('{"sessions": [{"precision": "float16"}]}', None),
        ('{"sessions": [3]}', None),
        ('{"sessions": []}', None),
        ('{"sessions": {}}', None),
        ("[]", None),
        ("{", None),
    ):
        (tmp_path / "manifest.json").write_text(text)
        assert recorded_precision(tmp_path) == begun, text
    (tmp_path / "recipe.json").write_text('{"precision": "float32"}')
    assert recorded_precision(tmp_path) == "float32"
