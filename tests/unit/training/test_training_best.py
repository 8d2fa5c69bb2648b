"""Looks during a run: the best weights are kept, the network goes on as if nobody had looked."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.training.averaging import MovingAverage
from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.history import read_history
from gaitprint.training.loop import Execution, build_network, train_network
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.run_logger import TIMED
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

TRAINING = TrainingSettings(
    iterations=6, subjects=2, sequences=2, frames=4, learning_rate=1e-3, checkpoint_every=2, validate_every=1
)
BOTH = (LossChoice("part-triplet"), LossChoice("part-softmax"))
GAITMASK = NetworkChoice("gaitmask", {"channels": [2, 3, 4], "height": 16, "head": "shared-bn"})
RECIPE = Recipe("tiny", GAITMASK, Preprocessing(16, 4), BOTH, TRAINING)
SCORES = (10.0, 30.0, 20.0, 30.0, 29.0, 30.0)

pytestmark = pytest.mark.usefixtures("one_thread")


def people():
    generator = np.random.default_rng(0)
    records = tuple(SequenceRecord(f"{i}", str(i % 3), "nm-01", "090") for i in range(6))
    return MemorySequences(records, tuple(generator.integers(0, 256, (5, 16, 16), np.uint8) for _ in records))


class Looks:
    """Scores as they come by the iteration, and what the network was at each look."""

    def __init__(self, scores=SCORES, start=0):
        self.scores, self.done, self.seen, self.modes = scores, start, {}, []

    def __call__(self, network):
        self.done += 1
        self.seen[self.done] = {k: v.clone() for k, v in network.state_dict().items()}
        self.modes.append({module.training for module in network.modules()})
        return {"validation_rank1": self.scores[self.done - 1], "other": 1.5}


def run(folder, recipe=RECIPE, validate=None, stop_after=None, report=lambda step: None):
    sampler = BatchSampler(people(), recipe.training, recipe.preprocessing, 0)
    network = build_network(recipe, 3, 0)
    how = Execution(validate=validate, stop_after=stop_after, report=report)
    return train_network(network, sampler, recipe, folder, "me", how)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def best(folder):
    """Iteration, score and weights that were kept."""
    found, complaints = newest_checkpoint(folder / "best")
    assert complaints == ()
    return found.state.iteration, found.state.notes, {k.partition(".")[2]: v for k, v in found.tensors.items()}


def test_the_weights_of_the_best_look_are_kept_and_of_equals_the_first(tmp_path):
    looks = Looks()
    run(tmp_path, validate=looks)
    iteration, notes, weights = best(tmp_path)
    assert (iteration, notes) == (2, {"score": 30.0})
    assert same(weights, looks.seen[2])
    assert not any(same(weights, looks.seen[i]) for i in (1, 3, 4, 5, 6))
    for row in read_history(tmp_path / "history.jsonl"):
        assert (row["validation_rank1"], row["other"]) == (SCORES[row["iteration"] - 1], 1.5)


@pytest.mark.parametrize("scores", [(5.0, 4.0, 3.0, 2.0, 1.0, 0.0), (0.0,) * 6, (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)])
def test_whenever_it_is(tmp_path, scores):
    looks = Looks(scores)
    run(tmp_path, validate=looks)
    iteration, notes, weights = best(tmp_path)
    assert iteration == scores.index(max(scores)) + 1
    assert notes == {"score": max(scores)}
    assert same(weights, looks.seen[iteration])


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_network_is_looked_at_in_evaluation_mode_and_goes_on_as_if_nobody_had(tmp_path, average):
    recipe = replace(RECIPE, training=replace(TRAINING, average=average))
    looks, modes = Looks(), []
    sampler = BatchSampler(people(), recipe.training, recipe.preprocessing, 0)
    network = build_network(recipe, 3, 0)
    network.register_forward_pre_hook(lambda *_: modes.append({module.training for module in network.modules()}))
    train_network(network, sampler, recipe, tmp_path / "seen", "me", Execution(validate=looks))
    assert looks.modes == [{False}] * 6
    assert modes == [{True}] * 6
    alone = run(tmp_path / "alone", recipe)
    assert same(network.state_dict(), alone.state_dict())
    rows, others = (read_history(tmp_path / folder / "history.jsonl") for folder in ("seen", "alone"))
    added = {"validation_rank1", "other", *TIMED}
    assert [{k: v for k, v in row.items() if k not in added} for row in rows] == [
        {k: v for k, v in row.items() if k not in TIMED} for row in others
    ]


def test_with_an_average_it_is_the_average_that_is_looked_at_and_kept(tmp_path):
    recipe = replace(RECIPE, training=replace(TRAINING, average=0.9))
    looks, own = Looks(), {}
    average = MovingAverage(build_network(recipe, 3, 0), 0.9)
    for done in range(1, 7):  # the same steps without an average, one after another
        network = run(tmp_path / "plain", stop_after=done)
        own[done] = {k: v.clone() for k, v in network.state_dict().items()}
        average.update(network)
        expected = {k.removeprefix("model."): v for k, v in average.tensors().items() if k != "updates"}
        run(tmp_path / "averaged", recipe, looks, stop_after=done)
        assert looks.seen[done].keys() == expected.keys()
        for key, value in expected.items():
            torch.testing.assert_close(looks.seen[done][key], value, rtol=1e-6, atol=1e-7)
        assert not same(looks.seen[done], own[done])
        # the run itself goes on with its own
        found, _ = newest_checkpoint(tmp_path / "averaged" / "checkpoints")
        kept = {k.removeprefix("model."): v for k, v in found.tensors.items() if k.startswith("model.")}
        assert same(kept, own[done])
    assert best(tmp_path / "averaged")[0] == 2
    assert same(best(tmp_path / "averaged")[2], looks.seen[2])


@pytest.mark.parametrize("stopped", [1, 2, 3, 5])
def test_a_run_that_was_stopped_remembers_its_best(tmp_path, stopped):
    straight = Looks()
    run(tmp_path / "straight", validate=straight)
    run(tmp_path / "stopped", validate=Looks(), stop_after=stopped)
    run(tmp_path / "stopped", validate=Looks(start=stopped))
    iteration, notes, weights = best(tmp_path / "stopped")
    assert (iteration, notes) == (2, {"score": 30.0})
    assert same(weights, straight.seen[2])


def test_a_kill_between_best_and_checkpoint_takes_nothing_away(tmp_path):
    """Killed after the look at 3, which was the best; the run goes on from 2 and finds it again."""
    scores = (10.0, 20.0, 90.0, 30.0, 20.0, 10.0)

    class Killed(BaseException):
        pass

    def kill(step):
        if step.iteration == 3:
            raise Killed

    looks = Looks(scores)
    with pytest.raises(Killed):
        run(tmp_path, validate=looks, report=kill)
    assert best(tmp_path)[0] == 3
    assert newest_checkpoint(tmp_path / "checkpoints")[0].state.notes["best"] == {"iteration": 2, "score": 20.0}
    run(tmp_path, validate=Looks(scores, start=2))
    assert best(tmp_path)[:2] == (3, {"score": 90.0})
    assert same(best(tmp_path)[2], looks.seen[3])


def test_looks_are_taken_every_so_often_and_at_the_end(tmp_path):
    recipe = replace(RECIPE, training=replace(TRAINING, validate_every=4))
    looks = Looks()
    run(tmp_path, recipe, looks, stop_after=5)
    assert looks.done == 1  # to be stopped is not the end
    run(tmp_path, recipe, looks)
    rows = read_history(tmp_path / "history.jsonl")
    assert [row["iteration"] for row in rows if "validation_rank1" in row] == [4, 6]
