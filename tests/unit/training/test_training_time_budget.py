"""Runs that are given minutes: how long they become, and that they stay so."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.stages.train import train
from gaitprint.training.history import read_history
from gaitprint.training.planner import Plan
from gaitprint.training.recipe import Recipe, TrainingSettings
from gaitprint.training.request import TrainingRequest
from gaitprint.training.time_budget import with_iterations, within_minutes

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = Recipe(training=TrainingSettings(iterations=7, checkpoint_every=3))
PLAN = Plan(1, 2, 3, 4, 5, 0.5, 7, "some clips")


def never() -> Plan:
    raise AssertionError("it need not be measured")


def begun(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.json").write_text(text)
    return folder


def test_a_recipe_of_other_iterations_is_otherwise_the_same():
    longer = with_iterations(RECIPE, 9)
    assert longer.training.iterations == 9
    assert replace(longer, training=replace(longer.training, iterations=7)) == RECIPE
    with pytest.raises(ConfigError, match=r"training\.iterations is at least 1, found 0"):
        with_iterations(RECIPE, 0)


def test_without_minutes_nothing_is_measured_or_read(tmp_path):
    assert within_minutes(RECIPE, None, tmp_path, never) is RECIPE
    assert within_minutes(RECIPE, None, begun(tmp_path, "{"), never) is RECIPE


@pytest.mark.parametrize(("minutes", "iterations"), [(0.001, 1), (0.1, 12), (0.5, 60), (2.0, 240), (2.05, 240)])
def test_as_long_as_fits_when_it_starts(tmp_path, minutes, iterations):
    made = within_minutes(RECIPE, minutes, tmp_path / "run", lambda: PLAN)
    assert made == with_iterations(RECIPE, iterations)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan"), float("inf")])
def test_minutes_that_are_none_are_refused(tmp_path, minutes):
    for folder in (tmp_path / "new", begun(tmp_path / "begun", '{"recipe": {"training": {"iterations": 5}}}')):
        with pytest.raises(ConfigError, match=rf"^minutes are a number above 0, found {minutes}$"):
            within_minutes(RECIPE, minutes, folder, never)


def test_a_run_that_was_begun_keeps_its_length(tmp_path):
    folder = begun(tmp_path, '{"recipe": {"training": {"iterations": 5}}}')
    for minutes in (0.1, 1e6):
        assert within_minutes(RECIPE, minutes, folder, never) == with_iterations(RECIPE, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"^the run's recipe cannot be read \("),
        ("[]", "names no iterations"),
        ("null", "names no iterations"),
        ('{"recipe": {}}', "names no iterations"),
        ('{"recipe": {"training": []}}', "names no iterations"),
        ('{"recipe": {"training": {"iterations": "many"}}}', "names no iterations"),
        ('{"recipe": {"training": {"iterations": null}}}', "names no iterations"),
        ('{"recipe": {"training": {"iterations": Infinity}}}', "names no iterations"),
    ],
)
def test_a_damaged_recipe_is_one_line(tmp_path, text, message):
    with pytest.raises(ArtefactError, match=message) as error:
        within_minutes(RECIPE, 1.0, begun(tmp_path, text), never)
    assert "\n" not in str(error.value)


def test_a_run_given_minutes_goes_on_to_the_length_it_began_with(walkers_store, recipe_file, tmp_path, monkeypatch):
    """Stopped, then called again with other minutes on a machine of another speed."""
    recipe, run = str(recipe_file()), tmp_path / "run"

    def measured(seconds):
        return lambda *_: replace(PLAN, seconds_per_step=seconds)

    monkeypatch.setattr("gaitprint.stages.train.plan", measured(12.0))
    first = train(walkers_store, run, TrainingRequest(recipe, minutes=1.0), stop_after=2)
    assert (first.iterations, first.model) == (2, "")
    facts = json.loads((run / "recipe.json").read_text())
    assert facts["recipe"]["training"]["iterations"] == 5
    for planner in ("gaitprint.stages.train.plan", "gaitprint.training.planner.plan"):
        monkeypatch.setattr(planner, measured(0.001))
    told = []
    second = train(walkers_store, run, TrainingRequest(recipe, minutes=30.0), planned=told.append)
    assert second.iterations == 5
    assert Path(second.model).is_file()
    assert [made.seconds_per_step for made in told] == [0.001]
    assert [row["iteration"] for row in read_history(run / "history.jsonl")] == [1, 2, 3, 4, 5]
    # the same as asked for in iterations
    plain = train(walkers_store, tmp_path / "plain", TrainingRequest(recipe, overrides=["training.iterations=5"]))
    assert Path(plain.model).read_bytes() == Path(second.model).read_bytes()
    with pytest.raises(ArtefactError, match="holds a run under another recipe"):
        train(walkers_store, run, TrainingRequest(recipe))  # eight iterations, by the recipe
