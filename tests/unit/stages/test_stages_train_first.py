"""A recipe that another one comes before: both are trained by one call, on the same people."""

from pathlib import Path

import pytest

from gaitprint.errors import ConfigError
from gaitprint.models.model_file import read_card
from gaitprint.stages.train import train
from gaitprint.training.recipe import load_recipe
from gaitprint.training.request import TrainingRequest

pytestmark = pytest.mark.usefixtures("one_thread")

DATA = """
[data]
split = "most"
[data.settings]
subjects = 6
frames = 8
conditions = ["nm-01", "nm-02"]
views = ["036", "090"]
"""


@pytest.fixture
def recipes(recipe_file, tmp_path):
    """A recipe of two steps, and one of three that goes on from it."""
    first, then = tmp_path / "one.toml", tmp_path / "two.toml"
    first.write_text(recipe_file(iterations=2).read_text())
    then.write_text(f'first = "{first}"\n' + recipe_file(iterations=3).read_text() + DATA)
    return first, then


def test_it_goes_on_from_the_weights_of_the_first_on_the_same_people(recipes, tmp_path):
    first, then = recipes
    report = train(Path("synthetic"), tmp_path / "run", TrainingRequest(str(then)))
    before, after = (read_card(tmp_path / "run" / name / "model.safetensors") for name in ("first", "."))
    assert (report.iterations, report.subjects) == (3, 5)
    assert after.training["start"] == before.sha256
    assert after.training["subjects"] == before.training["subjects"]
    assert not (tmp_path / "run" / "first" / "store").exists(), "drawn once"
    # the same by hand
    store = tmp_path / "run" / "store"
    by_hand = TrainingRequest(str(first), selection=_split())
    train(store, tmp_path / "a", by_hand)
    model = tmp_path / "a" / "model.safetensors"
    train(store, tmp_path / "b", TrainingRequest(str(then), init=model, selection=_split()))
    assert read_card(tmp_path / "b" / "model.safetensors").sha256 == after.sha256


def test_killed_in_either_part_it_goes_on_and_ends_the_same(recipes, tmp_path):
    _, then = recipes
    request = TrainingRequest(str(then))
    straight = train(Path("synthetic"), tmp_path / "straight", request)
    assert train(Path("synthetic"), tmp_path / "again", request, stop_after=1).model == ""
    assert not (tmp_path / "again" / "recipe.json").exists(), "still in the first"
    assert train(Path("synthetic"), tmp_path / "again", request, stop_after=2).model == ""
    report = train(Path("synthetic"), tmp_path / "again", request)
    assert report.final.keys() == straight.final.keys()
    found, wanted = (read_card(Path(r.model)).sha256 for r in (report, straight))
    assert found == wanted


def test_weights_to_start_from_replace_the_first(recipes, tmp_path, walkers_store):
    first, then = recipes
    train(walkers_store, tmp_path / "a", TrainingRequest(str(first)))
    train(walkers_store, tmp_path / "b", TrainingRequest(str(then), init=tmp_path / "a" / "model.safetensors"))
    assert not (tmp_path / "b" / "first").exists()


def test_a_chain_is_trained_from_its_beginning(recipes, tmp_path):
    _, then = recipes
    third = tmp_path / "three.toml"
    third.write_text(then.read_text().replace(str(tmp_path / "one.toml"), str(then)))
    train(Path("synthetic"), tmp_path / "run", TrainingRequest(str(third)))
    first, second, last = (read_card(tmp_path / "run" / n / "model.safetensors") for n in ("first/first", "first", "."))
    assert (second.training["start"], last.training["start"]) == (first.sha256, second.sha256)


def test_a_chain_without_end_is_refused(recipes, tmp_path):
    first, then = recipes
    first.write_text(f'first = "{then}"\n' + first.read_text())
    with pytest.raises(
        ConfigError, match=r"come before each other without end: .*one.toml <- .*two.toml <- .*one.toml"
    ):
        train(Path("synthetic"), tmp_path / "run", TrainingRequest(str(then)))
    assert not (tmp_path / "run").exists(), "said before anything is drawn"


def test_what_comes_first_does_not_make_it_another_run(recipes):
    _, then = recipes
    assert load_recipe(then).fingerprint == load_recipe(then, ("first=",)).fingerprint


def _split():
    from gaitprint.ingest.store_selection import StoreSelection

    return StoreSelection(split="most")
