"""Cross-entropy per part against the formula in plain loops."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gaitprint.components import find_component
from gaitprint.errors import ConfigError, ShapeError
from gaitprint.losses.part_softmax import part_cross_entropy


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow(logits: torch.Tensor, labels: list[int], scale: float, smoothing: float) -> tuple[float, float]:
    losses, right = [], []
    n, parts, classes = logits.shape
    for i in range(n):
        for p in range(parts):
            scores = [scale * float(v) for v in logits[i, p]]
            logsum = math.log(sum(math.exp(s) for s in scores))
            target = [smoothing / classes + (1 - smoothing) * (k == labels[i]) for k in range(classes)]
            losses.append(-sum(t * (s - logsum) for t, s in zip(target, scores, strict=True)))
            right.append(scores.index(max(scores)) == labels[i])
    return sum(losses) / len(losses), sum(right) / len(right)


@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.floats(0.1, 16), st.floats(0, 0.9), st.integers(0, 99)
)
def test_loss_and_accuracy_are_means_over_samples_and_parts(n, parts, classes, scale, smoothing, seed) -> None:
    logits = random(n, parts, classes, seed=seed)
    labels = torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))
    values = part_cross_entropy(logits, labels, scale, smoothing)
    loss, accuracy = slow(logits, labels.tolist(), scale, smoothing)
    assert float(values.loss) == pytest.approx(loss, abs=1e-9)
    assert float(values.accuracy) == pytest.approx(accuracy)


@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_random_shapes(seed) -> None:
    generator = torch.Generator().manual_seed(seed)
    n, parts, classes = torch.randint(1, 5, (3,), generator=generator).tolist()
    labels = torch.randint(classes, (n,), generator=generator)
    logits = random(n, parts, classes, seed=seed).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: part_cross_entropy(x, labels, 2.0, 0.1).loss, (logits,))


def test_mixed_precision_is_scored_in_float32() -> None:
    logits, labels = random(3, 2, 4).bfloat16(), torch.tensor([0, 3, 1])
    with torch.autocast("cpu", torch.bfloat16):
        values = part_cross_entropy(logits, labels, 16.0)
    assert values.loss.dtype == torch.float32
    assert torch.equal(values.loss, part_cross_entropy(logits.float(), labels, 16.0).loss)


@pytest.mark.parametrize(("labels", "found"), [([0, 4], "0 to 4"), ([-1, 2], "-1 to 2")])
def test_labels_that_are_no_class_are_refused(labels, found) -> None:
    with pytest.raises(ShapeError, match=f"labels are from 0 to 3 for 4 classes, found {found}"):
        part_cross_entropy(torch.zeros(2, 3, 4), torch.tensor(labels))


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"logits \[N, P, classes\] and labels \[N\] with N >= 1"):
        part_cross_entropy(torch.zeros(0, 3, 4), torch.zeros(0, dtype=torch.int64))


def test_the_component_reads_logits_and_reports_its_figures() -> None:
    loss = find_component("loss", "part-softmax").make({"scale": 16, "label_smoothing": 0.1})
    logits, labels = random(3, 2, 4), torch.tensor([0, 3, 1])
    values, expected = loss(logits, labels), part_cross_entropy(logits, labels, 16.0, 0.1)
    assert torch.equal(values.loss, expected.loss)
    assert loss.figures(values) == {"softmax": float(expected.loss), "accuracy": float(expected.accuracy)}
    assert loss.reads == "logits"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": 0.0}, "scale is above 0"),
        ({"label_smoothing": 1.0}, "from 0 to below 1"),
        ({"label_smoothing": -0.1}, "from 0"),
    ],
)
def test_wrong_settings_are_refused(settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        find_component("loss", "part-softmax").make(settings)
