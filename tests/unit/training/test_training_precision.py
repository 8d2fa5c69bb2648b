"""Runs that compute twice to keep less, and runs in bfloat16, beside the plain one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gaitprint.layers.convolution import Convolution, convolve, convolve_triples
from gaitprint.losses import part_softmax, part_triplet
from gaitprint.silhouettes.clips import Preprocessing
from gaitprint.store import MemorySequences
from gaitprint.training.history import read_history
from gaitprint.training.loop import Execution, build_network, train_network
from gaitprint.training.objective import Objective
from gaitprint.training.precision import FLOAT32, Precision
from gaitprint.training.recipe import LossChoice, NetworkChoice, Recipe, TrainingSettings
from gaitprint.training.run_logger import TIMED
from gaitprint.training.sampler import BatchSampler
from gaitprint.types import SequenceRecord

TRAINING = TrainingSettings(iterations=6, subjects=3, sequences=2, frames=4, learning_rate=1e-3, average=0.9)
BOTH = (LossChoice("part-triplet"), LossChoice("part-softmax"))
NETWORKS = {
    "gaitgl": NetworkChoice("gaitgl", {"form": "casia-b", "channels": [2, 3, 4], "strips": 2, "height": 16}),
    "gaitmask": NetworkChoice("gaitmask", {"channels": [2, 3, 4], "height": 16, "head": "separate-bnneck"}),
}
HALF = Precision("bfloat16")

pytestmark = pytest.mark.usefixtures("one_thread")


def people():
    """Two sequences each of three people, of a pattern of theirs under noise."""
    generator = np.random.default_rng(0)
    records, arrays = [], []
    for s in range(3):
        pattern = generator.integers(0, 2, (16, 16)) * 200
        for walk in range(2):
            records.append(SequenceRecord(f"{s}/{walk}", str(s), "nm-01", "090"))
            arrays.append((pattern + generator.integers(0, 50, (5, 16, 16))).astype(np.uint8))
    return MemorySequences(tuple(records), tuple(arrays))


def run(folder, name, training=TRAINING, prepare=lambda network: None, precision=FLOAT32):
    """A network trained in `folder`, and the history without what tells of the machine."""
    recipe = Recipe("tiny", NETWORKS[name], Preprocessing(16, 4), BOTH, training)
    sampler = BatchSampler(people(), training, recipe.preprocessing, 0)
    network = build_network(recipe, 3, 0)
    prepare(network)
    train_network(network, sampler, recipe, folder, "me", Execution(precision=precision))
    rows = read_history(folder / "history.jsonl")
    return network, [{k: v for k, v in row.items() if k not in TIMED} for row in rows]


def assert_same_bits(one, other):
    assert one.state_dict().keys() == other.state_dict().keys()
    for key, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_run_that_computes_twice_is_the_plain_run_to_the_bit(tmp_path, name):
    passes = []

    def count(network):
        network.aggregation.register_forward_pre_hook(lambda *_: passes.append(1))

    plain, expected = run(tmp_path / "plain", name, prepare=count)
    assert len(passes) == 6
    again, history = run(tmp_path / "again", name, replace(TRAINING, recompute=True), count)
    assert len(passes) == 6 + 12  # it really does
    assert history == expected
    assert_same_bits(again, plain)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("channels", [(1, 16), (2, 3), (16, 16)])
@pytest.mark.parametrize("convolution", [convolve, convolve_triples])
def test_bfloat16_holds_nothing_that_lay_in_memory(frames, channels, convolution):
    """oneDNN's does, by processor: of one frame, of two, of frames that a stride leaves over; NaN or a wrong number."""
    if convolution is convolve_triples and frames < 3:
        frames += 6
    inside, outside = channels
    generator = torch.Generator().manual_seed(0)
    layout = torch.channels_last_3d
    frames = torch.randn(4, inside, frames, 8, 22, generator=generator).contiguous(memory_format=layout)
    shape = (3, 3, 3) if convolution is convolve else (3, 1, 1)
    kernel = torch.randn(outside, inside, *shape, generator=generator).contiguous(memory_format=layout)
    results = {}
    for precision in (FLOAT32, HALF, HALF):
        x, weight = frames.clone().requires_grad_(), kernel.clone().requires_grad_()
        spoil_free_memory()
        with precision.within("cpu"):
            made = convolution(x, weight)
        weights = torch.linspace(-1, 1, made.numel()).reshape(made.shape)
        spoil_free_memory()
        (made.float() * weights).sum().backward()
        results.setdefault(precision.name, []).append((made.detach(), x.grad, weight.grad))
    one, again = results["bfloat16"]
    (full,) = results["float32"]
    for a, b, exact in zip(one, again, full, strict=True):
        assert torch.equal(a, b)
        assert float((a - exact).abs().max()) < 0.05 * float(exact.abs().max())


def spoil_free_memory() -> None:
    """Leave NaN where what is made next may lie."""
    junk = [torch.full((size,), torch.nan) for size in (7, 50, 200, 1000, 5000, 20000) for _ in range(20)]
    del junk


@pytest.mark.parametrize("micro_batch", [None, 4])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_convolutions_are_in_bfloat16_and_distances_and_losses_in_float32(tmp_path, name, micro_batch, monkeypatch):
    seen = {"convolutions": set(), "outputs": set(), "distances": set(), "softmax": set(), "loss": set()}
    measure, score, judge = part_triplet.part_distances, part_softmax.part_cross_entropy, Objective.__call__

    def watch(network):
        for module in network.modules():
            if isinstance(module, Convolution):
                module.register_forward_hook(lambda _module, _inputs, made: seen["convolutions"].add(made.dtype))

    def measured(features, labels):
        distances = measure(features, labels)
        seen["distances"] |= {features.dtype, distances.dtype}
        return distances

    def scored(logits, *rest):
        values = score(logits, *rest)
        seen["softmax"] |= {logits.dtype, values.loss.dtype}
        return values

    def judged(self, outputs, labels):
        total, figures = judge(self, outputs, labels)
        seen["outputs"] |= {tensor.dtype for tensor in outputs}
        seen["loss"].add(total.dtype)
        return total, figures

    monkeypatch.setattr(part_triplet, "part_distances", measured)
    monkeypatch.setattr(part_softmax, "part_cross_entropy", scored)
    monkeypatch.setattr(Objective, "__call__", judged)
    network, _ = run(tmp_path, name, replace(TRAINING, micro_batch=micro_batch, iterations=2), watch, HALF)
    assert seen.pop("convolutions") == {torch.bfloat16}
    assert seen == {key: {torch.float32} for key in seen}
    assert {v.dtype for v in network.state_dict().values()} == {torch.float32, torch.int64}


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_run_in_bfloat16_is_finite_and_near_the_one_in_float32(tmp_path, name):
    half, history = run(tmp_path / "half", name, precision=HALF)
    plain, expected = run(tmp_path / "plain", name)
    assert history != expected
    assert all(torch.isfinite(value).all() for value in half.state_dict().values())
    for row, other in zip(history, expected, strict=True):
        assert np.isfinite(list(row.values())).all()
        assert row["loss"] == pytest.approx(other["loss"], rel=0.05)
        for key in ("positive_distance", "negative_distance"):
            assert row[key] == pytest.approx(other[key], rel=0.1), key
        # few triplets are active here, and the gradient is their mean: which ones they are is up to the last digit
        assert 0.1 < row["gradient_norm"] / other["gradient_norm"] < 10
    for a, b in zip(half.parameters(), plain.parameters(), strict=True):
        assert float((a - b).detach().abs().max()) <= 2.5 * 6 * 1e-3  # Adam moves a weight by a rate a step or so
