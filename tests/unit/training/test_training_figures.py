"""The figures of the history against slow ones: distances of both kinds, the gradient's norm; alone and in ranks."""

import math
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.training.history import read_history
from gaitprint.training.loop import Execution, build_network, train_network
from gaitprint.training.objective import Objective
from gaitprint.training.process_group import ProcessGroup
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.run_logger import TIMED
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

TRAINING = TrainingSettings(iterations=4, subjects=4, sequences=2, frames=4, learning_rate=1e-3, checkpoint_every=1)
BOTH = (LossChoice("part-triplet"), LossChoice("part-softmax", 0.5))
GAITGL = NetworkChoice("gaitgl", {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16})
GAITMASK = NetworkChoice("gaitmask", {"channels": [2, 3, 4], "height": 16, "head": "separate-bnneck"})
RECIPES = {
    name: Recipe("tiny", network, Preprocessing(16, 4), BOTH, TRAINING)
    for name, network in (("gaitgl", GAITGL), ("gaitmask", GAITMASK))
}

pytestmark = pytest.mark.usefixtures("one_thread")


def people(count=5):
    """Two sequences a person, of a pattern of his own under noise."""
    generator = np.random.default_rng(0)
    records, arrays = [], []
    for s in range(count):
        pattern = generator.integers(0, 2, (16, 16)) * 200
        for walk in range(2):
            records.append(SequenceRecord(f"{s}/{walk}", str(s), "nm-01", "090"))
            arrays.append((pattern + generator.integers(0, 50, (5, 16, 16))).astype(np.uint8))
    return MemorySequences(tuple(records), tuple(arrays))


def slow_means(features, labels):
    """Mean distance of two clips of one person, and of two people, over every part and ordered pair; 0 of none."""
    alike, unlike = [], []
    for p in range(features.shape[1]):
        for a, one in enumerate(labels):
            for b, other in enumerate(labels):
                if a != b:
                    distance = math.dist(features[a, p].tolist(), features[b, p].tolist())
                    (alike if one == other else unlike).append(distance)
    return tuple(sum(some) / len(some) if some else 0.0 for some in (alike, unlike))


@given(
    st.sampled_from(["all", "hard"]),
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(0, 99),
)
def test_means_of_distances_within_and_between_people(mining, labels, parts, channels, seed):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(len(labels), parts, channels, dtype=torch.float64, generator=generator)
    loss = find_component("loss", "part-triplet").make({"mining": mining})
    figures = loss.figures(loss(features, torch.tensor(labels)))
    positive, negative = slow_means(features, labels)
    assert figures["positive_distance"] == pytest.approx(positive, rel=1e-9, abs=1e-12)
    assert figures["negative_distance"] == pytest.approx(negative, rel=1e-9, abs=1e-12)
    # all N x N pairs, each clip with itself among them
    same = sum(labels.count(x) - 1 for x in labels)
    whole = (positive * same + negative * (len(labels) * (len(labels) - 1) - same)) / len(labels) ** 2
    assert figures["mean_distance"] == pytest.approx(whole, rel=1e-9, abs=1e-12)


def test_figures_of_distances_leave_no_trace_in_the_gradient():
    features = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    values = find_component("loss", "part-triplet").make({})(features, torch.tensor([0, 0, 1, 1]))
    assert not values.positive_distance.requires_grad
    assert not values.negative_distance.requires_grad


def run(folder, recipe, world=None, **how):
    """A network trained in `folder` by one process of `world`."""
    world = world or ProcessGroup()
    sampler = BatchSampler(people(), recipe.training, recipe.preprocessing, 5, rank=world.rank, ranks=world.size)
    network = build_network(recipe, 5, 5)
    return train_network(network, sampler, recipe, folder, "me", Execution(world=world, **how))


