"""`gaitprint model train` asked to leave, killed, out of room, told how long, with two stores and people held out."""

import json
import signal
import struct
from collections import namedtuple

import pytest
from tensorboardX.proto.event_pb2 import Event
from training_lives import Life, assert_same, history, reached

from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.models.model_file import load_model, read_card
from gaitprint.training.history import read_history

SETTINGS = ["training.iterations=60", "training.held_out=2", "training.validate_every=20", "training.average=0.9"]


def settings(*changes):
    return [word for change in changes for word in ("--set", change)]


@pytest.fixture(scope="module")
def words(world, tiny):
    """words(run): what follows `train`."""
    return lambda run: [world.store, run, "--recipe", "gaitgl-small", *tiny, *settings(*SETTINGS)]


@pytest.fixture(scope="module")
def straight(words, run, tmp_path_factory):
    """A run that nothing disturbed, what it said on stdout and what on stderr."""
    folder = tmp_path_factory.mktemp("training") / "run"
    ran = run("model", "train", *words(folder), "--json")
    return folder, ran.json(), ran.err


def test_asked_to_leave_it_leaves_a_checkpoint_and_one_line(straight, words, run, tmp_path):
    folder, begun = tmp_path / "run", [0]
    for number in (signal.SIGTERM, signal.SIGINT):
        code, told = Life(words(folder)).until(begun[-1] + 4, folder).send(number).ended()
        begun.append(reached(folder))
        assert begun[-2] + 4 <= begun[-1] < 60, (number, code, told)
        assert code == 128 + number
        plan, *lines = told.splitlines()
        assert "(60 steps of " in plan
        assert lines == [
            f"gaitprint: asked to leave ({number.name}) after iteration {begun[-1]}, checkpoint written: "
            "run the same command again, it goes on"
        ]
        assert len(history(folder)) == begun[-1]
        assert not (folder / "model.safetensors").exists()
    assert run("model", "train", *words(folder)).code == 0
    sessions = json.loads((folder / "manifest.json").read_text())["sessions"]
    assert [session["iteration"] for session in sessions] == begun
    assert_same(folder, straight[0])


def test_killed_three_times_it_ends_with_the_same_bits(straight, words, run, tmp_path):
    folder = tmp_path / "run"
    Life(words(folder)).until(4, folder).kill()
    first = reached(folder)
    Life(words(folder)).kill()  # while it starts
    assert reached(folder) == first
    Life(words(folder)).until(first + 6, folder).kill()
    assert first + 6 <= reached(folder) < 60, "in the middle"
    assert run("model", "train", *words(folder)).code == 0
    assert_same(folder, straight[0])
    assert_curves_are_the_history(folder)


def test_another_program_reads_the_curves(straight):
    assert_curves_are_the_history(straight[0])


def assert_curves_are_the_history(folder):
    """One file, every figure of every iteration in it once, parsed by the protocol-buffer classes of tensorboardX."""
    (path,) = (folder / "tensorboard").iterdir()
    data, at, events = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        events.append(Event.FromString(data[at + 12 : at + 12 + length]))
        at += 16 + length
    assert events[0].file_version == "brain.Event:2"
    rows = read_history(folder / "history.jsonl")
    assert [event.step for event in events[1:]] == [row["iteration"] for row in rows] == list(range(1, 61))
    for event, row in zip(events[1:], rows, strict=True):
        found = {value.tag.rpartition("/")[2]: value.simple_value for value in event.summary.value}
        assert found == pytest.approx({key: row[key] for key in row.keys() - {"iteration"}}, rel=1e-6)


def test_a_full_disk_is_refused_before_the_first_step_and_later_costs_nothing(straight, words, run, tmp_path):
    folder = tmp_path / "run"
    usage = namedtuple("usage", "total used free")
    for looks, left in ((0, -1), (6, 10)):
        room = iter([10**9] * looks)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("shutil.disk_usage", lambda _, room=room: usage(10**9, 0, next(room, 1000)))
            ran = run("model", "train", *words(folder))
        assert ran.code == 1
        (line,) = [line for line in ran.err.splitlines() if line.startswith("gaitprint: ")]
        assert " bytes and the disk has 1,000 free; make room and run again, it goes on" in line
        assert reached(folder) == left
        assert not list(folder.rglob("*.tmp"))
    assert run("model", "train", *words(folder)).code == 0
    assert_same(folder, straight[0])


