"""Stopped or killed, twice in a row, a run ends with the bits of one that was never disturbed."""

import signal
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from warm_processes import WarmProcess, wait_until

from gaitprint.stages.train import train
from gaitprint.training.checkpoint import read_checkpoint
from gaitprint.training.history import read_history
from gaitprint.training.request import TrainingRequest
from gaitprint.training.run_logger import TIMED

pytestmark = pytest.mark.usefixtures("one_thread")

NETWORKS = ["gaitgl", "gaitmask"]
AUGMENTATIONS = """[
    { name = "flip", settings = { probability = 0.5 } },
    { name = "erase", settings = { per_frame = true } },
    { name = "affine", settings = { probability = 0.5 } },
]"""
RESETS = "[{ at = 13, learning_rate = 1e-3 }]"


def final(run: Path) -> tuple[dict[str, torch.Tensor], list[dict], bytes]:
    """The last checkpoint's tensors (weights, buffers, optimizer), the history but for times, and the model file."""
    newest = max((run / "checkpoints").glob("*.safetensors"))
    return (
        read_checkpoint(newest).tensors,
        [{k: v for k, v in row.items() if k not in TIMED} for row in read_history(run / "history.jsonl")],
        (run / "model.safetensors").read_bytes(),
    )


def assert_same(one, other):
    assert one[0].keys() == other[0].keys()
    for name, tensor in one[0].items():
        assert torch.equal(tensor, other[0][name]), name
    assert one[1] == other[1]
    assert one[2] == other[2]


@pytest.fixture(scope="module")
def recipes(recipe_file):
    return {
        name: recipe_file(
            name, 'channels = [2, 3, 4]\ntrunk_norm = "batch"', AUGMENTATIONS, iterations=20, resets=RESETS
        )
        for name in NETWORKS
    }


@pytest.fixture(scope="module")
def straight(recipes, walkers_store, tmp_path_factory):
    """Each network trained without a break."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    runs = {}
    for name, recipe in recipes.items():
        runs[name] = tmp_path_factory.mktemp("straight") / name
        train(walkers_store, runs[name], TrainingRequest(str(recipe), seed=5))
    torch.set_num_threads(before)
    return {name: final(run) for name, run in runs.items()}


@pytest.mark.parametrize("stops", [(7, 8), (1, 13), (13, 14), (6, 20)])
@pytest.mark.parametrize("name", NETWORKS)
def test_stopped_twice_in_a_row(name, stops, recipes, straight, walkers_store, tmp_path):
    for stop in stops:
        report = train(walkers_store, tmp_path / "run", TrainingRequest(str(recipes[name]), seed=5), stop_after=stop)
        assert report.iterations == stop
        assert (report.model == "") == (stop < 20)
    train(walkers_store, tmp_path / "run", TrainingRequest(str(recipes[name]), seed=5))
    assert_same(final(tmp_path / "run"), straight[name])


def test_a_damaged_newest_checkpoint_is_passed_over_aloud(recipes, straight, walkers_store, tmp_path):
    run, said = tmp_path / "run", []
    train(walkers_store, run, TrainingRequest(str(recipes["gaitmask"]), seed=5), stop_after=11)
    newest = run / "checkpoints" / "00000011.safetensors"
    newest.write_bytes(newest.read_bytes()[:-40])
    first = []
    report = train(
        walkers_store, run, TrainingRequest(str(recipes["gaitmask"]), seed=5),
        report=lambda step: (first.append(step.iteration), said.extend(step.messages)),
    )  # fmt: skip
    assert first[0] == 10
    assert len(said) == 1
    assert "00000011.safetensors is damaged" in said[0]
    assert report.messages == tuple(said)
    assert_same(final(run), straight["gaitmask"])


def test_without_any_sound_checkpoint_it_starts_again(recipes, straight, walkers_store, tmp_path):
    run = tmp_path / "run"
    train(walkers_store, run, TrainingRequest(str(recipes["gaitgl"]), seed=5), stop_after=7)
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(b"nothing")
    report = train(walkers_store, run, TrainingRequest(str(recipes["gaitgl"]), seed=5))
    assert len(report.messages) == 2
    assert_same(final(run), straight["gaitgl"])


def train_both(store, *runs):
    """Train in threads of one process, saying each iteration; it never ends by itself, however late it is killed."""
    torch.set_num_threads(1)

    def show(step):
        print(f"{step.iteration}\n", end="", flush=True)
        time.sleep(0.01 if step.iteration < 18 else 600)

    threads = [
        Thread(target=train, args=(store, Path(run), TrainingRequest(str(recipe), seed=5)), kwargs={"report": show})
        for run, recipe in zip(runs[::2], runs[1::2], strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def said_so_far(child):
    return max((int(line) for line in child.out().splitlines(keepends=True) if line.endswith("\n")), default=0)


def test_killed_twice_in_a_row_at_random_moments(recipes, straight, walkers_store, tmp_path):
    """SIGKILL, both networks in one process; the moments differ from run to run, the bits may not."""
    generator = np.random.default_rng()
    runs = [str(x) for name in NETWORKS for x in (tmp_path / name, recipes[name])]
    reached = 0
    for low, high in ((1, 8), (6, 15)):
        moment = int(generator.integers(low, high))
        child = WarmProcess(train_both, walkers_store, *runs)
        wait_until(lambda child=child, moment=moment: said_so_far(child) >= moment, child)
        reached = max(reached, said_so_far(child))
        time.sleep(generator.random() * 0.02)
        child.send_signal(signal.SIGKILL)
        assert child.ended()[0] == -signal.SIGKILL
        reached = max(reached, said_so_far(child))
    for name in NETWORKS:
        assert not (tmp_path / name / "model.safetensors").exists()
        steps = []
        train(walkers_store, tmp_path / name, TrainingRequest(str(recipes[name]), seed=5), report=steps.append)
        assert steps[0].iteration <= reached + 3
        assert_same(final(tmp_path / name), straight[name])
