"""One writer at a time, whatever became of the one before."""

import errno
from pathlib import Path

import pytest

from gaitprint.errors import DataError
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.locks import sole_writer
from gaitprint.output_folder import bound_folder
from gaitprint.stages.demo import demo
from gaitprint.stages.embed import embed
from gaitprint.stages.export import export
from gaitprint.stages.train import train
from gaitprint.stages.tune import tune
from gaitprint.training.request import TrainingRequest
from gaitprint.tuning.settings import TuneSettings


@pytest.mark.parametrize("folder", [True, False])
def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path: Path, folder: bool) -> None:
    place = tmp_path / "new" / "out"
    with sole_writer(place, folder):
        said = r"another process is writing .*out: wait for it .*choose another"
        with pytest.raises(DataError, match=said), sole_writer(place, folder):
            pass
        with sole_writer(tmp_path / "new" / "other", folder):
            pass
    assert not list(tmp_path.rglob("*.lock")), "nothing stays behind"
    with sole_writer(place, folder):
        pass


def test_the_lock_of_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    with bound_folder(tmp_path, "run.json", {"run": 1}, "run", "another run"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_a_file_system_without_locks_holds_nothing_and_refuses_nobody(tmp_path, monkeypatch):
    def unknown(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unknown)
    with sole_writer(tmp_path / "out"), sole_writer(tmp_path / "out"):
        pass
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_made_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot write"), sole_writer(tmp_path / "file" / "out"):
        pass


@pytest.fixture(scope="module")
def model(tmp_path_factory, walkers_store, recipe_file):
    recipe = str(recipe_file(iterations=1))
    return Path(train(walkers_store, tmp_path_factory.mktemp("locks") / "run", TrainingRequest(recipe)).model)


def test_every_long_command_is_the_only_one_at_its_output(tmp_path, walkers_store, recipe_file, model):
    vectors = tmp_path / "train.safetensors"
    embed(walkers_store, [model], vectors, part="all")
    assert len(load_embeddings(vectors)) > 0
    out, recipe = tmp_path / "out", str(recipe_file(iterations=2))
    file = tmp_path / "tuned.toml"
    for where, folder, what in (
        (out, True, lambda: train(walkers_store, out, TrainingRequest(recipe))),
        (out, True, lambda: export(walkers_store, out)),
        (out, True, lambda: demo(out)),
        (vectors, False, lambda: embed(walkers_store, [model], vectors)),
        (file, False, lambda: tune([vectors], file, settings=TuneSettings(test_subjects=True))),
    ):
        before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
        with sole_writer(where, folder), pytest.raises(DataError, match="another process is writing"):
            what()
        assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