def test_people_held_out_are_looked_at_and_choose_the_best_weights(straight, world, run, tmp_path):
    folder, said, told = straight
    looks = {row["iteration"]: row["validation_rank1"] for row in history(folder) if "validation_rank1" in row}
    assert list(looks) == [20, 40, 60]
    assert f"held-out rank-1 {looks[60]:.1f} %" in told
    card = read_card(folder / "best.safetensors")
    best = max(looks, key=lambda iteration: (looks[iteration], -iteration))
    assert card.metrics == {"validation_rank1": looks[best], "iteration": best}
    assert said["subjects"] == 6
    aside = {f"{i:03d}" for i in range(1, 9)} - set(card.training["subjects"])
    assert len(aside) == 2
    # once more by hand: each sequence's nearest one from the other view
    file = tmp_path / "e.safetensors"
    few = ["--subjects", ",".join(sorted(aside)), "--out", file]
    assert run("model", "embed", world.store, "--model", folder / "best.safetensors", *few).code == 0
    found = load_embeddings(file)
    right = []
    for record, vector in zip(found.records, found.vectors, strict=True):
        others = [
            (float(((vector - v) ** 2).sum()), r.subject == record.subject)
            for r, v in zip(found.records, found.vectors, strict=True)
            if r.view != record.view
        ]
        right.append(min(others)[1])
    assert 100 * sum(right) / len(right) == pytest.approx(looks[best])


def test_a_plan_fits_the_run_and_writes_nothing(straight, tiny, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["model", "plan", "gaitgl-small", *tiny, *settings(*SETTINGS), "--people", "6"]
    whole = run(*words, "--json").json()
    network = load_model(straight[0] / "model.safetensors").model
    assert whole["parameters"] == sum(p.numel() for p in network.parameters())
    assert whole["memory"] == sum(whole[part] for part in ("weights", "activations", "batch", "losses"))
    assert whole["seconds"] == pytest.approx(60 * whole["seconds_per_step"])
    steps = "(60 steps of 3 x 2 clips of 4 frames, 1 thread)"
    assert steps in run(*words).out.splitlines()[0]
    assert steps in straight[2].splitlines()[0], "train says the same before it starts"
    third = run(*words, "--processes", "3", "--json").json()
    assert third["batch"] * 3 == whole["batch"]
    free = settings("network.settings.trunk_norm=none")
    at_once = run(*words, *free, "--json").json()["activations"]
    by_two = run(*words, *free, "--set", "training.micro_batch=2", "--json").json()["activations"]
    assert by_two == pytest.approx(at_once / 3, rel=0.01)
    refused = run(*words, "--set", "training.micro_batch=2")
    assert refused.code == 1
    assert "trunk has BatchNorm" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_minutes_become_iterations_that_stand(words, run, tmp_path):
    folder = tmp_path / "run"
    ran = run("model", "train", *words(folder), "--minutes", "0.005", "--json")
    said = ran.json()
    planned = json.loads((folder / "recipe.json").read_text())["recipe"]["training"]["iterations"]
    assert said["iterations"] == planned == len(history(folder))
    assert 1 <= planned < 600
    assert f"({planned} steps of " in ran.err.splitlines()[0]
    again = run("model", "train", *words(folder), "--minutes", "5", "--json").json()
    assert (again["iterations"], again["final"]) == (planned, said["final"]), "measured once, at the start"
    assert run("model", "train", *words(tmp_path / "none"), "--minutes", "0").code == 2


def test_two_stores_are_learnt_as_one(world, tiny, run, tmp_path):
    few = settings("subjects=4", "frames=8", 'views=["090"]', 'conditions=["nm-01","nm-05"]', "seed=5")
    assert run("data", "prepare", "synthetic", tmp_path / "more", *few).code == 0
    words = [world.store, tmp_path / "run", "--recipe", "gaitgl-small", *tiny, "--set", "training.iterations=4"]
    said = run("model", "train", *words, "--also", tmp_path / "more", "--json").json()
    assert (said["dataset"], said["subjects"], said["sequences"]) == ("synthetic+synthetic", 8 + 2, 8 * 8 + 2 * 2)
    model = tmp_path / "run" / "model.safetensors"
    card = read_card(model)
    assert card.classes == len(set(card.training["subjects"])) == 10, "001 of one is nobody of the other"
    assert run("model", "embed", world.store, "--model", model, "--out", tmp_path / "e.safetensors").code == 0
    alone = run("model", "train", *words)
    assert alone.code == 1
    assert "holds a run under another recipe, data set, seed or start" in alone.err
