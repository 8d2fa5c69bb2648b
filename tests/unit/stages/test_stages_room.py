"""What will not fit into memory is refused in a line before it starts; GAITPRINT_MEMORY stands for the machine's."""

from pathlib import Path

import numpy as np
import pytest

from gaitprint.errors import RoomError
from gaitprint.inference.embeddings_file import load_embeddings, save_embeddings
from gaitprint.stages.embed import open_embedder
from gaitprint.stages.plan import plan_run
from gaitprint.stages.train import train
from gaitprint.store import MemorySequences
from gaitprint.training.request import TrainingRequest
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    monkeypatch.setenv("GAITPRINT_MEMORY", "8GB")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("network.settings.channels=[100000, 200000, 300000]", "million weights in training takes about"),
        ("network.settings.channels=[10000000000, 20000000000, 30000000000]", "no memory holds the weights"),
        ("training.frames=1000000", "clips of 1000000 frames takes about"),
        ("training.subjects=100000", "a batch of 400000 clips of 18 frames takes about"),
    ],
)
def test_a_training_that_cannot_fit_is_refused_before_it_starts(walkers_store, tmp_path, change, words):
    for work in (
        lambda: train(walkers_store, tmp_path / "run", TrainingRequest("quick", overrides=[change])),
        lambda: plan_run("quick", overrides=[change]),
    ):
        with pytest.raises(RoomError) as refused:
            work()
        assert words in str(refused.value)
        assert "training.frames" in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_what_is_measured_counts_too(walkers_store, recipe_file, tmp_path, monkeypatch):
    monkeypatch.setenv("GAITPRINT_MEMORY", "60MB")
    recipe, told = str(recipe_file(iterations=1)), []
    with pytest.raises(RoomError, match="a step of 2 x 2 clips of 6 frames takes about"):
        train(walkers_store, tmp_path / "run", TrainingRequest(recipe), planned=told.append)
    assert told == []
    assert not (tmp_path / "run").exists()


def test_long_clips_are_measured_by_a_part_of_them(recipe_file):
    short, long = (plan_run(str(recipe_file(frames=n))) for n in (60, 600))
    assert long.activations == pytest.approx(10 * short.activations, rel=0.01)
    assert long.batch == 10 * short.batch


def test_an_endless_sequence_is_refused_by_its_name(walkers_store, recipe_file, tmp_path, monkeypatch):
    model = train(walkers_store, tmp_path / "run", TrainingRequest(str(recipe_file(iterations=1)))).model
    embedder = open_embedder(Path(model))
    frames = np.full((6001, 64, 64), 255, np.uint8)
    walks = MemorySequences((SequenceRecord("anna/day", "anna", "day", "090"),), (frames,))
    monkeypatch.setenv("GAITPRINT_MEMORY", "1MB")
    with pytest.raises(RoomError, match=r"^embedding anna/day, 6001 frames at once, takes about"):
        embedder.embed(walks)


def test_more_vectors_than_memory_are_refused(tmp_path, monkeypatch):
    records = tuple(SequenceRecord(str(i), "a", "day", "090") for i in range(300))
    save_embeddings(
        tmp_path / "e", Embeddings(np.zeros((300, 1000), np.float32), records, PartLayout(((1, 1000),)), "x", {})
    )
    assert len(load_embeddings(tmp_path / "e")) == 300
    monkeypatch.setenv("GAITPRINT_MEMORY", "1MB")
    with pytest.raises(RoomError, match=r"reading .*e takes about 0.0012 GB of memory, and 0.001 GB are available"):
        load_embeddings(tmp_path / "e")
