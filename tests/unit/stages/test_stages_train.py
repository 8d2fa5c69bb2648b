"""The stage: what it writes, what it refuses before it writes, and fine-tuning."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gaitprint.devices import check_device
from gaitprint.errors import ArtefactError, ConfigError, DataError, GaitprintError
from gaitprint.ingest.store_selection import StoreSelection
from gaitprint.models.model_file import load_model, read_card, save_model
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.stages.train import train
from gaitprint.store import Store, StorePlan, StoreWriter
from gaitprint.training.history import read_history
from gaitprint.training.recipe import load_recipe
from gaitprint.training.request import TrainingRequest
from gaitprint.training.resources import TrainingResources
from gaitprint.training.run_logger import TIMED
from gaitprint.training.training_data import training_part
from gaitprint.types import SequenceRecord

pytestmark = pytest.mark.usefixtures("one_thread")


def first_frames(subjects, seed=0, dataset="synthetic"):
    """A store writer's worth of random frames: two walks a subject; None is nobody known."""

    def write(root):
        generator = np.random.default_rng(seed)
        with StoreWriter(root, StorePlan(dataset, (64, 64))) as writer:
            for i, subject in enumerate(subjects):
                for walk in range(2):
                    record = SequenceRecord(f"{i:03d}/nm-{walk:02d}/090", subject, f"nm-{walk:02d}", "090")
                    writer.add(record, generator.integers(0, 256, (7, 64, 64), dtype=np.uint8))
        return root

    return write


@pytest.fixture(scope="module")
def finished(walkers_store, recipe_file, tmp_path_factory):
    """A finished run and its report, on one thread."""
    run = tmp_path_factory.mktemp("finished") / "run"
    recipe, before = str(recipe_file()), torch.get_num_threads()
    torch.set_num_threads(1)
    report = train(walkers_store, run, TrainingRequest(recipe, seed=4))
    torch.set_num_threads(before)
    return run, recipe, report


def test_what_a_run_leaves(finished, walkers_store):
    run, recipe, report = finished
    names = sorted(p.name for p in run.iterdir())
    assert names == [
        "checkpoints",
        "history.jsonl",
        "manifest.json",
        "model.safetensors",
        "recipe.json",
        "run.json",
        "tensorboard",
        "training.png",
    ]
    assert json.loads((run / "run.json").read_text()) == json.loads(json.dumps(report.to_dict()))
    assert report.model == str(run / "model.safetensors")
    assert (report.dataset, report.subjects, report.sequences, report.iterations) == ("synthetic", 3, 30, 8)
    assert (report.recipe, report.threads, report.messages) == (recipe, 1, ())
    history = read_history(run / "history.jsonl")
    for key, value in report.final.items():
        assert value == pytest.approx(np.mean([row[key] for row in history]))
    assert (run / "training.png").read_bytes().startswith(b"\x89PNG")


def test_the_card_says_everything_and_the_model_loads(finished, walkers_store):
    run, _, report = finished
    loaded = load_model(run / "model.safetensors")
    card = loaded.card
    assert card.title == "tiny"
    assert card.network == "gaitgl"
    assert card.settings["channels"] == [2, 3, 4]
    assert card.settings["height"] == 16
    assert card.classes == 3
    assert card.preprocessing == Preprocessing(size=64, cut=12, reduce=4)
    training = card.training
    assert training["recipe"] == json.loads((run / "recipe.json").read_text())["recipe"]
    assert training["recipe"]["training"]["iterations"] == 8
    assert training["subjects"] == ["001", "002", "003"]
    assert (training["dataset"], training["seed"], training["start"]) == ("synthetic", 4, "scratch")
    assert training["data"] == training_part(Store.open(walkers_store), StoreSelection()).fingerprint
    assert (training["torch"], training["threads"]) == (torch.__version__, 1)
    assert card.licence.startswith("that of the training data")
    assert card.metrics == {k: v for k, v in report.final.items() if k not in TIMED}
    assert not loaded.model.training


def test_a_finished_run_called_again_stays_as_it_is(finished, walkers_store):
    run, recipe, report = finished
    before = {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()}
    steps = []
    again = train(walkers_store, run, TrainingRequest(recipe, seed=4), report=steps.append)
    assert steps == []
    assert {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()} == before
    assert (again.model, again.final, again.iterations) == (report.model, report.final, 8)
    (run / "model.safetensors").unlink()
    train(walkers_store, run, TrainingRequest(recipe, seed=4))
    assert (run / "model.safetensors").read_bytes() == before["model.safetensors"]


