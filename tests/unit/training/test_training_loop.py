"""The loop against slow steps by hand, and what stops it."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from gaitprint.errors import ArtefactError, ConfigError, RunInterruptedError, ShapeError
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.tensors import PartOutputs
from gaitprint.training.checkpoint import newest_checkpoint
from gaitprint.training.history import read_history
from gaitprint.training.loop import Execution, build_network, train_network
from gaitprint.training.objective import Objective
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, Reset, TrainingSettings
from gaitprint.training.run_logger import TIMED
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

TRAINING = TrainingSettings(iterations=6, subjects=2, sequences=2, frames=4, learning_rate=1e-3, checkpoint_every=2)
BOTH = (LossChoice("part-triplet", 0.5), LossChoice("part-softmax", 2.0, {"label_smoothing": 0.1}))
GAITGL = NetworkChoice("gaitgl", {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16})
GAITMASK = NetworkChoice("gaitmask", {"channels": [2, 3, 4], "height": 16, "head": "shared-bn"})
RECIPE = Recipe("tiny", GAITGL, Preprocessing(16, 4), BOTH, TRAINING)

pytestmark = pytest.mark.usefixtures("one_thread")


def noise(subjects=3, seed=0):
    """Two sequences a subject, of a pattern of his own under noise."""
    generator = np.random.default_rng(seed)
    records, arrays = [], []
    for s in range(subjects):
        pattern = generator.integers(0, 2, (16, 16)) * 200
        for walk in range(2):
            records.append(SequenceRecord(f"{s}/{walk}", str(s), "nm-01", "090"))
            arrays.append((pattern + generator.integers(0, 50, (5, 16, 16))).astype(np.uint8))
    return MemorySequences(tuple(records), tuple(arrays))


def run(folder, recipe=RECIPE, seed=0, fingerprint="me", sequences=None, **kwargs):
    """A fresh network trained in `folder`, and the steps that were reported."""
    sampler = BatchSampler(sequences or noise(), recipe.training, recipe.preprocessing, seed)
    network = build_network(recipe, len(sampler.subjects), seed)
    steps = []
    train_network(network, sampler, recipe, folder, fingerprint, Execution(report=steps.append, **kwargs))
    return network, steps


def slow_losses(outputs, labels):
    """0.5 x batch-all triplet + 2 x smoothed cross-entropy, term by term."""
    n, parts = outputs.metric_features.shape[:2]
    triplet = torch.zeros(())
    for p in range(parts):
        terms = []
        for a in range(n):
            for x in range(n):
                for y in range(n):
                    if labels[a] == labels[x] and labels[a] != labels[y]:
                        f = outputs.metric_features[:, p]
                        positive = torch.zeros(()) if x == a else (f[a] - f[x]).square().sum().sqrt()
                        term = 0.2 + positive - (f[a] - f[y]).square().sum().sqrt()
                        if term > 0:
                            terms.append(term)
        if terms:
            triplet = triplet + sum(terms) / len(terms) / parts
    softmax = torch.zeros(())
    classes = outputs.logits.shape[2]
    for i in range(n):
        for p in range(parts):
            logs = torch.log(outputs.logits[i, p].exp() / outputs.logits[i, p].exp().sum())
            aims = [0.1 / classes + (0.9 if c == labels[i] else 0.0) for c in range(classes)]
            softmax = softmax - sum(aim * log for aim, log in zip(aims, logs, strict=True)) / (n * parts)
    return 0.5 * triplet + 2 * softmax, triplet, softmax


@pytest.mark.parametrize("choice", [GAITGL, GAITMASK], ids=["gaitgl", "gaitmask"])
def test_loss_and_gradient_of_a_step_are_those_of_slow_losses(tmp_path, choice):
    recipe = replace(RECIPE, network=choice)
    _, (step,) = run(tmp_path, recipe, stop_after=1)
    sampler = BatchSampler(noise(), TRAINING, recipe.preprocessing, 0)
    batch = sampler.batch(0)
    labels = torch.from_numpy(batch.labels)
    fast, slow = (build_network(recipe, 3, 0).train() for _ in range(2))
    outputs = [n(torch.from_numpy(batch.clips), torch.Generator().manual_seed(0)) for n in (fast, slow)]
    total, figures = Objective(BOTH)(outputs[0], labels)
    expected, triplet, softmax = slow_losses(outputs[1], labels)
    assert step.figures["loss"] == pytest.approx(float(expected.detach()), rel=1e-5)
    for made in (step.figures, figures):
        assert made["triplet"] == pytest.approx(float(triplet.detach()), rel=1e-4)
    assert step.figures["softmax"] == pytest.approx(float(softmax.detach()), rel=1e-5)
    total.backward()
    expected.backward()
    for (name, a), b in zip(fast.named_parameters(), slow.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, rtol=1e-3, atol=1e-5 * float(b.grad.abs().max())), name


@pytest.mark.parametrize("choice", [GAITGL, GAITMASK], ids=["gaitgl", "gaitmask"])
def test_steps_resets_and_milestones_against_adam_by_hand(tmp_path, choice):
    """Masks are drawn from (seed, iteration); a reset forgets the moments, a milestone keeps them."""
    training = replace(TRAINING, weight_decay=0.01, resets=(Reset(2, 2e-3),), milestones=(4,), iterations=5)
    recipe = replace(RECIPE, network=choice, training=training)
    seed = 3
    trained, steps = run(tmp_path, recipe, seed)
    sampler = BatchSampler(noise(), training, recipe.preprocessing, seed)
    network = build_network(recipe, 3, seed).to(memory_format=torch.channels_last_3d).train()
    rates = [1e-3, 1e-3, 2e-3, 2e-3, 2e-4]
    moments = {}
    for i, rate in enumerate(rates):
        batch = sampler.batch(i)
        network.zero_grad(set_to_none=True)
        outputs = network(torch.from_numpy(batch.clips), torch.Generator().manual_seed(seed * 2**32 + i))
        Objective(BOTH)(outputs, torch.from_numpy(batch.labels))[0].backward()
        if i == 2:
            moments = {}
        t = i + 1 if i < 2 else i - 1
        for name, p in network.named_parameters():
            gradient = p.grad.double() + 0.01 * p.data.double()
            m, v = moments.get(name, (torch.zeros_like(gradient), torch.zeros_like(gradient)))
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            moments[name] = m, v
            step = rate * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
            p.data = (p.data.double() - step).float()
    assert [s.figures["learning_rate"] for s in steps] == pytest.approx(rates)
    for (name, a), b in zip(trained.named_parameters(), network.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=0, atol=2e-6), name
    for (name, a), b in zip(trained.named_buffers(), network.buffers(), strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5), name


def test_masks_differ_between_iterations_and_seeds(tmp_path):
    frozen = replace(RECIPE, network=GAITMASK, training=replace(TRAINING, learning_rate=1e-30, iterations=4))
    same = MemorySequences(
        tuple(SequenceRecord(f"{s}", s, "nm-01", "090") for s in "ab"),
        tuple(np.full((4, 16, 16), v, np.uint8) for v in (90, 250)),
    )
    losses = {round(s.figures["triplet"], 9) for s in run(tmp_path / "a", frozen, sequences=same)[1]}
    assert len(losses) > 1


def test_figures_steps_and_history_agree(tmp_path):
    _, steps = run(tmp_path)
    history = read_history(tmp_path / "history.jsonl")
    assert [s.iteration for s in steps] == [row["iteration"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert all(s.iterations == 6 for s in steps)
    for step, row in zip(steps, history, strict=True):
        assert row == {"iteration": step.iteration, **step.figures}
        total = 0.5 * row["triplet"] + 2 * row["softmax"]
        assert row["loss"] == pytest.approx(total, rel=1e-5)
    assert steps[-1].seconds_left == 0
    assert steps[0].seconds_left > 0
    assert [p.stem for p in sorted((tmp_path / "checkpoints").iterdir())] == ["00000004", "00000006"]


def test_stopping_writes_a_checkpoint_and_stopping_earlier_than_reached_does_nothing(tmp_path):
    assert len(run(tmp_path, stop_after=3)[1]) == 3
    assert newest_checkpoint(tmp_path / "checkpoints")[0].state.iteration == 3
    for reached in (3, 2, 0):
        assert run(tmp_path, stop_after=reached)[1] == []
    assert [s.iteration for s in run(tmp_path, stop_after=99)[1]] == [4, 5, 6]
    assert run(tmp_path)[1] == []


def test_a_checkpoint_of_another_run_is_refused_and_left_alone(tmp_path):
    run(tmp_path, stop_after=2)
    before = (tmp_path / "history.jsonl").read_bytes()
    with pytest.raises(ArtefactError, match="holds a run under another recipe, data set or seed: choose a new folder"):
        run(tmp_path, fingerprint="another")
    assert (tmp_path / "history.jsonl").read_bytes() == before
    assert newest_checkpoint(tmp_path / "checkpoints")[0].state.run == "me"


def poisoned(monkeypatch, value, calls):
    """Multiply the loss by `value` at these calls of the objective, counted from 1."""
    whole = Objective.__call__
    count = iter(range(1, 10_000))

    def call(self, outputs, labels):
        total, figures = whole(self, outputs, labels)
        return (total * value if next(count) in calls else total), figures

    monkeypatch.setattr(Objective, "__call__", call)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_step_that_is_not_finite_is_skipped_and_leaves_no_trace(tmp_path, value, monkeypatch):
    norm = replace(RECIPE, network=replace(GAITGL, settings={**GAITGL.settings, "trunk_norm": "batch"}))
    poisoned(monkeypatch, value, {3})
    sick, steps = run(tmp_path / "sick", norm, stop_after=3)
    monkeypatch.undo()
    well, _ = run(tmp_path / "well", norm, stop_after=2)
    for (name, a), b in zip(sick.state_dict().items(), well.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert steps[2].messages == ("iteration 3: loss or gradient is not finite, the step is skipped",)
    assert steps[2].figures["skipped"] == 1
    assert "loss" not in steps[2].figures
    # the next step is that of a run in which iteration 3 never was
    again, _ = run(tmp_path / "sick", norm)
    assert not any(torch.equal(a, b) for a, b in zip(again.parameters(), well.parameters(), strict=True))


def test_three_in_a_row_roll_back_and_the_run_ends_as_if_nothing_had_happened(tmp_path, monkeypatch):
    poisoned(monkeypatch, float("nan"), {3, 4, 5})
    rolled, steps = run(tmp_path / "rolled")
    monkeypatch.undo()
    straight, _ = run(tmp_path / "straight")
    for a, b in zip(rolled.parameters(), straight.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [s.iteration for s in steps] == [1, 2, 3, 4, 3, 4, 5, 6]
    assert "iteration 5: not finite once more, back to the newest checkpoint" in steps[4].messages
    history = read_history(tmp_path / "rolled" / "history.jsonl")
    assert [row["iteration"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert not any("skipped" in row for row in history)
    found, _ = newest_checkpoint(tmp_path / "rolled" / "checkpoints")
    assert found.state.notes["guard"]["roll_backs"] == 1


def test_a_run_that_stays_not_finite_stops_in_one_line_and_leaves_sound_checkpoints(tmp_path, monkeypatch):
    straight, _ = run(tmp_path / "straight", stop_after=2)
    poisoned(monkeypatch, float("nan"), range(3, 10_000))
    with pytest.raises(
        ArtefactError, match=r"not finite at iteration 5, again and again after .* 3 roll-backs"
    ) as error:
        run(tmp_path / "run")
    monkeypatch.undo()
    assert "\n" not in str(error.value)
    found, complaints = newest_checkpoint(tmp_path / "run" / "checkpoints")
    assert (found.state.iteration, complaints) == (2, ())
    for name, tensor in straight.state_dict().items():
        assert torch.equal(found.tensors[f"model.{name}"], tensor)
    # the cause gone, the run goes on to where a straight one ends
    again, _ = run(tmp_path / "run")
    whole_run, _ = run(tmp_path / "whole")
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), whole_run.parameters(), strict=True))


def test_weights_that_explode_are_never_written(tmp_path):
    wild = replace(RECIPE, training=replace(TRAINING, learning_rate=1e6, iterations=8, checkpoint_every=1))
    with pytest.raises(ArtefactError, match=r"not finite"):
        run(tmp_path, wild)
    for path in (tmp_path / "checkpoints").glob("*"):
        found, _ = newest_checkpoint(path.parent)
        assert all(torch.isfinite(v).all() for v in found.tensors.values())


def test_a_tiny_run_that_cannot_learn_says_so_once(tmp_path, monkeypatch):
    """Everybody looks alike: all features collapse, and the classifier can only guess."""
    monkeypatch.setattr("gaitprint.training.alarms.PATIENCE", 20)
    alike = MemorySequences(
        tuple(SequenceRecord(f"{s}/{w}", str(s), "nm-01", "090") for s in range(3) for w in range(2)),
        tuple(np.full((4, 16, 16), 128, np.uint8) for _ in range(6)),
    )
    # two of three subjects a batch: a classifier that always says one class is right once in three
    hopeless = replace(RECIPE, training=replace(TRAINING, iterations=50, learning_rate=1e-4, checkpoint_every=50))
    from gaitprint.training.alarms import Alarms

    monkeypatch.setattr(
        "gaitprint.training.loop.Alarms", lambda margin, classes, drawn: patient(Alarms(margin, classes, drawn))
    )
    _, steps = run(tmp_path, hopeless, sequences=alike)
    said = [(s.iteration, m) for s in steps for m in s.messages]
    assert [m.split(":")[0] for _, m in said] == ["COLLAPSE", "CHANCE LEVEL"]
    assert said[0][0] == 20
    assert steps[-1].figures["triplet"] == pytest.approx(0.2, rel=1e-3)


def patient(alarms):
    from collections import deque

    alarms._triplet, alarms._accuracy, alarms._young = deque(maxlen=20), deque(maxlen=20), 20
    return alarms


def test_a_loss_that_reads_what_the_network_lacks():
    plain = replace(RECIPE, network=replace(GAITGL, settings={**GAITGL.settings, "head": "plain"}))
    network = build_network(plain, 3, 0)
    with pytest.raises(
        ConfigError, match="the loss part-softmax reads the network's logits, and this network has none"
    ):
        Objective(BOTH).check(network, torch.zeros(1, 1, 1, 16, 8))
    outputs = PartOutputs(torch.zeros(2, 1, 1), torch.zeros(2, 1, 1), None)
    with pytest.raises(ConfigError, match="part-softmax reads"):
        Objective((LossChoice("part-softmax"),))(outputs, torch.tensor([0, 1]))
    Objective(BOTH[:1]).check(network, torch.zeros(1, 1, 1, 16, 8))


def test_a_check_draws_nothing_and_moves_nothing():
    for choice in (GAITGL, GAITMASK):
        network = build_network(replace(RECIPE, network=choice), 3, 0)
        before = {k: v.clone() for k, v in network.state_dict().items()}
        state = torch.get_rng_state()
        Objective(BOTH).check(network, torch.rand(1, 1, 3, 16, 8, generator=torch.Generator()))
        assert torch.equal(torch.get_rng_state(), state)
        assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
        with pytest.raises(ShapeError, match="16 rows"):
            Objective(BOTH).check(network, torch.zeros(1, 1, 1, 8, 8))


def test_margins_of_the_losses():
    assert Objective(BOTH).margin == 0.2
    assert Objective((BOTH[1], LossChoice("part-triplet", 1.0, {"margin": 0.7}))).margin == 0.7
    assert Objective(BOTH[1:]).margin == 0.2


def test_a_softmax_only_run_has_no_triplet_figures(tmp_path):
    _, steps = run(tmp_path, replace(RECIPE, losses=BOTH[1:]), stop_after=1)
    assert steps[0].figures.keys() == {"loss", "softmax", "accuracy", "gradient_norm", "learning_rate", *TIMED}
    assert json.loads((tmp_path / "history.jsonl").read_text()).keys() == {"iteration", *steps[0].figures}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_leave_while_it_waits_for_a_batch_it_leaves_at_once(tmp_path, monkeypatch, number, code):
    made, asked = BatchSampler.batch, []

    def batch(self, iteration):
        if iteration == 2 and not asked:
            asked.append(number)
            signal.raise_signal(number)
        return made(self, iteration)

    monkeypatch.setattr(BatchSampler, "batch", batch)
    before = signal.getsignal(number)
    with pytest.raises(
        RunInterruptedError, match=rf"^asked to leave \({number.name}\) after iteration [0-3], "
    ) as left:
        run(tmp_path / "run")
    assert left.value.code == code
    assert signal.getsignal(number) == before
    monkeypatch.setattr(BatchSampler, "batch", made)
    run(tmp_path / "run")
    run(tmp_path / "straight")
    assert read_history(tmp_path / "run" / "history.jsonl") != []
    found, straight = (newest_checkpoint(tmp_path / name / "checkpoints")[0] for name in ("run", "straight"))
    assert found is not None
    assert straight is not None
    assert all(torch.equal(found.tensors[key], straight.tensors[key]) for key in straight.tensors)
