"""Run folders found, read and compared, whole, old, unfinished and damaged ones."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gaitprint.config import settings_to_dict
from gaitprint.errors import ArtefactError, ConfigError, DataError
from gaitprint.experiments.run_folders import find_runs, flat, read_run
from gaitprint.pages.runs import FIGURES, NOT_SAID, grouped, runs_page
from gaitprint.stages.runs import runs, short_names
from gaitprint.stages.train import train
from gaitprint.training.manifest import RunManifest, make_session, write_manifest
from gaitprint.training.precision import FLOAT32
from gaitprint.training.recipe import load_recipe
from gaitprint.training.request import TrainingRequest

NEW = {"clips_per_second": 16.0, "positive_distance": 1.0, "negative_distance": 2.0, "gradient_norm": 3.0}


def made(folder, rows=6, planned=6, manifest=True, report=True, model=True, overrides=(), **figures):
    """A folder as a run leaves it."""
    folder.mkdir(parents=True)
    recipe = load_recipe("gaitgl-small", [f"training.iterations={planned}", *overrides])
    (folder / "recipe.json").write_text(json.dumps({"run": "r", "recipe": settings_to_dict(recipe)}))
    lines = [
        {"iteration": i, "loss": 1 / i, "accuracy": 0.5, "active_share": 0.25, **figures} for i in range(1, rows + 1)
    ]
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if manifest:
        facts = {
            "store": "walkers",
            "dataset": "synthetic",
            "data": "d",
            "sequences": 20,
            "seed": 3,
            "start": "scratch",
        }
        whole = RunManifest(recipe=recipe, recipe_name="gaitgl-small", run="r", subjects=("001", "002"), **facts)
        write_manifest(folder, whole, make_session(0, "cpu", FLOAT32))
    if report:
        said = {"recipe": "gaitgl-small", "dataset": "synthetic", "subjects": 2, "seconds": 90.0, "threads": 1}
        (folder / "run.json").write_text(json.dumps(said))
    if model:
        (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def state(folder, age=0.0):
    return read_run(folder, time.time() + age).state


def test_runs_are_found_below_folders_each_once(tmp_path):
    for name in ("b", "a/2", "a/1", "a/1/inside", "deep/1/2/3", "deep/1/2/3x/4", ".hidden/x", "store/x"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "recipe.json").write_text("{}")
    (tmp_path / "store" / "store.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "b")
    found, complaints = find_runs([tmp_path, tmp_path / "a" / "2", tmp_path / "link"])
    assert [p.relative_to(tmp_path).as_posix() for p in found] == ["a/1", "a/2", "b", "deep/1/2/3"]
    assert complaints == []


def test_a_folder_that_cannot_be_looked_into_is_named_and_the_others_are_found(tmp_path, monkeypatch):
    made(tmp_path / "run")
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", refuse)
    found, complaints = find_runs([tmp_path])
    assert found == [tmp_path / "run"]
    assert complaints == [f"{tmp_path / 'closed'} cannot be looked into: Permission denied"]


def test_everything_a_new_run_says(tmp_path):
    folder = made(tmp_path / "run", rows=100, planned=100, **NEW)
    with (folder / "history.jsonl").open("a") as stream:
        stream.write(json.dumps({"iteration": 101, "loss": 0.0, "validation_rank1": 61.5}) + "\n")
        stream.write(json.dumps({"iteration": 102, "loss": 0.0, "validation_rank1": 60.0}) + "\n")
    run = read_run(folder, time.time())
    assert (run.recipe, run.network, run.dataset, run.subjects) == ("gaitgl-small", "gaitgl", "synthetic", 2)
    assert (run.iterations, run.planned, run.state, run.notes) == (102, 100, "finished", ())
    assert run.best == (61.5, 101)
    assert run.last["loss"] == pytest.approx(sum(1 / i for i in range(53, 101)) / 50)
    assert run.last["accuracy"] == 0.5
    assert "iteration" not in run.last
    batch = load_recipe("gaitgl-small").training
    assert run.minutes == pytest.approx(102 * batch.subjects * batch.sequences / 16 / 60)
    assert run.code.startswith("0.1.0")
    assert abs(datetime.fromisoformat(run.written) - datetime.now(UTC)).total_seconds() < 86_400
    assert run.settings["seed"] == "3"
    assert run.settings["subjects"] == "2"
    assert run.settings["training.learning_rate"] == str(batch.learning_rate)


def test_an_old_run_says_less(tmp_path):
    """Without a manifest, without throughput, without settings that came later."""
    folder = made(tmp_path / "run", manifest=False)
    begun = json.loads((folder / "recipe.json").read_text())
    del begun["recipe"]["training"]["optimizer"]
    (folder / "recipe.json").write_text(json.dumps(begun))
    run = read_run(folder, time.time())
    assert (run.recipe, run.dataset, run.subjects, run.minutes) == ("gaitgl-small", "synthetic", 2, 1.5)
    assert (run.best, run.elapsed, run.code, run.state) == (None, None, "", "finished")
    assert run.settings["training.optimizer"] == "adam", "what is the default now is what it ran under"
    assert "seed" not in run.settings


def test_a_run_that_has_just_begun(tmp_path):
    folder = made(tmp_path / "run", rows=0, manifest=False, report=False, model=False)
    (folder / "history.jsonl").unlink()
    run = read_run(folder, time.time())
    assert (run.iterations, run.last, run.minutes, run.subjects, run.state) == (0, {}, None, None, "running")
    assert run.recipe.startswith("GaitGL"), "the recipe's title, for want of its name"


def test_states(tmp_path):
    overrides = ["training.checkpoint_every=100", "training.subjects=4", "training.sequences=4"]
    working = made(tmp_path / "a", planned=9, model=False, overrides=overrides, **NEW)
    # 16 clips at 16 a second: a checkpoint every 100 seconds
    assert [state(working, age) for age in (0, 150, 250)] == ["running", "running", "stopped"]
    silent = made(tmp_path / "b", planned=9, model=False)
    assert [state(silent, age) for age in (0, 90)] == ["running", "unknown"]
    assert state(made(tmp_path / "c"), 1e6) == "finished"
    assert state(made(tmp_path / "d", model=False), 1e6) == "unknown", "the end came before the model was written"
    late = made(tmp_path / "e", planned=9, model=False, overrides=overrides, **NEW)
    (late / "checkpoints").mkdir()
    os.utime(late / "checkpoints", (time.time() + 1000, time.time() + 1000))
    assert state(late, 1100) == "running", "a checkpoint is a sign of life"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("recipe.json", "{", "the run's recipe cannot be read"),
        ("recipe.json", "[]", "recipe.json is not of a run: expected the recipe it was begun with"),
        ("recipe.json", '{"recipe": {"flour": "500 g"}}', "recipe.json is not of a run"),
        ("recipe.json", '{"recipe": {"training": {"iterations": 3}, "network": 4}}', "recipe.json is not of a run"),
        ("history.jsonl", None, "history.jsonl is no regular file"),
    ],
)
def test_a_damaged_run_is_one_line_and_the_others_are_listed(tmp_path, name, text, message):
    bad = made(tmp_path / "bad")
    made(tmp_path / "good")
    (bad / name).unlink()
    if text is None:
        (bad / name).mkdir()
    else:
        (bad / name).write_text(text)
    with pytest.raises(ArtefactError, match=message):
        read_run(bad, 0.0)
    report = runs([tmp_path])
    assert report.names == ("good",)
    (line,) = report.damaged
    assert line.startswith(f"{bad}: ")
    assert message in line
    assert "\n" not in line


@pytest.mark.parametrize("text", ["{", "[1]", '{"sessions": [7], "subjects": {}, "recipe": 5, "seconds": "x"}'])
def test_side_files_that_are_damaged_are_passed_over(tmp_path, text):
    folder = made(tmp_path / "run")
    for name in ("manifest.json", "run.json"):
        (folder / name).write_text(text)
    run = read_run(folder, time.time())
    assert (run.iterations, run.subjects, run.minutes) == (6, None, None)
    expected = [f"{name} is damaged and was passed over" for name in ("manifest.json", "run.json")]
    assert list(run.notes) == (expected if text == "{" else [])


def test_only_what_differs_is_compared(tmp_path):
    made(tmp_path / "a", **NEW)
    made(tmp_path / "b", overrides=["training.learning_rate=0.5"], **NEW)
    made(tmp_path / "c", overrides=["losses=[{name='part-triplet',weight=2.0}]"], manifest=False, **NEW)
    report = runs([tmp_path])
    rate = str(load_recipe("gaitgl-small").training.learning_rate)
    found = report.differences
    assert found["training.learning_rate"] == (rate, "0.5", rate)
    assert found["losses"][2] == "name part-triplet, weight 2.0"
    assert found["losses"][0] == found["losses"][1] != found["losses"][2]
    assert found["seed"] == ("3", "3", None)
    assert not {"training.frames", "network.name", "title", "dataset"} & set(found)
    lines = grouped({"training.learning_rate": found["training.learning_rate"], "seed": found["seed"]}, report.names)
    assert lines == [
        ("training.learning_rate", rate, ["a", "c"]),
        ("training.learning_rate", "0.5", ["b"]),
        ("seed", "3", ["a", "b"]),
        ("seed", NOT_SAID, ["c"]),
    ]
    assert runs([tmp_path / "a"]).differences == {}


def test_nested_settings_are_flat():
    losses = [{"name": "x", "settings": {"margin": 0.2}}, {"name": "y", "settings": {}}]
    nested = {"a": {"b": [1, 2], "c": {}, "e": []}, "losses": losses, "d": None}
    wanted = {"a.b": "1, 2", "a.e": "none", "losses": "name x, settings.margin 0.2; name y", "d": "None"}
    assert flat(nested) == wanted


def test_names_are_short_and_different():
    assert short_names([]) == ()
    assert short_names([Path("runs/a")]) == ("a",)
    assert short_names([Path("x/a"), Path("y/a"), Path("y/b/c")]) == ("x/a", "y/a", "y/b/c")
    assert short_names([Path("a\nb")]) == ("a\\nb",)


def test_the_page_draws_what_the_histories_have(tmp_path):
    made(tmp_path / "new", **NEW)
    made(tmp_path / "old", manifest=False)
    report = runs([tmp_path])
    page = runs_page(report.runs, report.names, report.differences, ("one line",), "iteration")
    drawn = {"loss", "active_share", "accuracy", *NEW}
    assert [c.title for c in page.curves] == [f.title for f in FIGURES if f.name in drawn]
    charts = {c.title: c for c in page.curves}
    assert page.key == ("new", "old")
    assert page.warnings == ("one line",)
    assert page.subtitle == "2 of 2 finished; curves over iterations"
    accuracy = charts["Accuracy of the classifier on its batches"]
    np.testing.assert_array_equal(accuracy.series["old"][1], [50.0] * 6)
    assert len(charts["Norm of the gradient"].series["old"][0]) == 0
    over = runs_page(report.runs, report.names, report.differences, (), "minutes")
    assert over.warnings == ("old: its history has no clips_per_second, so no curve over minutes",)
    loss = {c.title: c for c in over.curves}["Loss"]
    np.testing.assert_allclose(loss.series["new"][0], report.runs[0].elapsed / 60)
    assert (len(loss.series["old"][0]), loss.x_label) == (0, "minutes")
    assert page.tables[1].columns == ("Setting", "new", "old")
    assert page.settings == {}


def test_of_many_runs_every_value_names_its_runs(tmp_path):
    for i in range(6):
        made(tmp_path / f"r{i}", overrides=[f"training.frames={10 + i // 3}"])
    report = runs([tmp_path])
    page = runs_page(report.runs, report.names, report.differences, (), "iteration")
    assert page.tables[1].columns == ("Setting", "Value", "Runs")
    assert page.tables[1].rows == (
        ("training.frames", "10", "r0, r1, r2"),
        ("training.frames", "11", "r3, r4, r5"),
    )


def test_a_long_history_is_drawn_with_few_points(tmp_path):
    made(tmp_path / "long", rows=5000, planned=5000)
    made(tmp_path / "short", rows=100)
    report = runs([tmp_path])
    page = runs_page(report.runs, report.names, report.differences, (), "iteration")
    lengths = {name: len(x) for name, (x, _) in page.curves[0].series.items()}
    assert lengths == {"long": 240, "short": 12}


def test_one_run_shows_its_settings(tmp_path):
    made(tmp_path / "run")
    report = runs([tmp_path])
    page = runs_page(report.runs, report.names, report.differences, (), "iteration")
    assert page.title == "1 training run"
    assert len(page.tables) == 1
    assert page.settings["seed"] == "3"


def test_one_line_errors(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match=r"expected a folder of runs at .*none, found nothing: check the path"):
        runs([tmp_path / "none"])
    with pytest.raises(ConfigError, match=r"expected a folder of runs at .*file, found a file"):
        runs([tmp_path / "file"])
    with pytest.raises(DataError, match=r"no run in or below .*: expected folders with a recipe\.json, as `gaitprint"):
        runs([tmp_path])
    with pytest.raises(ConfigError, match=r"ends in \.html"):
        runs([made(tmp_path / "run")], report=tmp_path / "page.txt")


@pytest.mark.usefixtures("one_thread")
def test_runs_of_the_stage_itself(walkers_store, recipe_file, tmp_path):
    """What `train` really leaves, finished and stopped half-way."""
    recipe = str(recipe_file())
    train(walkers_store, tmp_path / "whole", TrainingRequest(recipe))
    train(walkers_store, tmp_path / "half", TrainingRequest(recipe, seed=1), stop_after=4)
    report = runs([tmp_path], report=tmp_path / "page.html")
    half, whole = report.runs
    assert (half.iterations, half.planned, whole.iterations, whole.state) == (4, 8, 8, "finished")
    assert half.state != "finished"
    assert whole.subjects == 3
    assert whole.last["loss"] > 0
    assert report.damaged == ()
    assert "2 training runs" in (tmp_path / "page.html").read_text()
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["runs"][1]["name"] == "whole"