@pytest.mark.parametrize("change", ["recipe", "seed", "subjects", "data", "init"])
def test_a_folder_of_another_run_is_refused_and_left_alone(finished, walkers_store, recipe_file, tmp_path, change):
    run, recipe, _ = finished
    before = {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()}
    kwargs = {
        "recipe": {"overrides": ["augmentations=[{name='flip'}]"], "seed": 4},
        "seed": {"seed": 5},
        "subjects": {"seed": 4, "selection": StoreSelection(subjects=["001", "002", "004"])},
        "data": {"seed": 4},
        "init": {"seed": 4, "init": run / "model.safetensors"},
    }[change]
    store = first_frames(["001", "002", "003", "004", "005"])(tmp_path / "s") if change == "data" else walkers_store
    with pytest.raises(ArtefactError, match="holds a run under another recipe, data set, seed or start: choose a new"):
        train(store, run, TrainingRequest(recipe, **kwargs))
    assert {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()} == before


def test_folders_that_are_no_runs(walkers_store, recipe_file, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear to me")
    with pytest.raises(
        ArtefactError, match=r"is not empty \(thesis.txt\) and holds no recipe.json: choose a new folder"
    ):
        train(walkers_store, tmp_path / "mine", TrainingRequest(str(recipe_file())))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "recipe.json").write_text("{")
    with pytest.raises(ArtefactError, match="was begun with cannot be read"):
        train(walkers_store, tmp_path / "broken", TrainingRequest(str(recipe_file())))
    # killed while it wrote its very first file
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / ".recipe.json.0a1b2c3d.tmp").write_text('{"ru')
    report = train(walkers_store, tmp_path / "killed", TrainingRequest(str(recipe_file())), stop_after=1)
    assert report.iterations == 1
    assert [p.name for p in (tmp_path / "killed").glob(".*")] == []


MIXED = 'channels = [2, 3, 4]\ntrunk_norm = "batch"'
PLAIN_HEAD = 'channels = [2, 3, 4]\nhead = "plain"'


@pytest.mark.parametrize(
    ("settings", "kwargs", "error", "message"),
    [
        (PLAIN_HEAD, {}, ConfigError, "the loss part-softmax reads the network's logits, and this network has none"),
        ("channels = [2, 3, 4]", {"overrides": ["preprocessing.reduce=8"]}, GaitprintError, "frames of 16 rows"),
        ("channels = [2, 3, 4]", {"overrides": ["preprocessing.size=32"]}, GaitprintError, "found 64 x 64"),
        (
            "channels = [2, 3, 4]",
            {"overrides": ["training.subjects=4"]},
            DataError,
            "needs 4 subjects and the training",
        ),
        ("channels = [2, 3, 4]", {"seed": -1}, ConfigError, "a seed is from 0"),
        ("channels = [2, 3, 4]", {"seed": 2**32}, ConfigError, "a seed is from 0"),
        ("channels = [2, 3, 4]", {"selection": StoreSelection(split="third")}, DataError, "third"),
        (
            "channels = [2, 3, 4]",
            {"selection": StoreSelection(subjects=["001", "007"])},
            ConfigError,
            "subject '007' is not in the store: it hol",
        ),
        (
            "channels = [2, 3, 4]",
            {"selection": StoreSelection(subjects=[])},
            ConfigError,
            "nobody to train on: the store holds 6 subjects, 001 to",
        ),
        ("channels = [2, 3, 4]", {"init": Path("nowhere")}, ArtefactError, "no model file at nowhere"),
        ("channels = [2, 3]", {}, ConfigError, "3 channel widths"),
        (MIXED, {"overrides": ["training.micro_batch=2"]}, ConfigError, r"training\.micro_batch takes clips one after"),
        (MIXED, {"overrides": ["training.recompute=true"]}, ConfigError, r"training\.recompute computes layers twice"),
    ],
)
def test_refused_in_one_line_before_anything_is_written(
    walkers_store, recipe_file, tmp_path, settings, kwargs, error, message
):
    recipe = str(recipe_file("gaitgl", settings))
    with pytest.raises(error, match=message) as found:
        train(walkers_store, tmp_path / "run", TrainingRequest(recipe, **kwargs))
    assert "\n" not in str(found.value)
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_none_is_refused_before_anything_is_written(walkers_store, recipe_file, tmp_path):
    request = TrainingRequest(str(recipe_file("gaitgl", "channels = [2, 3, 4]")))
    with pytest.raises(ConfigError, match="no device is called 'tpu'"):
        train(walkers_store, tmp_path / "run", request, resources=TrainingResources("tpu"))
    assert not (tmp_path / "run").exists()


def test_sequences_of_nobody_stay_out_of_training(tmp_path, recipe_file):
    store = first_frames(["a", "b", "c", "d", None, None])(tmp_path / "store")
    part = training_part(Store.open(store), StoreSelection())
    assert {r.subject for r in part.records} == {"a", "b"}
    report = train(store, tmp_path / "run", TrainingRequest(str(recipe_file())), stop_after=1)
    assert (report.subjects, report.sequences, report.model) == (2, 4, "")
    strangers = first_frames([None, None])(tmp_path / "strangers")
    with pytest.raises(ConfigError, match="no named subject"):
        train(strangers, tmp_path / "other", TrainingRequest(str(recipe_file()), selection=StoreSelection(subjects=[])))


