"""Two processes under torchrun learn what one learns; killed, they go on to the same bits, or are started again."""

import json
import signal

import pytest
import torch
from safetensors.torch import load_file
from torch.distributed.run import main as torchrun
from training_lives import QUIET, TWO, Life, assert_same, history, reached
from warm_processes import WarmProcess

from gaitprint.models.model_file import load_model
from gaitprint.training.loop import build_network
from gaitprint.training.recipe import load_recipe

SETTINGS = [
    *("training.subjects=4", "training.iterations=30", "training.held_out=2", "training.validate_every=10"),
    # so slow that rounding has no time to grow: batch norm over eight clips is a wild thing
    *("training.average=0.9", "training.warm_up=0", "training.learning_rate=3e-5"),
]


@pytest.fixture(scope="module")
def words(world, tiny):
    """words(run): what follows `train`."""
    rest = ["--recipe", "gaitgl-small", *tiny, *(word for setting in SETTINGS for word in ("--set", setting))]
    return lambda run: [world.store, run, *rest]


@pytest.fixture(scope="module")
def straight(words, tmp_path_factory):
    """Two processes, as the documentation starts them, never disturbed."""
    run = tmp_path_factory.mktemp("ranks") / "run"
    started = [*TWO, "-m", "gaitprint", "model", "train", *map(str, words(run)), "--json"]
    code, said, told = WarmProcess(torchrun, started, environment=QUIET).ended()
    assert code == 0, told
    return run, json.loads(said), told


def test_one_of_them_speaks(straight):
    run, said, told = straight
    assert (said["model"], said["iterations"], said["subjects"]) == (str(run / "model.safetensors"), 30, 6)
    plan, *others = told.splitlines()
    assert "(30 steps of 4 x 2 clips of 4 frames, 1 thread)" in plan
    assert {line.partition(":")[0] for line in others} == {"training"}
    assert sum(line.startswith("training: 30 of 30 ") for line in others) == 1
    manifest = json.loads((run / "manifest.json").read_text())
    assert [session["ranks"] for session in manifest["sessions"]] == [2]


def test_two_learn_what_one_learns(straight, words, run, tmp_path):
    assert run("model", "train", *words(tmp_path / "one")).code == 0
    one, two = (load_file(folder / "model.safetensors") for folder in (tmp_path / "one", straight[0]))
    network = load_model(straight[0] / "model.safetensors").card.settings
    chosen = load_recipe("gaitgl-small", ["training.frames=4", f"network.settings.channels={network['channels']}"])
    fresh = build_network(chosen, 6, 0).state_dict()
    assert one.keys() == two.keys()
    assert max(float((one[key] - fresh[key]).abs().max()) for key in fresh if key.endswith("weight")) > 3e-4, "moved"
    for key, tensor in one.items():
        assert torch.allclose(two[key].double(), tensor.double(), rtol=1e-4, atol=1e-4), key
    for mine, theirs in zip(history(tmp_path / "one"), history(straight[0]), strict=True):
        assert theirs["loss"] == pytest.approx(mine["loss"], rel=1e-4)
        assert theirs["gradient_norm"] == pytest.approx(mine["gradient_norm"], rel=1e-2)


def test_asked_to_leave_they_leave_together_and_bereft_of_one_they_are_started_again(straight, words, tmp_path):
    run = tmp_path / "run"
    # to the one that does not write: torchrun ends the others when it has left, and they must have written by then
    code, told = Life(words(run), tmp_path / "pids").until(2, run).send(signal.SIGTERM, rank=1).ended()
    assert code == 1
    left = reached(run)
    assert 2 <= left < 26, "in the middle"
    lines = {line for line in told.splitlines() if line.startswith("gaitprint: ")}
    rest = f"after iteration {left}, checkpoint written: run the same command again, it goes on"
    assert f"gaitprint: asked to leave (SIGTERM) {rest}" in lines
    assert lines <= {f"gaitprint: asked to leave ({who}) {rest}" for who in ("SIGTERM", "another process was")}
    # SIGKILL to one, as for want of memory: torchrun ends the other and starts both again
    life = Life(words(run), tmp_path / "pids", restarts=1).until(left + 2, run).send(signal.SIGKILL, rank=1)
    code, told = life.ended()
    assert code == 0, told
    sessions = json.loads((run / "manifest.json").read_text())["sessions"]
    begun = [session["iteration"] for session in sessions]
    assert len(begun) == 3, "the second start of torchrun is a session too"
    assert begun[:2] == [0, left]
    assert left + 2 <= begun[2] < 30, "from the newest checkpoint"
    assert_same(run, straight[0])