@pytest.mark.parametrize("changes", [{}, {"weight_decay": 10.0, "micro_batch": 3}], ids=["plain", "in parts"])
@pytest.mark.parametrize("name", list(RECIPES))
def test_the_history_tells_of_the_network_before_each_step(tmp_path, name, changes):
    recipe = replace(RECIPES[name], training=replace(TRAINING, **changes))
    sampler = BatchSampler(people(), TRAINING, recipe.preprocessing, 5)
    norms = []
    for done in range(3):
        network = run(tmp_path, recipe, stop_after=done) if done else build_network(recipe, 5, 5)
        network.train()
        batch = sampler.batch(done)
        labels = torch.from_numpy(batch.labels)
        outputs = network(torch.from_numpy(batch.clips), torch.Generator().manual_seed(5 * 2**32 + done))
        Objective(BOTH)(outputs, labels)[0].backward()
        run(tmp_path, recipe, stop_after=done + 1)
        row = read_history(tmp_path / "history.jsonl")[-1]
        assert row["iteration"] == done + 1
        positive, negative = slow_means(outputs.metric_features.detach(), labels.tolist())
        assert row["positive_distance"] == pytest.approx(positive, rel=1e-4)
        assert row["negative_distance"] == pytest.approx(negative, rel=1e-4)
        squares = sum(float(v) ** 2 for p in network.parameters() for v in p.grad.double().reshape(-1))
        norms.append(row["gradient_norm"])
        assert norms[-1] == pytest.approx(math.sqrt(squares), rel=1e-3)  # of the loss, without the penalty
    assert len(set(norms)) == 3


class Exchange:
    """Where threads that stand for processes lay what they have, and see what the others have laid."""

    def __init__(self, size):
        self.size, self.slots, self.barrier = size, [None] * size, threading.Barrier(size, timeout=600)

    def __call__(self, rank, value):
        self.slots[rank] = value
        self.barrier.wait()
        found = list(self.slots)
        self.barrier.wait()
        return found


@dataclass(frozen=True)
class ThreadWorld(ProcessGroup):
    """A `ProcessGroup` of threads: the same arithmetic, without processes."""

    exchange: Exchange | None = None

    def all_gather(self, x):
        parts = self.exchange(self.rank, x.detach())
        parts[self.rank] = x
        return torch.cat(parts)

    def sum_gradients(self, parameters):
        mine = list(parameters)
        for theirs in zip(*self.exchange(self.rank, [p.grad.clone() for p in mine]), strict=True):
            mine.pop(0).grad = sum(theirs)

    def any(self, flag):
        return any(self.exchange(self.rank, flag))

    def broadcast(self, value):
        return self.exchange(self.rank, value)[0]


@pytest.mark.parametrize(("name", "ranks"), [("gaitgl", 2), ("gaitmask", 2), ("gaitgl", 4)])
def test_every_rank_sees_the_figures_of_the_joined_batch(tmp_path, name, ranks, monkeypatch):
    recipe, seen, trouble = RECIPES[name], {}, []
    whole = Objective.__call__

    def noted(self, outputs, labels):
        total, figures = whole(self, outputs, labels)
        seen.setdefault(threading.current_thread().name, []).append((labels.tolist(), figures))
        return total, figures

    monkeypatch.setattr(Objective, "__call__", noted)
    run(tmp_path / "alone", recipe)
    alone = seen.pop(threading.current_thread().name)
    exchange = Exchange(ranks)

    def process(rank):
        try:
            torch.set_num_threads(1)
            run(tmp_path / "ranks", recipe, ThreadWorld(rank, ranks, exchange))
        except BaseException as error:
            trouble.append(error)
            exchange.barrier.abort()

    threads = [threading.Thread(target=process, args=(rank,), name=str(rank)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert sorted(seen) == [str(rank) for rank in range(ranks)]
    for found in seen.values():
        assert [labels for labels, _ in found] == [labels for labels, _ in alone]
        for (_, figures), (_, expected) in zip(found, alone, strict=True):
            assert figures == pytest.approx(expected, rel=1e-3)
    rows, expected = (read_history(tmp_path / folder / "history.jsonl") for folder in ("ranks", "alone"))
    assert len(rows) == len(expected) == 4
    for row, other in zip(rows, expected, strict=True):
        for key in row.keys() - set(TIMED):
            assert row[key] == pytest.approx(other[key], rel=1e-3), key