def classifier(state):
    return {k for k in state if k.startswith("head.classifier.")}


@pytest.mark.parametrize("network", ["gaitgl", "gaitmask"])
def test_fine_tuning_drops_the_classifier_of_other_people_and_nothing_else(
    walkers_store, recipe_file, tmp_path, monkeypatch, network
):
    """As many subjects as before, and still others: shapes alone would not tell."""
    recipe = str(recipe_file(network, iterations=2))
    first = Path(train(walkers_store, tmp_path / "first", TrainingRequest(recipe)).model)
    other = first_frames(list("abcde"))(tmp_path / "store")
    starts = {}
    monkeypatch.setattr(
        "gaitprint.stages.train.train_network",
        lambda network, *rest: starts.update({k: v.clone() for k, v in network.state_dict().items()}),
    )
    scratch, tuned, resumed = {}, {}, {}
    for found, store, name, init in (
        (scratch, other, "scratch", None), (tuned, other, "tuned", first), (resumed, walkers_store, "same", first)
    ):  # fmt: skip
        train(store, tmp_path / name, TrainingRequest(recipe, init=init))
        found.update(starts)
    trained = load_model(first).model.state_dict()
    assert classifier(trained)
    for key, value in tuned.items():
        expected = scratch if key in classifier(trained) else trained
        assert torch.equal(value, expected[key]), key
    assert any(not torch.equal(tuned[k], trained[k]) for k in classifier(trained))
    for key, value in resumed.items():
        assert torch.equal(value, trained[key]), key
    # another number of people
    train(other, tmp_path / "two", TrainingRequest(recipe, init=first, selection=StoreSelection(subjects=["a", "b"])))
    assert all(torch.equal(starts[k], v) for k, v in trained.items() if k not in classifier(trained))
    assert all(starts[k].shape != trained[k].shape for k in classifier(trained))


def test_weights_of_unknown_people_keep_their_classifier_where_it_fits(walkers_store, recipe_file, tmp_path):
    """Imported with `--keep-classifier`: who was trained on is not known, and was asked for."""
    recipe = str(recipe_file(iterations=2))
    first = Path(train(walkers_store, tmp_path / "first", TrainingRequest(recipe)).model)
    loaded = load_model(first)
    card = replace(loaded.card, training={"imported": "x.pt"})
    save_model(tmp_path / "imported.safetensors", loaded.model, card)
    slow = ["training.learning_rate=1e-30"]
    init = tmp_path / "imported.safetensors"
    report = train(walkers_store, tmp_path / "run", TrainingRequest(recipe, overrides=slow, init=init))
    state = load_model(Path(report.model)).model.state_dict()
    assert all(torch.equal(state[k], v) for k, v in loaded.model.state_dict().items() if k in classifier(state))
    assert read_card(Path(report.model)).training["start"] == loaded.card.sha256


def test_weights_of_another_network_are_no_start(walkers_store, recipe_file, tmp_path):
    first = train(walkers_store, tmp_path / "first", TrainingRequest(str(recipe_file(iterations=1)))).model
    with pytest.raises(ArtefactError, match="is no start for this network: ") as error:
        train(walkers_store, tmp_path / "run", TrainingRequest(str(recipe_file("gaitmask")), init=Path(first)))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_devices(monkeypatch):
    check_device("cpu")
    for device, message in (("meta", "is not supported"), ("cpu:x", "no device is called")):
        with pytest.raises(ConfigError, match=message):
            check_device(device)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="torch sees no GPU: use --device cpu"):
        check_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_device("cuda")
    check_device("cuda:1")
    with pytest.raises(ConfigError, match="torch sees 2 GPU"):
        check_device("cuda:2")


def test_shipped_recipes_are_found_by_name(walkers_store, tmp_path):
    with pytest.raises(DataError, match="a batch needs 8 subjects and the training part has 3"):
        train(walkers_store, tmp_path / "run", TrainingRequest("gaitgl-small"))
    assert load_recipe("gaitgl-small").training.subjects == 8


def test_a_full_disk_is_one_line_and_the_run_goes_on_when_there_is_room(
    walkers_store, recipe_file, tmp_path, monkeypatch
):
    recipe = str(recipe_file())

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gaitprint.training.checkpoint.write_tensors", full)
        with pytest.raises(DataError, match="No space left on device; make room there and run again") as error:
            train(walkers_store, tmp_path / "run", TrainingRequest(recipe))
    assert "\n" not in str(error.value)
    assert train(walkers_store, tmp_path / "run", TrainingRequest(recipe)).iterations == 8
