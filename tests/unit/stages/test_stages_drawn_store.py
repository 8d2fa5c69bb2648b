"""A recipe that draws its own people: drawn once, trained on, and gone on with after a kill."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from warm_processes import WarmProcess, slow_gaitprint, wait_until

from gaitprint.errors import ArtefactError, ConfigError
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.model_file import read_card
from gaitprint.stages.prepare import prepare
from gaitprint.stages.train import train
from gaitprint.store import Store, is_begun, is_store
from gaitprint.training.recipe import DataChoice, load_recipe
from gaitprint.training.request import TrainingRequest

pytestmark = pytest.mark.usefixtures("one_thread")

WORD = Path("synthetic")
DATA = """
[data]
split = "most"
[data.settings]
subjects = 6
frames = 8
conditions = ["nm-01", "nm-02"]
views = ["036", "090"]
"""
SETTINGS = {"subjects": 6, "frames": 8, "conditions": ["nm-01", "nm-02"], "views": ["036", "090"]}


@pytest.fixture(scope="module")
def recipe(recipe_file, tmp_path_factory):
    """A tiny recipe of two steps that draws six walkers, of whom five train."""
    path = tmp_path_factory.mktemp("recipe") / "drawing.toml"
    path.write_text(recipe_file(iterations=2).read_text() + DATA)
    return str(path)


@pytest.fixture(scope="module")
def drawn(recipe, tmp_path_factory):
    run = tmp_path_factory.mktemp("drawn") / "run"
    done = []
    train(WORD, run, TrainingRequest(recipe), drawing=lambda *told: done.append(told))
    return run, done


def bytes_in(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_is_drawn_is_what_prepare_draws_and_the_split_is_the_recipes(drawn, tmp_path):
    run, done = drawn
    prepare(WORD, tmp_path / "store", LayoutChoice("synthetic", SETTINGS))
    assert bytes_in(run / "store") == bytes_in(tmp_path / "store")
    assert [told[:2] for told in done] == [(i, 24) for i in range(1, 25)]
    card = read_card(run / "model.safetensors")
    assert card.training["subjects"] == ["001", "002", "003", "004", "005"]
    assert card.training["recipe"]["data"] == {"layout": "synthetic", "settings": SETTINGS, "split": "most"}


def test_called_again_nothing_is_drawn_and_the_run_stays(drawn, recipe):
    run, _ = drawn
    before, done = bytes_in(run), []
    report = train(WORD, run, TrainingRequest(recipe), drawing=lambda *told: done.append(told))
    assert done == []
    assert report.iterations == 2
    assert bytes_in(run) == before


def test_killed_while_it_draws_it_goes_on_and_ends_the_same(drawn, recipe, tmp_path):
    whole, _ = drawn
    run = tmp_path / "run"
    words = ["model", "train", "synthetic", str(run), "--recipe", recipe, "--threads", "1"]
    life = WarmProcess(slow_gaitprint, *words, environment={**os.environ, "OMP_NUM_THREADS": "1"})
    wait_until(lambda: is_begun(run / "store"), life)
    life.send_signal(signal.SIGKILL)
    assert life.ended()[0] == -signal.SIGKILL
    assert not is_store(run / "store")
    done = []
    train(WORD, run, TrainingRequest(recipe), drawing=lambda *told: done.append(told))
    assert done[-1][:2] == (24, 24)
    assert bytes_in(run / "store") == bytes_in(whole / "store")
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_other_subjects_or_another_split_may_be_asked_for(recipe, drawn, tmp_path):
    for place, selection, trained in (
        ("half", StoreSelection("half"), ["001", "002", "003"]),
        ("two", StoreSelection(subjects=["002", "004"]), ["002", "004"]),
    ):
        run = tmp_path / place
        shutil.copytree(drawn[0] / "store", run / "store")
        report = train(WORD, run, TrainingRequest(recipe, selection=selection))
        assert read_card(Path(report.model)).training["subjects"] == trained


def test_a_store_that_is_named_is_used_and_nothing_is_drawn(walkers_store, recipe, tmp_path, monkeypatch):
    train(walkers_store, tmp_path / "run", TrainingRequest(recipe))
    assert not (tmp_path / "run" / "store").exists()
    monkeypatch.chdir(tmp_path)
    shutil.copytree(walkers_store, "synthetic")
    report = train(WORD, tmp_path / "other", TrainingRequest(recipe))
    assert not (tmp_path / "other" / "store").exists()
    assert report.subjects == 3


def test_what_cannot_be_drawn_is_refused_before_anything_is_written(recipe, recipe_file, tmp_path, monkeypatch):
    run = tmp_path / "run"
    with pytest.raises(ConfigError, match=r"no table \[data\] that says what to draw: draw a store by"):
        train(WORD, run, TrainingRequest(str(recipe_file())))
    with pytest.raises(ConfigError, match="the only store of its run"):
        train([WORD, tmp_path], run, TrainingRequest(recipe))
    with monkeypatch.context() as patch:
        patch.setenv("WORLD_SIZE", "2")
        with pytest.raises(ConfigError, match="once without torchrun"):
            train(WORD, run, TrainingRequest(recipe))
    assert not run.exists()
    run.mkdir()
    (run / "letters.txt").touch()
    with pytest.raises(ArtefactError, match=r"is not empty \(letters.txt\) and holds no store"):
        train(WORD, run, TrainingRequest(recipe))
    assert bytes_in(run) == {"letters.txt": b""}


def test_a_store_of_other_settings_is_refused_and_left_alone(drawn, recipe):
    run, _ = drawn
    before = bytes_in(run)
    with pytest.raises(ArtefactError, match="drawn under other settings"):
        train(WORD, run, TrainingRequest(recipe, ["data.settings.seed=1"]))
    assert bytes_in(run) == before
    assert Store.open(run / "store").fingerprint


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data={layout='casia-b'}", "'casia-b' does not"),
        ("data.settings.subject=3", "did you mean 'subjects'"),
        ("data.settings.subjects=0", "subjects must be at least 1"),
        ("data.splits='half'", "did you mean 'split'"),
        ("data=3", "expected a table"),
    ],
)
def test_settings_of_the_data_are_checked_with_the_recipe(recipe, override, message):
    with pytest.raises(ConfigError, match=message):
        load_recipe(recipe, [override])


def test_a_recipe_is_the_same_run_with_or_without_its_data(recipe):
    """Data have a fingerprint of their own, and runs of earlier versions go on."""
    made = load_recipe(recipe)
    assert made.data == DataChoice("synthetic", SETTINGS, "most")
    assert made.fingerprint == load_recipe(recipe, ["data.split='half'"]).fingerprint
    assert made.fingerprint != load_recipe(recipe, ["training.iterations=3"]).fingerprint
