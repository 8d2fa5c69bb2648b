"""Looks at people held out while a network learns from others."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.inference.engine import Embedder
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.model_file import load_model, read_card
from gaitprint.stages.train import train
from gaitprint.store import MemorySequences, Store
from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.history import read_history
from gaitprint.training.loop import build_network
from gaitprint.training.recipe import load_recipe
from gaitprint.training.request import TrainingRequest
from gaitprint.training.sampler import BatchSampler
from gaitprint.training.training_data import training_part
from gaitprint.training.validation import Validation, rank1_of_other_views
from gaitprint.types import SequenceRecord

pytestmark = pytest.mark.usefixtures("one_thread")


def slow_rank1(distances, records):
    """Sequence by sequence: of those from another view (any other, where there is one view), the first nearest."""
    one_view = len({r.view for r in records}) == 1
    hits = asked = 0
    for i, mine in enumerate(records):
        found = [j for j, r in enumerate(records) if (j != i if one_view else r.view != mine.view)]
        if any(records[j].subject == mine.subject for j in found):
            asked += 1
            best = found[0]
            for j in found:
                if distances[i][j] < distances[i][best]:
                    best = j
            hits += records[best].subject == mine.subject
    return 100 * hits / asked if asked else 0.0


ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["000", "090", "180"])), min_size=1, max_size=9)


@given(ROWS, st.integers(1, 6), st.integers(0, 99), st.booleans())
def test_rank1_is_that_of_the_slow_way(rows, values, seed, one_view):
    """Few different distances, so that many are equal."""
    records = tuple(
        SequenceRecord(str(i), subject, "nm-01", "090" if one_view else view) for i, (subject, view) in enumerate(rows)
    )
    distances = np.random.default_rng(seed).integers(0, values, (len(rows), len(rows))).astype(np.float64)
    assert rank1_of_other_views(distances, records) == pytest.approx(slow_rank1(distances, records))


def record(i, subject, view):
    return SequenceRecord(str(i), subject, "nm-01", view)


def test_examples_of_rank1():
    records = (record(0, "a", "000"), record(1, "a", "090"), record(2, "b", "000"), record(3, "b", "090"))
    apart = np.array([[0.0, 1, 0, 9], [1, 0, 9, 0], [0, 9, 0, 1], [9, 0, 1, 0]])
    assert rank1_of_other_views(apart, records) == 100.0  # the nearest of all share a view and do not count
    assert rank1_of_other_views(9 - apart, records) == 0.0
    # b's second walk is nowhere else: of three sequences left, two are right
    three = (*records[:2], record(2, "b", "000"), record(3, "a", "180"))
    assert rank1_of_other_views(np.array([[0.0, 1, 9, 2], [1, 0, 9, 2], [9, 1, 0, 2], [2, 9, 1, 0]]), three) == (
        pytest.approx(200 / 3)
    )
    for nothing in (records[:1], (record(0, "a", "000"), record(1, "b", "090")), (records[0], record(1, "a", "000"))):
        found = rank1_of_other_views(np.zeros((len(nothing), len(nothing))), nothing)
        assert found == (100.0 if len({r.view for r in nothing}) < len(nothing) == 2 else 0.0)


@pytest.fixture(scope="module")
def network_and_people(recipe_file):
    """A fresh network with a BatchNorm, and noise of four people from two views, of two lengths."""
    recipe = load_recipe(recipe_file("gaitmask", "channels = [2, 3, 4]"))
    generator = np.random.default_rng(3)
    records, arrays = [], []
    for i in range(16):
        records.append(record(i, "abcd"[i % 4], ("000", "090")[i // 4 % 2]))
        arrays.append(generator.integers(0, 256, (5 + i % 3, 64, 64), np.uint8))
    return build_network(recipe, 4, 0), MemorySequences(tuple(records), tuple(arrays)), recipe.preprocessing


def test_a_look_is_rank1_of_embeddings_and_leaves_no_trace(network_and_people):
    network, people, preprocessing = network_and_people
    network.eval()
    before, state = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()
    validation = Validation(people, preprocessing, "cpu")
    figures = validation(network)
    assert figures == validation(network)
    vectors = Embedder(network, preprocessing, "", {}).embed(people).vectors.astype(np.float64)
    distances = [[np.sqrt(((x - y) ** 2).sum()) for y in vectors] for x in vectors]
    assert figures == {"validation_rank1": pytest.approx(slow_rank1(distances, people.records))}
    assert 0 < figures["validation_rank1"] < 100
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in network.parameters())


HELD = {"held_out": 2, "validate_every": 3, "subjects": 2, "iterations": 7, "checkpoint_every": 2}
EVERYBODY = ["001", "002", "003", "004", "005", "006"]
ALL = StoreSelection(subjects=EVERYBODY)


@pytest.fixture(scope="module")
def looked_at(walkers_store, recipe_file, tmp_path_factory):
    """A finished run on four of six walkers, and the people of every row that a batch was made of."""
    run, learnt = tmp_path_factory.mktemp("looked") / "run", []
    window = BatchSampler._window

    def noted(self, row, start):
        learnt.append(self.sequences.records[row].subject)
        return window(self, row, start)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchSampler, "_window", noted)
        report = train(walkers_store, run, TrainingRequest(str(recipe_file(**HELD)), selection=ALL, seed=1))
    torch.set_num_threads(threads)
    return run, report, set(learnt)


def test_nobody_held_out_is_learnt_from(looked_at, walkers_store, recipe_file):
    run, report, learnt = looked_at
    aside = {"002", "005"}  # the middles of both halves
    assert learnt == set(EVERYBODY) - aside
    assert (report.subjects, report.sequences) == (4, 40)
    for name in ("model.safetensors", "best.safetensors"):
        training = read_card(run / name).training
        assert set(training["subjects"]) == learnt
        assert training["data"] != training_part(Store.open(walkers_store), ALL).fingerprint
    assert load_model(run / "best.safetensors").model.classes == 4


def test_looks_come_when_asked_for_and_at_the_end(looked_at):
    run, report, _ = looked_at
    rows = read_history(run / "history.jsonl")
    looks = {row["iteration"]: row["validation_rank1"] for row in rows if "validation_rank1" in row}
    assert sorted(looks) == [3, 6, 7]
    assert all(0 <= value <= 100 for value in looks.values())
    assert report.final["validation_rank1"] == pytest.approx(np.mean(list(looks.values())))
    assert json.loads((run / "run.json").read_text())["final"] == report.final


def test_the_best_model_is_what_its_card_says(looked_at, walkers_store):
    """Its figure comes out again from the file alone."""
    run, _, _ = looked_at
    looks = [r for r in read_history(run / "history.jsonl") if "validation_rank1" in r]
    best = max(looks, key=lambda row: row["validation_rank1"])  # the first of equals
    card = read_card(run / "best.safetensors")
    assert card.metrics == {"validation_rank1": best["validation_rank1"], "iteration": best["iteration"]}
    store = Store.open(walkers_store)
    aside = training_part(store, StoreSelection(subjects=["002", "005"]))
    loaded = load_model(run / "best.safetensors")
    found = Validation(aside, card.preprocessing, "cpu")(loaded.model)
    assert found["validation_rank1"] == best["validation_rank1"]
    kept, complaints = newest_checkpoint(run / "best")
    assert (kept.state.iteration, complaints) == (best["iteration"], ())
    for key, value in loaded.model.state_dict().items():
        assert torch.equal(kept.tensors[f"model.{key}"], value), key


def test_a_run_with_looks_goes_on_to_the_same_files(looked_at, walkers_store, recipe_file, tmp_path):
    run, _, _ = looked_at
    recipe = str(recipe_file(**HELD))
    for stop in (4, 6, None):
        train(walkers_store, tmp_path / "run", TrainingRequest(recipe, selection=ALL, seed=1), stop_after=stop)
    for name in ("model.safetensors", "best.safetensors", "recipe.json"):
        assert (tmp_path / "run" / name).read_bytes() == (run / name).read_bytes(), name


def test_without_people_held_out_there_is_no_look_and_no_best(walkers_store, recipe_file, tmp_path):
    report = train(walkers_store, tmp_path / "run", TrainingRequest(str(recipe_file(iterations=2, validate_every=1))))
    assert "validation_rank1" not in report.final
    assert not (tmp_path / "run" / "best").exists()
    assert not Path(report.model).with_name("best.safetensors").exists()
